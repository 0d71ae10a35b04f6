//! TLS to a real PostgreSQL, whose certificate an authority of the test's own has signed: each mode
//! against each server that it must, or must not, accept.

use std::path::{Path, PathBuf};

use gatewright_domain::settings::Settings as _;
use gatewright_engines::{Durability, Home, Postgres, Sources};
use gatewright_storage_identity::installation;
use gatewright_storage_kit::{DbSettings, Pool, migrate};

use super::{
    engines::{Quiet, engines_home},
    process::free_port,
};
use crate::support::certificates::{Authority, Issued};

/// A PostgreSQL that takes connections over TCP, and whose files are where it can read them.
struct Server {
    _postgres: Postgres,
    socket_url: String,
    port: u16,
    _folder: tempfile::TempDir,
}

/// Over TCP with TLS only; `certified` needs a certificate.
const TLS_ONLY: &str = "local all all trust\n\
    hostssl all certified 127.0.0.1/32 cert\n\
    hostssl all all 127.0.0.1/32 trust\n";
const PLAIN: &str = "local all all trust\nhost all all 127.0.0.1/32 trust\n";

impl Server {
    async fn with_tls(authority: &Authority, issued: &Issued) -> Self {
        Self::start(TLS_ONLY, Some((issued, authority))).await
    }

    async fn start(access: &str, tls: Option<(&Issued, &Authority)>) -> Self {
        let (home, folder) = engines_home();
        let hba = placed(&home, "hba.conf", access.as_bytes());
        let port = free_port();
        let mut settings = vec![
            ("listen_addresses", "127.0.0.1".to_owned()),
            ("port", port.to_string()),
            ("hba_file", text(&hba)),
        ];
        if let Some((issued, authority)) = tls {
            let file =
                |name: &str, from: &Path| text(&placed(&home, name, &std::fs::read(from).unwrap()));
            settings.extend([
                ("ssl", "on".to_owned()),
                ("ssl_cert_file", file("server.pem", &issued.certificate)),
                ("ssl_key_file", file("server.key", &issued.key)),
                ("ssl_ca_file", file("ca.pem", &authority.file())),
            ]);
        }
        let throwaway = Durability::Throwaway;
        let postgres =
            Postgres::start_with(&home, Sources::Any, throwaway, &settings, &Quiet).unwrap();
        let socket_url = postgres
            .url()
            .replacen("/dify", &format!(":{port}/dify"), 1);
        let server = Self {
            _postgres: postgres,
            socket_url,
            port,
            _folder: folder,
        };
        server
            .execute("CREATE ROLE certified LOGIN SUPERUSER")
            .await;
        server
    }

    async fn execute(&self, sql: &str) {
        let none = tokio_postgres::NoTls;
        let (client, connection) = tokio_postgres::connect(&self.socket_url, none)
            .await
            .unwrap();
        tokio::spawn(connection);
        client.batch_execute(sql).await.unwrap();
    }

    /// What our connections are like, as the server sees them: `true TLSv1.3`, or `false`.
    async fn seen(&self) -> Vec<String> {
        let none = tokio_postgres::NoTls;
        let (client, connection) = tokio_postgres::connect(&self.socket_url, none)
            .await
            .unwrap();
        tokio::spawn(connection);
        let rows = client
            .query(
                "SELECT concat_ws(' ', s.ssl::text, s.version) FROM pg_stat_ssl s \
                 JOIN pg_stat_activity a USING (pid) WHERE a.application_name = 'gatewright'",
                &[],
            )
            .await
            .unwrap();
        rows.iter().map(|row| row.get(0)).collect()
    }

    fn settings(&self, user: &str, host: &str, parameters: &str) -> DbSettings {
        let url = format!("postgres://{user}@{host}:{}/dify?{parameters}", self.port);
        DbSettings::load(&|name: &str| (name == "DATABASE_URL").then(|| url.clone())).unwrap()
    }

    /// Connects; what the server sees of it, or why not.
    async fn try_as(&self, user: &str, host: &str, parameters: &str) -> Result<String, String> {
        let failed = |error: gatewright_domain::error::Unavailable| {
            let mut text = error.source.to_string();
            let mut cause = std::error::Error::source(&*error.source);
            while let Some(error) = cause {
                text = format!("{text}: {error}");
                cause = error.source();
            }
            text
        };
        let pool = Pool::new(&self.settings(user, host, parameters)).map_err(failed)?;
        let mut conn = pool.get().await.map_err(failed)?;
        installation::find_facts(&mut conn).await.unwrap();
        let seen = self.seen().await;
        assert_eq!(seen.len(), 1, "{seen:?}");
        Ok(seen[0].clone())
    }
}

fn text(path: &Path) -> String {
    path.display().to_string()
}

/// A file that the engine's owner can read and nobody else.
fn placed(home: &Home, name: &str, content: &[u8]) -> PathBuf {
    use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown};
    let path = home.data.join(name);
    std::fs::write(&path, content).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
    let owner = std::fs::metadata(&home.data).unwrap();
    chown(&path, Some(owner.uid()), Some(owner.gid())).unwrap();
    path
}

