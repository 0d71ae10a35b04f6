//! The server binary as a child process.

use std::{
    fs::File,
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    time::{Duration, Instant},
};

use gatewright_test_db::TestDb;
use serde_json::{Value, json};

use crate::support::{SECRET_KEY, apps::APPS};

pub const TIMEOUT: Duration = Duration::from_secs(20);

/// Where cargo puts the binaries of this build.
pub fn binary(name: &str) -> PathBuf {
    let own = std::env::current_exe().unwrap();
    let path = own.parent().and_then(Path::parent).unwrap().join(name);
    assert!(
        path.exists(),
        "{} is missing: run the tests with ./dev/test",
        path.display()
    );
    path
}

pub fn free_port() -> u16 {
    std::net::TcpListener::bind(("127.0.0.1", 0))
        .unwrap()
        .local_addr()
        .unwrap()
        .port()
}

pub fn command(name: &str, variables: &[(&str, &str)]) -> Command {
    command_of(&binary(name), variables)
}

fn command_of(file: &Path, variables: &[(&str, &str)]) -> Command {
    let mut command = Command::new(file);
    command
        .env_clear()
        .env("PATH", std::env::var("PATH").unwrap())
        .envs(variables.iter().copied());
    command
        .current_dir(std::env::temp_dir())
        .stdin(Stdio::null());
    command
}

/// Runs to the end.
pub fn run(name: &str, arguments: &[&str], variables: &[(&str, &str)]) -> Output {
    command(name, variables).args(arguments).output().unwrap()
}

/// Runs a program that is not of this build to the end.
pub fn run_file(file: &Path, arguments: &[&str], variables: &[(&str, &str)]) -> Output {
    command_of(file, variables)
        .args(arguments)
        .output()
        .unwrap()
}

