//! A server in this process: real PostgreSQL, real Redis, a clock that is turned by hand.

pub mod apps;
pub mod arrange;
pub mod asking;
mod browser;
pub mod certificates;
pub mod commits;
pub mod enterprise;
pub mod events;
pub mod files;
mod flow;
pub mod graphs;
mod jar;
pub mod log;
pub mod mail;
pub mod model_server;
pub mod nginx;
pub mod odd_provider;
pub mod operations;
pub mod otlp;
pub mod plain;
pub mod process;
#[allow(dead_code, reason = "each suite has its way to forget")]
pub mod relay;
pub mod sdks;
pub mod sso;
pub mod talking;

pub use browser::Browser;
pub use enterprise::Enterprise;
pub use flow::{EMAIL, Grant, PASSWORD, basic_account};
pub use jar::Jar;

use std::{collections::HashMap, sync::Arc, time::Duration};

use actix_web::{HttpServer, dev::ServerHandle};
use gatewright_api_server::compose::{Settings, services};
use gatewright_auth::keys::{HmacKey, KeyRing};
use gatewright_domain::{Clock, RandomIds, settings::Source};
use gatewright_http::application;
use gatewright_kv::{Seals, WindowClock};
use gatewright_runtime::{Platform, ServerSettings};
use gatewright_test_db::TestDb;
use gatewright_test_support::{ManualClock, ScriptedRandom};
use gatewright_usecase_kit::Env;
use serde_json::Value;

pub const SECRET_KEY: &str = "a-secret-key-for-tests-0123456789abcdef";
pub const PUBLIC_URL: &str = "http://gatewright.test";

/// The server and what surrounds it.
pub struct Harness {
    pub url: String,
    pub clock: ManualClock,
    pub random: Arc<ScriptedRandom>,
    pub db: Arc<TestDb>,
    pub http: reqwest::Client,
    server: ServerHandle,
    settings: HashMap<String, String>,
    platform: Platform,
    /// The runs of this server.
    pub runs: gatewright_runtime::RunPlane,
    server_settings: ServerSettings,
    mail_folder: Arc<tempfile::TempDir>,
    storage_folder: Arc<tempfile::TempDir>,
}

/// An answer, read to its end.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: reqwest::header::HeaderMap,
    pub body: String,
}

impl Answer {
    pub async fn read(response: reqwest::Response) -> Self {
        Self {
            status: response.status().as_u16(),
            headers: response.headers().clone(),
            body: response.text().await.unwrap(),
        }
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("not JSON: {self:?}"))
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().unwrap())
    }

    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{self:?}");
        self
    }

    /// The `Set-Cookie` of the name that begins so (after any prefix): the one that sets it, if any does.
    pub fn set_cookie(&self, name: &str) -> Option<String> {
        let all = self.headers.get_all("set-cookie").iter();
        let texts = all.map(|value| value.to_str().unwrap().to_owned());
        let of_name = |text: &String| text.trim_start_matches("__Host-").starts_with(name);
        let mut found: Vec<String> = texts.filter(of_name).collect();
        let sets = found.iter().position(|text| !text.contains("=;"));
        (!found.is_empty()).then(|| found.swap_remove(sets.unwrap_or(0)))
    }

    /// The `error` of an OAuth answer.
    #[track_caller]
    pub fn oauth_error(&self) -> String {
        self.json()["error"]
            .as_str()
            .unwrap_or_else(|| panic!("no error: {self:?}"))
            .to_owned()
    }

    #[track_caller]
    pub fn code(&self) -> String {
        self.json()["code"]
            .as_str()
            .unwrap_or_else(|| panic!("no code: {self:?}"))
            .to_owned()
    }

    /// A redirect of the limits: status, wait and body in one.
    #[track_caller]
    pub fn expect_rate_limited(self) -> Self {
        let answer = self.expect(429);
        let wait: u64 = answer
            .header("retry-after")
            .parse()
            .expect("Retry-After in seconds");
        assert!(wait >= 1);
        answer
    }
}

