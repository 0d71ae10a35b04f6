//! What the settings come to: the servers, how they are talked to, and with which certificates.

use std::path::Path;
use std::time::Duration;

use gatewright_domain::settings::SettingError;
use redis::{
    Client, ClientTlsConfig, ConnectionAddr, ConnectionInfo, IntoConnectionInfo,
    RedisConnectionInfo, TlsCertificates, TlsMode,
    io::tcp::{TcpSettings, socket2::TcpKeepalive},
};

use super::{RedisSettings, address};

/// A silent connection is asked after this long whether it still stands, so that firewalls see it used.
const KEEPALIVE_AFTER: Duration = Duration::from_secs(15);
const KEEPALIVE_EVERY: Duration = Duration::from_secs(5);
const KEEPALIVE_TRIES: u32 = 3;
/// What was sent and is not acknowledged for this long ends the connection.
#[cfg(target_os = "linux")]
const UNACKNOWLEDGED: Duration = Duration::from_secs(5);

const DEFAULT_PORT: u16 = 6379;
const DEFAULT_SENTINEL_PORT: u16 = 26379;
const SENTINELS: &str = "sentinel-1:26379,sentinel-2:26379";
const NODES: &str = "redis-1:6379,redis-2:6379";

/// Where Redis is, ready for the client.
#[derive(Debug, Clone)]
pub(crate) enum Target {
    /// One server, without sentinels or cluster.
    Single(ConnectionInfo),
    /// The master of a set.
    Sentinel(Sentinels),
    /// A cluster, by some of its nodes.
    Cluster(Nodes),
}

/// Who is asked for the master, and how it is talked to.
#[derive(Debug, Clone)]
pub(crate) struct Sentinels {
    /// Hosts and ports of the sentinels.
    pub(crate) addresses: Vec<ConnectionAddr>,
    /// What they call the set.
    pub(crate) service: String,
    /// User, password at the sentinels.
    pub(crate) login: (Option<String>, Option<String>),
    /// User, password, database at the servers.
    pub(crate) at_servers: (Option<String>, Option<String>, i64),
    /// TLS to all of them.
    pub(crate) tls: Option<Tls>,
}

/// Some nodes of a cluster.
#[derive(Debug, Clone)]
pub(crate) struct Nodes {
    /// The nodes that the cluster is found by.
    pub(crate) nodes: Vec<ConnectionInfo>,
    /// TLS to all of them.
    pub(crate) tls: Option<Tls>,
}

/// TLS as the settings want it.
#[derive(Debug, Clone)]
pub(crate) struct Tls {
    /// Whether certificates are checked.
    pub(crate) mode: TlsMode,
    /// Ours and theirs, unless the machine's do.
    pub(crate) certificates: Option<TlsCertificates>,
}

/// How every TCP connection to Redis is set up.
pub(crate) fn tcp() -> TcpSettings {
    let keepalive = TcpKeepalive::new()
        .with_time(KEEPALIVE_AFTER)
        .with_interval(KEEPALIVE_EVERY)
        .with_retries(KEEPALIVE_TRIES);
    let settings = TcpSettings::default()
        .set_nodelay(true)
        .set_keepalive(keepalive);
    #[cfg(target_os = "linux")]
    let settings = settings.set_user_timeout(UNACKNOWLEDGED);
    settings
}

fn fail(name: &'static str, problem: impl Into<String>, example: &'static str) -> SettingError {
    SettingError {
        name,
        problem: problem.into(),
        example,
    }
}

impl RedisSettings {
    /// The servers that these settings name, or the one line that says why there are none.
    pub(crate) fn target(&self) -> Result<Target, SettingError> {
        if self.use_sentinel && self.use_clusters {
            let problem = "is true beside REDIS_USE_SENTINEL: it is one or the other";
            return Err(fail("REDIS_USE_CLUSTERS", problem, "false"));
        }
        if self.url.is_some() && (self.use_sentinel || self.use_clusters) {
            let problem = "names one server, but REDIS_USE_SENTINEL or REDIS_USE_CLUSTERS is true: unset one of them";
            return Err(fail("REDIS_URL", problem, "redis://redis:6379/0"));
        }
        if self.use_sentinel {
            return self.sentinels_target().map(Target::Sentinel);
        }
        if self.use_clusters {
            return self.cluster_target().map(Target::Cluster);
        }
        self.single_target().map(Target::Single)
    }

