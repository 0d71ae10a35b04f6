//! `api-server migrate`.

use std::process::ExitCode;

use gatewright_runtime::say;
use gatewright_storage_kit::{DbSettings, migrate};

/// Brings the schema up to date, or says whether it is.
///
/// # Errors
/// A database that does not answer or cannot be migrated.
pub async fn run(
    settings: &DbSettings,
    check: bool,
    second: migrate::Second,
) -> anyhow::Result<ExitCode> {
    if check {
        let pool = gatewright_storage_kit::Pool::new(settings)?;
        let mut conn = pool.get().await?;
        say!("{}", migrate::find_ground(&mut conn).await?);
        let state = migrate::schema_state(&mut conn).await?;
        say!("{state:?}");
        let lacks_nothing = matches!(
            state,
            migrate::SchemaState::Current | migrate::SchemaState::Newer(_)
        );
        return Ok(if lacks_nothing {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        });
    }
    let migrated = migrate::run(settings, second).await?;
    say!("{}", migrated.ground);
    if migrated.applied.is_empty() {
        say!("the schema is up to date");
    }
    for name in migrated.applied {
        say!("applied {name}");
    }
    Ok(ExitCode::SUCCESS)
}
