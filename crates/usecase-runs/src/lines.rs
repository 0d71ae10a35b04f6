//! A run as the bytes of a stream: a ping, where the run stands, what happens, and a ping whenever nothing does.

use std::time::Duration;

use gatewright_run_events::{
    Attachment, Batch, PING, Projection, Reader, RunError, RunEvent, RunIdentity, SpillError, View,
};

/// So long nothing is sent before a ping says that the stream is alive.
const SILENCE: Duration = Duration::from_secs(10);

/// The bytes of one stream. It ends with its last event.
#[derive(Debug)]
pub struct RunLines {
    reader: Reader,
    projection: Projection,
    /// What is sent first.
    first: Vec<u8>,
    ended: bool,
}

impl RunLines {
    /// For the caller who began the run, or who attaches without a snapshot.
    #[must_use]
    pub fn live(reader: Reader, run: RunIdentity, view: View) -> Self {
        Self {
            reader,
            projection: Projection::live(run, view),
            first: PING.to_vec(),
            ended: false,
        }
    }

    /// For a caller who attaches.
    #[must_use]
    pub fn attached(attachment: Attachment, run: RunIdentity, view: View) -> Self {
        let mut lines = Self::live(attachment.reader, run.clone(), view);
        if let Some(snapshot) = attachment.snapshot {
            let projection = Projection::snapshot(run, view);
            lines.first.extend(snapshot.lines(&projection));
        }
        lines
    }

    /// The next bytes, whole lines each time; none when the stream is over. Dropping the future loses nothing.
    pub async fn next(&mut self) -> Option<Vec<u8>> {
        if !self.first.is_empty() {
            return Some(self.first_bytes().await);
        }
        while !self.ended {
            let silence = tokio::time::sleep(SILENCE);
            let read = tokio::select! {
                biased;
                read = self.reader.next() => read,
                () = silence => return Some(PING.to_vec()),
            };
            let mut out = Vec::new();
            self.write(read, &mut out);
            // Events that this reader is not told of make no line.
            if !out.is_empty() {
                return Some(out);
            }
        }
        None
    }

    /// What comes first, and whatever has happened by now: one write for a run that is quick.
    async fn first_bytes(&mut self) -> Vec<u8> {
        let read = tokio::select! {
            biased;
            read = self.reader.next() => Some(read),
            () = std::future::ready(()) => None,
        };
        let mut out = std::mem::take(&mut self.first);
        if let Some(read) = read {
            self.write(read, &mut out);
        }
        out
    }

    fn write(&mut self, read: Result<Option<Batch>, SpillError>, out: &mut Vec<u8>) {
        match read {
            Ok(Some(batch)) => {
                for event in &batch.events {
                    self.projection.write(event, out);
                }
            }
            Ok(None) => self.ended = true,
            Err(error) => {
                tracing::warn!(
                    event = "run.stream_unreadable",
                    %error,
                    "a stream cannot be read on"
                );
                let broken = RunEvent::Error(RunError::internal().after_start());
                self.projection.write(&broken, out);
                self.ended = true;
            }
        }
    }
}
