//! The sandbox on its own: settings, the server, until a signal comes.

use std::{
    env,
    io::{self, Write as _},
    process::ExitCode,
    sync::Arc,
};

use actix_web::{App, HttpServer, rt::System};
use anyhow::Context as _;
use gatewright_domain::settings::Settings as _;
use gatewright_sandbox::Sandbox;
use gatewright_sandbox_server::{ServerSettings, State, routes};

fn main() -> ExitCode {
    // Before anything else: a child that is to be confined has nothing of a server.
    gatewright_sandbox::child::take_over_if_asked();
    tracing_subscriber::fmt().with_writer(io::stderr).init();
    match System::new().block_on(serve()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // There is no third place to say so.
            drop(writeln!(io::stderr(), "sandbox: {error:#}"));
            ExitCode::from(2)
        }
    }
}

async fn serve() -> anyhow::Result<()> {
    let variable = |name: &str| {
        let text = env::var_os(name)?.into_string().ok()?;
        Some(text).filter(|text| !text.trim().is_empty())
    };
    let settings = ServerSettings::load(&variable)?;
    let state = State {
        sandbox: Arc::new(Sandbox::new(settings.sandbox()).context("there can be no sandbox")?),
        api_key: settings.api_key.clone().context("set API_KEY")?,
    };
    let address = (settings.bind_address.as_str(), settings.port);
    let server = HttpServer::new(move || {
        let state = state.clone();
        App::new().configure(move |config| routes(config, state))
    });
    let server = server
        .workers(1)
        .bind(address)
        .with_context(|| format!("cannot listen at {}:{}", address.0, address.1))?;
    tracing::info!(event = "sandbox.serving", address = ?address, "serving");
    server.run().await.context("the server failed")
}
