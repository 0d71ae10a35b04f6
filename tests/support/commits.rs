//! The way of one process to PostgreSQL, which is cut at a chosen commit of a run: before the commit has reached the database, or after it was done and before the
//! process has heard of it.

use std::{
    collections::HashSet,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream, UnixStream},
    sync::{Notify, watch},
};

/// Where the connections are cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cut {
    /// The commit does not reach the database.
    Before,
    /// It does, and the process does not hear of it.
    After,
}

struct Shared {
    /// Commits of runs so far.
    seen: AtomicUsize,
    /// The number of the commit to cut at; 0: none.
    at: usize,
    cut: Cut,
    /// Nothing passes any more, either way.
    is_cut: watch::Sender<bool>,
    reached: Notify,
}

/// Listens on the loopback; ends with its value.
pub struct CommitRelay {
    pub url: String,
    shared: Arc<Shared>,
    listening: tokio::task::JoinHandle<()>,
}

impl CommitRelay {
    /// To the database of the tests, cut at the commit with that number, from 1; 0: never.
    pub async fn to(database_url: &str, at: usize, cut: Cut) -> Self {
        let config: tokio_postgres::Config = database_url.parse().unwrap();
        let port = config.get_ports().first().copied().unwrap_or(5432);
        let tokio_postgres::config::Host::Unix(folder) = config.get_hosts()[0].clone() else {
            panic!("the database of the tests is reached through a socket");
        };
        let path = folder.join(format!(".s.PGSQL.{port}"));
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let (user, database) = (config.get_user().unwrap(), config.get_dbname().unwrap());
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared {
            seen: AtomicUsize::new(0),
            at,
            cut,
            is_cut: watch::Sender::new(false),
            reached: Notify::new(),
        });
        Self {
            url: format!("postgres://{user}@{address}/{database}?sslmode=disable"),
            listening: tokio::spawn(listen(listener, path, Arc::clone(&shared))),
            shared,
        }
    }

    /// Waits until it was cut.
    pub async fn reached(&self) {
        self.shared.reached.notified().await;
    }

    /// Commits of runs that passed so far.
    pub fn seen(&self) -> usize {
        self.shared.seen.load(Ordering::SeqCst)
    }
}

impl Drop for CommitRelay {
    fn drop(&mut self) {
        self.listening.abort();
    }
}

async fn listen(listener: TcpListener, path: PathBuf, shared: Arc<Shared>) {
    while let Ok((client, _)) = listener.accept().await {
        let Ok(server) = UnixStream::connect(&path).await else {
            continue;
        };
        tokio::spawn(relay(client, server, Arc::clone(&shared)));
    }
}

async fn relay(client: TcpStream, server: UnixStream, shared: Arc<Shared>) {
    let (from_client, mut to_client) = client.into_split();
    let (mut from_server, to_server) = server.into_split();
    let mut is_cut = shared.is_cut.subscribe();
    let commits_here = AtomicBool::new(false);
    let answers = async {
        let mut bytes = vec![0; 16 << 10];
        while let Ok(count @ 1..) = from_server.read(&mut bytes).await {
            if *shared.is_cut.borrow() {
                if commits_here.load(Ordering::SeqCst) {
                    // What is not passed on is the word that it was done.
                    shared.reached.notify_one();
                }
                continue;
            }
            if to_client.write_all(&bytes[..count]).await.is_err() {
                return;
            }
        }
    };
    let asked = Asked {
        shared: &shared,
        commits_here: &commits_here,
        known: HashSet::new(),
        is_of_run: false,
    };
    tokio::select! {
        () = answers => {}
        () = asked.pass(from_client, to_server) => {}
    }
    // Whoever is cut off is not told so.
    if *is_cut.borrow_and_update() {
        std::future::pending::<()>().await;
    }
}

/// What a process says on one connection, message by message.
struct Asked<'a> {
    shared: &'a Shared,
    /// Whether the commit that is cut at went to the database on this connection.
    commits_here: &'a AtomicBool,
    /// Prepared statements that touch what only runs have.
    known: HashSet<Vec<u8>>,
    /// Whether the open transaction executed one of them.
    is_of_run: bool,
}

impl Asked<'_> {
    async fn pass(
        mut self,
        mut client: tokio::net::tcp::OwnedReadHalf,
        mut server: tokio::net::unix::OwnedWriteHalf,
    ) {
        // The first message has no type.
        let mut has_begun = false;
        loop {
            let mut message = Vec::new();
            if has_begun {
                let Ok(kind) = client.read_u8().await else {
                    return;
                };
                message.push(kind);
            }
            let Ok(length) = client.read_u32().await else {
                return;
            };
            message.extend_from_slice(&length.to_be_bytes());
            let begin = message.len();
            message.resize(begin + length as usize - 4, 0);
            if client.read_exact(&mut message[begin..]).await.is_err() {
                return;
            }
            let is_commit = has_begun && self.reads(message[0], &message[begin..]);
            has_begun = true;
            if is_commit && self.is_the_one() {
                if self.shared.cut == Cut::After {
                    self.commits_here.store(true, Ordering::SeqCst);
                    self.shared.is_cut.send_replace(true);
                    let _ = server.write_all(&message).await;
                } else {
                    self.shared.is_cut.send_replace(true);
                    self.shared.reached.notify_one();
                }
                std::future::pending::<()>().await;
            }
            if *self.shared.is_cut.borrow() {
                std::future::pending::<()>().await;
            }
            if server.write_all(&message).await.is_err() {
                return;
            }
        }
    }

    /// Whether a message commits what was done to runs.
    fn reads(&mut self, kind: u8, body: &[u8]) -> bool {
        let touches_runs = |text: &[u8]| {
            let text = String::from_utf8_lossy(text);
            text.contains("gatewright_run_checkpoints")
        };
        let mut texts = body.split(|byte| *byte == 0);
        match kind {
            b'P' => {
                let (name, statement) = (texts.next(), texts.next());
                let name = name.unwrap_or_default().to_vec();
                if statement.is_some_and(touches_runs) {
                    self.known.insert(name);
                } else {
                    self.known.remove(&name);
                }
                false
            }
            b'B' => {
                self.is_of_run |= texts.nth(1).is_some_and(|name| self.known.contains(name));
                false
            }
            b'Q' => {
                let text = String::from_utf8_lossy(body).to_uppercase();
                let ends = text.starts_with("COMMIT") || text.starts_with("ROLLBACK");
                let of_run = ends && std::mem::take(&mut self.is_of_run);
                of_run && text.starts_with("COMMIT")
            }
            _ => false,
        }
    }

    fn is_the_one(&self) -> bool {
        let number = self.shared.seen.fetch_add(1, Ordering::SeqCst) + 1;
        number == self.shared.at
    }
}
