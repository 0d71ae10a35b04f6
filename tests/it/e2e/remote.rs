//! Programs that we did not write, by remote control over their standard streams: a browser and an
//! OpenID provider.

use std::process::Stdio;

use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Lines},
    process::{Child, ChildStdin, ChildStdout},
};

use super::process::free_port;

/// What a page may load, itself included.
const MAX_BYTES: u64 = 50 * 1024;
/// Besides itself: the style sheet, the icon (as the tab's and as ours), and on the page of a run the script.
const MAX_FILES: u64 = 4;

struct Remote {
    child: Child,
    stdin: ChildStdin,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Remote {
    async fn start(script: &str, arguments: &[&str]) -> Self {
        let mut child = tokio::process::Command::new("node")
            .arg(format!("{}/clients/{script}", env!("CARGO_MANIFEST_DIR")))
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .expect("Node.js 20 or newer is installed");
        let stdin = child.stdin.take().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut remote = Self {
            child,
            stdin,
            lines,
        };
        let first = remote.line().await;
        assert!(first.contains("ready"), "{script}: {first}");
        remote
    }

    async fn line(&mut self) -> String {
        let line = tokio::time::timeout(super::process::TIMEOUT * 2, self.lines.next_line());
        line.await
            .expect("it answers in time")
            .unwrap()
            .expect("it answers")
    }

    async fn tell(&mut self, line: &str) -> String {
        self.stdin
            .write_all(format!("{line}\n").as_bytes())
            .await
            .unwrap();
        self.line().await
    }
}

/// Headless Chromium.
pub(crate) struct Chromium(Remote);

impl Chromium {
    pub(crate) async fn start() -> Self {
        Self(Remote::start("browser.mjs", &[]).await)
    }

    pub(crate) async fn act(&mut self, command: Value) -> Value {
        let answer: Value = serde_json::from_str(&self.0.tell(&command.to_string()).await).unwrap();
        assert!(answer.get("error").is_none(), "{command}: {answer}");
        answer
    }

    pub(crate) async fn goto(&mut self, url: &str) {
        self.act(json!({"goto": url})).await;
    }

    pub(crate) async fn click(&mut self, selector: &str) {
        self.act(json!({"click": selector})).await;
    }

    pub(crate) async fn fill(&mut self, selector: &str, text: &str) {
        self.act(json!({"fill": selector, "with": text})).await;
    }

    /// Waits for a text.
    pub(crate) async fn see(&mut self, text: &str) {
        self.act(json!({"see": text})).await;
    }

    /// What went wrong in the pages: exceptions, violations of their own policy.
    /// No serious fault for whoever cannot see or point, no more than the budget; and a picture.
    pub(crate) async fn look(&mut self, name: &str) {
        self.look_within(name, MAX_BYTES, MAX_FILES).await;
    }

    /// The same, with a budget of its own.
    pub(crate) async fn look_within(&mut self, name: &str, max_bytes: u64, max_files: u64) {
        let mut command = json!({"axe": true, "weigh": true});
        if let Ok(folder) = std::env::var("GATEWRIGHT_SCREENSHOTS") {
            command["screenshot"] = json!(format!("{folder}/{name}.png"));
        }
        let seen = self.act(command).await;
        assert_eq!(seen["serious"], json!([]), "{name}");
        let number = |what: &str| seen["weight"][what].as_u64().unwrap();
        assert!(number("bytes") <= max_bytes, "{name}: {seen}");
        assert!(number("files") <= max_files, "{name}: {seen}");
    }

    pub(crate) async fn problems(&mut self) -> Vec<Value> {
        self.act(json!({"problems": true})).await["problems"]
            .as_array()
            .unwrap()
            .clone()
    }
}

/// oidc-provider.
pub(crate) struct Provider {
    pub(crate) issuer: String,
    remote: Remote,
}

impl Provider {
    pub(crate) async fn start(redirect_uri: &str) -> Self {
        let port = free_port().to_string();
        Self {
            issuer: format!("http://127.0.0.1:{port}"),
            remote: Remote::start("provider.mjs", &[&port, redirect_uri]).await,
        }
    }

    pub(crate) async fn command(&mut self, command: &str) {
        assert_eq!(self.remote.tell(command).await, "done");
    }

    /// Ends it.
    pub(crate) async fn stop(&mut self) {
        self.remote.child.kill().await.unwrap();
    }
}

/// Three mail servers that we did not write (smtp-server): in clear, STARTTLS with a sign-in, TLS.
pub(crate) struct Catcher {
    remote: Remote,
    /// In clear.
    pub(crate) plain: u16,
    /// STARTTLS; signs in as `gatewright` / `s3cret-mail`.
    pub(crate) starttls: u16,
    /// TLS from the first byte.
    pub(crate) tls: u16,
    /// The authority of their certificates.
    pub(crate) ca_file: String,
}

impl Catcher {
    pub(crate) async fn start() -> Self {
        let mut remote = Remote::start("catcher.mjs", &[]).await;
        let told: Value = serde_json::from_str(&remote.line().await).unwrap();
        let port = |name: &str| u16::try_from(told[name].as_u64().unwrap()).unwrap();
        Self {
            plain: port("plain"),
            starttls: port("starttls"),
            tls: port("tls"),
            ca_file: told["ca"].as_str().unwrap().to_owned(),
            remote,
        }
    }

    /// Everything that came in so far, as it came.
    pub(crate) async fn mails(&mut self) -> Vec<Vec<u8>> {
        use base64::{Engine as _, engine::general_purpose::STANDARD};
        let told: Value = serde_json::from_str(&self.remote.tell("mails").await).unwrap();
        let mails = told.as_array().unwrap().iter();
        mails
            .map(|raw| STANDARD.decode(raw.as_str().unwrap()).unwrap())
            .collect()
    }

    /// How many came in so far.
    pub(crate) async fn count(&mut self) -> usize {
        self.remote.tell("count").await.parse().unwrap()
    }
}
