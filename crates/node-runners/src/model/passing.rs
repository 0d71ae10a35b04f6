//! Passes text and thoughts on while they come, and keeps the text.

use gatewright_model::{Chunk, ReasoningFormat, ReasoningSplitter, reasoning::Split};

use super::Listener;

/// The text has thoughts between tags, those too that came apart. Who listens hears the thoughts alone as well.
pub(super) struct Passing<'a> {
    tagged: ReasoningSplitter,
    thoughts: ReasoningSplitter,
    listener: Option<&'a mut dyn Listener>,
}

impl<'a> Passing<'a> {
    pub(super) fn new(listener: Option<&'a mut dyn Listener>) -> Self {
        Self {
            tagged: ReasoningSplitter::new(ReasoningFormat::Tagged),
            thoughts: ReasoningSplitter::new(ReasoningFormat::Separated),
            listener,
        }
    }

    pub(super) async fn add(&mut self, chunk: &Chunk) {
        let text = self.tagged.add(&chunk.reasoning, &chunk.text).text;
        let Some(listener) = &mut self.listener else {
            return;
        };
        let reasoning = self.thoughts.add(&chunk.reasoning, &chunk.text).reasoning;
        tell(&mut **listener, Split { text, reasoning }).await;
    }

    /// The whole text.
    pub(super) async fn finish(self) -> String {
        let (rest, all) = self.tagged.finish();
        if let Some(listener) = self.listener {
            let (thoughts, _) = self.thoughts.finish();
            let rest = Split {
                text: rest.text,
                reasoning: thoughts.reasoning,
            };
            tell(listener, rest).await;
        }
        all.text
    }
}

async fn tell(listener: &mut dyn Listener, new: Split) {
    if !new.reasoning.is_empty() {
        listener.reasoning(new.reasoning).await;
    }
    if !new.text.is_empty() {
        listener.text(new.text).await;
    }
}