    fn single_target(&self) -> Result<ConnectionInfo, SettingError> {
        let info = match &self.url {
            Some(url) => url
                .expose()
                .into_connection_info()
                .map_err(|_| address::url_problem(url.expose()))?,
            None => {
                let tls = self.tls()?;
                let at = socket_address(address::host_name(&self.host), self.port, tls.as_ref());
                let redis = credentials(self.username.as_deref(), secret(&self.password))
                    .set_db(i64::from(self.db));
                connection_info(at)?.set_redis_settings(redis)
            }
        };
        let info = info.set_tcp_settings(tcp());
        let is_tls = matches!(info.addr(), ConnectionAddr::TcpTls { .. });
        match self.certificates()?.filter(|_| is_tls) {
            Some(certificates) => with_certificates(info, certificates),
            None => Ok(info),
        }
    }

    fn sentinels_target(&self) -> Result<Sentinels, SettingError> {
        let tls = self.tls()?;
        let service = self.sentinel_service_name.clone().ok_or_else(|| {
            let problem = "is not set, but REDIS_USE_SENTINEL is true";
            fail("REDIS_SENTINEL_SERVICE_NAME", problem, "mymaster")
        })?;
        if self.sentinels.is_empty() {
            let problem = "is not set, but REDIS_USE_SENTINEL is true";
            return Err(fail("REDIS_SENTINELS", problem, SENTINELS));
        }
        let addresses = self.sentinels.iter().map(|text| {
            let (host, port) =
                address::host_and_port("REDIS_SENTINELS", text, DEFAULT_SENTINEL_PORT, SENTINELS)?;
            Ok(socket_address(host, port, tls.as_ref()))
        });
        Ok(Sentinels {
            addresses: addresses.collect::<Result<_, SettingError>>()?,
            service,
            login: (
                name(self.sentinel_username.as_deref()),
                secret(&self.sentinel_password).map(str::to_owned),
            ),
            at_servers: (
                name(self.username.as_deref()),
                secret(&self.password).map(str::to_owned),
                i64::from(self.db),
            ),
            tls,
        })
    }

    fn cluster_target(&self) -> Result<Nodes, SettingError> {
        let tls = self.tls()?;
        if self.clusters.is_empty() {
            let problem = "is not set, but REDIS_USE_CLUSTERS is true";
            return Err(fail("REDIS_CLUSTERS", problem, NODES));
        }
        if self.db != 0 {
            let problem = "is not 0, and a cluster has no other database";
            return Err(fail("REDIS_DB", problem, "0"));
        }
        let password = secret(&self.clusters_password).or_else(|| secret(&self.password));
        let nodes = self.clusters.iter().map(|text| {
            let (host, port) = address::host_and_port("REDIS_CLUSTERS", text, DEFAULT_PORT, NODES)?;
            let info = connection_info(socket_address(host, port, tls.as_ref()))?
                .set_redis_settings(credentials(self.username.as_deref(), password))
                .set_tcp_settings(tcp());
            match tls.as_ref().and_then(|tls| tls.certificates.clone()) {
                Some(certificates) => with_certificates(info, certificates),
                None => Ok(info),
            }
        });
        Ok(Nodes {
            nodes: nodes.collect::<Result<_, SettingError>>()?,
            tls,
        })
    }

