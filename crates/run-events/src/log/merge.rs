//! Makes one event of pieces that follow each other and come from the same place.

use std::sync::Arc;

use crate::{ReasoningChunk, RunEvent, TextChunk};

/// Merges pieces of text, and pieces of reasoning; everything else stays, and the order of all.
pub(super) fn texts(events: Vec<Arc<RunEvent>>) -> Vec<Arc<RunEvent>> {
    let mut merged: Vec<Arc<RunEvent>> = Vec::with_capacity(events.len());
    for event in events {
        match merged.last_mut().filter(|last| continues(last, &event)) {
            Some(last) => extend(Arc::make_mut(last), &event),
            None => merged.push(event),
        }
    }
    merged
}

/// Whether `next` is the next piece of the same.
fn continues(last: &RunEvent, next: &RunEvent) -> bool {
    match (last, next) {
        (RunEvent::TextChunk(last), RunEvent::TextChunk(next)) => {
            last.from_variable_selector == next.from_variable_selector
        }
        (RunEvent::ReasoningChunk(last), RunEvent::ReasoningChunk(next)) => {
            last.node_id == next.node_id && !last.is_final
        }
        _ => false,
    }
}

fn extend(last: &mut RunEvent, next: &RunEvent) {
    match (last, next) {
        (
            RunEvent::TextChunk(TextChunk { text, .. }),
            RunEvent::TextChunk(TextChunk { text: more, .. }),
        ) => text.push_str(more),
        (
            RunEvent::ReasoningChunk(ReasoningChunk {
                reasoning,
                is_final,
                ..
            }),
            RunEvent::ReasoningChunk(next),
        ) => {
            reasoning.push_str(&next.reasoning);
            *is_final = next.is_final;
        }
        _ => {}
    }
}
