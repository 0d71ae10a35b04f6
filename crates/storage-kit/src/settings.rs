//! Where PostgreSQL is.

use gatewright_domain::{Secret, settings, settings::SettingError};

use crate::connection_string::{Target, parse, query, query_pairs, read};

const EXAMPLE: &str = "postgres://user:password@db:5432/dify";
const EXTRAS_EXAMPLE: &str = "options=-c search_path=dify";

settings! {
    /// PostgreSQL, 14 or newer.
    pub struct DbSettings {
        /// A whole connection string, as an address or as words (`host=db user=x`); wins over `DB_HOST` to `DB_DATABASE`. `sslmode` is `disable`, `prefer` (unless said otherwise), `require`, `verify-ca` or `verify-full`, with `sslrootcert` (a file, or `system`), `sslcert` and `sslkey`.
        DATABASE_URL => url: Option<Secret> = None, "postgres://user:password@db:5432/dify";
        /// Only `postgresql` is supported.
        DB_TYPE => db_type: String = "postgresql".into(), "postgresql";
        /// Host name, address (IPv6 with or without brackets), or the folder of a Unix socket.
        DB_HOST => host: String = "localhost".into(), "db_postgres";
        /// Port of the server.
        DB_PORT => port: u16 = 5432, "5432";
        /// Role that we sign in as.
        DB_USERNAME => username: String = "postgres".into(), "postgres";
        /// Password of the role.
        DB_PASSWORD => password: Secret = Secret::default(), "a-password";
        /// Name of the database.
        DB_DATABASE => database: String = "dify".into(), "dify";
        /// Further parameters of the connection, like a query of an address: `options` (with `-c search_path=…`, the schema of the tables), `sslmode` and whatever else `DATABASE_URL` takes, to which it is added.
        DB_EXTRAS => extras: String = String::new(), "options=-c search_path=dify&sslmode=verify-full";
        /// Only `utf8` is supported.
        DB_CHARSET => charset: String = String::new(), "utf8";
        /// Connections per process, at least 1.
        SQLALCHEMY_POOL_SIZE => pool_size: u32 = 10, "10";
        /// Seconds to wait for another migration that holds the lock.
        GATEWRIGHT_MIGRATION_LOCK_SECONDS => migration_lock_seconds: u32 = 60, "60";
        /// Seconds that one migration may take before it is given up, at least 1: building an index of a large table takes its time.
        GATEWRIGHT_MIGRATION_SECONDS => migration_seconds: u32 = 3600, "3600";
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
        for (name, value, example) in [
            ("SQLALCHEMY_POOL_SIZE", self.pool_size, "10"),
            (
                "GATEWRIGHT_MIGRATION_SECONDS",
                self.migration_seconds,
                "3600",
            ),
        ] {
            if value == 0 {
                return fail(name, "must be at least 1".into(), example);
            }
        }
        if !["", "utf8", "utf-8"].contains(&self.charset.trim().to_lowercase().as_str()) {
            return fail("DB_CHARSET", "must be utf8".into(), "utf8");
        }
        self.target().map(drop)
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
        let host = match self.host() {
            address if address.contains(':') => format!("[{address}]"),
            host => host.replace('%', "%25").replace('/', "%2F"),
        };
        let password = Some(self.password.expose()).filter(|password| !password.is_empty());
        let _parts_fit = (url.set_username(&self.username), url.set_password(password));
        url.set_path(&self.database);
        let text = url
            .as_str()
            .replacen("@host/", &format!("@{host}:{}/", self.port), 1);
        match query(&query_pairs(&self.extras)) {
            none if none.is_empty() => text,
            extras => format!("{text}?{extras}"),
        }
    }

    /// Where the server is.
    pub(crate) fn target(&self) -> Result<Target, SettingError> {
        let extras = query_pairs(&self.extras);
        if let Some(url) = &self.url {
            let fail = |problem| SettingError {
                name: "DATABASE_URL",
                problem,
                example: EXAMPLE,
            };
            return parse(url.expose(), extras).map_err(fail);
        }
        let mut pairs = vec![
            ("host".to_owned(), self.host().to_owned()),
            ("port".to_owned(), self.port.to_string()),
            ("user".to_owned(), self.username.clone()),
            ("dbname".to_owned(), self.database.clone()),
        ];
        if !self.password.is_empty() {
            pairs.push(("password".to_owned(), self.password.expose().to_owned()));
        }
        pairs.extend(extras);
        read(String::new(), pairs).map_err(|problem| SettingError {
            name: "DB_EXTRAS",
            problem,
            example: EXTRAS_EXAMPLE,
        })
    }

    /// An IPv6 address may come in the brackets that it has in addresses of the web.
    fn host(&self) -> &str {
        let inner = self
            .host
            .strip_prefix('[')
            .and_then(|rest| rest.strip_suffix(']'));
        let is_address = |text: &&str| text.parse::<std::net::Ipv6Addr>().is_ok();
        inner.filter(is_address).unwrap_or(&self.host)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gatewright_domain::settings::Settings as _;

    fn load(variables: &[(&str, &str)]) -> Result<DbSettings, SettingError> {
        let find = |name: &str| variables.iter().find(|(known, _)| *known == name);
        DbSettings::load(&|name: &str| find(name).map(|(_, value)| (*value).to_owned()))
    }

    #[test]
    fn database_url_that_is_invalid_is_named_but_not_echoed() {
        for (name, value) in [
            ("DATABASE_URL", "nonsense://hunter2@x"),
            ("DATABASE_URL", "postgres://u:hunter2@h/db?sslmode=allow"),
            ("DB_EXTRAS", "sslmode=hunter2"),
            ("DB_EXTRAS", "hunter2"),
            ("DB_CHARSET", "latin1"),
        ] {
            let error = load(&[(name, value)]).unwrap_err().to_string();
            let begins = format!("{name}: ");
            assert!(
                error.starts_with(&begins) && !error.contains("hunter2"),
                "{error}"
            );
        }
    }

    #[test]
    fn connection_string_comes_out_as_it_went_in() {
        let settings = load(&[
            ("DB_HOST", "/var/run/postgresql"),
            ("DB_PASSWORD", "p@ss/w:rd?'\\"),
            (
                "DB_EXTRAS",
                "options=-c search_path=dify&keepalives_idle=60",
            ),
        ])
        .unwrap();
        let again = load(&[("DATABASE_URL", &settings.connection_string())]).unwrap();
        for settings in [settings, again] {
            let config = settings.target().unwrap().config;
            assert_eq!(config.get_password(), Some(&b"p@ss/w:rd?'\\"[..]));
            assert_eq!(config.get_dbname(), Some("dify"));
            assert_eq!(config.get_options(), Some("-c search_path=dify"));
            assert_eq!(config.get_keepalives_idle().as_secs(), 60);
            let socket = tokio_postgres::config::Host::Unix("/var/run/postgresql".into());
            assert_eq!(config.get_hosts(), [socket]);
        }
    }

    #[test]
    fn c6_database_url_with_an_ipv6_host_is_read() {
        for written in ["[::1]", "::1"] {
            let settings = load(&[("DB_HOST", written)]).unwrap();
            let address = tokio_postgres::config::Host::Tcp("::1".into());
            assert_eq!(settings.target().unwrap().config.get_hosts(), [address]);
            assert!(settings.connection_string().contains("@[::1]:5432/"));
        }
    }

    #[test]
    fn database_password_of_digits_is_kept() {
        let target = load(&[("DB_PASSWORD", "0123")]).unwrap().target().unwrap();
        assert_eq!(target.config.get_password(), Some(&b"0123"[..]));
    }
}
