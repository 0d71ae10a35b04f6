//! The doctor: in each broken set-up it names the cause, and the setting to change. In a sound one it
//! says nothing.

use std::collections::HashMap;

use actix_web::{App, HttpResponse, HttpServer, web};
use chrono::{TimeDelta, Utc};
use gatewright_domain::settings::Source;
use gatewright_engines::{Durability, Redis, Sources};
use gatewright_runtime::doctor::{Edge, Finding, examine, is_sound};
use gatewright_test_db::TestDb;

use super::{
    engines::{Quiet, engines_home},
    process::{Server, free_port, run},
    remote::Catcher,
};
use crate::support::{SECRET_KEY, arrange};

type Settings<'a> = Vec<(&'a str, &'a str)>;

async fn findings(settings: &Settings<'_>, edge: &Edge, skew: TimeDelta) -> Vec<Finding> {
    let map: HashMap<String, String> = settings
        .iter()
        .filter(|(_, value)| *value != "<unset>")
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    let source = move |name: &str| map.get(name).cloned();
    examine(
        &source as &(dyn Source + Sync),
        Some(edge),
        Utc::now() + skew,
    )
    .await
}

/// A web server that is none of ours: `/` redirects elsewhere, or not.
fn foreign(location: Option<String>) -> u16 {
    let server = HttpServer::new(move || {
        let location = location.clone();
        App::new().default_service(web::to(move || {
            let location = location.clone();
            async move {
                match location {
                    Some(url) => HttpResponse::MovedPermanently()
                        .insert_header(("location", url))
                        .finish(),
                    None => HttpResponse::Ok().body("hello"),
                }
            }
        }))
    })
    .workers(1)
    .bind(("127.0.0.1", 0))
    .unwrap();
    let port = server.addrs()[0].port();
    actix_web::rt::spawn(server.run());
    port
}

