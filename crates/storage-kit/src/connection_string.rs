//! Connection strings as people have them, in libpq's two forms (an address, or words like
//! `host=db user=x`). What concerns TLS is taken out, because it is ours; the rest is read by the
//! driver. Nothing of the text is echoed but names that everybody knows: the rest may be a password.

use std::{path::PathBuf, time::Duration};

use tokio_postgres::Config;
use url::form_urlencoded;

use crate::tls::{Identity, Mode, Roots, TlsSettings};

/// A parameter and its value.
pub(crate) type Pair = (String, String);

/// What the driver reads by itself.
const DRIVERS: [&str; 15] = [
    "user",
    "password",
    "dbname",
    "options",
    "application_name",
    "sslnegotiation",
    "host",
    "hostaddr",
    "port",
    "keepalives",
    "keepalives_idle",
    "keepalives_interval",
    "keepalives_retries",
    "target_session_attrs",
    "load_balance_hosts",
];
/// What other clients need and we do anyway, or do not have.
const WITHOUT_EFFECT: [&str; 4] = [
    "connect_timeout",
    "fallback_application_name",
    "sslcompression",
    "sslsni",
];
/// Older ones are never spoken.
const OLDEST_TLS: [&str; 4] = ["", "TLSv1", "TLSv1.1", "TLSv1.2"];
/// What would be less safe, or another server, if it were ignored.
const REFUSED: [&str; 10] = [
    "gsslib",
    "krbsrvname",
    "passfile",
    "require_auth",
    "requirepeer",
    "service",
    "sslcrl",
    "sslcrldir",
    "sslpassword",
    "sslcertmode",
];

/// Where a server is, and how to speak to it.
#[derive(Debug, Clone)]
pub(crate) struct Target {
    pub(crate) config: Config,
    pub(crate) tls: TlsSettings,
}

/// Reads a connection string; `extras` are parameters that it does not give itself.
pub(crate) fn parse(text: &str, extras: Vec<Pair>) -> Result<Target, String> {
    let (base, mut pairs) = match text.split_once("://") {
        Some((scheme, rest)) => {
            check_scheme(scheme)?;
            let (base, query) = split_query(rest);
            (
                format!("postgresql://{base}"),
                query_pairs(&query.replace('+', "%2B")),
            )
        }
        None => (String::new(), words(text).ok_or_else(not_one)?),
    };
    // The string's own word comes last, and wins; `options` are all of them.
    pairs.splice(0..0, extras);
    read(base, pairs)
}

/// What an address must begin with.
fn check_scheme(scheme: &str) -> Result<(), String> {
    match scheme.trim() {
        "postgres" | "postgresql" => Ok(()),
        driver if driver.starts_with("postgresql+") || driver.starts_with("postgres+") => Err(
            "names a driver of SQLAlchemy's (`postgresql+…://`): write `postgresql://` instead"
                .into(),
        ),
        "redis" | "rediss" | "mysql" | "mariadb" | "http" | "https" => {
            Err("is the address of something else: a PostgreSQL begins with `postgresql://`".into())
        }
        _ => Err(not_one()),
    }
}

fn not_one() -> String {
    "is not a PostgreSQL connection string; one begins with `postgresql://`, and `@ : / ? #` in a \
     password are written as %40 %3A %2F %3F %23"
        .into()
}

/// The credentials end at the first `@`, as the driver has it, whatever is in them.
fn split_query(rest: &str) -> (&str, &str) {
    let host = rest.find('@').map_or(0, |at| at + 1);
    match rest[host..].find('?') {
        Some(mark) => (&rest[..host + mark], &rest[host + mark + 1..]),
        None => (rest, ""),
    }
}

/// `a=b&c=d`, percent-encoded; a plus is a blank.
pub(crate) fn query_pairs(query: &str) -> Vec<Pair> {
    form_urlencoded::parse(query.as_bytes())
        .into_owned()
        .collect()
}

/// The reverse of [`query_pairs`], without pluses: the driver does not read them as blanks.
pub(crate) fn query(pairs: &[Pair]) -> String {
    let text = form_urlencoded::Serializer::new(String::new())
        .extend_pairs(pairs)
        .finish();
    text.replace('+', "%20")
}

/// `host=db password='a b'`, with `\` before quotes.
fn words(text: &str) -> Option<Vec<Pair>> {
    let mut pairs = vec![];
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let (key, value) = rest.split_once('=')?;
        let key = key.trim_end();
        if key.is_empty() || key.contains(char::is_whitespace) {
            return None;
        }
        let (value, after) = word(value.trim_start())?;
        pairs.push((key.to_owned(), value));
        rest = after.trim_start();
    }
    (!pairs.is_empty()).then_some(pairs)
}