    fn tls(&self) -> Result<Option<Tls>, SettingError> {
        let mode = match self.ssl_cert_reqs.trim().to_ascii_uppercase().as_str() {
            "CERT_REQUIRED" | "CERT_OPTIONAL" => TlsMode::Secure,
            "CERT_NONE" => TlsMode::Insecure,
            _ => {
                let problem = "is neither CERT_REQUIRED, CERT_OPTIONAL nor CERT_NONE";
                return Err(fail("REDIS_SSL_CERT_REQS", problem, "CERT_REQUIRED"));
            }
        };
        if !self.use_ssl {
            return Ok(None);
        }
        let certificates = self.certificates()?;
        Ok(Some(Tls { mode, certificates }))
    }

    fn certificates(&self) -> Result<Option<TlsCertificates>, SettingError> {
        let root_cert = self
            .ssl_ca_certs
            .as_deref()
            .map(|path| pem("REDIS_SSL_CA_CERTS", path, "/etc/gatewright/redis-ca.pem"))
            .transpose()?;
        let certificate = "/etc/gatewright/redis-client.pem";
        let key = "/etc/gatewright/redis-client.key";
        let client_tls = match (&self.ssl_certfile, &self.ssl_keyfile) {
            (None, None) => None,
            (Some(_), None) => {
                let problem = "is not set, but REDIS_SSL_CERTFILE is";
                return Err(fail("REDIS_SSL_KEYFILE", problem, key));
            }
            (None, Some(_)) => {
                let problem = "is not set, but REDIS_SSL_KEYFILE is";
                return Err(fail("REDIS_SSL_CERTFILE", problem, certificate));
            }
            (Some(client_cert), Some(client_key)) => Some(ClientTlsConfig {
                client_cert: pem("REDIS_SSL_CERTFILE", client_cert, certificate)?,
                client_key: pem("REDIS_SSL_KEYFILE", client_key, key)?,
            }),
        };
        Ok(
            (root_cert.is_some() || client_tls.is_some()).then_some(TlsCertificates {
                client_tls,
                root_cert,
            }),
        )
    }
}

fn pem(name: &'static str, path: &Path, example: &'static str) -> Result<Vec<u8>, SettingError> {
    let bytes = std::fs::read(path)
        .map_err(|error| fail(name, format!("{}: {error}", path.display()), example))?;
    if !bytes.windows(10).any(|window| window == b"-----BEGIN") {
        let problem = format!("{} holds nothing in PEM (-----BEGIN …)", path.display());
        return Err(fail(name, problem, example));
    }
    Ok(bytes)
}

fn with_certificates(
    info: ConnectionInfo,
    certificates: TlsCertificates,
) -> Result<ConnectionInfo, SettingError> {
    // What the client says of bad PEM quotes nothing of it.
    Client::build_with_tls(info, certificates)
        .map(|client| client.get_connection_info().clone())
        .map_err(|error| {
            fail(
                "REDIS_SSL_CA_CERTS",
                error.to_string(),
                "/etc/gatewright/redis-ca.pem",
            )
        })
}

fn socket_address(host: String, port: u16, tls: Option<&Tls>) -> ConnectionAddr {
    match tls {
        None => ConnectionAddr::Tcp(host, port),
        Some(tls) => ConnectionAddr::TcpTls {
            host,
            port,
            insecure: tls.mode == TlsMode::Insecure,
            tls_params: None,
        },
    }
}

fn connection_info(address: ConnectionAddr) -> Result<ConnectionInfo, SettingError> {
    address
        .into_connection_info()
        .map_err(|error| fail("REDIS_HOST", error.to_string(), "redis"))
}

fn credentials(username: Option<&str>, password: Option<&str>) -> RedisConnectionInfo {
    let mut info = RedisConnectionInfo::default();
    if let Some(username) = name(username) {
        info = info.set_username(username);
    }
    if let Some(password) = password {
        info = info.set_password(password);
    }
    info
}

fn name(text: Option<&str>) -> Option<String> {
    text.filter(|text| !text.is_empty()).map(str::to_owned)
}

fn secret(secret: &gatewright_domain::Secret) -> Option<&str> {
    Some(secret.expose()).filter(|text| !text.is_empty())
}
