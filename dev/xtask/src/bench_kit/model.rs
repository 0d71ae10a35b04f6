//! A server that speaks the OpenAI protocol and answers every call with deltas: a hundred for the model `bench`, and until the
//! measurement is over ten a second for `bench-slow` and twenty, each with its number, for `bench-steady`.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use tokio::{
    io::{AsyncWriteExt as _, BufReader},
    net::{TcpListener, TcpStream},
    time::{Interval, MissedTickBehavior},
};

use crate::bench_asked::Asked;

/// In the first delta, so that its coming can be seen.
pub(crate) const FIRST_DELTA: &str = "Once-upon";
/// Deltas of an answer.
pub(crate) const DELTAS: u32 = 100;
/// Between two deltas, so that each comes by itself.
const PAUSE: Duration = Duration::from_millis(1);
const SLOW_PAUSE: Duration = Duration::from_millis(100);
pub(crate) const STEADY_PAUSE: Duration = Duration::from_millis(50);

/// How a model answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    Quick,
    Slow,
    Steady,
}

impl Way {
    fn of(model: &str) -> Self {
        match model {
            "bench-slow" => Self::Slow,
            "bench-steady" => Self::Steady,
            _ => Self::Quick,
        }
    }

    /// The steady one keeps its pace; the others wait between two deltas.
    fn beat(self) -> Interval {
        let (pause, missed) = match self {
            Self::Quick => (PAUSE, MissedTickBehavior::Delay),
            Self::Slow => (SLOW_PAUSE, MissedTickBehavior::Delay),
            Self::Steady => (STEADY_PAUSE, MissedTickBehavior::Burst),
        };
        let mut beat = tokio::time::interval(pause);
        beat.set_missed_tick_behavior(missed);
        beat
    }

    fn says(self, count: u32) -> String {
        match (self, count) {
            (Self::Steady, count) => format!("{count} "),
            (_, 0) => FIRST_DELTA.to_owned(),
            _ => " word".to_owned(),
        }
    }
}

/// What is known of the server while it answers.
#[derive(Clone, Debug, Default)]
pub(crate) struct Model {
    first: Arc<Mutex<Option<Instant>>>,
    is_over: Arc<AtomicBool>,
}

impl Model {
    /// Begins to answer; gives the base address of its API.
    pub(crate) async fn start(&self) -> anyhow::Result<String> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let url = format!("http://{}/v1", listener.local_addr()?);
        let model = self.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let model = model.clone();
                tokio::spawn(async move { model.answer_all(stream).await });
            }
        });
        Ok(url)
    }

    /// When the latest answer's first delta was sent.
    pub(crate) fn latest_first(&self) -> Option<Instant> {
        *self.first.lock().ok()?
    }

    /// Ends the slow answers.
    pub(crate) fn end(&self) {
        self.is_over.store(true, Ordering::Relaxed);
    }

    async fn answer_all(&self, stream: TcpStream) -> anyhow::Result<()> {
        stream.set_nodelay(true)?;
        let mut stream = BufReader::new(stream);
        while let Some(asked) = Asked::read(&mut stream).await? {
            let request: Value = serde_json::from_slice(&asked.body)?;
            let way = Way::of(request["model"].as_str().unwrap_or_default());
            self.answer(stream.get_mut(), way).await?;
        }
        Ok(())
    }

    async fn answer(&self, stream: &mut TcpStream, way: Way) -> anyhow::Result<()> {
        let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n";
        stream.write_all(head.as_bytes()).await?;
        let mut beat = way.beat();
        let mut count = 0;
        while way != Way::Quick && !self.is_over.load(Ordering::Relaxed)
            || way == Way::Quick && count < DELTAS
        {
            beat.tick().await;
            if count == 0
                && let Ok(mut first) = self.first.lock()
            {
                *first = Some(Instant::now());
            }
            let delta = json!({"content": way.says(count)});
            send(stream, &chunk(delta, Value::Null)).await?;
            count += 1;
        }
        send(stream, &chunk(json!({}), json!("stop"))).await?;
        let usage =
            json!({"prompt_tokens": 20, "completion_tokens": count, "total_tokens": 20 + count});
        let last = json!({"id": "bench", "object": "chat.completion.chunk", "created": 0, "model": "bench", "choices": [], "usage": usage});
        send(stream, &last.to_string()).await?;
        send(stream, "[DONE]").await?;
        Ok(stream.write_all(b"0\r\n\r\n").await?)
    }
}

fn chunk(delta: Value, finish_reason: Value) -> String {
    let choice = json!({"index": 0, "delta": delta, "finish_reason": finish_reason});
    json!({"id": "bench", "object": "chat.completion.chunk", "created": 0, "model": "bench", "choices": [choice]})
        .to_string()
}

async fn send(stream: &mut TcpStream, data: &str) -> std::io::Result<()> {
    let line = format!("data: {data}\n\n");
    let chunk = format!("{:x}\r\n{line}\r\n", line.len());
    stream.write_all(chunk.as_bytes()).await
}
