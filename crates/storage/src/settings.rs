//! Where PostgreSQL is.

use gatewright_domain::{Secret, settings, settings::SettingError};

settings! {
    /// PostgreSQL, 14 or newer.
    pub struct DbSettings {
        /// A whole connection string; wins over all `DB_*`. `sslmode=require`, `verify-ca` and `verify-full` are refused until TLS to PostgreSQL is built in.
        DATABASE_URL => url: Option<Secret> = None, "postgres://user:password@db:5432/dify";
        /// Only `postgresql` is supported.
        DB_TYPE => db_type: String = "postgresql".into(), "postgresql";
        /// Host name, address, or the folder of a Unix socket.
        DB_HOST => host: String = "localhost".into(), "db_postgres";
        /// Port.
        DB_PORT => port: u16 = 5432, "5432";
        /// Role.
        DB_USERNAME => username: String = "postgres".into(), "postgres";
        /// Its password.
        DB_PASSWORD => password: Secret = Secret::default(), "a-password";
        /// Database.
        DB_DATABASE => database: String = "dify".into(), "dify";
        /// Connections per process, at least 1.
        SQLALCHEMY_POOL_SIZE => pool_size: u32 = 10, "10";
        /// Seconds to wait for another migration that holds the lock.
        GATEWRIGHT_MIGRATION_LOCK_SECONDS => migration_lock_seconds: u32 = 60, "60";
    }
}

impl DbSettings {
    fn validate(&self) -> Result<(), SettingError> {
        let fail = |name, problem: String, example| {
            Err(SettingError {
                name,
                problem,
                example,
            })
        };
        if self.db_type != "postgresql" {
            return fail(
                "DB_TYPE",
                format!("`{}` is not supported", self.db_type),
                "postgresql",
            );
        }
        if self.pool_size == 0 {
            return fail("SQLALCHEMY_POOL_SIZE", "must be at least 1".into(), "10");
        }
        match self.config() {
            Ok(_) => Ok(()),
            Err(problem) => fail(
                "DATABASE_URL",
                problem,
                "postgres://user:password@db:5432/dify",
            ),
        }
    }

    /// The connection string, password and all: for the files that only their owner can read.
    pub fn connection_string(&self) -> String {
        if let Some(url) = &self.url {
            return url.expose().to_owned();
        }
        let Ok(mut url) = url::Url::parse("postgres://host") else {
            return String::new();
        };
        // The setters encode what a connection string cannot hold as it is; a socket's folder
        // takes the host's place encoded as a whole.
        let host = self.host.replace('%', "%25").replace('/', "%2F");
        let password = Some(self.password.expose()).filter(|password| !password.is_empty());
        let _parts_fit = (url.set_username(&self.username), url.set_password(password));
        url.set_path(&self.database);
        url.as_str()
            .replacen("@host/", &format!("@{host}:{}/", self.port), 1)
    }

    /// The connection parameters, with our time-outs and name.
    pub(crate) fn config(&self) -> Result<tokio_postgres::Config, String> {
        let mut config = match &self.url {
            Some(url) => parse_url(url.expose())?,
            None => {
                let mut config = tokio_postgres::Config::new();
                config
                    .host(&self.host)
                    .port(self.port)
                    .user(&self.username)
                    .dbname(&self.database);
                if !self.password.is_empty() {
                    config.password(self.password.expose());
                }
                config
            }
        };
        config
            .connect_timeout(std::time::Duration::from_secs(2))
            .application_name("gatewright")
            .options("-c statement_timeout=2000 -c idle_in_transaction_session_timeout=10000");
        Ok(config)
    }
}

fn parse_url(url: &str) -> Result<tokio_postgres::Config, String> {
    let wants_tls = ["require", "verify-ca", "verify-full"]
        .iter()
        .any(|mode| url.contains(&format!("sslmode={mode}")));
    if wants_tls {
        return Err("asks for TLS, which this release cannot speak to PostgreSQL; use a local proxy or sslmode=disable".into());
    }
    // The parser's own message may quote the text, password and all.
    url.parse()
        .map_err(|_| "is not a PostgreSQL connection string".into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use gatewright_domain::settings::Settings as _;

    #[test]
    fn a_bad_connection_string_is_named_but_not_echoed() {
        for url in [
            "nonsense://hunter2@x",
            "postgres://u:hunter2@h/db?sslmode=require",
        ] {
            let error =
                DbSettings::load(&|name: &str| (name == "DATABASE_URL").then(|| url.to_owned()))
                    .unwrap_err()
                    .to_string();
            assert!(
                error.starts_with("DATABASE_URL: ") && !error.contains("hunter2"),
                "{error}"
            );
        }
    }

    #[test]
    fn a_connection_string_comes_out_as_it_went_in() {
        let settings = DbSettings::load(&|name: &str| match name {
            "DB_HOST" => Some("/var/run/postgresql".to_owned()),
            "DB_PASSWORD" => Some("p@ss/w:rd?".to_owned()),
            _ => None,
        })
        .unwrap();
        let parsed: tokio_postgres::Config = settings.connection_string().parse().unwrap();
        assert_eq!(parsed.get_password(), Some(&b"p@ss/w:rd?"[..]));
        assert_eq!(parsed.get_dbname(), Some("dify"));
        assert_eq!(
            parsed.get_hosts(),
            [tokio_postgres::config::Host::Unix(
                "/var/run/postgresql".into()
            )]
        );
    }

    #[test]
    fn a_numeric_password_stays_as_it_is() {
        let settings =
            DbSettings::load(&|name: &str| (name == "DB_PASSWORD").then(|| "0123".to_owned()))
                .unwrap();
        assert_eq!(
            settings.config().unwrap().get_password(),
            Some(&b"0123"[..])
        );
    }
}
