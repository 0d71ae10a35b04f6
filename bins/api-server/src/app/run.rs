//! One run, from its beginning to its end, in this process.

use std::{process::ExitCode, sync::Arc, time::Duration};

use actix_web::rt;
use gatewright_domain::{Clock as _, SystemClock, ids::AppId};
use gatewright_run_events::{Audience, Generation, Projection, Reader, RunEvent, View};
use gatewright_run_service::{Asked, Caller, RunServiceError, StartRun, UnknownConversation};
use gatewright_runtime::{RunPlane, complain, say, termination};
use gatewright_usecase_kit::Ctx;
use gatewright_usecase_runs::RunHandle;
use serde_json::json;

use super::{
    Desk, Refused, STOPPED,
    acting::ActingMember,
    inputs::Given,
    outcome::{Outcome, Output},
    progress, text,
};

/// How often the lease of the run is renewed: three times in the length of one.
const RENEW: Duration = Duration::from_secs(5);
/// How long calls that must not be done twice are waited for when the process leaves a run.
const LEAVE: Duration = Duration::from_secs(5);

/// What is to be run.
pub(super) struct RunRequest {
    pub(super) app: AppId,
    pub(super) member: ActingMember,
    pub(super) given: Given,
    pub(super) query: Option<String>,
}

/// Runs and reports.
pub(super) async fn run(
    desk: &Desk,
    request: RunRequest,
    output: Output,
) -> anyhow::Result<ExitCode> {
    let runs = Arc::new(desk.platform.runs(&desk.settings, &desk.services)?);
    let declared = runs.service.input_fields(request.app).await;
    let declared = declared.map_err(refused)?;
    let inputs = request.given.read(&declared)?;
    let asked = request
        .query
        .map(|query| Asked::new(query, None, UnknownConversation::Begins));
    let start = StartRun {
        app: request.app,
        version: None,
        inputs,
        files: vec![],
        asked,
        caller: Caller::Account {
            id: request.member.id.0,
            name: request.member.name,
            email: request.member.email,
        },
    };
    let ctx = Ctx::of_system(SystemClock.now(), "app-run");
    let begun = runs.service.start(&ctx, start).await;
    let handle = begun.map_err(refused)?;
    let ids = json!({"app_id": handle.plan.app_id, "run_id": handle.plan.key.run_id, "task_id": handle.plan.task_id});
    complain!("run {}", handle.plan.key.run_id);
    let leases = rt::spawn(renew(Arc::clone(&runs)));
    let outcome = follow(&runs, &handle, output).await;
    leases.abort();
    runs.leave(LEAVE).await;
    Ok(match outcome? {
        Some(outcome) => outcome.report(output, &ids),
        None => ExitCode::from(STOPPED),
    })
}

/// What the app or its inputs are to blame for is a refusal; an outage is not.
fn refused(error: RunServiceError) -> anyhow::Error {
    match error {
        RunServiceError::Unavailable(error) => error.into(),
        RunServiceError::WrongMode => Refused(
            "a workflow takes no --query, an app that answers in conversations needs one, and other kinds of apps do not run yet".to_owned(),
        )
        .into(),
        other => Refused(other.to_string()).into(),
    }
}

/// Keeps the lease of the run, so that no server takes it for one whose process is gone. Takes no others.
async fn renew(runs: Arc<RunPlane>) {
    loop {
        rt::time::sleep(RENEW).await;
        if let Err(error) = runs.renew_leases().await {
            complain!("the run's lease is not renewed: {error}");
        }
    }
}

/// Reads until the run ends or waits. The first signal stops the run, the second one leaves it: then there is no outcome.
async fn follow(
    runs: &RunPlane,
    handle: &RunHandle,
    output: Output,
) -> anyhow::Result<Option<Outcome>> {
    let mut reader = handle.reader(false);
    let projection = Projection::live(
        handle.plan.identity(),
        View {
            audience: Audience::ServiceApi,
            generation: Generation::V1_16,
        },
    );
    let told = |event: &RunEvent| tell(event, output, &projection);
    let mut stopping = false;
    loop {
        // Signals are heard from before the first line on: whoever sees that may send one.
        let signal = tokio::select! {
            biased;
            signal = termination() => signal?,
            outcome = read(&mut reader, &told) => return Ok(Some(outcome)),
        };
        if stopping {
            complain!("leaving; a server goes on with what is not finished");
            return Ok(None);
        }
        complain!("{signal}: stopping the run; once more leaves it");
        stopping = true;
        let app = AppId(handle.plan.app_id);
        runs.service
            .stop(app, &handle.plan.task_id.to_string())
            .await?;
    }
}

/// Reads on; what was told is not told again when this is begun anew.
async fn read(reader: &mut Reader, told: &impl Fn(&RunEvent)) -> Outcome {
    let mut outcome = None;
    while let Ok(Some(batch)) = reader.next().await {
        for event in &batch.events {
            told(event);
            outcome = Outcome::of(event).or(outcome);
        }
    }
    outcome.unwrap_or_else(Outcome::lost)
}

fn tell(event: &RunEvent, output: Output, projection: &Projection) {
    if output == Output::Events {
        let line = projection.line(event);
        let line = String::from_utf8_lossy(&line);
        let line = line.trim_end().trim_start_matches("data: ");
        if !line.is_empty() {
            say!("{}", text::for_stdout(line));
        }
    }
    if let Some(line) = progress::line(event) {
        complain!("{line}");
    }
}
