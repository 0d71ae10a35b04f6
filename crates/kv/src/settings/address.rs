//! Addresses as people write them, and what to say about those that cannot be read.

use gatewright_domain::settings::SettingError;
use url::Url;

const EXAMPLE: &str = "redis://:password@redis:6379/0";

/// A member of a list: `host:port`, or a host alone.
pub(super) fn host_and_port(
    name: &'static str,
    text: &str,
    default_port: u16,
    example: &'static str,
) -> Result<(String, u16), SettingError> {
    let fail = |problem: String| SettingError {
        name,
        problem,
        example,
    };
    if text.contains("://") {
        return Err(fail(format!(
            "`{text}` is an address with a scheme; write host:port"
        )));
    }
    let (host, port) = match text.rsplit_once(':') {
        // `::1` is an address without a port, `[::1]:6379` one with.
        Some((host, port)) if !host.contains(':') || host.ends_with(']') => {
            let port = port.parse();
            (
                host,
                port.map_err(|_| fail(format!("`{text}` does not end in a port")))?,
            )
        }
        _ => (text, default_port),
    };
    let host = host_name(host);
    if host.is_empty() || host.contains(['/', '@', ' ']) {
        return Err(fail(format!("`{text}` is not host:port")));
    }
    Ok((host, port))
}

/// Without the brackets that an IPv6 address has in a URL: resolvers know the bare one only.
pub(super) fn host_name(text: &str) -> String {
    let text = text.trim();
    text.strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'))
        .unwrap_or(text)
        .to_owned()
}

/// With brackets where a URL needs them.
pub(super) fn in_url(host: &str) -> String {
    let host = host_name(host);
    if host.contains(':') {
        format!("[{host}]")
    } else {
        host
    }
}

/// What is wrong with a `REDIS_URL` that the client does not take. Never quotes it: it holds the
/// password.
pub(super) fn url_problem(text: &str) -> SettingError {
    SettingError {
        name: "REDIS_URL",
        problem: hint(text).into(),
        example: EXAMPLE,
    }
}

fn hint(text: &str) -> &'static str {
    let scheme = text.split("://").next().filter(|_| text.contains("://"));
    match scheme.map(str::to_ascii_lowercase).as_deref() {
        None => {
            "is not a Redis connection string: it has no scheme (redis:// or, with TLS, rediss://)"
        }
        Some("redis-sentinel" | "redis+sentinel" | "sentinel" | "rediss+sentinel") => {
            "names sentinels: unset it and set REDIS_USE_SENTINEL=true, REDIS_SENTINELS and REDIS_SENTINEL_SERVICE_NAME"
        }
        Some("redis-cluster" | "redis+cluster" | "rediss+cluster" | "cluster") => {
            "names a cluster: unset it and set REDIS_USE_CLUSTERS=true and REDIS_CLUSTERS"
        }
        Some("redis+ssl" | "redis+tls" | "redis-tls" | "https") => {
            "has a scheme that Redis does not know; with TLS it is rediss://"
        }
        Some("redis" | "rediss" | "valkey" | "valkeys" | "redis+unix" | "valkey+unix" | "unix") => {
            url_parts(text)
        }
        Some(_) => {
            "is not a Redis connection string: the scheme is redis:// or, with TLS, rediss://"
        }
    }
}

fn url_parts(text: &str) -> &'static str {
    match Url::parse(text) {
        Err(url::ParseError::InvalidPort) => {
            "has a port that is no number; a password with : / ? # or @ in it must be percent-encoded"
        }
        Err(_) => {
            "has no host that can be read; a password with : / ? # or @ in it must be percent-encoded"
        }
        Ok(url) if url.path().trim_matches('/').parse::<u16>().is_err() && url.path().len() > 1 => {
            "ends in something that is no database number (…:6379/0)"
        }
        Ok(_) => "is not a Redis connection string",
    }
}
