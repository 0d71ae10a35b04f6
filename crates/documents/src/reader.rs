//! Reads documents in processes of their own.

use std::{
    io,
    path::PathBuf,
    process::{ExitStatus, Stdio},
    sync::Arc,
    time::Duration,
};

use gatewright_sandbox::child::own_program;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    process::{Child, Command},
    sync::Semaphore,
};

use crate::{
    Document, ExtractError, Limits, Source,
    child::{Answer, Order, READ_DOCUMENT},
};

/// The program that calls [`crate::child::take_over_if_asked`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Program {
    /// Where it is.
    pub path: PathBuf,
    /// What makes it a reader of documents.
    pub arguments: Vec<String>,
}

impl Program {
    /// A server's program; none: this one itself.
    pub fn of_server(path: Option<PathBuf>) -> Self {
        Self {
            path: path.unwrap_or_else(own_program),
            arguments: vec![READ_DOCUMENT.to_owned()],
        }
    }
}

/// How documents are read.
#[derive(Debug, Clone)]
pub struct ReaderSettings {
    /// What reads them.
    pub program: Program,
    /// `PDFium`'s library; none: the system's.
    pub pdfium: Option<PathBuf>,
    /// Bytes of address space that a reader may use.
    pub memory_bytes: u64,
    /// How long a document may take.
    pub timeout: Duration,
    /// Readers that run at once; more documents wait.
    pub at_once: usize,
    /// How much of a document is read.
    pub limits: Limits,
}

/// Why a document was not read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// What is wrong with it.
    #[error(transparent)]
    Document(#[from] ExtractError),
    /// It takes too long.
    #[error("Failed to extract text from the file: it takes more than {seconds} seconds.")]
    TimedOut {
        /// How many were allowed.
        seconds: u64,
    },
    /// Its reader broke down over it: by a fault in the file, or for want of memory.
    #[error("Failed to extract text from the file: its reader broke down ({how}).")]
    BrokeDown {
        /// What became of the process.
        how: String,
    },
    /// No reader could be started, or isolated. No fault of the document's.
    #[error("Documents cannot be read on this server: {problem}")]
    NotStarted {
        /// What the operating system said.
        problem: String,
    },
}

/// Reads documents, each in a process of its own. Cheap to clone; dropping a call ends its process.
#[derive(Debug, Clone)]
pub struct DocumentReader {
    settings: Arc<ReaderSettings>,
    permits: Arc<Semaphore>,
}

impl DocumentReader {
    /// With these settings.
    pub fn new(settings: ReaderSettings) -> Self {
        let permits = Arc::new(Semaphore::new(settings.at_once.max(1)));
        Self {
            settings: Arc::new(settings),
            permits,
        }
    }

    /// The text of a document.
    ///
    /// # Errors
    /// Why there is none.
    pub async fn read(&self, source: Source<'_>) -> Result<Document, ReadError> {
        let limit = self.settings.limits.input_bytes;
        if source.bytes.len() > limit {
            return Err(ExtractError::too_large("bytes", limit).into());
        }
        // It is never closed.
        let _permit = self.permits.acquire().await;
        let mut child = self.start().map_err(not_started)?;
        let work = self.converse(&mut child, source);
        let Ok(done) = tokio::time::timeout(self.settings.timeout, work).await else {
            // Dropping the child ends it as well; this waits until it is gone, and with it its memory.
            let _gone_already = child.kill().await;
            return Err(self.timed_out());
        };
        let (output, status) = done.map_err(not_started)?;
        if !status.success() {
            return Err(self.broke_down(status));
        }
        let answer = tokio::task::spawn_blocking(move || serde_json::from_slice::<Answer>(&output));
        let unreadable = || ReadError::BrokeDown {
            how: "its answer is cut off".to_owned(),
        };
        let answer = answer.await.map_err(|_| unreadable())?;
        match answer.map_err(|_| unreadable())? {
            Answer::Read(read) => Ok(read?),
            Answer::Unconfined(problem) => Err(ReadError::NotStarted { problem }),
        }
    }

    fn start(&self) -> io::Result<Child> {
        let program = &self.settings.program;
        Command::new(&program.path)
            .args(&program.arguments)
            .env_clear()
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .process_group(0)
            .kill_on_drop(true)
            .spawn()
    }

    /// Hands the order and the file over while the answer comes, and waits for the end.
    async fn converse(
        &self,
        child: &mut Child,
        source: Source<'_>,
    ) -> io::Result<(Vec<u8>, ExitStatus)> {
        let order = self.order(source)?;
        let (stdin, stdout) = (child.stdin.take(), child.stdout.take());
        let send = async move {
            let Some(mut stdin) = stdin else { return };
            // A reader that has ended takes no more; its exit status says the rest.
            let sent = stdin.write_all(&order).await;
            if sent.is_ok() {
                let _ended = stdin.write_all(source.bytes).await;
            }
        };
        let most = self.max_answer_bytes();
        let receive = async move {
            let mut output = Vec::new();
            if let Some(stdout) = stdout {
                stdout.take(most).read_to_end(&mut output).await?;
            }
            Ok::<_, io::Error>(output)
        };
        let ((), output) = tokio::join!(send, receive);
        Ok((output?, child.wait().await?))
    }

    fn order(&self, source: Source<'_>) -> io::Result<Vec<u8>> {
        let settings = &*self.settings;
        let order = Order {
            name: source.name.to_owned(),
            media_type: source.media_type.to_owned(),
            pdfium: settings.pdfium.clone(),
            limits: settings.limits.clone(),
            memory_bytes: settings.memory_bytes,
            // The clock on the wall ends it first, unless whoever looks at that clock is gone.
            cpu_seconds: settings.timeout.as_secs() + 1,
        };
        let mut line = serde_json::to_vec(&order)?;
        line.push(b'\n');
        Ok(line)
    }

    /// A text of control characters is six times as long in JSON; each cell and page has its quotes and commas.
    fn max_answer_bytes(&self) -> u64 {
        let limits = &self.settings.limits;
        let most = limits.text_bytes * 6 + limits.cells * 4 + limits.pages * 64 + (1 << 20);
        u64::try_from(most).unwrap_or(u64::MAX)
    }

    fn timed_out(&self) -> ReadError {
        ReadError::TimedOut {
            seconds: self.settings.timeout.as_secs(),
        }
    }

    fn broke_down(&self, status: ExitStatus) -> ReadError {
        #[cfg(unix)]
        if let Some(signal) = std::os::unix::process::ExitStatusExt::signal(&status) {
            if signal == rustix::process::Signal::XCPU.as_raw() {
                return self.timed_out();
            }
            let how = format!("signal {signal}");
            return ReadError::BrokeDown { how };
        }
        ReadError::BrokeDown {
            how: status.to_string(),
        }
    }
}

fn not_started(error: io::Error) -> ReadError {
    ReadError::NotStarted {
        problem: error.to_string(),
    }
}
