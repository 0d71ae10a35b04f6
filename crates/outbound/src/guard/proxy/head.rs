//! The head of a request to a proxy: read, and written again for whoever is next.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use tokio::{io::AsyncReadExt as _, net::TcpStream};
use url::Url;

/// Bytes of a request's head.
const MAX_HEAD_BYTES: usize = 16 * 1024;

/// A request's head, taken apart.
pub(super) struct Head {
    pub(super) method: String,
    pub(super) target: String,
    pub(super) version: String,
    pub(super) headers: Vec<String>,
    /// What came behind it.
    pub(super) rest: Vec<u8>,
}

/// Reads one; what came behind it is kept.
pub(super) async fn read_head(from: &mut TcpStream) -> Option<Head> {
    let mut read = Vec::new();
    let end = loop {
        if let Some(at) = read.windows(4).position(|four| four == b"\r\n\r\n") {
            break at;
        }
        if read.len() > MAX_HEAD_BYTES || from.read_buf(&mut read).await.ok()? == 0 {
            return None;
        }
    };
    let rest = read.split_off(end + 4);
    let text = String::from_utf8(read).ok()?;
    let mut lines = text.trim_end().split("\r\n").map(str::to_owned);
    let first = lines.next()?;
    let mut words = first.split(' ').map(str::to_owned);
    Some(Head {
        method: words.next()?,
        target: words.next()?,
        version: words.next()?,
        headers: lines.collect(),
        rest,
    })
}

impl Head {
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find_map(|line| {
            let (known, value) = line.split_once(':')?;
            known.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }

    /// To the server itself: one request, whose credential is not for it.
    pub(super) fn for_a_server(&self, url: &Url) -> Vec<u8> {
        let query = url
            .query()
            .map(|query| format!("?{query}"))
            .unwrap_or_default();
        let target = format!("{}{query}", url.path());
        self.written(&target, "Connection: close\r\n")
    }

    /// To the operator's proxy, as it came.
    pub(super) fn for_a_proxy(&self, proxy: &Url) -> Vec<u8> {
        let credential = match (proxy.username(), proxy.password()) {
            ("", _) => String::new(),
            (user, password) => {
                let pair = format!("{user}:{}", password.unwrap_or_default());
                format!("Proxy-Authorization: Basic {}\r\n", STANDARD.encode(pair))
            }
        };
        self.written(&self.target, &credential)
    }

    fn written(&self, target: &str, more: &str) -> Vec<u8> {
        let mut text = format!("{} {target} {}\r\n", self.method, self.version);
        for line in &self.headers {
            let name = line
                .split(':')
                .next()
                .unwrap_or_default()
                .to_ascii_lowercase();
            if !matches!(
                name.as_str(),
                "proxy-authorization" | "proxy-connection" | "connection"
            ) {
                text.push_str(line);
                text.push_str("\r\n");
            }
        }
        text.push_str(more);
        text.push_str("\r\n");
        let mut bytes = text.into_bytes();
        bytes.extend(&self.rest);
        bytes
    }
}
