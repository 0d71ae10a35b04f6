//! What there is to read before anything is measured: conversations, messages, a file.

use anyhow::{Context as _, ensure};
use serde_json::{Value, json};

use crate::bench_kit::{
    arrange::Apps,
    http::{Connection, Watch, head, post},
};

/// Of an uploaded file.
const FILE_BYTES: usize = 10 << 20;
/// Conversations, and messages of the last one: one page is 20.
const COUNT: usize = 25;
/// Who asks.
pub(super) const USER: &str = "bench";

/// What is read.
pub(super) struct Served {
    /// A conversation with several pages of messages.
    pub(super) conversation: String,
    /// An upload, as a request.
    pub(super) upload: Vec<u8>,
    /// Where the uploaded file is, with its signature.
    pub(super) file: String,
}

impl Served {
    /// Says what is to be read, and uploads what is to be fetched.
    pub(super) async fn arrange(port: u16, apps: &Apps) -> anyhow::Result<Self> {
        let mut connection = Connection::open(port).await?;
        let mut conversation = String::new();
        for n in 0..2 * COUNT {
            // Half of them begin conversations, and the others go on with the last one.
            let goes_on = if n < COUNT { "" } else { &conversation };
            let body = json!({"inputs": {}, "query": format!("question {n}"), "user": USER, "response_mode": "blocking",
                "conversation_id": goes_on, "auto_generate_name": false});
            let request = post("/v1/chat-messages", &apps.chat.key, &body);
            let said = ask(&mut connection, &request, 200).await?;
            conversation = member(&said, "conversation_id")?;
        }
        let upload = upload(&apps.chat.key);
        let file = ask(&mut connection, &upload, 201).await?;
        let url = member(&file, "source_url")?;
        let path = url
            .split_once("://")
            .and_then(|(_, rest)| rest.find('/').map(|at| rest[at..].to_owned()));
        Ok(Self {
            conversation,
            upload,
            file: path.context("an address without a path")?,
        })
    }
}

async fn ask(connection: &mut Connection, request: &[u8], status: u16) -> anyhow::Result<Value> {
    let answer = connection.exchange(request, Watch::default()).await?;
    ensure!(answer.status == status, "refused: {}", head(&answer.text));
    let body = answer
        .text
        .split_once("\r\n\r\n")
        .map_or("", |(_, body)| body);
    Ok(serde_json::from_str(body)?)
}

fn member(answer: &Value, name: &str) -> anyhow::Result<String> {
    let text = answer[name].as_str();
    Ok(text
        .with_context(|| format!("no {name} in {answer}"))?
        .to_owned())
}

/// A form with a file of words.
fn upload(key: &str) -> Vec<u8> {
    let part = |head: &str| format!("--edge\r\nContent-Disposition: form-data; {head}\r\n\r\n");
    let mut body = part("name=\"user\"").into_bytes();
    body.extend_from_slice(USER.as_bytes());
    body.extend_from_slice(b"\r\n");
    body.extend_from_slice(part("name=\"file\"; filename=\"words.txt\"").as_bytes());
    body.resize(body.len() + FILE_BYTES, b'w');
    body.extend_from_slice(b"\r\n--edge--\r\n");
    let mut request = format!(
        "POST /v1/files/upload HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {key}\r\n\
         Content-Type: multipart/form-data; boundary=edge\r\nContent-Length: {}\r\n\r\n",
        body.len()
    )
    .into_bytes();
    request.append(&mut body);
    request
}
