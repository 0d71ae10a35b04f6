//! Running the server: check the schema, listen, and on a signal drain before stopping.

use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use actix_web::{HttpServer, rt};
use anyhow::{Context as _, bail};
use gatewright_domain::SystemClock;
use gatewright_http::application;
use gatewright_runtime::{
    Platform, key_file,
    observing::{Observing, Program, Sources},
    raise_descriptor_limit, termination,
};

use crate::compose::{Settings, services};

/// How long load balancers have to notice that we are not ready any more.
const DRAIN_NOTICE: Duration = Duration::from_millis(300);
/// How long calls of runs that must not be done twice are waited for.
const RUNS_LEAVE: Duration = Duration::from_secs(25);

/// Fewer open files than this are told: five thousand streams, and what is needed beside them.
const FEW_DESCRIPTORS: u64 = 8_192;

/// Serves until a signal comes.
pub async fn run(settings: Settings) -> anyhow::Result<()> {
    if let Some(limit) = raise_descriptor_limit().filter(|limit| *limit < FEW_DESCRIPTORS) {
        tracing::warn!(
            event = "server.few_descriptors",
            limit,
            "the system allows few open files: so many clients can be connected at most"
        );
    }
    let mut platform =
        Platform::new(&settings.server).context("the connections cannot be prepared")?;
    require_schema(&platform).await?;
    let exporter = platform.observed.trace(&settings.server)?;
    let app = platform.services(&settings.server)?;
    let runs = platform.runs(&settings.server, &app)?;
    let services = services(&settings, &app, &runs, Arc::new(SystemClock));
    let draining = services.draining.clone();
    let sources = Sources::of(&platform).with_runs(runs.figures());
    let figures = &settings.server.metrics;
    let observing = Observing::start(figures, Program::Api, sources, exporter).await?;
    let listener = rt::spawn(Platform::subscribe_revocations(
        platform.kv.clone(),
        app.store.clone(),
    ));

    let spares = rt::spawn(platform.pool.clone().keep_warm());
    let leases = rt::spawn(runs.keep_leases());
    let wires = rt::spawn(runs.listen());
    let keys_file = settings.server.secret.keys_file.clone();
    let follower = keys_file.map(|file| rt::spawn(key_file::follow(file, platform.master.clone())));

    let address = format!("{}:{}", settings.http.bind_address, settings.http.port);
    let mut server = HttpServer::new(move || application(&services))
        .disable_signals()
        // What a model says goes out as it comes; else the kernel holds a piece back until the client's machine has acknowledged the
        // one before, which that does 40 ms later.
        .tcp_nodelay(true)
        .shutdown_timeout(u64::from(settings.http.shutdown_seconds))
        .client_request_timeout(Duration::from_secs(10));
    if settings.http.workers > 0 {
        server = server.workers(usize::from(settings.http.workers));
    }
    let server = server
        .bind((settings.http.bind_address.as_str(), settings.http.port))
        .with_context(|| format!("cannot listen on {address}; set DIFY_PORT to a free port (for example DIFY_PORT=5011)"))?
        .run();
    let handle = server.handle();
    let serving = rt::spawn(server);
    tracing::info!(event = "server.ready", address, "serving");
    let signal = termination().await.context("signals cannot be heard")?;
    tracing::info!(
        event = "server.stopping",
        signal,
        "stopping: not ready any more, finishing what runs"
    );
    draining.store(true, Ordering::Relaxed);
    tokio::time::sleep(DRAIN_NOTICE).await;
    runs.leave(RUNS_LEAVE).await;
    handle.stop(true).await;
    serving.await.context("the server task failed")??;
    listener.abort();
    leases.abort();
    wires.abort();
    spares.abort();
    if let Some(follower) = follower {
        follower.abort();
    }
    observing.finish().await;
    platform.pool.close();
    tracing::info!(event = "server.stopped", "stopped");
    Ok(())
}

/// A server on a schema that it does not know would corrupt it or fail in the middle.
pub(crate) async fn require_schema(platform: &Platform) -> anyhow::Result<()> {
    let health = platform.readiness().check().await;
    if let Some(problem) = health.postgres {
        bail!("PostgreSQL {problem}");
    }
    if let Some(problem) = health.schema {
        bail!("the database schema {problem}");
    }
    if let Some(problem) = health.writes {
        tracing::warn!(
            event = "server.started_degraded",
            dependency = "postgres",
            problem,
            "most requests answer 503 until PostgreSQL takes writes"
        );
    }
    if let Some(problem) = health.redis {
        tracing::warn!(
            event = "server.started_degraded",
            dependency = "redis",
            problem,
            "most requests answer 503 until Redis answers"
        );
    }
    Ok(())
}
