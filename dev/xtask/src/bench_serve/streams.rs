//! Many answers that stream at the same time, each with twenty tokens a second: what a token costs, how evenly they come, and
//! whether all of them do.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use anyhow::{Context as _, anyhow, bail, ensure};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    task::JoinHandle,
};

use super::Bench;
use crate::{
    bench_kit::{http::post, processes::Cpu},
    bench_process::resident_mib,
    bench_times::percentile,
};

pub(super) const NAME: &str = "streams";
/// Between the beginnings of two streams.
const STEP: Duration = Duration::from_millis(5);
/// Until all have begun.
const BEGIN_TIMEOUT: Duration = Duration::from_mins(1);
/// Between the last beginning and the first count.
const SETTLE: Duration = Duration::from_secs(2);

/// What was measured while all streams were open.
#[derive(Clone, Debug)]
pub(super) struct Streams {
    pub(super) count: usize,
    pub(super) seconds: f64,
    pub(super) tokens: usize,
    /// Tokens that a model said and its reader did not get, in order, over the whole of all streams.
    pub(super) lost: usize,
    /// Milliseconds for each token.
    pub(super) cpu: Cpu,
    pub(super) resident_mib: f64,
    pub(super) idle_mib: f64,
    /// Milliseconds between two tokens of a stream.
    pub(super) gap_p50: f64,
    pub(super) gap_p99: f64,
    pub(super) gap_max: f64,
}

/// What readers share.
#[derive(Default)]
struct Counted {
    begun: AtomicUsize,
    tokens: AtomicUsize,
    is_counting: AtomicBool,
}

/// What a reader saw.
struct Read {
    got: usize,
    said: usize,
    gaps: Vec<f64>,
}

pub(super) async fn measure(
    bench: &Bench,
    count: usize,
    span: Duration,
) -> anyhow::Result<Streams> {
    eprintln!("==> {count} answers that stream at once");
    let idle_mib = resident_mib(bench.processes.server)?;
    let counted = Arc::new(Counted::default());
    let mut readers = Vec::with_capacity(count);
    for n in 0..count {
        let body = json!({"inputs": {}, "query": "Count.", "user": format!("reader {n}"), "response_mode": "streaming",
            "auto_generate_name": false});
        let request = post("/v1/chat-messages", &bench.apps.steady.key, &body);
        readers.push(tokio::spawn(read(
            bench.port,
            request,
            Arc::clone(&counted),
        )));
        tokio::time::sleep(STEP).await;
    }
    let deadline = Instant::now() + BEGIN_TIMEOUT;
    while counted.begun.load(Ordering::Relaxed) < count {
        if Instant::now() > deadline {
            return Err(none_begins(&counted, readers).await);
        }
        tokio::time::sleep(STEP).await;
    }
    tokio::time::sleep(SETTLE).await;
    let before = bench.processes.cpu()?;
    let (began, first) = (Instant::now(), counted.tokens.load(Ordering::Relaxed));
    counted.is_counting.store(true, Ordering::Relaxed);
    tokio::time::sleep(span).await;
    counted.is_counting.store(false, Ordering::Relaxed);
    let (seconds, tokens) = (
        began.elapsed().as_secs_f64(),
        counted.tokens.load(Ordering::Relaxed) - first,
    );
    let cpu = bench
        .processes
        .cpu()?
        .since(&before, f64::from(u32::try_from(tokens.max(1))?));
    let resident_mib = resident_mib(bench.processes.server)?;
    bench.model.end();
    let (mut lost, mut gaps) = (0, vec![]);
    for reader in readers {
        let mut read = reader.await??;
        lost += read.said.saturating_sub(read.got);
        gaps.append(&mut read.gaps);
    }
    Ok(Streams {
        count,
        seconds,
        tokens,
        lost,
        cpu,
        resident_mib,
        idle_mib,
        gap_p50: percentile(&gaps, 50).context("no token")?,
        gap_p99: percentile(&gaps, 99).context("no token")?,
        gap_max: percentile(&gaps, 100).context("no token")?,
    })
}