/// Polls until `probe` says yes.
pub async fn wait_until(what: &str, mut probe: impl AsyncFnMut() -> bool) {
    let deadline = Instant::now() + TIMEOUT;
    while !probe().await {
        assert!(Instant::now() < deadline, "waited in vain: {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

pub fn signal(pid: u32, name: &str) {
    let status = Command::new("kill")
        .args([&format!("-{name}"), &pid.to_string()])
        .status()
        .unwrap();
    assert!(status.success());
}

/// A running server.
pub struct Server {
    pub url: String,
    pub http: reqwest::Client,
    pub child: Child,
    log: tempfile::TempDir,
}

impl Server {
    pub async fn start(database_url: &str, redis_url: &str, extra: &[(&str, &str)]) -> Self {
        Self::start_at(free_port(), database_url, redis_url, extra).await
    }

    /// On a port that others know already.
    pub async fn start_at(
        port: u16,
        database_url: &str,
        redis_url: &str,
        extra: &[(&str, &str)],
    ) -> Self {
        let stores = (database_url, redis_url);
        Self::start_file(&binary("api-server"), port, stores, extra).await
    }

    /// A program that may be of another build.
    pub async fn start_file(
        file: &Path,
        port: u16,
        (database_url, redis_url): (&str, &str),
        extra: &[(&str, &str)],
    ) -> Self {
        let port = port.to_string();
        let url = format!("http://127.0.0.1:{port}");
        let log = tempfile::tempdir().unwrap();
        let output = File::create(log.path().join("log")).unwrap();
        let mut variables = vec![
            ("SECRET_KEY", SECRET_KEY),
            ("DATABASE_URL", database_url),
            ("REDIS_URL", redis_url),
            ("CONSOLE_API_URL", &url),
            ("DIFY_BIND_ADDRESS", "127.0.0.1"),
            ("DIFY_PORT", &port),
            ("LOG_LEVEL", "debug"),
        ];
        variables.extend_from_slice(extra);
        let child = command_of(file, &variables)
            .arg("serve")
            .stdout(output.try_clone().unwrap())
            .stderr(output)
            .spawn()
            .unwrap();
        let server = Self {
            url,
            http: crate::support::client().build().unwrap(),
            child,
            log,
        };
        wait_until("the server is ready", async || {
            server
                .http
                .get(format!("{}/readyz", server.url))
                .send()
                .await
                .is_ok_and(|a| a.status() == 200)
        })
        .await;
        server
    }

    pub async fn on(db: &TestDb) -> Self {
        Self::start(
            &db.database_url,
            &db.redis_url,
            &[("REDIS_KEY_PREFIX", &db.key_prefix)],
        )
        .await
    }

    pub fn log(&self) -> String {
        std::fs::read_to_string(self.log.path().join("log")).unwrap()
    }

    pub async fn get(&self, path: &str, bearer: &str) -> reqwest::Result<reqwest::Response> {
        self.http
            .get(format!("{}{path}", self.url))
            .bearer_auth(bearer)
            .send()
            .await
    }

    pub async fn post(&self, path: &str, body: &Value) -> reqwest::Response {
        self.http
            .post(format!("{}{path}", self.url))
            .json(body)
            .send()
            .await
            .unwrap()
    }

    /// Sets up and signs in; the cookies and the CSRF token.
    pub async fn sign_in(&self) -> (String, String) {
        let setup = json!({"email": "owner@example.com", "name": "Owner", "password": "Passw0rd1"});
        assert!(
            [201, 403].contains(
                &self
                    .post("/console/api/setup", &setup)
                    .await
                    .status()
                    .as_u16()
            )
        );
        let login = json!({"email": "owner@example.com", "password": "UGFzc3cwcmQx"});
        let answer = self.post("/console/api/login", &login).await;
        assert_eq!(answer.status(), 200);
        let pairs: Vec<String> = answer
            .headers()
            .get_all("set-cookie")
            .iter()
            .map(|cookie| {
                cookie
                    .to_str()
                    .unwrap()
                    .split(';')
                    .next()
                    .unwrap()
                    .to_owned()
            })
            .collect();
        let csrf = pairs
            .iter()
            .find_map(|pair| pair.strip_prefix("csrf_token="))
            .unwrap()
            .to_owned();
        (pairs.join("; "), csrf)
    }

    /// Posts with cookies and CSRF token, which must succeed; what is answered.
    pub async fn post_as(&self, session: &(String, String), path: &str, body: &Value) -> Value {
        let (cookies, csrf) = session;
        let request = self.http.post(format!("{}{path}", self.url));
        let request = request.header("cookie", cookies);
        let answer = request.header("x-csrf-token", csrf).json(body).send();
        let answer = answer.await.unwrap();
        let status = answer.status();
        let text = answer.text().await.unwrap();
        assert!(status.is_success(), "{path}: {status} {text}");
        serde_json::from_str(&text).unwrap()
    }

    pub async fn approve(&self, session: &(String, String), user_code: &str) {
        let body = json!({"user_code": user_code});
        let path = "/openapi/v1/oauth/device/approve";
        self.post_as(session, path, &body).await;
    }

    /// Imports an app's file and publishes it over the console; the app.
    pub async fn published(&self, session: &(String, String), text: &str) -> String {
        let import = json!({"mode": "yaml-content", "yaml_content": text});
        let path = format!("{APPS}/imports");
        let done = self.post_as(session, &path, &import).await;
        let app = done["app_id"].as_str().unwrap().to_owned();
        let names = json!({"marked_name": "v1", "marked_comment": "first"});
        let path = format!("{APPS}/{app}/workflows/publish");
        self.post_as(session, &path, &names).await;
        app
    }

    /// A whole device login; the token and the codes.
    pub async fn log_in(&self, session: &(String, String), label: &str) -> (String, Value) {
        let body = json!({"client_id": "difyctl", "device_label": label});
        let codes: Value = self
            .post("/openapi/v1/oauth/device/code", &body)
            .await
            .json()
            .await
            .unwrap();
        self.approve(session, codes["user_code"].as_str().unwrap())
            .await;
        let body = json!({"client_id": "difyctl", "device_code": codes["device_code"]});
        let token: Value = self
            .post("/openapi/v1/oauth/device/token", &body)
            .await
            .json()
            .await
            .unwrap();
        (token["token"].as_str().unwrap().to_owned(), codes)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if self.child.try_wait().is_ok_and(|status| status.is_none()) {
            signal(self.child.id(), "TERM");
            self.child.wait().unwrap();
        }
    }
}
