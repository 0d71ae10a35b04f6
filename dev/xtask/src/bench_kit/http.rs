//! A small client of HTTP/1.1 over one kept connection. It says when things came: the first piece that holds one text, the last
//! that holds another, and the end.

use std::time::Instant;

use anyhow::{Context as _, bail};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

/// Answers are not read on beyond this.
const MAX_BYTES: usize = 16 << 20;

/// A connection to the server.
pub(crate) struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

/// Texts whose coming is timed; an empty one is not looked for.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Watch {
    pub(crate) first: &'static str,
    pub(crate) last: &'static str,
}

/// What came, and when.
#[derive(Debug)]
pub(crate) struct Exchange {
    pub(crate) status: u16,
    /// Head and body as they came, chunk lengths among them.
    pub(crate) text: String,
    pub(crate) sent: Instant,
    pub(crate) first: Option<Instant>,
    pub(crate) last: Option<Instant>,
    pub(crate) ended: Instant,
}

impl Connection {
    pub(crate) async fn open(port: u16) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(("127.0.0.1", port)).await?;
        stream.set_nodelay(true)?;
        let buffer = Vec::with_capacity(64 << 10);
        Ok(Self { stream, buffer })
    }

    /// Sends a request and reads its answer to the end.
    pub(crate) async fn exchange(
        &mut self,
        request: &[u8],
        watch: Watch,
    ) -> anyhow::Result<Exchange> {
        self.buffer.clear();
        let sent = Instant::now();
        self.stream.write_all(request).await?;
        let (mut first, mut last) = (None, None);
        let mut seen = 0;
        loop {
            if self.stream.read_buf(&mut self.buffer).await? == 0 {
                bail!("the server hung up");
            }
            let now = Instant::now();
            let look = |text: &str| {
                let from = seen.min(self.buffer.len()).saturating_sub(text.len());
                !text.is_empty() && contains(&self.buffer[from..], text.as_bytes())
            };
            if first.is_none() && look(watch.first) {
                first = Some(now);
            }
            if look(watch.last) {
                last = Some(now);
            }
            seen = self.buffer.len();
            if is_complete(&self.buffer) {
                let text = String::from_utf8_lossy(&self.buffer).into_owned();
                let status = text.get(9..12).and_then(|code| code.parse().ok());
                return Ok(Exchange {
                    status: status.context("no status")?,
                    text,
                    sent,
                    first,
                    last,
                    ended: now,
                });
            }
            anyhow::ensure!(seen < MAX_BYTES, "an answer without an end");
        }
    }

    /// Sends a request and reads until its answer holds a text; what comes behind stays unread.
    pub(crate) async fn begin(&mut self, request: &[u8], until: &str) -> anyhow::Result<()> {
        self.buffer.clear();
        self.stream.write_all(request).await?;
        while !contains(&self.buffer, until.as_bytes()) {
            let read = self.stream.read_buf(&mut self.buffer).await?;
            if read == 0 || is_complete(&self.buffer) || self.buffer.len() > MAX_BYTES {
                let text = String::from_utf8_lossy(&self.buffer);
                bail!("no {until:?} in: {}", head(&text));
            }
        }
        Ok(())
    }
}

/// What an answer says, for a message: its first line, and its body's beginning.
pub(crate) fn head(text: &str) -> String {
    let status = text.lines().next().unwrap_or_default();
    let body = text
        .split_once("\r\n\r\n")
        .map_or("", |(_, body)| body.trim());
    let body: String = body.chars().take(300).collect();
    format!("{status} {body}")
}

/// A request with a JSON body.
pub(crate) fn post(path: &str, bearer: &str, body: &serde_json::Value) -> Vec<u8> {
    let body = body.to_string();
    let length = body.len();
    format!(
        "POST {path} HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {bearer}\r\n\
         Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
    )
    .into_bytes()
}

/// A request without a body.
pub(crate) fn get(path: &str, bearer: &str) -> Vec<u8> {
    format!("GET {path} HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {bearer}\r\n\r\n")
        .into_bytes()
}

fn contains(bytes: &[u8], text: &[u8]) -> bool {
    let Some(&first) = text.first() else {
        return false;
    };
    let starts = bytes.iter().enumerate().filter(|(_, byte)| **byte == first);
    starts
        .into_iter()
        .any(|(at, _)| bytes[at..].starts_with(text))
}

fn is_complete(answer: &[u8]) -> bool {
    let end_of_head = b"\r\n\r\n";
    let Some(at) = answer.windows(4).position(|four| four == end_of_head) else {
        return false;
    };
    let (head, body) = answer.split_at(at + 4);
    let head = String::from_utf8_lossy(head).to_ascii_lowercase();
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length:"));
    match length.and_then(|length| length.trim().parse::<usize>().ok()) {
        Some(length) => body.len() >= length,
        None => body.ends_with(b"\r\n0\r\n\r\n") || body == b"0\r\n\r\n",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answer_is_complete_when_its_length_or_its_last_chunk_is_there() {
        for (answer, complete) in [
            ("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", true),
            ("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok", false),
            ("HTTP/1.1 200 OK\r\nx: y\r\n", false),
            ("HTTP/1.1 200 OK\r\n\r\n2\r\nok\r\n", false),
            ("HTTP/1.1 200 OK\r\n\r\n2\r\nok\r\n0\r\n\r\n", true),
        ] {
            assert_eq!(is_complete(answer.as_bytes()), complete, "{answer:?}");
        }
        assert!(contains(b"aab", b"ab") && !contains(b"aab", b"ac"));
    }
}