#[actix_web::test]
async fn doctor_names_the_cause_in_every_broken_set_up() {
    let db = TestDb::create().await;
    let old = TestDb::create().await;
    old.execute("DELETE FROM __diesel_schema_migrations WHERE version = '20261124000004'")
        .await;
    let newer = TestDb::create().await;
    newer
        .execute(
            "INSERT INTO gatewright_migrations VALUES ('29990101000000', 'expand'); \
             INSERT INTO __diesel_schema_migrations (version) VALUES ('29990101000000')",
        )
        .await;
    let new = TestDb::create().await;
    new.execute("INSERT INTO __diesel_schema_migrations (version) VALUES ('29990101000000')")
        .await;
    let (home, _folder) = engines_home();
    let evicting = Redis::start(&home, Sources::Any, Durability::Throwaway, &Quiet).unwrap();
    let client = redis::Client::open(evicting.url()).unwrap();
    let mut connection = client.get_multiplexed_async_connection().await.unwrap();
    let mut config = redis::cmd("CONFIG");
    config.arg("SET").arg("maxmemory-policy").arg("allkeys-lru");
    config.query_async::<()>(&mut connection).await.unwrap();
    let catcher = Catcher::start().await;
    let server = Server::on(&db).await;
    let smtp_plain = catcher.plain.to_string();
    let closed = free_port();
    let to_https = format!(
        "http://127.0.0.1:{}",
        foreign(Some("https://dify.example.com/livez".into()))
    );
    let hello = format!("http://127.0.0.1:{}", foreign(None));
    let nobody = format!("http://127.0.0.1:{closed}");
    let no_postgres = format!("postgres://x:y@127.0.0.1:{closed}/z");
    let no_redis = format!("redis://127.0.0.1:{closed}");
    let evicting_url = evicting.url();
    let unchecked_redis = format!("rediss://127.0.0.1:{closed}/#insecure");
    let init = ("INIT_PASSWORD", "for-the-installer");

    let sound: Settings = vec![
        ("SECRET_KEY", SECRET_KEY),
        ("DATABASE_URL", &db.database_url),
        ("REDIS_URL", &db.redis_url),
        ("CONSOLE_API_URL", &server.url),
        ("MAIL_TYPE", "file"),
        ("MAIL_DEFAULT_SEND_FROM", "a@b.co"),
        ("DEPLOY_ENV", "DEVELOPMENT"),
        ("SQLALCHEMY_POOL_SIZE", "5"),
        init,
    ];
    let edge = Edge {
        bind_address: "127.0.0.1".into(),
        trusts_proxies: true,
    };
    let none = TimeDelta::zero();
    let well = findings(&sound, &edge, none).await;
    assert!(well.is_empty(), "a sound set-up has no findings: {well:?}");

    let smtp: Settings = vec![
        ("MAIL_TYPE", "smtp"),
        ("SMTP_SERVER", "localhost"),
        ("SMTP_PORT", &smtp_plain),
    ];
    let with = |more: &Settings<'static>| [smtp.clone(), more.clone()].concat();
    let wrong_tls = with(&vec![("SMTP_USE_TLS", "true")]);
    let provider: Settings = vec![
        ("GATEWRIGHT_OIDC_PROVIDERS", "corp"),
        ("GATEWRIGHT_OIDC_CORP_ISSUER", &nobody),
        ("GATEWRIGHT_OIDC_CORP_CLIENT_ID", "x"),
    ];
    // What is broken; the finding's name; what the advice must name.
    let table: Vec<(Settings, &str, &str)> = vec![
        (vec![("SECRET_KEY", "<unset>")], "setting", "SECRET_KEY"),
        (
            vec![("SECRET_KEY", "difyai123456")],
            "setting",
            "SECRET_KEY",
        ),
        (
            vec![("SECRET_KEY", "short"), ("DEPLOY_ENV", "PRODUCTION")],
            "setting",
            "SECRET_KEY",
        ),
        (vec![("SECRET_KEY", "short")], "secret_short", "SECRET_KEY"),
        (
            vec![
                ("CONSOLE_API_URL", "https://api.example.com"),
                ("COOKIE_DOMAIN", "other.org"),
            ],
            "setting",
            "COOKIE_DOMAIN",
        ),
        (
            vec![
                ("CONSOLE_API_URL", "https://api.example.com"),
                ("COOKIE_DOMAIN", "com"),
            ],
            "setting",
            "COOKIE_DOMAIN",
        ),
        (
            vec![("CONSOLE_API_URL", "<unset>")],
            "public_address_unset",
            "CONSOLE_API_URL",
        ),
        (
            vec![
                ("CONSOLE_API_URL", "<unset>"),
                ("CONSOLE_WEB_URL", "https://dify.example.com"),
            ],
            "api_address_unset",
            "CONSOLE_API_URL",
        ),
        (
            vec![
                ("CONSOLE_API_URL", "https://api.example.com"),
                ("CONSOLE_WEB_URL", "https://dify.example.org"),
            ],
            "different_sites",
            "CONSOLE_WEB_URL",
        ),
        (
            vec![
                ("CONSOLE_API_URL", "https://api.example.com"),
                ("CONSOLE_WEB_URL", "https://web.example.com"),
            ],
            "cookie_domain_unset",
            "COOKIE_DOMAIN=example.com",
        ),
        (
            vec![
                ("CONSOLE_API_URL", "https://example.com"),
                ("CONSOLE_WEB_URL", "http://example.com"),
            ],
            "mixed_schemes",
            "https",
        ),
        (
            vec![("CONSOLE_API_URL", &to_https)],
            "https_behind_http",
            "CONSOLE_API_URL",
        ),
        (
            vec![("CONSOLE_API_URL", &hello)],
            "public_address_foreign",
            "CONSOLE_API_URL",
        ),
        (
            vec![("CONSOLE_API_URL", &nobody)],
            "public_address_silent",
            "CONSOLE_API_URL",
        ),
        (
            vec![
                ("CONSOLE_API_URL", "http://dify.invalid"),
                ("DEPLOY_ENV", "PRODUCTION"),
            ],
            "clear_text",
            "CONSOLE_API_URL",
        ),
        (
            vec![("DATABASE_URL", &no_postgres)],
            "postgres_unreachable",
            "DATABASE_URL",
        ),
        (
            vec![("DATABASE_URL", &old.database_url)],
            "schema_old",
            "api-server migrate",
        ),
        (
            vec![("DATABASE_URL", &newer.database_url)],
            "schema_newer",
            "roll-out",
        ),
        (
            vec![("DATABASE_URL", &new.database_url)],
            "schema_new",
            "upgrade",
        ),
        (
            vec![("SQLALCHEMY_POOL_SIZE", "5000")],
            "pool_large",
            "SQLALCHEMY_POOL_SIZE",
        ),
        (
            vec![("REDIS_URL", &no_redis)],
            "redis_unreachable",
            "REDIS_URL",
        ),
        (
            vec![("REDIS_URL", &evicting_url)],
            "redis_evicts",
            "noeviction",
        ),
        (
            vec![("REDIS_URL", &unchecked_redis)],
            "redis_certificate_unchecked",
            "REDIS_SSL_CERT_REQS",
        ),
        (wrong_tls, "mail_server", "SMTP_OPPORTUNISTIC_TLS=true"),
        (
            with(&vec![("SMTP_SERVER", "no-such-host.invalid")]),
            "mail_server",
            "SMTP_SERVER",
        ),
        (smtp.clone(), "mail_in_clear", "SMTP_USE_TLS"),
        (
            vec![("SMTP_OPPORTUNISTIC_TLS", "true")],
            "setting",
            "SMTP_OPPORTUNISTIC_TLS",
        ),
        (vec![("MAIL_TYPE", "<unset>")], "mail_unset", "MAIL_TYPE"),
        (
            vec![
                ("MAIL_TYPE", "<unset>"),
                ("ENABLE_EMAIL_CODE_LOGIN", "true"),
            ],
            "mail_needed",
            "MAIL_TYPE",
        ),
        (
            vec![("DEPLOY_ENV", "PRODUCTION")],
            "mail_to_files",
            "MAIL_TYPE",
        ),
        (
            vec![("ALLOW_REGISTER", "true")],
            "registration_without_workspace",
            "ALLOW_CREATE_WORKSPACE",
        ),
        (
            vec![("ENABLE_EMAIL_PASSWORD_LOGIN", "false")],
            "no_way_in",
            "ENABLE_EMAIL_PASSWORD_LOGIN",
        ),
        (
            vec![("GATEWRIGHT_LIMIT_LOGIN", "0")],
            "limit_off",
            "GATEWRIGHT_LIMIT_LOGIN",
        ),
        (
            vec![("INIT_PASSWORD", "<unset>")],
            "install_open",
            "INIT_PASSWORD",
        ),
        (vec![("LOG_TZ", "Mars/Olympus")], "setting", "LOG_TZ"),
        (provider, "provider", "GATEWRIGHT_OIDC_CORP_ISSUER"),
        (
            vec![("GATEWRIGHT_GEOIP_DATABASE", "/nowhere.mmdb")],
            "geo_ip_unreadable",
            "unset it",
        ),
    ];
    assert!(table.len() >= 16);
    for (broken, check, advice) in table {
        let mut settings = sound.clone();
        settings.retain(|(name, _)| !broken.iter().any(|(changed, _)| changed == name));
        settings.extend(broken.clone());
        let found = findings(&settings, &edge, none).await;
        let one = found.iter().find(|finding| finding.check == check);
        let one = one.unwrap_or_else(|| panic!("{broken:?} is not {check}: {found:?}"));
        assert!(one.change.contains(advice), "{broken:?}: {one:?}");
        assert!(!one.why.is_empty());
    }

    let late = findings(&sound, &edge, TimeDelta::minutes(10)).await;
    assert!(
        late.iter().all(|finding| finding.check == "clock_off") && late.len() == 2,
        "{late:?}"
    );
    assert!(!is_sound(&late));
    let lonely = Edge {
        trusts_proxies: false,
        ..edge.clone()
    };
    let mut https = sound.clone();
    https.retain(|(name, _)| *name != "CONSOLE_API_URL");
    https.push(("CONSOLE_API_URL", "https://dify.invalid"));
    let found = findings(&https, &lonely, none).await;
    assert!(
        found
            .iter()
            .any(|finding| finding.check == "proxy_untrusted"),
        "{found:?}"
    );
    assert!(is_sound(&found), "warnings are no failure: {found:?}");

    let output = run(
        "api-server",
        &["doctor", "--json"],
        &[("SECRET_KEY", "short")],
    );
    assert_eq!(output.status.code(), Some(1));
    let told: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(told[0]["check"], "setting");
    assert!(
        !String::from_utf8_lossy(&output.stdout).contains("short\""),
        "no value is echoed"
    );
}

