//! What a run says while it goes on: the text so far, read from its log, which has everything from the beginning.

use futures_util::FutureExt as _;
use gatewright_run_events::{Batch, Reader, RunEvent};

/// Text that is shown while a run goes on, at most, in bytes; what comes behind it is seen when the run has ended.
const MAX_TEXT: usize = 64 << 10;

/// The text of a run that is under way here.
#[derive(Debug)]
pub(super) struct Progress {
    reader: Reader,
    text: String,
}

/// What has happened since.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum News {
    /// A piece of text, and nothing else.
    Text(String),
    /// Something that shows in the state of the run or of its nodes.
    State,
    /// Nothing more comes from this log.
    End,
    /// Nothing happened for a while.
    Nothing,
}

impl Progress {
    pub(super) fn new(reader: Reader) -> Self {
        Self {
            reader,
            text: String::new(),
        }
    }

    /// The text so far.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// Reads what has happened by now.
    pub(super) fn catch_up(&mut self) {
        while let Some(Ok(Some(batch))) = self.reader.next().now_or_never() {
            self.apply(&batch);
        }
    }

    /// Waits for what happens next. Dropping the future loses nothing.
    pub(super) async fn next(&mut self) -> News {
        match self.reader.next().await {
            Ok(Some(batch)) => self.apply(&batch),
            Ok(None) | Err(_) => News::End,
        }
    }

    fn apply(&mut self, batch: &Batch) -> News {
        let before = self.text.len();
        let mut is_text = true;
        for event in &batch.events {
            match event.as_ref() {
                RunEvent::TextChunk(chunk) => self.add(&chunk.text),
                RunEvent::TextReplace(whole) => {
                    self.text.clear();
                    self.add(&whole.text);
                    is_text = false;
                }
                _ => is_text = false,
            }
        }
        if is_text {
            News::Text(self.text[before..].to_owned())
        } else {
            News::State
        }
    }

    fn add(&mut self, text: &str) {
        let room = MAX_TEXT.saturating_sub(self.text.len());
        let cut = text.floor_char_boundary(room);
        self.text.push_str(&text[..cut]);
    }
}