fn word(text: &str) -> Option<(String, &str)> {
    let (quoted, text) = match text.strip_prefix('\'') {
        Some(inner) => (true, inner),
        None => (false, text),
    };
    let mut value = String::new();
    let mut mails = text.char_indices();
    while let Some((at, mail)) = mails.next() {
        match mail {
            '\\' => value.push(mails.next()?.1),
            '\'' if quoted => return Some((value, &text[at + 1..])),
            blank if !quoted && blank.is_whitespace() => return Some((value, &text[at..])),
            other => value.push(other),
        }
    }
    (!quoted).then_some((value, ""))
}

/// Takes ours out, and lets the driver read the rest.
pub(crate) fn read(base: String, pairs: Vec<Pair>) -> Result<Target, String> {
    let mut tls = TlsSettings::default();
    let (mut certificate, mut key) = (None, None);
    let mut options: Vec<String> = vec![];
    let mut drivers: Vec<Pair> = vec![];
    let mut user_timeout = None;
    let mut binding = None;
    for (name, value) in pairs {
        match name.as_str() {
            "sslmode" => tls.mode = Mode::parse(&value)?,
            "sslrootcert" if value == "system" => tls.roots = Some(Roots::System),
            "sslrootcert" => tls.roots = Some(Roots::File(value.into())),
            "sslcert" => certificate = Some(PathBuf::from(value)),
            "sslkey" => key = Some(PathBuf::from(value)),
            "channel_binding" => binding = Some(value),
            "options" => options.push(value),
            // libpq's name, and its unit.
            "keepalives_count" => drivers.push(("keepalives_retries".into(), value)),
            "tcp_user_timeout" => user_timeout = Some(milliseconds(&value)?),
            "client_encoding" if ["utf8", "utf-8", "auto"].contains(&&*value.to_lowercase()) => {}
            "client_encoding" => return Err("`client_encoding` must be utf8".into()),
            "gssencmode" if value != "require" => {}
            "ssl_min_protocol_version" if OLDEST_TLS.contains(&&*value) => {}
            "gssencmode" | "ssl_min_protocol_version" => {
                return Err(format!(
                    "`{name}` asks for more than this server does; leave it out"
                ));
            }
            name if WITHOUT_EFFECT.contains(&name) => {}
            name if REFUSED.contains(&name) => {
                return Err(format!("`{name}` is not supported; leave it out"));
            }
            name if DRIVERS.contains(&name) => drivers.push((name.to_owned(), value)),
            _ => return Err("has a parameter that this server does not know".into()),
        }
    }
    tls.identity = match (certificate, key) {
        (Some(certificate), Some(key)) => Some(Identity { certificate, key }),
        (None, None) => None,
        _ => return Err("`sslcert` and `sslkey` belong together; one of them is missing".into()),
    };
    tls.check()?;
    if !options.is_empty() {
        drivers.push(("options".into(), options.join(" ")));
    }
    drivers.extend(binding.map(|value| ("channel_binding".into(), value)));
    let mut config = driver_reads(&base, &drivers)?;
    if let Some(timeout) = user_timeout {
        config.tcp_user_timeout(timeout);
    }
    Ok(Target { config, tls })
}

fn milliseconds(value: &str) -> Result<Duration, String> {
    let number = value.trim().parse();
    number
        .map(Duration::from_millis)
        .map_err(|_| "`tcp_user_timeout` must be a number of milliseconds".into())
}

/// The driver's own message may quote the text, password and all: which parameter it is about is
/// found by trying each alone.
fn driver_reads(base: &str, pairs: &[Pair]) -> Result<Config, String> {
    let text = |pairs: &[Pair]| -> String {
        if base.is_empty() {
            pairs.iter().map(as_word).collect()
        } else {
            format!("{base}?{}", query(pairs))
        }
    };
    text(pairs).parse().map_err(|_| {
        let bad = pairs.iter().find(|(name, value)| {
            as_word(&(name.clone(), value.clone()))
                .parse::<Config>()
                .is_err()
        });
        match bad {
            Some((name, _)) => format!("`{name}` has a value that cannot be used"),
            None => not_one(),
        }
    })
}

fn as_word(pair: &Pair) -> String {
    let (name, value) = pair;
    let value = value.replace('\\', "\\\\").replace('\'', "\\'");
    format!("{name}='{value}' ")
}

#[cfg(test)]
mod tests {
    use tokio_postgres::config::Host;

    use super::*;

    fn error(text: &str) -> String {
        parse(text, vec![]).unwrap_err()
    }

