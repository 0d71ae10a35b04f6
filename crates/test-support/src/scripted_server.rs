//! A real HTTP/1.1 server on loopback that answers as a test says: byte by byte, with pauses that the test
//! ends, or by hanging up. It writes down what it was asked, and notices when a client goes away.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    sync::{Notify, Semaphore},
};

/// The longest head of a request, in bytes.
const MAX_HEAD_BYTES: usize = 64 * 1024;

/// What the server was asked.
#[derive(Debug, Clone, Default)]
pub struct Asked {
    /// The method of the request line, as `POST`.
    pub method: String,
    /// Path and query as they stood in the request line.
    pub target: String,
    /// Names in lower case, in order.
    pub headers: Vec<(String, String)>,
    /// As long as `content-length` says.
    pub body: Vec<u8>,
}

impl Asked {
    /// The first header of that name (lower case).
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut all = self.headers.iter();
        all.find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }

    /// The body as text; what is not UTF-8 is replaced.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

/// A step of an answer.
#[derive(Debug, Clone)]
pub enum Step {
    /// These bytes, at once, as they are: heads and framing included.
    Bytes(Vec<u8>),
    /// Nothing, until [`ScriptedServer::go_on`] was called once more.
    Wait,
    /// Nothing more, until the client has closed the connection.
    UntilClosed,
    /// The end of the connection, in the middle of whatever it was.
    HangUp,
}

type Script = dyn Fn(&Asked) -> Vec<Step> + Send + Sync;

struct Shared {
    script: Box<Script>,
    asked: Mutex<Vec<Asked>>,
    gone: Notify,
    permits: Semaphore,
}

impl Shared {
    fn note(&self, asked: Asked) {
        let mut all = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        all.push(asked);
    }
}

/// The server. Dropping it does not end connections; the end of the test's runtime does.
#[derive(Clone)]
pub struct ScriptedServer {
    address: SocketAddr,
    shared: Arc<Shared>,
}

impl ScriptedServer {
    /// Listens on a free port of 127.0.0.1 and answers each request by the script.
    ///
    /// # Errors
    /// When no port can be had.
    pub async fn start(
        script: impl Fn(&Asked) -> Vec<Step> + Send + Sync + 'static,
    ) -> std::io::Result<Self> {
        Self::start_at(SocketAddr::from(([127, 0, 0, 1], 0)), script).await
    }

    /// Listens there.
    ///
    /// # Errors
    /// When the address is taken.
    pub async fn start_at(
        address: SocketAddr,
        script: impl Fn(&Asked) -> Vec<Step> + Send + Sync + 'static,
    ) -> std::io::Result<Self> {
        let listener = TcpListener::bind(address).await?;
        let server = Self {
            address: listener.local_addr()?,
            shared: Arc::new(Shared {
                script: Box::new(script),
                asked: Mutex::default(),
                gone: Notify::new(),
                permits: Semaphore::new(0),
            }),
        };
        let shared = server.shared.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, shared.clone()));
            }
        });
        Ok(server)
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// `http://127.0.0.1:PORT` and the path.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// Everything that it was asked so far.
    pub fn asked(&self) -> Vec<Asked> {
        let asked = self.shared.asked.lock();
        asked.unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Lets one [`Step::Wait`] pass, a present or a coming one.
    pub fn go_on(&self) {
        self.let_pass(1);
    }

    /// Lets so many of them pass.
    pub fn let_pass(&self, count: usize) {
        self.shared.permits.add_permits(count);
    }

    /// How many may still pass.
    pub fn left_to_pass(&self) -> usize {
        self.shared.permits.available_permits()
    }

    /// Ready when a client has left during a [`Step::UntilClosed`].
    pub async fn client_left(&self) {
        self.shared.gone.notified().await;
    }
}

/// An answer with a length.
pub fn answer(status: &str, headers: &str, body: impl AsRef<[u8]>) -> Vec<Step> {
    let body = body.as_ref();
    let head = format!(
        "HTTP/1.1 {status}\r\n{headers}content-length: {}\r\n\r\n",
        body.len()
    );
    vec![Step::Bytes([head.as_bytes(), body].concat())]
}

/// The head of a chunked answer (RFC 9112 §7.1) with status 200.
pub fn chunked_head(content_type: &str) -> Step {
    let head = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: {content_type}\r\ntransfer-encoding: chunked\r\n\r\n"
    );
    Step::Bytes(head.into_bytes())
}

/// One chunk of it; an empty one is the end.
pub fn chunk(bytes: impl AsRef<[u8]>) -> Step {
    let bytes = bytes.as_ref();
    let size = format!("{:x}\r\n", bytes.len());
    Step::Bytes([size.as_bytes(), bytes, b"\r\n"].concat())
}

async fn serve(mut stream: TcpStream, shared: Arc<Shared>) {
    let mut buffer = vec![];
    // Steps are to leave one by one.
    drop(stream.set_nodelay(true));
    while let Some(asked) = read_request(&mut stream, &mut buffer).await {
        let steps = (shared.script)(&asked);
        shared.note(asked);
        for step in steps {
            let is_open = match step {
                Step::Bytes(bytes) => stream.write_all(&bytes).await.is_ok(),
                Step::Wait => match shared.permits.acquire().await {
                    Ok(permit) => {
                        permit.forget();
                        true
                    }
                    Err(_) => false,
                },
                Step::UntilClosed => {
                    let mut rest = [0; 64];
                    while matches!(stream.read(&mut rest).await, Ok(1..)) {}
                    shared.gone.notify_one();
                    false
                }
                Step::HangUp => false,
            };
            if !is_open {
                return;
            }
        }
    }
}

async fn read_request(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> Option<Asked> {
    let end = loop {
        if let Some(at) = buffer.windows(4).position(|four| four == b"\r\n\r\n") {
            break at;
        }
        if buffer.len() > MAX_HEAD_BYTES || stream.read_buf(buffer).await.ok()? == 0 {
            return None;
        }
    };
    let head = String::from_utf8_lossy(&buffer[..end]).into_owned();
    buffer.drain(..end + 4);
    let mut lines = head.split("\r\n");
    let mut words = lines.next()?.split(' ');
    let mut asked = Asked {
        method: words.next()?.to_owned(),
        target: words.next()?.to_owned(),
        ..Asked::default()
    };
    for line in lines {
        let (name, value) = line.split_once(':')?;
        let named = (name.trim().to_ascii_lowercase(), value.trim().to_owned());
        asked.headers.push(named);
    }
    let length = asked
        .header("content-length")
        .map_or(Some(0), |n| n.parse().ok())?;
    while buffer.len() < length {
        if stream.read_buf(buffer).await.ok()? == 0 {
            return None;
        }
    }
    asked.body = buffer.drain(..length).collect();
    Some(asked)
}
