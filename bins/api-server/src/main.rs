//! The API server: parse arguments, compose, report.
use std::{path::Path, process::ExitCode};

use clap::Parser as _;
use gatewright_api_server::{
    app,
    command::{Cli, Command, version_text},
    compose::Settings,
    end_user, file, keys, migrations, operate, serve, show,
};
use gatewright_auth::secret_key::SecretKeySettings;
use gatewright_domain::settings::Settings as _;
use gatewright_runtime::{LogSettings, complain, helper, init_telemetry, say};
use gatewright_storage_kit::{DbSettings, migrate};

fn main() -> ExitCode {
    // Before anything else: a child that is to be confined has nothing of a server.
    helper::take_over_if_asked();
    match actix_web::rt::System::new().block_on(run(Cli::parse())) {
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
        Command::Settings { json } => show::settings(json),
        Command::Openapi { output_dir } => show::write_openapi(&output_dir)?,
        Command::Up {
            detach,
            services_only,
            fetch_engines,
            yes,
        } => {
            let options = file::up_options(services_only, fetch_engines, yes)?;
            if detach {
                gatewright_up::run_detached(&options)?;
            } else {
                gatewright_up::run_in_foreground(options).await?;
            }
        }
        Command::Down => {
            let was_up = gatewright_up::down(Path::new("."))?;
            say!("{}", ["nothing runs here", "stopped"][usize::from(was_up)]);
        }
        Command::Serve => {
            let environment = file::environment(cli.env_file.as_deref())?;
            let settings = Settings::load(&environment)?;
            init_telemetry(&settings.server.log);
            environment.warn_of_unknown_names();
            serve::run(settings).await?;
        }
        Command::Keys { json, command } => {
            let settings = SecretKeySettings::load(&file::environment(cli.env_file.as_deref())?)?;
            say!("{}", keys::run(&settings, command, json)?.trim_end());
        }
        Command::Migrate {
            check,
            second_installation,
        } => {
            let environment = file::environment(cli.env_file.as_deref())?;
            init_telemetry(&LogSettings::load(&environment)?);
            let second = if second_installation {
                migrate::Second::Allow
            } else {
                migrate::Second::Refuse
            };
            return migrations::run(&DbSettings::load(&environment)?, check, second).await;
        }
        Command::Doctor { json } => {
            return operate::doctor(&file::as_far_as_readable(cli.env_file.as_deref())?, json)
                .await;
        }
        Command::Admin { json, command } => {
            return operate::admin(&file::here(cli.env_file.as_deref())?, command, json).await;
        }
        Command::App {
            json,
            whom,
            command,
        } => {
            let settings = file::here(cli.env_file.as_deref())?;
            return Box::pin(app::run(&settings, whom, command, json)).await;
        }
        Command::EndUser { json, command } => {
            return end_user::run(&file::here(cli.env_file.as_deref())?, command, json).await;
        }
        Command::Audit { json, command } => {
            return operate::audit(&file::here(cli.env_file.as_deref())?, command, json).await;
        }
        Command::Mail { json, command } => {
            return operate::mail(&file::here(cli.env_file.as_deref())?, command, json).await;
        }
        Command::Healthcheck { host } => {
            return operate::healthcheck(&file::environment(cli.env_file.as_deref())?, &host).await;
        }
    }
    Ok(ExitCode::SUCCESS)
}