    #[test]
    fn c6_connection_string_mistake_has_a_helpful_message_without_echo() {
        for (text, help) in [
            (
                "postgresql+psycopg2://u:hunter2@h/d",
                "write `postgresql://` instead",
            ),
            (
                "postgres+asyncpg://u:hunter2@h/d",
                "write `postgresql://` instead",
            ),
            ("rediss://:hunter2@h", "begins with `postgresql://`"),
            ("mysql://u:hunter2@h", "begins with `postgresql://`"),
            ("hunter2", "begins with `postgresql://`"),
            ("postgres://u:hunter2@h/d?sslmode=allow", "`prefer`"),
            (
                "postgres://u:hunter2@h/d?sslmode=hunter2",
                "disable, prefer, require",
            ),
            ("postgres://u:hunter2@h/d?hunter2=x", "does not know"),
            (
                "postgres://u:hunter2@h/d?port=hunter2",
                "`port` has a value",
            ),
            (
                "postgres://u:hunter2@h/d?target_session_attrs=primary",
                "`target_session_attrs`",
            ),
            (
                "postgres://u:hunter2@h/d?sslpassword=hunter2",
                "`sslpassword` is not supported",
            ),
            ("postgres://u:hunter2@h/d?sslcert=/x", "belong together"),
            (
                "postgres://u:hunter2@h/d?sslmode=require&sslrootcert=system",
                "verify-full",
            ),
            (
                "postgres://u:hunter2@h/d?ssl_min_protocol_version=TLSv1.3",
                "`ssl_min_protocol_version` asks for more",
            ),
            (
                "postgres://u:hunter2@h/d?gssencmode=require",
                "`gssencmode` asks for more",
            ),
            ("host=h password='hunter2", "connection string"),
            ("host=h sslmode=allow", "`prefer`"),
        ] {
            let line = error(text);
            assert!(line.contains(help), "{text}: {line}");
            assert!(!line.contains("hunter2"), "{text}: {line}");
        }
    }

    #[test]
    fn c6_connection_string_option_that_is_always_on_is_accepted() {
        let text = "postgres://u@h/d?gssencmode=prefer&ssl_min_protocol_version=TLSv1.2&sslsni=1";
        assert!(parse(text, vec![]).is_ok());
    }

    #[test]
    fn c6_connection_string_password_may_look_like_a_parameter() {
        for text in [
            "postgres://u:sslmode=require@h/d",
            "postgres://u:a?sslmode=require&x@h/d",
            "host=h user=u password='sslmode=require'",
        ] {
            let target = parse(text, vec![]).unwrap();
            assert_eq!(target.tls.mode, Mode::Prefer, "{text}");
            assert_eq!(target.config.get_user(), Some("u"));
            let password = target.config.get_password().unwrap();
            assert!(String::from_utf8_lossy(password).contains("sslmode=require"));
        }
    }

    #[test]
    fn connection_string_as_url_and_as_pairs_is_equal() {
        let address = "postgres://u:p%27%20%5C@h1:5433,h2:5432/d?sslmode=verify-ca&sslrootcert=%2Fa%20b&keepalives_count=7&tcp_user_timeout=2500&options=-c%20search_path%3Ddify";
        let words = r"host=h1,h2 port = 5433,5432 user=u dbname=d password='p\' \\' sslmode=verify-ca sslrootcert='/a b' keepalives_count=7 tcp_user_timeout=2500 options='-c search_path=dify'";
        for text in [address, words] {
            let target = parse(text, vec![]).unwrap();
            assert_eq!(target.tls.mode, Mode::VerifyCa);
            assert_eq!(target.tls.roots, Some(Roots::File("/a b".into())));
            let config = target.config;
            assert_eq!(config.get_password(), Some(&b"p' \\"[..]), "{text}");
            assert_eq!(config.get_ports(), [5433, 5432]);
            assert_eq!(config.get_hosts().len(), 2);
            assert_eq!(config.get_options(), Some("-c search_path=dify"));
            assert_eq!(config.get_keepalives_retries(), Some(7));
            assert_eq!(
                config.get_tcp_user_timeout(),
                Some(&Duration::from_millis(2500))
            );
        }
    }

    #[test]
    fn c5_connection_string_options_are_merged_and_the_string_wins() {
        let extras = query_pairs("options=-c+search_path=dify&sslmode=disable");
        let text = "postgres://u@[::1]/d?options=-c%20work_mem%3D8MB&sslmode=require";
        let target = parse(text, extras).unwrap();
        let options = "-c search_path=dify -c work_mem=8MB";
        assert_eq!(target.config.get_options(), Some(options));
        assert_eq!(target.tls.mode, Mode::Require);
        assert_eq!(target.config.get_hosts(), [Host::Tcp("::1".into())]);
    }
}
