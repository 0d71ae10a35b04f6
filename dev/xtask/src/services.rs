//! PostgreSQL and Redis for tests: in a temporary folder, without durability, gone afterwards. In memory where
//! there is room: a database of its own for each test is some three hundred files, which a disk takes up to a
//! second to make and memory some thirty milliseconds.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use gatewright_engines::{Durability, Guide, Home, Owner, Postgres, Redis, Sources, pdfium};
use gatewright_storage_kit::{DbSettings, migrate};
use gatewright_test_db::{DATABASE_VARIABLE, REDIS_VARIABLE, TEMPLATE};

/// Names `PDFium`'s library for tests.
const PDFIUM_VARIABLE: &str = "GATEWRIGHT_TEST_PDFIUM";

/// Running services; they end with it.
pub(crate) struct Services {
    // The order of the fields is the order in which they end: engines before their folder.
    postgres: Postgres,
    redis: Redis,
    /// The library that reads PDF files.
    pdfium: Option<PathBuf>,
    _folder: tempfile::TempDir,
}

struct Quiet;

impl Guide for Quiet {
    fn say(&self, line: &str) {
        println!("==> {line}");
    }
    /// Tests run unattended: what they need may be installed when somebody said so beforehand.
    #[allow(
        clippy::disallowed_methods,
        reason = "a task of developers, not a server"
    )]
    fn consents(&self, _: &str) -> bool {
        ["GATEWRIGHT_ASSUME_YES", "CI"]
            .iter()
            .any(|name| std::env::var(name).is_ok_and(|v| v == "1" || v == "true"))
    }
}

impl Services {
    /// Starts both and migrates the template.
    pub(crate) fn start() -> anyhow::Result<Self> {
        let mut services = Self::start_in(&folder_of_tests(), Durability::Throwaway)?;
        services.pdfium = pdfium::library(&cache(), &Quiet)?;
        services.migrate_template()?;
        Ok(services)
    }

    /// Starts both; the template is an empty database. On disk, for what is measured.
    pub(crate) fn start_empty(durability: Durability) -> anyhow::Result<Self> {
        Self::start_in(&std::env::temp_dir(), durability)
    }

    /// The main process of PostgreSQL.
    pub(crate) fn postgres_pid(&self) -> u32 {
        self.postgres.pid()
    }

    /// The process of Redis.
    pub(crate) fn redis_pid(&self) -> u32 {
        self.redis.pid()
    }

    fn start_in(parent: &Path, durability: Durability) -> anyhow::Result<Self> {
        let folder = tempfile::Builder::new()
            .prefix("gw-test-")
            .tempdir_in(parent)?;
        open_for_engines(folder.path())?;
        let home = Home {
            data: folder.path().join("data"),
            run: folder.path().join("data/run"),
            cache: cache(),
            owner: Owner::current(),
        };
        home.prepare()?;
        let postgres = Postgres::start(&home, Sources::Any, durability, &Quiet)?;
        let redis = Redis::start(&home, Sources::Any, durability, &Quiet)?;
        let services = Self {
            postgres,
            redis,
            pdfium: None,
            _folder: folder,
        };
        services.create_template()?;
        Ok(services)
    }

    /// All variables that test processes look for.
    pub(crate) fn test_variables(&self) -> Vec<(&'static str, String)> {
        let library = self
            .pdfium
            .iter()
            .map(|path| (PDFIUM_VARIABLE, path.display().to_string()));
        self.variables().into_iter().chain(library).collect()
    }

    /// Those that name stores.
    pub(crate) fn variables(&self) -> [(&'static str, String); 2] {
        [
            (DATABASE_VARIABLE, self.postgres.url_of(TEMPLATE)),
            (REDIS_VARIABLE, self.redis.url()),
        ]
    }

    fn create_template(&self) -> anyhow::Result<()> {
        runtime()?.block_on(async {
            let (client, connection) =
                tokio_postgres::connect(&self.postgres.url(), tokio_postgres::NoTls).await?;
            tokio::spawn(connection);
            let create = format!("CREATE DATABASE {TEMPLATE}");
            Ok(client.batch_execute(&create).await?)
        })
    }

    fn migrate_template(&self) -> anyhow::Result<()> {
        let settings = DbSettings {
            url: Some(self.postgres.url_of(TEMPLATE).into()),
            ..DbSettings::default()
        };
        runtime()?
            .block_on(migrate::run(&settings, migrate::Second::Refuse))
            .context("the template cannot be migrated")?;
        Ok(())
    }
}

/// Memory, if it holds what the tests write at most (their write-ahead log is the largest part, 1 GiB); or
/// wherever temporary files go.
fn folder_of_tests() -> PathBuf {
    const MEMORY: &str = "/dev/shm";
    const NEEDED_BYTES: u64 = 2 << 30;
    let free = rustix::fs::statvfs(MEMORY).map(|fs| fs.f_bavail.saturating_mul(fs.f_frsize));
    if free.is_ok_and(|free| free >= NEEDED_BYTES) {
        MEMORY.into()
    } else {
        std::env::temp_dir()
    }
}

fn runtime() -> std::io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
}

/// Root's engines run as somebody else, who must be able to get to their folder.
fn open_for_engines(folder: &Path) -> anyhow::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = if Owner::current().is_switched() {
        0o711
    } else {
        0o700
    };
    Ok(std::fs::set_permissions(
        folder,
        std::fs::Permissions::from_mode(mode),
    )?)
}

#[allow(
    clippy::disallowed_methods,
    reason = "a task of developers, not a server"
)]
fn cache() -> PathBuf {
    if Owner::current().is_switched() {
        return "/var/cache/gatewright/engines".into();
    }
    let home = std::env::var("HOME").unwrap_or_else(|_| "/tmp".into());
    Path::new(&home).join(".cache/gatewright/engines")
}

/// `cargo xtask services`.
pub(crate) fn run_in_foreground() -> anyhow::Result<()> {
    let services = Services::start()?;
    for (name, value) in services.test_variables() {
        println!("export {name}='{value}'");
    }
    println!("# running; end with Ctrl-C");
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(tokio::signal::ctrl_c())?;
    Ok(())
}
