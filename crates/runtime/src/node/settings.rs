//! What nodes of workflows reach, by Dify's names where it has them.

use std::{fs, path::PathBuf, time::Duration};

use gatewright_documents::{DocumentReader, Program, ReaderSettings};
use gatewright_domain::{Secret, settings, settings::SettingError};
use gatewright_model::{Endpoints, endpoint_file::EndpointFileError};
use gatewright_node_runners::{code::RemoteSandbox, documents::DocumentRunner, http::HttpLimits};
use gatewright_sandbox::{Limits, Proxy, SandboxSettings, child::own_program};
use url::Url;

/// The most that a program may print, its result included, in bytes.
const MAX_OUTPUT_BYTES: usize = 32 * 1024 * 1024;
/// Programs of this process that wait for their turn; more are refused.
const QUEUE: usize = 50;
/// How long a program may take in a sandbox elsewhere, whatever that one allows.
const TIMEOUT: Duration = Duration::from_mins(1);

settings! {
    /// What nodes of workflows reach: models, the sandbox, other servers.
    pub struct NodeSettings {
        /// A file that says which servers answer for which models (`docs/models.md`); unset: there are no models.
        GATEWRIGHT_MODEL_ENDPOINTS => model_endpoints: Option<PathBuf> = None, "/etc/gatewright/models.toml";
        /// A sandbox elsewhere that runs the programs of code nodes; unset: they run in the one that is built in (`docs/sandbox.md`).
        CODE_EXECUTION_ENDPOINT => sandbox_url: Option<String> = None, "http://sandbox:8194";
        /// The key that the sandbox elsewhere knows.
        CODE_EXECUTION_API_KEY => sandbox_key: Secret = Secret::new("dify-sandbox"), "dify-sandbox";
        /// Whether programs may use the network: HTTP by a proxy, to places that an HTTP node may ask (`docs/sandbox.md`).
        GATEWRIGHT_SANDBOX_NETWORK => sandbox_network: bool = false, "false";
        /// `PDFium`'s library, which reads PDF files; unset: the one that the system has under this name. `up` fetches it.
        GATEWRIGHT_PDFIUM_LIBRARY => pdfium: Option<PathBuf> = None, "/usr/local/lib/libpdfium.so";
        /// Seconds that reading one document may take.
        GATEWRIGHT_DOCUMENT_SECONDS => document_seconds: u32 = 60, "60";
        /// MiB of address space that reading one document may take.
        GATEWRIGHT_DOCUMENT_MEMORY => document_memory: u32 = 768, "768";
        /// Documents that are read at once, each by a process of its own; more of them wait.
        GATEWRIGHT_DOCUMENTS_AT_ONCE => documents_at_once: u32 = 2, "2";
        /// The program that reads documents: an `api-server` or a `worker`. Unset: the running one.
        GATEWRIGHT_DOCUMENT_READER => document_reader: Option<PathBuf> = None, "/usr/local/bin/api-server";
        /// Seconds that a program may take (built-in sandbox).
        GATEWRIGHT_SANDBOX_SECONDS => sandbox_seconds: u16 = 15, "15";
        /// Megabytes of memory that a program may take beside its interpreter (built-in sandbox).
        GATEWRIGHT_SANDBOX_MEMORY_MB => sandbox_memory: u16 = 256, "256";
        /// Programs that run at a time; more wait for their turn (built-in sandbox).
        GATEWRIGHT_SANDBOX_WORKERS => sandbox_workers: u16 = 4, "4";
        /// Interpreters of each language that are started ahead, once one was used (built-in sandbox).
        GATEWRIGHT_SANDBOX_READY => sandbox_ready: u16 = 1, "1";
        /// The Python that runs programs, whose packages they may import: a virtual environment's, for example. Unset: the system's, with its standard library alone.
        GATEWRIGHT_SANDBOX_PYTHON => sandbox_python: Option<PathBuf> = None, "/srv/python/bin/python3";
        /// The Node that runs programs. Unset: the system's.
        GATEWRIGHT_SANDBOX_NODE => sandbox_node: Option<PathBuf> = None, "/usr/bin/node";
        /// The program that is started again to be confined and to become an interpreter. Unset: the server's own.
        GATEWRIGHT_SANDBOX_PROGRAM => sandbox_program: Option<PathBuf> = None, "/usr/local/bin/sandbox";
        /// Bytes that the answer to an HTTP node may have as text.
        HTTP_REQUEST_NODE_MAX_TEXT_SIZE => most_text: u32 = 1_048_576, "1048576";
        /// Bytes that the answer to an HTTP node may have as a file.
        HTTP_REQUEST_NODE_MAX_BINARY_SIZE => most_file: u32 = 10_485_760, "10485760";
        /// Seconds that an HTTP node may take to connect; a node may ask for less.
        HTTP_REQUEST_MAX_CONNECT_TIMEOUT => connect: u32 = 10, "10";
        /// Seconds that an HTTP node may wait for the next byte; a node may ask for less.
        HTTP_REQUEST_MAX_READ_TIMEOUT => read: u32 = 600, "600";
        /// Seconds that an HTTP node may take to send; a node may ask for less.
        HTTP_REQUEST_MAX_WRITE_TIMEOUT => write: u32 = 600, "600";
    }
}

