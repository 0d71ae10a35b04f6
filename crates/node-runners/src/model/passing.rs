//! Passes text and thoughts on while they come, and keeps the text.

use gatewright_model::{Chunk, ReasoningFormat, ReasoningSplitter, reasoning::Split};

use super::Listener;

/// The text has thoughts between tags, those too that came apart. Who wants that hears the thoughts alone as well.
pub(super) struct Passing<'a> {
    tagged: ReasoningSplitter,
    thoughts: Option<ReasoningSplitter>,
    listener: Option<&'a mut dyn Listener>,
}

impl<'a> Passing<'a> {
    pub(super) fn new(listener: Option<&'a mut dyn Listener>, apart: bool) -> Self {
        let splitter = || ReasoningSplitter::new(ReasoningFormat::Separated);
        Self {
            tagged: ReasoningSplitter::new(ReasoningFormat::Tagged),
            thoughts: apart.then(splitter),
            listener,
        }
    }

    /// Whether somebody hears of the answer before it is whole.
    pub(super) fn is_heard(&self) -> bool {
        self.listener.is_some()
    }

    pub(super) async fn add(&mut self, chunk: &Chunk) {
        let text = self.tagged.add(&chunk.reasoning, &chunk.text).text;
        let Some(listener) = &mut self.listener else {
            return;
        };
        let thoughts = self.thoughts.as_mut();
        let new = thoughts.map(|thoughts| thoughts.add(&chunk.reasoning, &chunk.text));
        let reasoning = new.unwrap_or_default().reasoning;
        tell(&mut **listener, Split { text, reasoning }).await;
    }

    /// The whole text.
    pub(super) async fn finish(self) -> String {
        let (rest, all) = self.tagged.finish();
        if let Some(listener) = self.listener {
            let last = self.thoughts.map(|thoughts| thoughts.finish().0);
            let rest = Split {
                text: rest.text,
                reasoning: last.unwrap_or_default().reasoning,
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
