//! A recording on its way to whoever hears it. Servers of speech take it whole, so it is held: no more of all of them together than
//! there is room for.

use std::sync::Arc;

use gatewright_domain::error::Unavailable;
use gatewright_model::{Recording, Speech};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::SpeechError;

/// What a recording may have, in bytes.
pub const MAX_RECORDING_BYTES: usize = 30 * MIB;
/// What all recordings together may have that a process holds, in MiB.
const ROOM: usize = 120;
const MIB: usize = 1024 * 1024;

/// The room of a process.
pub(crate) fn room() -> Arc<Semaphore> {
    Arc::new(Semaphore::new(ROOM))
}

/// Somebody who is heard.
pub struct Hearing {
    model: Arc<dyn Speech>,
    format: &'static str,
    user: Option<String>,
    room: Arc<Semaphore>,
    bytes: Vec<u8>,
    /// One for each MiB that was begun.
    held: Vec<OwnedSemaphorePermit>,
}

impl Hearing {
    pub(super) fn new(
        model: Arc<dyn Speech>,
        format: &'static str,
        user: Option<String>,
        room: &Arc<Semaphore>,
    ) -> Self {
        Self {
            model,
            format,
            user,
            room: Arc::clone(room),
            bytes: vec![],
            held: vec![],
        }
    }

    /// The next piece of what was said.
    ///
    /// # Errors
    /// When it is too large, or there is no room for it now.
    pub fn take(&mut self, piece: &[u8]) -> Result<(), SpeechError> {
        let size = self.bytes.len() + piece.len();
        if size > MAX_RECORDING_BYTES {
            return Err(SpeechError::TooLarge);
        }
        while self.held.len() * MIB < size {
            let permit = Arc::clone(&self.room).try_acquire_owned();
            let full = |_| Unavailable::new("speech", "too much is being heard at once");
            self.held.push(permit.map_err(full)?);
        }
        self.bytes.extend_from_slice(piece);
        Ok(())
    }

    /// What it was.
    ///
    /// # Errors
    /// When nothing was said, or the model does not answer.
    pub async fn text(self) -> Result<String, SpeechError> {
        if self.bytes.is_empty() {
            return Err(SpeechError::NoAudio);
        }
        let recording = Recording {
            format: self.format,
            bytes: self.bytes.into(),
            user: self.user,
        };
        Ok(self.model.transcribe(recording).await?)
    }
}

#[cfg(test)]
mod tests {
    use futures_util::{FutureExt as _, future::BoxFuture};
    use gatewright_domain::Classify as _;
    use gatewright_model::{AudioStream, InvokeError, Utterance};

    use super::*;

    struct Counts;

    impl Speech for Counts {
        fn transcribe(&self, recording: Recording) -> BoxFuture<'_, Result<String, InvokeError>> {
            let text = format!("{} bytes of {}", recording.bytes.len(), recording.format);
            std::future::ready(Ok(text)).boxed()
        }

        fn speak(&self, _: Utterance) -> BoxFuture<'_, Result<AudioStream, InvokeError>> {
            unreachable!("nothing is said here")
        }
    }

    fn hearing(room: &Arc<Semaphore>) -> Hearing {
        Hearing::new(Arc::new(Counts), "mp3", None, room)
    }

    #[tokio::test]
    async fn recording_is_bounded_and_so_are_all_of_them_together() {
        let room = Arc::new(Semaphore::new(31));
        let mut first = hearing(&room);
        let part = vec![0; MIB];
        for _ in 0..30 {
            first.take(&part).unwrap();
        }
        let refused = first.take(b"x").unwrap_err();
        assert_eq!(refused.class().code, "audio_too_large");
        let mut second = hearing(&room);
        second.take(b"x").unwrap();
        second.take(&part).unwrap_err();
        let text = first.text().await.unwrap();
        assert_eq!(text, format!("{} bytes of mp3", 30 * MIB));
        // Its room is free again.
        second.take(&part).unwrap();
        let nothing = hearing(&room).text().await.unwrap_err();
        assert_eq!(nothing.class().code, "no_audio_uploaded");
    }
}
