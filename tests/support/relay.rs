//! A firewall between us and a service that forgets connections: bytes are taken and acknowledged, no
//! answer ever comes, nobody is told that anything ended.

use std::{
    net::SocketAddr,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
};

use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _},
    net::{TcpListener, TcpStream, UnixStream},
    sync::watch,
};

/// Where the relay leads.
#[derive(Debug, Clone)]
pub enum Target {
    Tcp(SocketAddr),
    Unix(PathBuf),
}

/// Listens on the loopback; ends with its value.
pub struct Relay {
    pub address: SocketAddr,
    shared: Arc<Shared>,
    listening: tokio::task::JoinHandle<()>,
}

struct Shared {
    /// Connections of earlier generations are forgotten.
    generation: watch::Sender<usize>,
    swallows: AtomicBool,
    mutes_commit: AtomicBool,
    accepted: AtomicUsize,
    forgotten_and_open: AtomicUsize,
}

impl Relay {
    pub async fn to(target: Target) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared {
            generation: watch::Sender::new(1),
            swallows: AtomicBool::new(false),
            mutes_commit: AtomicBool::new(false),
            accepted: AtomicUsize::new(0),
            forgotten_and_open: AtomicUsize::new(0),
        });
        let listening = tokio::spawn(listen(listener, target, Arc::clone(&shared)));
        Self {
            address,
            shared,
            listening,
        }
    }

    /// To the PostgreSQL of a connection string that names a Unix socket or an address.
    pub async fn to_postgres(url: &str) -> Self {
        let config: tokio_postgres::Config = url.parse().unwrap();
        let port = config.get_ports().first().copied().unwrap_or(5432);
        Self::to(match &config.get_hosts()[0] {
            tokio_postgres::config::Host::Tcp(host) => {
                Target::Tcp(format!("{host}:{port}").parse().unwrap())
            }
            tokio_postgres::config::Host::Unix(folder) => {
                Target::Unix(folder.join(format!(".s.PGSQL.{port}")))
            }
        })
        .await
    }

    /// The connection string that leads through the relay instead.
    pub fn postgres_url(&self, url: &str) -> String {
        let config: tokio_postgres::Config = url.parse().unwrap();
        let (user, database) = (config.get_user().unwrap(), config.get_dbname().unwrap());
        format!("postgres://{user}@{}/{database}", self.address)
    }

    /// Forgets every connection that is open now. New ones work.
    pub fn forget(&self) {
        self.shared
            .generation
            .send_modify(|generation| *generation += 1);
    }

    /// Whether new connections are taken and forgotten at once.
    pub fn swallow_new(&self, swallows: bool) {
        self.shared.swallows.store(swallows, Ordering::SeqCst);
    }

    /// The next `COMMIT` reaches its database, and nobody hears of it: the answer, and what follows on its connection, is swallowed.
    pub fn mute_next_commit(&self) {
        self.shared.mutes_commit.store(true, Ordering::SeqCst);
    }

    /// Connections that ever came.
    pub fn accepted(&self) -> usize {
        self.shared.accepted.load(Ordering::SeqCst)
    }

    /// Forgotten connections that their owner has not closed.
    pub fn forgotten_and_open(&self) -> usize {
        self.shared.forgotten_and_open.load(Ordering::SeqCst)
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.listening.abort();
    }
}

async fn listen(listener: TcpListener, target: Target, shared: Arc<Shared>) {
    while let Ok((client, _)) = listener.accept().await {
        shared.accepted.fetch_add(1, Ordering::SeqCst);
        let (target, shared) = (target.clone(), Arc::clone(&shared));
        tokio::spawn(async move {
            match target {
                Target::Tcp(address) => {
                    if let Ok(server) = TcpStream::connect(address).await {
                        relay(client, server, shared).await;
                    }
                }
                Target::Unix(path) => {
                    if let Ok(server) = UnixStream::connect(path).await {
                        relay(client, server, shared).await;
                    }
                }
            }
        });
    }
}

async fn relay(
    mut client: TcpStream,
    mut server: impl AsyncRead + AsyncWrite + Unpin,
    shared: Arc<Shared>,
) {
    let mut generation = shared.generation.subscribe();
    let own = *generation.borrow_and_update();
    // What it gives back must not be held over an await.
    let forgotten = async { generation.wait_for(|now| *now > own).await.is_ok() };
    if !shared.swallows.load(Ordering::SeqCst) {
        tokio::select! {
            () = copy(&mut client, &mut server, &shared) => {
                let _gone = server.shutdown().await;
                return;
            }
            _ = forgotten => {}
        }
    }
    shared.forgotten_and_open.fetch_add(1, Ordering::SeqCst);
    // The service is not told either: its side stays open until the relay's process ends, or it tires.
    let mut swallowed = [0; 4096];
    while client
        .read(&mut swallowed)
        .await
        .is_ok_and(|count| count > 0)
    {}
    shared.forgotten_and_open.fetch_sub(1, Ordering::SeqCst);
    let mut tires = [0; 4096];
    while server.read(&mut tires).await.is_ok_and(|count| count > 0) {}
}

/// Both ways, until one of them ends.
async fn copy(
    client: &mut TcpStream,
    server: &mut (impl AsyncRead + AsyncWrite + Unpin),
    shared: &Shared,
) {
    let (mut from_client, mut to_client) = client.split();
    let (mut from_server, mut to_server) = tokio::io::split(server);
    let muted = AtomicBool::new(false);
    let asks = async {
        let mut bytes = vec![0; 65_536];
        while let Ok(count @ 1..) = from_client.read(&mut bytes).await {
            let asked = &bytes[..count];
            if asked.windows(6).any(|word| word == b"COMMIT")
                && shared.mutes_commit.swap(false, Ordering::SeqCst)
            {
                muted.store(true, Ordering::SeqCst);
            }
            if to_server.write_all(asked).await.is_err() {
                return;
            }
        }
    };
    let answers = async {
        let mut bytes = vec![0; 65_536];
        while let Ok(count @ 1..) = from_server.read(&mut bytes).await {
            let hears = !muted.load(Ordering::SeqCst);
            if hears && to_client.write_all(&bytes[..count]).await.is_err() {
                return;
            }
        }
    };
    tokio::select! {
        () = asks => {}
        () = answers => {}
    }
}
