//! The API server: parse arguments, compose, report.
use std::{path::Path, process::ExitCode};

use anyhow::Context as _;
use clap::Parser as _;
use gatewright_api_server::{
    command::{Cli, Command, openapi_documents, setting_groups, version_text},
    compose::Settings,
    keys, operate, serve,
};
use gatewright_auth::secret_key::SecretKeySettings;
use gatewright_domain::settings::{Settings as _, Source as _};
use gatewright_runtime::{
    EngineSources, LogSettings, complain, environment::Environment, init_telemetry, probe, say, up,
};
use gatewright_storage::{DbSettings, migrate};

fn main() -> ExitCode {
    let cli = Cli::parse();
    match actix_web::rt::System::new().block_on(run(cli)) {
        Ok(code) => code,
        Err(error) => {
            complain!("api-server: {error:#}");
            ExitCode::from(2)
        }
    }
}

async fn run(cli: Cli) -> anyhow::Result<ExitCode> {
    match cli.command {
        Command::Version { json } => say!("{}", version_text(json)),
        Command::Settings { json } => print_settings(json),
        Command::Openapi { output_dir } => write_openapi(&output_dir)?,
        Command::Up {
            detach,
            services_only,
            fetch_engines,
            yes,
        } => {
            let options = up_options(services_only, fetch_engines, yes)?;
            if detach {
                up::run_detached(&options)?;
            } else {
                up::run_in_foreground(options).await?;
            }
        }
        Command::Down => {
            let was_up = up::down(Path::new("."))?;
            say!(
                "{}",
                if was_up {
                    "stopped"
                } else {
                    "nothing runs here"
                }
            );
        }
        Command::Serve => {
            let environment = environment(cli.env_file.as_deref())?;
            let settings = Settings::load(&environment)?;
            init_telemetry(&settings.server.log);
            environment.warn_of_unknown_names();
            serve::run(settings).await?;
        }
        Command::Keys { json, command } => {
            let settings = SecretKeySettings::load(&environment(cli.env_file.as_deref())?)?;
            say!("{}", keys::run(&settings, command, json)?.trim_end());
        }
        Command::Migrate {
            check,
            second_installation,
        } => {
            let environment = environment(cli.env_file.as_deref())?;
            init_telemetry(&LogSettings::load(&environment)?);
            let second = if second_installation {
                migrate::Second::Allow
            } else {
                migrate::Second::Refuse
            };
            return run_migrations(&DbSettings::load(&environment)?, check, second).await;
        }
        Command::Doctor { json } => {
            return operate::doctor(&as_far_as_readable(cli.env_file.as_deref())?, json).await;
        }
        Command::Admin { json, command } => {
            return operate::admin(&here(cli.env_file.as_deref())?, command, json).await;
        }
        Command::Audit { json, command } => {
            return operate::audit(&here(cli.env_file.as_deref())?, command, json).await;
        }
        Command::Mail { json, command } => {
            return operate::mail(&here(cli.env_file.as_deref())?, command, json).await;
        }
        Command::Healthcheck { host } => {
            return healthcheck(&environment(cli.env_file.as_deref())?, &host).await;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn environment(file: Option<&Path>) -> anyhow::Result<Environment> {
    Ok(Environment::load_file(existing(file)?)?)
}

/// The file that is named, which must be there; or `.env`, which need not.
fn existing(file: Option<&Path>) -> anyhow::Result<&Path> {
    match file {
        Some(file) if !file.exists() => anyhow::bail!("{}: there is no such file", file.display()),
        Some(file) => Ok(file),
        None => Ok(Path::new(".env")),
    }
}

/// The doctor lists what cannot be read instead of ending at it.
fn as_far_as_readable(file: Option<&Path>) -> anyhow::Result<Environment> {
    let environment = Environment::read(existing(file)?);
    Ok(match file {
        None => up::with_running_system(environment, Path::new(".")),
        Some(_) => environment,
    })
}

/// For commands that are meant for the system that runs in this folder, if one does.
fn here(file: Option<&Path>) -> anyhow::Result<Environment> {
    let environment = environment(file)?;
    Ok(match file {
        None => up::with_running_system(environment, Path::new(".")),
        Some(_) => environment,
    })
}

fn up_options(services_only: bool, fetch_engines: bool, yes: bool) -> anyhow::Result<up::Options> {
    let environment = Environment::load_file(Path::new("/nonexistent"))?;
    Ok(up::Options {
        folder: ".".into(),
        services_only,
        sources: if fetch_engines {
            EngineSources::WheelsOnly
        } else {
            EngineSources::Any
        },
        assume_yes: yes || environment.get("GATEWRIGHT_ASSUME_YES").as_deref() == Some("1"),
    })
}

fn print_settings(json: bool) {
    if json {
        let rows: Vec<_> = setting_groups()
            .into_iter()
            .flat_map(|(group, settings)| settings.into_iter().map(move |s| (group, s)))
            .map(|(group, s)| {
                serde_json::json!({"group": group, "name": s.name, "about": s.about, "default": s.default, "example": s.example})
            })
            .collect();
        say!("{}", serde_json::Value::from(rows));
        return;
    }
    for (title, settings) in setting_groups() {
        say!("\n{title}");
        for s in settings {
            say!("  {}={}\n      {}", s.name, s.default, s.about);
        }
    }
}

fn write_openapi(folder: &Path) -> anyhow::Result<()> {
    std::fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    for (name, text) in openapi_documents() {
        let path = folder.join(name);
        std::fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))?;
        say!("{}", path.display());
    }
    Ok(())
}

async fn run_migrations(
    settings: &DbSettings,
    check: bool,
    second: migrate::Second,
) -> anyhow::Result<ExitCode> {
    if check {
        let pool = gatewright_storage::Pool::new(settings)?;
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

async fn healthcheck(environment: &Environment, host: &str) -> anyhow::Result<ExitCode> {
    let settings = gatewright_http::HttpSettings::load(environment)?;
    let ready = probe::is_ready_at(host, settings.port).await;
    say!("{}", if ready { "ready" } else { "not ready" });
    Ok(if ready {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