/// Seals of an installation of the test's own.
pub fn seals(clock: &ManualClock) -> Seals {
    let key = HmacKey::new("test", b"a key for seals in tests, 32 bytes");
    Seals::new(KeyRing::fixed(key, []), Arc::new(clock.clone()))
}

/// A client that knows which implementation of TLS is meant, and follows redirects unless told not to.
pub fn client() -> reqwest::ClientBuilder {
    gatewright_outbound::install_tls();
    reqwest::Client::builder()
}

impl Harness {
    pub async fn start() -> Self {
        Self::with(&[]).await
    }

    /// With settings on top of those that every test has.
    pub async fn with(extra: &[(&str, &str)]) -> Self {
        Self::on(Arc::new(TestDb::create().await), ManualClock::new(), extra).await
    }

    /// A second node of the same installation.
    pub async fn another_node(&self) -> Self {
        let extra: Vec<(&str, &str)> = self
            .settings
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        Self::on(Arc::clone(&self.db), self.clock.clone(), &extra).await
    }

    /// The same installation, restarted with other settings.
    pub async fn restarted_with(&self, extra: &[(&str, &str)]) -> Self {
        Self::on(Arc::clone(&self.db), self.clock.clone(), extra).await
    }

    pub async fn on(db: Arc<TestDb>, clock: ManualClock, extra: &[(&str, &str)]) -> Self {
        let mail_folder = Arc::new(tempfile::tempdir().unwrap());
        let mail_path = mail_folder.path().to_str().unwrap().to_owned();
        let storage_folder = Arc::new(tempfile::tempdir().unwrap());
        let storage_path = storage_folder.path().to_str().unwrap().to_owned();
        let mut variables: HashMap<String, String> = [
            ("MAIL_TYPE", "file"),
            (
                "MAIL_DEFAULT_SEND_FROM",
                "Gatewright <no-reply@gatewright.test>",
            ),
            ("GATEWRIGHT_MAIL_FOLDER", &mail_path),
            ("OPENDAL_FS_ROOT", &storage_path),
            ("SECRET_KEY", SECRET_KEY),
            ("CONSOLE_API_URL", PUBLIC_URL),
            ("DATABASE_URL", &db.database_url),
            ("REDIS_URL", &db.redis_url),
            ("REDIS_KEY_PREFIX", &db.key_prefix),
            ("SQLALCHEMY_POOL_SIZE", "8"),
        ]
        .into_iter()
        .chain(extra.iter().copied())
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
        variables.retain(|_, value| value != "<unset>");
        let source = |name: &str| variables.get(name).cloned();
        let settings =
            Settings::load(&source as &dyn Source).expect("the settings of the test are right");
        let settings_of_server = settings.server.clone();
        let random = Arc::new(ScriptedRandom::default());
        let env = Env {
            clock: Arc::new(clock.clone()),
            ids: Arc::new(RandomIds),
            random: random.clone(),
        };
        let platform = Platform::with(&settings.server, env, WindowClock::Process).unwrap();
        let app = platform.services(&settings.server).unwrap();
        let runs = platform.runs(&settings.server, &app).unwrap();
        let services = services(
            &settings,
            &app,
            &runs,
            Arc::new(clock.clone()) as Arc<dyn Clock>,
        );
        actix_web::rt::spawn(Platform::subscribe_revocations(
            platform.kv.clone(),
            app.store.clone(),
        ));
        actix_web::rt::spawn(runs.listen());
        let server = HttpServer::new(move || application(&services))
            .workers(1)
            .disable_signals()
            .shutdown_timeout(1)
            // A busy machine sends the head of a request late; how late it may be is no matter of these tests.
            .client_request_timeout(Duration::from_mins(1))
            .bind(("127.0.0.1", 0))
            .unwrap();
        let url = format!("http://{}", server.addrs()[0]);
        let server = server.run();
        let handle = server.handle();
        actix_web::rt::spawn(server);
        let http = client()
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .unwrap();
        let settings = extra
            .iter()
            .map(|(n, v)| ((*n).to_owned(), (*v).to_owned()))
            .collect();
        Self {
            url,
            clock,
            random,
            db,
            http,
            server: handle,
            settings,
            platform,
            runs,
            server_settings: settings_of_server,
            mail_folder,
            storage_folder,
        }
    }