/// The file of endpoints cannot be used. Its text is for the operator and names no secret.
#[derive(Debug, thiserror::Error)]
pub enum EndpointsError {
    /// It cannot be read.
    #[error("GATEWRIGHT_MODEL_ENDPOINTS: {file} cannot be read: {problem}")]
    Unreadable {
        /// The path of the file.
        file: String,
        /// What the operating system said.
        problem: std::io::Error,
    },
    /// It says what cannot be.
    #[error("GATEWRIGHT_MODEL_ENDPOINTS: {file}: {problem}")]
    Wrong {
        /// The path of the file.
        file: String,
        /// Which endpoint or line is wrong, and how.
        problem: EndpointFileError,
    },
}

impl NodeSettings {
    fn validate(&self) -> Result<(), SettingError> {
        for (name, value, example) in [
            ("GATEWRIGHT_DOCUMENT_SECONDS", self.document_seconds, "60"),
            ("GATEWRIGHT_DOCUMENT_MEMORY", self.document_memory, "768"),
            ("GATEWRIGHT_DOCUMENTS_AT_ONCE", self.documents_at_once, "2"),
            (
                "GATEWRIGHT_SANDBOX_SECONDS",
                self.sandbox_seconds.into(),
                "15",
            ),
            (
                "GATEWRIGHT_SANDBOX_MEMORY_MB",
                self.sandbox_memory.into(),
                "256",
            ),
            (
                "GATEWRIGHT_SANDBOX_WORKERS",
                self.sandbox_workers.into(),
                "4",
            ),
        ] {
            if value == 0 {
                let problem = "0 would do nothing".to_owned();
                return Err(SettingError {
                    name,
                    problem,
                    example,
                });
            }
        }
        match self
            .sandbox_url
            .as_deref()
            .map(|url| (url, Url::parse(url.trim())))
        {
            None | Some((_, Ok(_))) => Ok(()),
            Some((url, Err(error))) => Err(SettingError {
                name: "CODE_EXECUTION_ENDPOINT",
                problem: format!("`{url}` is no URL: {error}"),
                example: "http://sandbox:8194",
            }),
        }
    }

    /// Reads the file of endpoints, and the files with keys that it names; none where it is not set.
    ///
    /// # Errors
    /// When it cannot be used.
    pub fn endpoints(&self) -> Result<Endpoints, EndpointsError> {
        let Some(path) = &self.model_endpoints else {
            return Ok(Endpoints::default());
        };
        let file = path.display().to_string();
        let text = fs::read_to_string(path).map_err(|problem| EndpointsError::Unreadable {
            file: file.clone(),
            problem,
        })?;
        let secret = |path: &str| {
            fs::read_to_string(path).map_err(|error| format!("{path} cannot be read: {error}"))
        };
        Endpoints::parse(&text, &secret).map_err(|problem| EndpointsError::Wrong { file, problem })
    }

    pub(super) fn http_limits(&self) -> HttpLimits {
        let bytes = |count: u32| usize::try_from(count).unwrap_or(usize::MAX);
        HttpLimits {
            text: bytes(self.most_text),
            file: bytes(self.most_file),
            connect: self.connect,
            read: self.read,
            write: self.write,
        }
    }

    /// What reads documents.
    pub(super) fn documents(&self) -> DocumentRunner {
        let limits = gatewright_documents::Limits::default();
        let most = limits.text_bytes;
        let reader = DocumentReader::new(ReaderSettings {
            program: Program::of_server(self.document_reader.clone()),
            pdfium: self.pdfium.clone(),
            memory_bytes: u64::from(self.document_memory) << 20,
            timeout: Duration::from_secs(u64::from(self.document_seconds)),
            at_once: usize::try_from(self.documents_at_once).unwrap_or(usize::MAX),
            limits,
        });
        DocumentRunner::new(reader, most)
    }

    /// The sandbox elsewhere, where there is one.
    pub(super) fn remote_sandbox(&self) -> Option<RemoteSandbox> {
        let endpoint = self.sandbox_url.as_deref()?.trim().to_owned();
        Some(RemoteSandbox {
            endpoint,
            api_key: self.sandbox_key.clone(),
            network: self.sandbox_network,
            timeout: TIMEOUT,
            most: MAX_OUTPUT_BYTES,
        })
    }

    /// Whether programs of the sandbox that is built in have a network.
    pub fn programs_have_a_network(&self) -> bool {
        self.sandbox_network && self.sandbox_url.is_none()
    }

    /// The sandbox that is built in.
    pub(super) fn embedded_sandbox(&self, proxy: Option<Proxy>) -> SandboxSettings {
        SandboxSettings {
            helper: self.sandbox_program.clone().unwrap_or_else(own_program),
            python: self.sandbox_python.clone(),
            node: self.sandbox_node.clone(),
            proxy,
            limits: Limits {
                time: Duration::from_secs(self.sandbox_seconds.into()),
                memory: u64::from(self.sandbox_memory) << 20,
                ..Limits::default()
            },
            workers: self.sandbox_workers.into(),
            queue: QUEUE,
            ready: self.sandbox_ready.into(),
        }
    }
}
