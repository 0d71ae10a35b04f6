//! Reads what a child prints, up to its own mark of the end or to the end of the stream.

use tokio::io::{AsyncRead, AsyncReadExt as _};

/// Bytes asked for at once.
const PIECE: usize = 64 * 1024;
const MARK: &[u8] = b"\0end:";

/// What was printed so far.
#[derive(Debug, Default)]
pub(crate) struct Printed {
    /// Without the mark.
    pub(crate) bytes: Vec<u8>,
    /// The status that the mark names; `None` where the stream ended without one.
    pub(crate) status: Option<i32>,
}

/// More was printed than may be.
#[derive(Debug)]
pub(crate) struct TooMuch;

impl Printed {
    /// Reads on, in the same place: what was read survives when the future is dropped.
    pub(crate) async fn read(
        &mut self,
        mut from: impl AsyncRead + Unpin,
        most: usize,
    ) -> Result<(), TooMuch> {
        loop {
            self.bytes.reserve(PIECE.min(most));
            // A broken pipe is the end too.
            let read = from.read_buf(&mut self.bytes).await.unwrap_or(0);
            if read == 0 || self.take_mark() {
                return Ok(());
            }
            if self.bytes.len() > most + MARK.len() + 5 {
                self.bytes.truncate(most);
                return Err(TooMuch);
            }
        }
    }

    fn take_mark(&mut self) -> bool {
        let Some((0, head)) = self.bytes.split_last() else {
            return false;
        };
        let Some(at) = head.iter().rposition(|byte| *byte == 0) else {
            return false;
        };
        let Some(status) = self.bytes[at..].strip_prefix(MARK) else {
            return false;
        };
        let status = std::str::from_utf8(&status[..status.len() - 1]);
        let Some(status) = status.ok().and_then(|text| text.parse().ok()) else {
            return false;
        };
        self.bytes.truncate(at);
        self.status = Some(status);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn printed(bytes: &[u8], most: usize) -> (Printed, bool) {
        let mut printed = Printed::default();
        let is_whole = printed.read(bytes, most).await.is_ok();
        (printed, is_whole)
    }

    #[tokio::test]
    async fn output_ends_with_the_mark_or_with_the_stream() {
        for (bytes, text, status) in [
            (&b"hi\n\0end:0\0"[..], &b"hi\n"[..], Some(0)),
            (b"\0end:255\0", b"", Some(255)),
            (b"hi", b"hi", None),
            (b"a\0b\0", b"a\0b\0", None),
            (b"\0end:x\0", b"\0end:x\0", None),
            (b"\0end:1\0\0end:2\0", b"\0end:1\0", Some(2)),
        ] {
            let (printed, _) = printed(bytes, 100).await;
            assert_eq!((&printed.bytes[..], printed.status), (text, status));
        }
    }

    #[tokio::test]
    async fn output_beyond_the_limit_is_cut_and_reported() {
        assert!(printed(&[b'x'; 100], 100).await.1);
        let (cut, is_whole) = printed(&[b'x'; 200], 100).await;
        assert_eq!((cut.bytes.len(), is_whole), (100, false));
    }
}
