//! What the settings come to, and the lines about those that come to nothing.

use gatewright_domain::settings::{SettingError, Settings as _};

use super::{RedisSettings, target::Target};

fn load(values: &[(&str, &str)]) -> Result<RedisSettings, SettingError> {
    RedisSettings::load(&move |asked: &str| {
        let found = values.iter().find(|(name, _)| *name == asked);
        found.map(|(_, value)| (*value).to_owned())
    })
}

fn line(values: &[(&str, &str)]) -> String {
    load(values).expect_err("refused").to_string()
}

#[test]
fn connection_string_comes_out_as_it_went_in() {
    let settings = load(&[("REDIS_PASSWORD", "p@ss/w:rd?")]).unwrap();
    assert_eq!(
        settings.connection_string(),
        "redis://:p%40ss%2Fw%3Ard%3F@localhost:6379/0"
    );
    let settings = load(&[("REDIS_HOST", "[::1]"), ("REDIS_USE_SSL", "true")]).unwrap();
    assert_eq!(settings.connection_string(), "rediss://[::1]:6379/0");
}

#[test]
fn c3_each_kind_of_redis_is_read_from_the_settings_that_dify_has_for_it() {
    let sentinel = [
        ("REDIS_USE_SENTINEL", "true"),
        ("REDIS_SENTINELS", "a:26379, b, [::1]:26380"),
        ("REDIS_SENTINEL_SERVICE_NAME", "mymaster"),
        ("REDIS_SENTINEL_PASSWORD", "s"),
        ("REDIS_PASSWORD", "p"),
        ("REDIS_DB", "3"),
    ];
    let Target::Sentinel(found) = load(&sentinel).unwrap().target().unwrap() else {
        panic!("not sentinels");
    };
    let addresses: Vec<String> = found.addresses.iter().map(ToString::to_string).collect();
    assert_eq!(addresses, ["a:26379", "b:26379", "::1:26380"]);
    assert_eq!(found.login, (None, Some("s".into())));
    assert_eq!(found.at_servers, (None, Some("p".into()), 3));
    let cluster = [
        ("REDIS_USE_CLUSTERS", "true"),
        ("REDIS_CLUSTERS", "a:7000,b:7001"),
        ("REDIS_CLUSTERS_PASSWORD", "c"),
        ("REDIS_PASSWORD", "p"),
    ];
    let Target::Cluster(found) = load(&cluster).unwrap().target().unwrap() else {
        panic!("not a cluster");
    };
    let passwords: Vec<_> = found
        .nodes
        .iter()
        .map(|node| node.redis_settings().password().map(str::to_owned))
        .collect();
    assert_eq!(passwords, [Some("c".to_owned()), Some("c".to_owned())]);
    for tls in [
        &[("REDIS_URL", "rediss://:p@redis.example:6380/1")][..],
        &[("REDIS_HOST", "redis.example"), ("REDIS_USE_SSL", "true")],
    ] {
        let Target::Single(info) = load(tls).unwrap().target().unwrap() else {
            panic!("not one server");
        };
        let address = format!("{:?}", info.addr());
        assert!(
            address.starts_with("TcpTls") && address.contains("insecure: false"),
            "{address}"
        );
        assert!(info.tcp_settings().keepalive().is_some());
    }
}

#[test]
fn c6_redis_url_that_is_unusable_is_refused_with_a_helpful_message() {
    for (url, helps) in [
        ("redis:6379", "no scheme"),
        (
            "redis-sentinel://:hunter2@a:26379/mymaster",
            "REDIS_USE_SENTINEL=true",
        ),
        ("redis+cluster://:hunter2@a:7000", "REDIS_USE_CLUSTERS=true"),
        ("redis+ssl://:hunter2@a:6379", "rediss://"),
        ("http://:hunter2@a", "the scheme is redis://"),
        ("redis://:hunter2/x@a:6379", "percent-encoded"),
        ("redis://a:6379/zero", "no database number"),
    ] {
        let line = line(&[("REDIS_URL", url)]);
        assert!(
            line.starts_with("REDIS_URL") && line.contains(helps),
            "{url}: {line}"
        );
        assert!(!line.contains("hunter2"), "{line}");
    }
}

#[test]
fn c6_redis_settings_that_contradict_or_are_incomplete_are_named() {
    let sentinel = ("REDIS_USE_SENTINEL", "true");
    let cluster = ("REDIS_USE_CLUSTERS", "true");
    let tls = ("REDIS_USE_SSL", "true");
    for (values, begins) in [
        (&[sentinel, cluster][..], "REDIS_USE_CLUSTERS: "),
        (&[sentinel, ("REDIS_URL", "redis://a")], "REDIS_URL: "),
        (&[sentinel], "REDIS_SENTINEL_SERVICE_NAME: "),
        (
            &[sentinel, ("REDIS_SENTINEL_SERVICE_NAME", "m")],
            "REDIS_SENTINELS: ",
        ),
        (&[cluster], "REDIS_CLUSTERS: "),
        (
            &[cluster, ("REDIS_CLUSTERS", "redis://a:1")],
            "REDIS_CLUSTERS: ",
        ),
        (&[cluster, ("REDIS_CLUSTERS", "a:x")], "REDIS_CLUSTERS: "),
        (
            &[cluster, ("REDIS_CLUSTERS", "a:1"), ("REDIS_DB", "1")],
            "REDIS_DB: ",
        ),
        (
            &[tls, ("REDIS_SSL_CERT_REQS", "sometimes")],
            "REDIS_SSL_CERT_REQS: ",
        ),
        (
            &[tls, ("REDIS_SSL_CA_CERTS", "/nowhere/ca.pem")],
            "REDIS_SSL_CA_CERTS: /nowhere/ca.pem",
        ),
        (
            &[tls, ("REDIS_SSL_CERTFILE", "/nowhere/c.pem")],
            "REDIS_SSL_KEYFILE: ",
        ),
        (&[("REDIS_KEY_PREFIX", "a{b}")], "REDIS_KEY_PREFIX: "),
    ] {
        let line = line(values);
        assert!(line.starts_with(begins), "{line}");
    }
    assert!(load(&[("REDIS_PASSWORD", "1e5")]).is_ok());
}

#[test]
fn redis_tls_without_certificate_check_is_reported() {
    assert!(!load(&[]).unwrap().trusts_any_certificate());
    let tls = ("REDIS_USE_SSL", "true");
    assert!(!load(&[tls]).unwrap().trusts_any_certificate());
    assert!(
        load(&[tls, ("REDIS_SSL_CERT_REQS", "CERT_NONE")])
            .unwrap()
            .trusts_any_certificate()
    );
    let url = ("REDIS_URL", "rediss://a/#insecure");
    assert!(load(&[url]).unwrap().trusts_any_certificate());
}
