//! One child: started, ready, given its program, and gone.

use std::{os::unix::process::ExitStatusExt as _, path::Path, process::Stdio, time::Duration};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    process::{Child, ChildStderr, ChildStdin, ChildStdout, Command},
};

use crate::{
    child::CANNOT,
    limits::Limits,
    outcome::{Ended, Outcome},
    output::Printed,
    plan::{CHILD, ChildPlan},
    spawner::Spawner,
};

/// How long an interpreter may take to start.
const START: Duration = Duration::from_secs(20);
/// What a child says when it is ready.
const READY: u8 = 6;
/// Bytes of a complaint that are read.
const MAX_COMPLAINT_BYTES: u64 = 2_000;

/// Why a child did not start.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NotStarted {
    /// It could not confine itself; no other would.
    #[error("{0}")]
    Unconfined(String),
    /// Its interpreter does not work.
    #[error("{0}")]
    Broken(String),
}

/// A child that waits for its program.
#[derive(Debug)]
pub(crate) struct Prepared {
    child: Child,
    stdin: ChildStdin,
    stdout: ChildStdout,
    stderr: ChildStderr,
}

impl Prepared {
    /// Starts one, and waits until it is ready.
    pub(crate) async fn start(
        spawner: &Spawner,
        helper: &Path,
        plan: &ChildPlan,
    ) -> Result<Self, NotStarted> {
        let broken = |error: &dyn ToString| NotStarted::Broken(error.to_string());
        let plan = serde_json::to_string(plan).map_err(|error| broken(&error))?;
        let mut command = Command::new(helper);
        command
            .args([CHILD, &plan])
            .env_clear()
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0)
            .kill_on_drop(true);
        let mut child = spawner
            .start(command)
            .await
            .map_err(|error| broken(&format!("{} cannot be started: {error}", helper.display())))?;
        let streams = (child.stdin.take(), child.stdout.take(), child.stderr.take());
        let (Some(stdin), Some(mut stdout), Some(stderr)) = streams else {
            return Err(broken(&"a child without streams"));
        };
        match tokio::time::timeout(START, stdout.read_u8()).await {
            Ok(Ok(READY)) => Ok(Self {
                child,
                stdin,
                stdout,
                stderr,
            }),
            Ok(_) => Err(complaint(child, stderr).await),
            Err(_) => Err(broken(&"an interpreter does not become ready")),
        }
    }

    /// Itself, unless it has ended meanwhile.
    pub(crate) fn if_alive(mut self) -> Option<Self> {
        matches!(self.child.try_wait(), Ok(None)).then_some(self)
    }

    /// Runs a program: it gets the child for itself, and the child ends with it.
    pub(crate) async fn run(self, program: &[u8], limits: Limits) -> Outcome {
        let Self {
            mut child,
            mut stdin,
            stdout,
            stderr,
        } = self;
        let (mut out, mut err) = (Printed::default(), Printed::default());
        let feed = async {
            // A program that ends early does not read the rest.
            drop(stdin.write_all(program).await);
            drop(stdin);
            Ok(())
        };
        let talk = async {
            tokio::try_join!(
                feed,
                out.read(stdout, limits.output),
                err.read(stderr, limits.output)
            )
        };
        let ended = match tokio::time::timeout(limits.time, talk).await {
            Ok(Ok(_)) => None,
            Ok(Err(_)) => Some(Ended::Loud),
            Err(_) => Some(Ended::Late),
        };
        let seconds = limits.time.as_secs_f64();
        if let Some(why) = ended {
            end(child);
            return Outcome::ended(out.bytes, err.bytes, why, seconds);
        }
        if let (Some(status), Some(_)) = (out.status, err.status) {
            end(child);
            return Outcome::of(out.bytes, err.bytes, status);
        }
        // Its streams are closed. A process that closed them and goes on is ended.
        let status = tokio::time::timeout(limits.time, child.wait()).await;
        match status.map(|status| status.map(|status| (status.code(), status.signal()))) {
            Ok(Ok((Some(code), _))) => Outcome::of(out.bytes, err.bytes, code),
            Ok(Ok((None, Some(signal)))) => {
                Outcome::ended(out.bytes, err.bytes, Ended::Signal(signal), seconds)
            }
            _ => {
                end(child);
                Outcome::ended(out.bytes, err.bytes, Ended::Late, seconds)
            }
        }
    }
}

/// Ends a child; nobody waits for it.
fn end(mut child: Child) {
    // An error says that it has ended already.
    drop(child.start_kill());
    tokio::spawn(async move { child.wait().await });
}

async fn complaint(mut child: Child, stderr: ChildStderr) -> NotStarted {
    let mut said = Vec::new();
    let mut stderr = stderr.take(MAX_COMPLAINT_BYTES);
    let read = tokio::time::timeout(START, stderr.read_to_end(&mut said)).await;
    let status = match read {
        Ok(_) => tokio::time::timeout(START, child.wait()).await,
        Err(late) => Err(late),
    };
    let said = String::from_utf8_lossy(&said).trim().to_owned();
    match status {
        Ok(Ok(status)) if status.code() == Some(CANNOT) => NotStarted::Unconfined(said),
        Ok(Ok(status)) => NotStarted::Broken(format!("{status}: {said}")),
        _ => NotStarted::Broken(format!("it does not start: {said}")),
    }
}
