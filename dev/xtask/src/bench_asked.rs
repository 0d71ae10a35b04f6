//! Requests that the stand-ins for other servers read.

use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, BufReader},
    net::TcpStream,
};

/// A request.
pub(crate) struct Asked {
    /// Method, path and version.
    pub(crate) line: String,
    pub(crate) body: Vec<u8>,
}

impl Asked {
    /// The next one on a connection; none when the caller is gone.
    pub(crate) async fn read(stream: &mut BufReader<TcpStream>) -> std::io::Result<Option<Self>> {
        let (mut first, mut length) = (String::new(), 0);
        loop {
            let mut line = String::new();
            if stream.read_line(&mut line).await? == 0 {
                return Ok(None);
            }
            if first.is_empty() {
                first.clone_from(&line);
            }
            if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                length = value.trim().parse().unwrap_or(0);
            }
            if line.trim().is_empty() {
                break;
            }
        }
        let mut body = vec![0; length];
        stream.read_exact(&mut body).await?;
        Ok(Some(Self { line: first, body }))
    }
}
