//! Asking a server whether it is ready, with nothing but a socket.

use std::time::Duration;

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

const LOOPBACK: &str = "127.0.0.1";
const TIMEOUT: Duration = Duration::from_secs(3);
/// Of an answer no more is read.
const MAX_ANSWER_CHARS: u64 = 64 * 1024;

/// Whether `/readyz` on the loopback answers 200 within three seconds.
pub async fn is_ready(port: u16) -> bool {
    is_ready_at(LOOPBACK, port).await
}

/// The same at another of the machine's addresses: a container that is published is asked where it is.
pub async fn is_ready_at(host: &str, port: u16) -> bool {
    let answer = get(host, port, "/readyz").await;
    answer.is_some_and(|answer| answer.starts_with("HTTP/1.1 200"))
}

/// Whether a server on the loopback has no owner yet.
pub async fn waits_for_setup(port: u16) -> bool {
    let answer = get(LOOPBACK, port, "/console/api/setup").await;
    answer.is_some_and(|answer| answer.contains("not_started"))
}

async fn get(host: &str, port: u16, path: &str) -> Option<String> {
    let ask = async {
        let mut stream = TcpStream::connect((host, port)).await?;
        let request =
            format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await?;
        let mut answer = String::new();
        stream
            .take(MAX_ANSWER_CHARS)
            .read_to_string(&mut answer)
            .await?;
        std::io::Result::Ok(answer)
    };
    tokio::time::timeout(TIMEOUT, ask).await.ok()?.ok()
}