    /// How many uploaded files are stored, finished or not, once what was given up has been removed
    /// (beside the answer): as many as are expected, or what is left after some time.
    pub async fn stored_files(&self, expected: usize) -> usize {
        fn count(folder: &std::path::Path) -> usize {
            let entries = std::fs::read_dir(folder).unwrap();
            let paths = entries.map(|entry| entry.unwrap().path());
            paths
                .map(|path| if path.is_dir() { count(&path) } else { 1 })
                .sum()
        }
        let folder = Arc::clone(&self.storage_folder);
        for _ in 0..10_000 {
            if count(folder.path()) == expected {
                break;
            }
            tokio::task::spawn_blocking(std::thread::yield_now)
                .await
                .unwrap();
        }
        count(folder.path())
    }

    /// The folder of uploaded files.
    pub fn storage_path(&self) -> &std::path::Path {
        self.storage_folder.path()
    }

    pub fn now(&self) -> chrono::DateTime<chrono::Utc> {
        self.clock.now()
    }

    pub fn request(&self, method: &str, path: &str) -> reqwest::RequestBuilder {
        self.http
            .request(method.parse().unwrap(), format!("{}{path}", self.url))
    }

    pub async fn get(&self, path: &str) -> Answer {
        Answer::read(self.request("GET", path).send().await.unwrap()).await
    }

    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        Answer::read(self.request("POST", path).json(body).send().await.unwrap()).await
    }

    pub async fn with_bearer(&self, method: &str, path: &str, token: &str) -> Answer {
        let request = self
            .request(method, path)
            .header("Authorization", format!("Bearer {token}"));
        Answer::read(request.send().await.unwrap()).await
    }

    /// Every key of this test in Redis with its remaining life in milliseconds, and every value.
    pub async fn redis_dump(&self) -> Vec<(String, i64, String)> {
        let client = redis::Client::open(self.db.redis_url.as_str()).unwrap();
        let mut connection = client.get_multiplexed_async_connection().await.unwrap();
        let pattern = format!("{}:*", self.db.key_prefix);
        let keys: Vec<String> = redis::cmd("KEYS")
            .arg(pattern)
            .query_async(&mut connection)
            .await
            .unwrap();
        let mut dump = vec![];
        for key in keys {
            let ttl: i64 = redis::cmd("PTTL")
                .arg(&key)
                .query_async(&mut connection)
                .await
                .unwrap();
            let kind: String = redis::cmd("TYPE")
                .arg(&key)
                .query_async(&mut connection)
                .await
                .unwrap();
            let value: redis::Value = match kind.as_str() {
                "zset" => redis::cmd("ZRANGE")
                    .arg(&key)
                    .arg(0)
                    .arg(-1)
                    .query_async(&mut connection)
                    .await
                    .unwrap(),
                "stream" => redis::cmd("XRANGE")
                    .arg(&key)
                    .arg("-")
                    .arg("+")
                    .query_async(&mut connection)
                    .await
                    .unwrap(),
                _ => redis::cmd("GET")
                    .arg(&key)
                    .query_async(&mut connection)
                    .await
                    .unwrap(),
            };
            dump.push((key, ttl, format!("{value:?}")));
        }
        dump
    }
}

impl Drop for Harness {
    fn drop(&mut self) {
        // Not awaited: the process ends with the test.
        drop(self.server.stop(false));
    }
}