/// Why not all streams begin: what a reader says who has ended, or how many have begun.
async fn none_begins(
    counted: &Counted,
    readers: Vec<JoinHandle<anyhow::Result<Read>>>,
) -> anyhow::Error {
    let begun = counted.begun.load(Ordering::Relaxed);
    let count = readers.len();
    for reader in readers {
        if reader.is_finished()
            && let Ok(Err(error)) = reader.await
        {
            return error.context(format!("{begun} of {count} streams have begun"));
        }
    }
    anyhow!("{begun} of {count} streams have begun, and none has failed")
}

/// Reads an answer to its end.
async fn read(port: u16, request: Vec<u8>, counted: Arc<Counted>) -> anyhow::Result<Read> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).await?;
    stream.write_all(&request).await?;
    let mut buffer: Vec<u8> = Vec::with_capacity(8 << 10);
    let (mut read, mut last) = (
        Read {
            got: 0,
            said: 0,
            gaps: vec![],
        },
        None::<Instant>,
    );
    loop {
        if stream.read_buf(&mut buffer).await? == 0 {
            bail!("hung up after {} tokens", read.got);
        }
        let now = Instant::now();
        while let Some(end) = buffer.iter().position(|byte| *byte == b'\n') {
            let line = String::from_utf8_lossy(&buffer[..end]).into_owned();
            buffer.drain(..=end);
            match Line::of(&line, read.got)? {
                Line::Token => {
                    if read.got == 0 {
                        counted.begun.fetch_add(1, Ordering::Relaxed);
                    }
                    read.got += 1;
                    counted.tokens.fetch_add(1, Ordering::Relaxed);
                    let gap = last
                        .replace(now)
                        .map(|last| 1000.0 * (now - last).as_secs_f64());
                    if counted.is_counting.load(Ordering::Relaxed) {
                        read.gaps.extend(gap);
                    }
                }
                Line::End { said } => {
                    read.said = said;
                    return Ok(read);
                }
                Line::Other => {}
            }
        }
    }
}

/// A line of a stream.
#[derive(Debug, PartialEq, Eq)]
enum Line {
    /// The token that had to come.
    Token,
    /// The end, and how many tokens the model counted.
    End {
        said: usize,
    },
    Other,
}

impl Line {
    /// `next` is the number of the token that has to come.
    fn of(line: &str, next: usize) -> anyhow::Result<Self> {
        let Some(data) = line.strip_prefix("data: ") else {
            return Ok(Self::Other);
        };
        if data.starts_with("{\"event\":\"message\"") {
            let answer = data
                .split_once("\"answer\":\"")
                .and_then(|(_, rest)| rest.split_once('"'));
            let (answer, _) =
                answer.with_context(|| format!("a message without an answer: {data}"))?;
            // What a model says at its end is a piece without text.
            if answer.is_empty() {
                return Ok(Self::Other);
            }
            ensure!(
                answer.trim() == next.to_string(),
                "{answer:?} comes where {next} had to"
            );
            return Ok(Self::Token);
        }
        if data.starts_with("{\"event\":\"error\"") {
            bail!("failed: {data}");
        }
        if data.starts_with("{\"event\":\"message_end\"") {
            let end: Value = serde_json::from_str(data)?;
            let said = end["metadata"]["usage"]["completion_tokens"].as_u64();
            let said = said.context("an end without a count")?;
            return Ok(Self::End {
                said: usize::try_from(said)?,
            });
        }
        Ok(Self::Other)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn line_is_a_token_only_when_it_is_the_one_that_had_to_come() {
        let token = "data: {\"event\":\"message\", \"answer\":\"7 \", \"x\": 1}";
        assert_eq!(Line::of(token, 7).unwrap(), Line::Token);
        assert!(Line::of(token, 8).is_err());
        let end =
            "data: {\"event\":\"message_end\", \"metadata\":{\"usage\":{\"completion_tokens\":3}}}";
        assert_eq!(Line::of(end, 3).unwrap(), Line::End { said: 3 });
        for other in [
            "",
            "1a3\r",
            "event: ping",
            "data: {\"event\":\"node_started\"}",
            "data: {\"event\":\"message\",\"answer\":\"\"}",
        ] {
            assert_eq!(Line::of(other, 0).unwrap(), Line::Other);
        }
        assert!(Line::of("data: {\"event\":\"error\", \"message\": \"x\"}", 0).is_err());
    }
}
