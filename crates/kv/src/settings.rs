//! Where Redis is.

use gatewright_domain::{Secret, settings, settings::SettingError};

settings! {
    /// Redis 6 or newer, or Valkey.
    pub struct RedisSettings {
        /// A whole connection string; wins over the other `REDIS_*`. `redis+unix:///path` reaches a socket.
        REDIS_URL => url: Option<Secret> = None, "redis://:password@redis:6379/0";
        /// Host name or address.
        REDIS_HOST => host: String = "localhost".into(), "redis";
        /// Port.
        REDIS_PORT => port: u16 = 6379, "6379";
        /// ACL user.
        REDIS_USERNAME => username: Option<String> = None, "gatewright";
        /// Password.
        REDIS_PASSWORD => password: Secret = Secret::default(), "a-password";
        /// Database number.
        REDIS_DB => db: u16 = 0, "0";
        /// Put before every key, for a Redis that is shared.
        REDIS_KEY_PREFIX => key_prefix: String = String::new(), "dify";
        /// TLS to Redis: not in this release.
        REDIS_USE_SSL => use_ssl: bool = false, "false";
        /// Redis Sentinel: not in this release.
        REDIS_USE_SENTINEL => use_sentinel: bool = false, "false";
        /// Redis Cluster: not in this release (the keys are laid out for it).
        REDIS_USE_CLUSTERS => use_clusters: bool = false, "false";
    }
}

impl RedisSettings {
    fn validate(&self) -> Result<(), SettingError> {
        let later = [
            ("REDIS_USE_SSL", self.use_ssl),
            ("REDIS_USE_SENTINEL", self.use_sentinel),
            ("REDIS_USE_CLUSTERS", self.use_clusters),
        ];
        if let Some((name, _)) = later.into_iter().find(|(_, wanted)| *wanted) {
            let problem = "is not supported by this release".into();
            return Err(SettingError {
                name,
                problem,
                example: "false",
            });
        }
        if self.key_prefix.contains(['{', '}']) {
            let problem = "must not contain braces, which choose the cluster slot".into();
            return Err(SettingError {
                name: "REDIS_KEY_PREFIX",
                problem,
                example: "dify",
            });
        }
        let example = "redis://:password@redis:6379/0";
        match self.client() {
            Ok(_) => Ok(()),
            // The client's own message may quote the text, password and all.
            Err(_) => Err(SettingError {
                name: "REDIS_URL",
                problem: "is not a Redis connection string".into(),
                example,
            }),
        }
    }

    /// The connection string, password and all: for the files that only their owner can read.
    pub fn connection_string(&self) -> String {
        if let Some(url) = &self.url {
            return url.expose().to_owned();
        }
        let Ok(mut url) =
            url::Url::parse(&format!("redis://{}:{}/{}", self.host, self.port, self.db))
        else {
            return String::new();
        };
        let password = Some(self.password.expose()).filter(|password| !password.is_empty());
        let username = self.username.as_deref().unwrap_or_default();
        let _parts_fit = (url.set_username(username), url.set_password(password));
        url.into()
    }

    pub(crate) fn client(&self) -> redis::RedisResult<redis::Client> {
        if let Some(url) = &self.url {
            return redis::Client::open(url.expose());
        }
        let mut redis = redis::RedisConnectionInfo::default().set_db(i64::from(self.db));
        if let Some(username) = self.username.as_deref().filter(|name| !name.is_empty()) {
            redis = redis.set_username(username);
        }
        if !self.password.is_empty() {
            redis = redis.set_password(self.password.expose());
        }
        let address = redis::ConnectionAddr::Tcp(self.host.clone(), self.port);
        let info = redis::IntoConnectionInfo::into_connection_info(address)?;
        redis::Client::open(info.set_redis_settings(redis))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gatewright_domain::settings::Settings as _;

    fn load(name: &'static str, value: &'static str) -> Result<RedisSettings, SettingError> {
        RedisSettings::load(&move |asked: &str| (asked == name).then(|| value.to_owned()))
    }

    #[test]
    fn a_connection_string_comes_out_as_it_went_in() {
        let settings = load("REDIS_PASSWORD", "p@ss/w:rd?").unwrap();
        assert_eq!(
            settings.connection_string(),
            "redis://:p%40ss%2Fw%3Ard%3F@localhost:6379/0"
        );
    }

    #[test]
    fn what_is_not_supported_stops_the_start_instead_of_being_ignored() {
        assert_eq!(
            load("REDIS_USE_SSL", "true").unwrap_err().name,
            "REDIS_USE_SSL"
        );
        assert_eq!(
            load("REDIS_USE_CLUSTERS", "true").unwrap_err().name,
            "REDIS_USE_CLUSTERS"
        );
        assert!(load("REDIS_KEY_PREFIX", "a{b}").is_err());
        let error = load("REDIS_URL", "nonsense://:hunter2@x")
            .unwrap_err()
            .to_string();
        assert!(
            error.starts_with("REDIS_URL") && !error.contains("hunter2"),
            "{error}"
        );
        assert!(load("REDIS_PASSWORD", "1e5").is_ok());
    }
}