/// A database of Dify with one address in two spellings: the doctor names both.
#[actix_web::test]
async fn doctor_names_addresses_that_several_accounts_have() {
    let db = TestDb::create().await;
    for email in ["Alice@example.com", "alice@example.com", "bob@example.com"] {
        arrange::account(email).add(&db).await;
    }
    let settings: Settings = vec![
        ("SECRET_KEY", SECRET_KEY),
        ("DATABASE_URL", &db.database_url),
        ("REDIS_URL", &db.redis_url),
        ("DEPLOY_ENV", "DEVELOPMENT"),
    ];
    let edge = Edge {
        bind_address: "127.0.0.1".into(),
        trusts_proxies: false,
    };
    let found = findings(&settings, &edge, TimeDelta::zero()).await;
    let doubles: Vec<&Finding> = found
        .iter()
        .filter(|finding| finding.check == "address_doubled")
        .collect();
    let [double] = doubles.as_slice() else {
        panic!("{found:?}")
    };
    for spelling in ["Alice@example.com", "alice@example.com"] {
        assert!(double.what.contains(spelling), "{double:?}");
    }
}

/// Dify's own bookkeeping says which version made the tables: those of both generations are known.
#[actix_web::test]
async fn doctor_knows_the_schemas_of_both_generations_of_dify_and_names_another() {
    let db = TestDb::create().await;
    db.execute("CREATE TABLE alembic_version (version_num varchar(32))")
        .await;
    db.execute("INSERT INTO alembic_version VALUES ('?')").await;
    let settings: Settings = vec![
        ("SECRET_KEY", SECRET_KEY),
        ("DATABASE_URL", &db.database_url),
        ("REDIS_URL", &db.redis_url),
        ("DEPLOY_ENV", "DEVELOPMENT"),
    ];
    let edge = Edge {
        bind_address: "127.0.0.1".into(),
        trusts_proxies: false,
    };
    for (head, is_known) in [
        ("9f4b7c2d1a80", true),
        ("56124e050600", true),
        ("0123456789ab", false),
    ] {
        db.execute(&format!(
            "UPDATE alembic_version SET version_num = '{head}'"
        ))
        .await;
        let found = findings(&settings, &edge, TimeDelta::zero()).await;
        let named = found
            .iter()
            .find(|finding| finding.check == "dify_schema_unknown");
        assert_eq!(named.is_none(), is_known, "{found:?}");
        assert!(named.is_none_or(|named| named.what.contains(head)));
    }
}
