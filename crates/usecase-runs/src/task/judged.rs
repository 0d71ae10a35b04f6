//! An answer that somebody judges: when it is looked at, and what comes of it.

use gatewright_run_events::RunEvent;

use super::RunTask;
use crate::Verdict;

impl RunTask {
    /// Has the answer judged that was said so far, when it is time.
    pub(super) fn look(&mut self) {
        let said = &self.stamp.memory.said;
        if let Some(judging) = &mut self.judging {
            judging.look(said.bytes(), || said.whole());
        }
    }

    /// A judgement has come.
    pub(super) fn judged(&mut self, text: &str, verdict: Verdict) {
        if let Some(event) = self.stamp.judged(text, verdict) {
            if let Some(judging) = &mut self.judging {
                judging.again(self.stamp.memory.said.bytes());
            }
            let _ = self.log.append(event);
        }
        self.look();
    }

    /// What a judge makes of the whole answer.
    pub(super) async fn last_judgement(&mut self) -> Option<RunEvent> {
        let judging = self.judging.as_mut()?;
        if self.stamp.memory.is_replaced {
            return None;
        }
        let text = self.stamp.memory.said.whole();
        let verdict = judging.whole(text.clone()).await;
        self.stamp.judged(&text, verdict)
    }
}
