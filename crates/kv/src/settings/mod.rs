//! Where Redis is: one server, a set with sentinels, or a cluster; with TLS or without. The names are
//! those that Dify gives them.

mod address;
pub(crate) mod target;
#[cfg(test)]
mod tests;

use gatewright_domain::{Secret, settings, settings::SettingError};

settings! {
    /// Redis 6.2 or newer, or Valkey: one server, a set with sentinels, or a cluster.
    pub struct RedisSettings {
        /// A whole connection string; wins over `REDIS_HOST` to `REDIS_DB`. `rediss://` is TLS, `redis+unix:///path` reaches a socket.
        REDIS_URL => url: Option<Secret> = None, "redis://:password@redis:6379/0";
        /// Host name or address.
        REDIS_HOST => host: String = "localhost".into(), "redis";
        /// Port of the server.
        REDIS_PORT => port: u16 = 6379, "6379";
        /// ACL user that we sign in as; unset, the default user.
        REDIS_USERNAME => username: Option<String> = None, "gatewright";
        /// Password of the user.
        REDIS_PASSWORD => password: Secret = Secret::default(), "a-password";
        /// Number of the database; a cluster has 0 only.
        REDIS_DB => db: u16 = 0, "0";
        /// Put before every key, for a Redis that is shared.
        REDIS_KEY_PREFIX => key_prefix: String = String::new(), "dify";
        /// TLS to every server, sentinels and nodes of a cluster included.
        REDIS_USE_SSL => use_ssl: bool = false, "true";
        /// What is asked of a server's certificate: `CERT_REQUIRED` (or `CERT_OPTIONAL`, which is the same for a client): vouched for, and made out to the name or address that is connected to. `CERT_NONE`: nothing, so that whoever is on the way can read and answer.
        REDIS_SSL_CERT_REQS => ssl_cert_reqs: String = "CERT_REQUIRED".into(), "CERT_REQUIRED";
        /// File with the certificates (PEM) that vouch for the servers; unset, those of the machine do.
        REDIS_SSL_CA_CERTS => ssl_ca_certs: Option<std::path::PathBuf> = None, "/etc/gatewright/redis-ca.pem";
        /// File with our own certificate (PEM), for servers that ask for one.
        REDIS_SSL_CERTFILE => ssl_certfile: Option<std::path::PathBuf> = None, "/etc/gatewright/redis-client.pem";
        /// File with the key (PEM) of our own certificate.
        REDIS_SSL_KEYFILE => ssl_keyfile: Option<std::path::PathBuf> = None, "/etc/gatewright/redis-client.key";
        /// Ask sentinels which server is the master.
        REDIS_USE_SENTINEL => use_sentinel: bool = false, "true";
        /// The sentinels, `host:port`, with commas between.
        REDIS_SENTINELS => sentinels: Vec<String> = vec![], "sentinel-1:26379,sentinel-2:26379,sentinel-3:26379";
        /// What the sentinels call the set.
        REDIS_SENTINEL_SERVICE_NAME => sentinel_service_name: Option<String> = None, "mymaster";
        /// ACL user at the sentinels. The servers' own is `REDIS_USERNAME`.
        REDIS_SENTINEL_USERNAME => sentinel_username: Option<String> = None, "gatewright";
        /// Password of the sentinels. The servers' own is `REDIS_PASSWORD`.
        REDIS_SENTINEL_PASSWORD => sentinel_password: Secret = Secret::default(), "a-password";
        /// Whether the servers are a Redis Cluster.
        REDIS_USE_CLUSTERS => use_clusters: bool = false, "true";
        /// Some nodes of the cluster, `host:port`, with commas between; the others are found through them.
        REDIS_CLUSTERS => clusters: Vec<String> = vec![], "redis-1:6379,redis-2:6379,redis-3:6379";
        /// Password of the cluster; unset, `REDIS_PASSWORD`. The ACL user is `REDIS_USERNAME`.
        REDIS_CLUSTERS_PASSWORD => clusters_password: Secret = Secret::default(), "a-password";
    }
}

impl RedisSettings {
    fn validate(&self) -> Result<(), SettingError> {
        if self.key_prefix.contains(['{', '}']) {
            return Err(SettingError {
                name: "REDIS_KEY_PREFIX",
                problem: "must not contain braces, which choose the cluster slot".into(),
                example: "dify",
            });
        }
        self.target().map(drop)
    }

    /// Whether servers are believed whatever certificate they show.
    pub fn trusts_any_certificate(&self) -> bool {
        let insecure_url = self
            .url
            .as_ref()
            .is_some_and(|url| url.expose().contains("#insecure"));
        insecure_url || (self.use_ssl && self.ssl_cert_reqs.eq_ignore_ascii_case("CERT_NONE"))
    }

    /// The connection string of a single server, password and all: for the files that only their
    /// owner can read. Empty for sentinels and clusters, which no one string names.
    pub fn connection_string(&self) -> String {
        if let Some(url) = &self.url {
            return url.expose().to_owned();
        }
        if self.use_sentinel || self.use_clusters {
            return String::new();
        }
        let scheme = if self.use_ssl { "rediss" } else { "redis" };
        let host = address::in_url(&self.host);
        let Ok(mut url) = url::Url::parse(&format!("{scheme}://{host}:{}/{}", self.port, self.db))
        else {
            return String::new();
        };
        let password = Some(self.password.expose()).filter(|password| !password.is_empty());
        let username = self.username.as_deref().unwrap_or_default();
        let _parts_fit = (url.set_username(username), url.set_password(password));
        url.into()
    }
}
