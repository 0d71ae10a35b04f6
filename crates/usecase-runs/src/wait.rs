//! A caller who waits for a run's answer.

use gatewright_run_events::{Answer, BlockingAnswer, Reader, RunError, RunIdentity, View};

/// Reads until the run waits or has ended. A run that this process lost before that is answered with an internal error.
pub async fn blocking_answer(mut reader: Reader, run: RunIdentity, view: View) -> Answer {
    let mut answer = BlockingAnswer::new(run, view);
    while let Ok(Some(batch)) = reader.next().await {
        for event in &batch.events {
            answer.apply(event);
        }
    }
    answer
        .answer()
        .unwrap_or_else(|| Answer::Refused(RunError::internal()))
}
