//! One run, from its beginning to its end, in this process.

use std::{process::ExitCode, sync::Arc, time::Duration};

use actix_web::rt;
use gatewright_domain::{Clock as _, SystemClock, ids::AppId};
use gatewright_run_events::{
    Audience, Generation, Projection, Reader, RunEvent, RunIdentity, View,
};
use gatewright_run_service::{
    Asked, Caller, RENEW_SECONDS, RunServiceError, StartRun, Surface, UnknownConversation,
};
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
        surface: Surface::People,
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
    let begun = runs.service.start(&ctx, request.app, start).await;
    let handle = begun.map_err(refused)?;
    let ids = json!({"app_id": handle.plan.app_id, "run_id": handle.plan.key.run_id, "task_id": handle.plan.task_id});
    complain!("run {}", handle.plan.key.run_id);
    let leases = rt::spawn(renew(Arc::clone(&runs)));
    let mut ending = Ending::new(handle.reader(false), handle.plan.identity(), output);
    let followed = follow(&runs, &handle, &mut ending).await;
    leases.abort();
    runs.leave(LEAVE).await;
    followed?;
    // What happened meanwhile is told too.
    let _all = rt::time::timeout(Duration::ZERO, ending.read()).await;
    let code = ending.outcome().report(output, &ids);
    Ok(if ending.is_left {
        ExitCode::from(STOPPED)
    } else {
        code
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
        rt::time::sleep(Duration::from_secs_f64(RENEW_SECONDS)).await;
        if let Err(error) = runs.renew_leases().await {
            complain!("the run's lease is not renewed: {error}");
        }
    }
}

/// A run as far as it was read, and what is known of its end.
struct Ending {
    reader: Reader,
    projection: Projection,
    output: Output,
    outcome: Option<Outcome>,
    /// Nobody waits for it any more.
    is_left: bool,
}

impl Ending {
    fn new(reader: Reader, run: RunIdentity, output: Output) -> Self {
        let view = View {
            audience: Audience::ServiceApi,
            generation: Generation::V1_16,
        };
        Self {
            reader,
            projection: Projection::live(run, view),
            output,
            outcome: None,
            is_left: false,
        }
    }

    /// Reads on until the run ends, waits, or is not here any more. Dropping the future loses nothing.
    async fn read(&mut self) {
        while let Ok(Some(batch)) = self.reader.next().await {
            for event in &batch.events {
                tell(event, self.output, &self.projection);
                self.outcome = Outcome::of(event).or(self.outcome.take());
            }
        }
    }

    /// What became of the run.
    fn outcome(&self) -> Outcome {
        let known = self.outcome.clone();
        known.unwrap_or_else(|| Outcome::unknown(self.is_left))
    }
}

/// Reads until the run ends or waits. The first signal stops the run, the second one leaves it.
async fn follow(runs: &RunPlane, handle: &RunHandle, ending: &mut Ending) -> anyhow::Result<()> {
    let mut stopping = false;
    loop {
        // Signals are heard from before the first line on: whoever sees that may send one.
        let signal = tokio::select! {
            biased;
            signal = termination() => signal?,
            () = ending.read() => return Ok(()),
        };
        if stopping {
            complain!("leaving; a server goes on with what is not finished");
            ending.is_left = true;
            return Ok(());
        }
        complain!("{signal}: stopping the run; once more leaves it");
        stopping = true;
        let app = AppId(handle.plan.app_id);
        let task = handle.plan.task_id.to_string();
        if let Err(error) = runs.service.stop(app, &task).await {
            complain!("the run is not stopped: {error}");
        }
    }
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

#[cfg(test)]
mod tests {
    use std::{
        pin::pin,
        task::{Context, Waker},
    };

    use gatewright_run_events::{RunError, RunLog};

    use super::*;

    #[test]
    fn end_that_was_heard_is_known_when_a_signal_comes_while_more_is_waited_for() {
        let log = Arc::new(RunLog::new(None));
        let run = RunIdentity {
            workflow_run_id: "r".to_owned(),
            task_id: "t".to_owned(),
            message: None,
        };
        let mut ending = Ending::new(log.reader(0, false), run, Output::Json);
        assert_eq!(ending.outcome(), Outcome::unknown(false));
        let ended = RunEvent::Error(RunError::invalid_param("no such thing"));
        log.append(ended).unwrap();
        let waits = pin!(ending.read()).poll(&mut Context::from_waker(Waker::noop()));
        assert!(waits.is_pending());
        ending.is_left = true;
        let known = ending.outcome().error;
        assert_eq!(known.as_deref(), Some("no such thing"));
    }
}