#[tokio::test]
async fn c3_each_sslmode_accepts_the_servers_that_libpq_accepts() {
    let (ours, foreign) = (Authority::new("ours"), Authority::new("foreign"));
    let server = Server::with_tls(&ours, &ours.issue("db", &["127.0.0.1"])).await;
    let misnamed = Server::with_tls(&ours, &ours.issue("db", &["db.example.com"])).await;
    let plain = Server::start(PLAIN, None).await;
    let root = format!("sslrootcert={}", ours.file().display());
    let wrong = format!("sslrootcert={}", foreign.file().display());
    let encrypted = Ok("true TLSv1.3");
    let (clear, unknown) = (Ok("false"), Err("UnknownIssuer"));
    // mode, file of roots, server, outcome.
    let table: Vec<(&str, &str, &Server, Result<&str, &str>)> = vec![
        ("disable", "", &plain, clear),
        ("disable", "", &server, Err("no encryption")),
        ("prefer", "", &plain, clear),
        ("prefer", "", &server, encrypted),
        ("require", "", &plain, Err("does not support TLS")),
        ("require", "", &server, encrypted),
        ("require", "", &misnamed, encrypted),
        // As libpq has it: roots that are named are used.
        ("require", &wrong, &server, unknown),
        ("require", &root, &misnamed, encrypted),
        ("verify-ca", &root, &plain, Err("does not support TLS")),
        ("verify-ca", &root, &server, encrypted),
        ("verify-ca", &root, &misnamed, encrypted),
        ("verify-ca", &wrong, &server, unknown),
        // Nobody on this machine vouches for a test.
        ("verify-ca", "", &server, unknown),
        ("verify-full", &root, &server, encrypted),
        ("verify-full", &root, &misnamed, Err("not valid for name")),
        ("verify-full", &wrong, &server, unknown),
        ("verify-full", "sslrootcert=system", &server, unknown),
    ];
    for (mode, roots, server, expected) in table {
        let outcome = server
            .try_as(
                "gatewright",
                "127.0.0.1",
                &format!("sslmode={mode}&{roots}"),
            )
            .await;
        match (&outcome, expected) {
            (Ok(seen), Ok(wanted)) => assert_eq!(seen.trim(), wanted, "{mode} {roots}"),
            (Err(error), Err(wanted)) => assert!(error.contains(wanted), "{mode} {roots}: {error}"),
            _ => panic!("{mode} {roots}: {outcome:?}, expected {expected:?}"),
        }
    }
}

#[tokio::test]
async fn c3_self_signed_certificate_is_trusted_where_it_is_named_itself() {
    let authority = Authority::new("unused");
    let own = authority.self_signed(&["127.0.0.1"]);
    let server = Server::with_tls(&authority, &own).await;
    let named = format!("sslrootcert={}", own.certificate.display());
    for mode in ["verify-ca", "verify-full"] {
        let parameters = format!("sslmode={mode}&{named}");
        let seen = server.try_as("gatewright", "127.0.0.1", &parameters).await;
        assert_eq!(seen.as_deref(), Ok("true TLSv1.3"), "{mode}");
    }
    let other = format!(
        "sslmode=verify-ca&sslrootcert={}",
        authority.file().display()
    );
    server
        .try_as("gatewright", "127.0.0.1", &other)
        .await
        .unwrap_err();
    let full = format!("sslmode=verify-full&{named}&hostaddr=127.0.0.1");
    let error = server.try_as("gatewright", "db.example.com", &full).await;
    assert!(error.unwrap_err().contains("not valid for name"));
}

#[tokio::test]
async fn c3_client_shows_its_certificate_and_guards_its_key() {
    use std::os::unix::fs::PermissionsExt as _;
    let (ours, foreign) = (Authority::new("ours"), Authority::new("foreign"));
    let server = Server::with_tls(&ours, &ours.issue("db", &["127.0.0.1"])).await;
    let with = |issued: &Issued| {
        format!(
            "sslmode=verify-full&sslrootcert={}&sslcert={}&sslkey={}",
            ours.file().display(),
            issued.certificate.display(),
            issued.key.display()
        )
    };
    let known = ours.issue("certified", &[]);
    let seen = server.try_as("certified", "127.0.0.1", &with(&known)).await;
    assert_eq!(seen.as_deref(), Ok("true TLSv1.3"));
    for wrong in [ours.issue("somebody", &[]), foreign.issue("certified", &[])] {
        server
            .try_as("certified", "127.0.0.1", &with(&wrong))
            .await
            .unwrap_err();
    }
    let without = format!("sslmode=require&sslrootcert={}", ours.file().display());
    server
        .try_as("certified", "127.0.0.1", &without)
        .await
        .unwrap_err();
    std::fs::set_permissions(&known.key, std::fs::Permissions::from_mode(0o644)).unwrap();
    let error = server
        .try_as("certified", "127.0.0.1", &with(&known))
        .await
        .unwrap_err();
    assert!(
        error.contains("sslkey") && error.contains("0600"),
        "{error}"
    );
}

/// Everything else goes the same way: migrations, and the connection that hears of jobs.
#[tokio::test]
async fn c3_migrations_and_announcements_use_tls_too() {
    use futures_util::StreamExt as _;
    let ours = Authority::new("ours");
    let server = Server::with_tls(&ours, &ours.issue("db", &["127.0.0.1"])).await;
    let parameters = format!("sslmode=verify-full&sslrootcert={}", ours.file().display());
    let settings = server.settings("gatewright", "127.0.0.1", &parameters);
    let done = migrate::run(&settings, migrate::Second::Refuse)
        .await
        .unwrap();
    assert!(!done.applied.is_empty());
    let heartbeat = std::time::Duration::from_millis(50);
    let mut news = Pool::new(&settings).unwrap().listen("c3", heartbeat);
    let wakeups = news.next();
    let mut wakeups = std::pin::pin!(wakeups);
    loop {
        tokio::select! {
            Some(()) = &mut wakeups => break,
            () = server.execute("NOTIFY c3") => {}
        }
    }
    assert_eq!(server.seen().await, ["true TLSv1.3"]);
}
