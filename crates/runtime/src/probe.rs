//! Asking a server on this machine whether it is ready, with nothing but a socket.

use std::time::Duration;

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

/// Whether `/readyz` on the loopback answers 200 within three seconds.
pub async fn is_ready(port: u16) -> bool {
    let probe = async {
        let mut stream = TcpStream::connect(("127.0.0.1", port)).await?;
        stream
            .write_all(b"GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            .await?;
        let mut status_line = [0; 12];
        stream.read_exact(&mut status_line).await?;
        std::io::Result::Ok(&status_line == b"HTTP/1.1 200")
    };
    matches!(
        tokio::time::timeout(Duration::from_secs(3), probe).await,
        Ok(Ok(true))
    )
}
