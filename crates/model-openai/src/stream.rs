//! An answer in events (`text/event-stream`), or whole, as a stream of pieces.

use std::collections::VecDeque;

use bytes::Bytes;
use futures_util::{
    StreamExt as _,
    stream::{self, BoxStream},
};
use gatewright_model::{Chunk, ChunkStream, InvokeError};
use gatewright_outbound::{OutboundError, streaming::Body};
use serde_json::{Deserializer, Value};
use sseer::{EventStream, errors::EventStreamError, event::Event};

use crate::{answer, failure};

/// A whole answer may have so many bytes, and so may a line of a stream.
const MOST: usize = 16 * 1024 * 1024;
/// The data of the event behind the last piece.
const DONE: &str = "[DONE]";

/// A server that does not stream: one piece, or two for the end.
pub(crate) async fn of_whole(endpoint: String, body: Body) -> Result<ChunkStream, InvokeError> {
    let bytes = body.read(MOST).await;
    let bytes = bytes.map_err(|error| failure::of_transport(&endpoint, &error))?;
    let text = String::from_utf8_lossy(&bytes);
    let Ok(object) = serde_json::from_str::<Value>(text.trim_start_matches('\u{feff}')) else {
        return Err(failure::not_understood(&endpoint, &text));
    };
    if let Some(error) = failure::in_stream(&endpoint, &object) {
        return Err(error);
    }
    if !object["choices"].is_array() {
        return Err(failure::not_understood(&endpoint, &text));
    }
    Ok(stream::iter([Ok(answer::chunk(&object))]).boxed())
}

/// A server that streams.
pub(crate) fn of_events(endpoint: String, body: Body) -> ChunkStream {
    let reading = Reading {
        endpoint,
        events: EventStream::new(bytes(body)),
        waiting: VecDeque::new(),
        is_complete: false,
        is_over: false,
    };
    stream::unfold(reading, |mut reading| async move {
        let next = reading.next().await?;
        Some((next, reading))
    })
    .boxed()
}

/// The pieces of a body. A last event without its blank line is an event too.
fn bytes(body: Body) -> BoxStream<'static, Result<Bytes, OutboundError>> {
    let pieces = stream::unfold((body, 0), |(mut body, mut of_line)| async move {
        let piece = match body.chunk().await {
            Ok(Some(piece)) => piece,
            Ok(None) => return None,
            Err(error) => return Some((Err(error), (body, of_line))),
        };
        of_line = match piece.iter().rposition(|byte| *byte == b'\n') {
            Some(at) => piece.len() - at,
            None => of_line + piece.len(),
        };
        let piece = if of_line > MOST {
            Err(OutboundError::TooLarge)
        } else {
            Ok(piece)
        };
        Some((piece, (body, of_line)))
    });
    let end = stream::iter([Ok(Bytes::from_static(b"\n\n"))]);
    pieces.chain(end).boxed()
}

struct Reading {
    endpoint: String,
    events: EventStream<BoxStream<'static, Result<Bytes, OutboundError>>>,
    waiting: VecDeque<Result<Chunk, InvokeError>>,
    /// The reason of the end was there, or the mark.
    is_complete: bool,
    is_over: bool,
}

impl Reading {
    async fn next(&mut self) -> Option<Result<Chunk, InvokeError>> {
        loop {
            if let Some(next) = self.waiting.pop_front() {
                self.is_over |= next.is_err();
                return Some(next);
            }
            if self.is_over {
                return None;
            }
            match self.events.next().await {
                Some(Ok(event)) => self.take(&event),
                Some(Err(EventStreamError::Transport(error))) => {
                    self.end(failure::of_transport(&self.endpoint, &error));
                }
                Some(Err(EventStreamError::Utf8Error(error))) => {
                    let problem = failure::not_understood(&self.endpoint, &error.to_string());
                    self.waiting.push_back(Err(problem));
                }
                None => self.end(failure::broken_off(&self.endpoint)),
            }
        }
    }

    /// After the last piece nothing can break any more.
    fn end(&mut self, error: InvokeError) {
        self.is_over = true;
        if !self.is_complete {
            self.waiting.push_back(Err(error));
        }
    }

    /// Several objects in one event: a server that leaves the blank lines out.
    fn take(&mut self, event: &Event) {
        let data = event.data.trim();
        let (objects, is_done) = match data.strip_suffix(DONE) {
            Some(before) => (before, true),
            None => (data, false),
        };
        for object in Deserializer::from_str(objects).into_iter::<Value>() {
            let Ok(object) = object else {
                let problem = failure::not_understood(&self.endpoint, data);
                self.waiting.push_back(Err(problem));
                return;
            };
            let piece = match failure::in_stream(&self.endpoint, &object) {
                Some(error) => Err(error),
                None => Ok(answer::chunk(&object)),
            };
            if let Ok(chunk) = &piece {
                self.is_complete |= chunk.finish_reason.is_some();
            }
            if !matches!(&piece, Ok(chunk) if chunk.is_empty()) {
                self.waiting.push_back(piece);
            }
        }
        self.is_complete |= is_done;
        self.is_over |= is_done;
    }
}
