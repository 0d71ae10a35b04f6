//! A server that speaks the OpenAI protocol and answers every call with deltas: a hundred for the model `bench`, and for `bench-slow`
//! ten a second until the measurement is over.

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
};

use crate::bench_asked::Asked;

/// In the first delta, so that its coming can be seen.
pub(super) const FIRST_DELTA: &str = "Once-upon";
/// Deltas of an answer.
pub(super) const DELTAS: u32 = 100;
/// Between two deltas, so that each comes by itself.
const PAUSE: Duration = Duration::from_millis(1);
const SLOW_PAUSE: Duration = Duration::from_millis(100);

/// What is known of the server while it answers.
#[derive(Clone, Debug, Default)]
pub(super) struct Model {
    first: Arc<Mutex<Option<Instant>>>,
    is_over: Arc<AtomicBool>,
}

impl Model {
    /// Begins to answer; gives the base address of its API.
    pub(super) async fn start(&self) -> anyhow::Result<String> {
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
    pub(super) fn latest_first(&self) -> Option<Instant> {
        *self.first.lock().ok()?
    }

    /// Ends the slow answers.
    pub(super) fn end(&self) {
        self.is_over.store(true, Ordering::Relaxed);
    }

    async fn answer_all(&self, stream: TcpStream) -> anyhow::Result<()> {
        stream.set_nodelay(true)?;
        let mut stream = BufReader::new(stream);
        while let Some(asked) = Asked::read(&mut stream).await? {
            let request: Value = serde_json::from_slice(&asked.body)?;
            let is_slow = request["model"] == "bench-slow";
            self.answer(stream.get_mut(), is_slow).await?;
        }
        Ok(())
    }

    async fn answer(&self, stream: &mut TcpStream, is_slow: bool) -> anyhow::Result<()> {
        let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n";
        stream.write_all(head.as_bytes()).await?;
        let mut count = 0;
        while count < DELTAS || is_slow && !self.is_over.load(Ordering::Relaxed) {
            let text = if count == 0 { FIRST_DELTA } else { " word" };
            if count == 0
                && let Ok(mut first) = self.first.lock()
            {
                *first = Some(Instant::now());
            }
            send(stream, &chunk(json!({"content": text}), Value::Null)).await?;
            tokio::time::sleep(if is_slow { SLOW_PAUSE } else { PAUSE }).await;
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
