//! PostgreSQL and Redis: are they there, and are they as we need them?

use std::time::Duration;

use chrono::{DateTime, Utc};
use gatewright_domain::interval::apart;
use gatewright_kv::Kv;
use gatewright_storage_identity::{account, installation};
use gatewright_storage_kit::{
    Pool,
    migrate::{DifySchema, Ground, SchemaState, find_ground, schema_state},
};

use super::Finding;
use crate::settings::ServerSettings;

/// Signatures are good for 30 s more than they say; beyond that, nodes disagree.
const MAX_SKEW: Duration = Duration::from_secs(30);
/// 14.0, as the server counts.
const OLDEST_POSTGRES: i32 = 140_000;
/// Addresses in several spellings that are named.
const MAX_DOUBLES: i64 = 20;
/// `SET … KEEPTTL` came with it.
const OLDEST_REDIS: (u32, u32) = (6, 2);

pub(super) async fn examine(settings: &ServerSettings, now: DateTime<Utc>) -> Vec<Finding> {
    let (mut findings, redis) = tokio::join!(postgres(settings, now), redis(settings, now));
    findings.extend(redis);
    findings
}

async fn postgres(settings: &ServerSettings, now: DateTime<Utc>) -> Vec<Finding> {
    let unreachable = |cause: String| {
        vec![Finding::error(
            "postgres_unreachable",
            format!("PostgreSQL does not answer: {cause}"),
            "the server does not start",
            "set DATABASE_URL, or DB_HOST, DB_PORT, DB_USERNAME, DB_PASSWORD and DB_DATABASE",
        )]
    };
    let pool = match Pool::new(&settings.db) {
        Ok(pool) => pool,
        Err(error) => return unreachable(error.source.to_string()),
    };
    let mut conn = match pool.get().await {
        Ok(conn) => conn,
        Err(error) => return unreachable(error.source.to_string()),
    };
    let mut findings = vec![];
    match installation::find_facts(&mut conn).await {
        Ok(facts) => {
            findings.extend(skew("PostgreSQL", facts.now, now));
            findings.extend(postgres_facts(&facts, settings.db.pool_size));
        }
        Err(error) => return unreachable(error.to_string()),
    }
    // Unreadable: said above already.
    let (Ok(ground), Ok(state)) = (find_ground(&mut conn).await, schema_state(&mut conn).await)
    else {
        return findings;
    };
    findings.extend(elsewhere(&ground));
    findings.extend(foreign(&ground));
    findings.extend(match state {
        SchemaState::Current => None,
        SchemaState::Behind(missing) => Some(Finding::error(
            "schema_old",
            format!("{ground} lacks {} migration(s)", missing.len()),
            "the server refuses to start",
            "run `api-server migrate` (MIGRATION_ENABLED=true does it at each start of a container)",
        )),
        SchemaState::Newer(unknown) => Some(Finding::warning(
            "schema_newer",
            format!("{ground} has {} migration(s) that this binary does not know; they only add", unknown.len()),
            "this node serves as before, without what the newer release brings",
            "finish the roll-out: run the binary that migrated here too (no setting)",
        )),
        SchemaState::Ahead(unknown) => Some(Finding::error(
            "schema_new",
            format!("{ground} has {} migration(s) that this binary does not know", unknown.len()),
            "the server refuses to start",
            "upgrade the binary, or restore the backup from before (DATABASE_URL)",
        )),
    });
    findings.extend(match installation::find_setup(&mut conn).await {
        Ok(None) if settings.console.init_password.is_none() => Some(Finding::warning(
            "install_open",
            "nobody has set the installation up yet, and INIT_PASSWORD is not set",
            "whoever comes first becomes its owner",
            "set INIT_PASSWORD until it is set up",
        )),
        _ => None,
    });
    // Unreadable: the schema is old, which was said above.
    let doubles = account::list_doubles(&mut conn, MAX_DOUBLES).await;
    findings.extend(
        doubles
            .unwrap_or_default()
            .iter()
            .map(|spellings| double(spellings)),
    );
    findings
}

/// A database of Dify may hold an address in several spellings.
fn double(spellings: &str) -> Finding {
    Finding::warning(
        "address_doubled",
        format!("several accounts have one address: {spellings}"),
        "each is reached by its own spelling alone, and by any other only the oldest",
        "give all but one another address: `api-server admin reset-email SPELLING NEW` (no setting of ours)",
    )
}

/// Tables of a version of Dify that nobody compared with ours.
fn foreign(ground: &Ground) -> Option<Finding> {
    match &ground.dify {
        Some(DifySchema::Unknown(head)) => Some(Finding::warning(
            "dify_schema_unknown",
            format!(
                "the tables were made by a version of Dify that is not known here (alembic {head})"
            ),
            "a column that it requires and that this binary does not write would fail requests",
            "bring the database to 1.14.2 or 1.16.1 with that version's own migrations, or try it on a copy \
             (no setting of ours)",
        )),
        _ => None,
    }
}

/// Another schema of the database holds an installation.
fn elsewhere(ground: &Ground) -> Option<Finding> {
    let other = ground.elsewhere.join("`, `");
    if ground.schema.is_none() {
        return Some(Finding::error(
            "schema_missing",
            format!("no schema of the search path exists in {ground}"),
            "no table can be made or found",
            "create the schema, or correct `search_path` in DATABASE_URL or DB_EXTRAS",
        ));
    }
    if ground.would_be_second() {
        return Some(Finding::error(
            "schema_elsewhere",
            format!("{ground} is empty, and schema `{other}` holds an installation"),
            "migrating would set up a second one, empty and open, beside it; `api-server migrate` refuses",
            &format!(
                "set DB_EXTRAS=\"options=-c search_path={other}\", or `options` in DATABASE_URL"
            ),
        ));
    }
    (!ground.elsewhere.is_empty()).then(|| {
        Finding::warning(
            "installation_twice",
            format!("{ground} is used, and schema `{other}` holds an installation too"),
            "whoever forgets the search path sees the other accounts",
            "drop the one that nobody uses, or say `search_path` in DB_EXTRAS or DATABASE_URL everywhere",
        )
    })
}

fn postgres_facts(facts: &installation::Facts, pool_size: u32) -> Vec<Finding> {
    let mut findings = vec![];
    if facts.version < OLDEST_POSTGRES {
        findings.push(Finding::error(
            "postgres_old",
            format!("PostgreSQL is version {}", facts.version / 10_000),
            "migrations fail",
            "point DATABASE_URL to version 14 or newer",
        ));
    }
    if facts.is_read_only {
        findings.push(Finding::error(
            "postgres_read_only",
            "PostgreSQL is a replica, or read-only",
            "signing in answers 503",
            "point DATABASE_URL to the primary (target_session_attrs=read-write)",
        ));
    }
    let room = u32::try_from(facts.max_connections).unwrap_or_default();
    if pool_size * 2 > room {
        findings.push(Finding::warning(
            "pool_large",
            format!(
                "an API node and a worker take up to {} of {room} connections",
                pool_size * 2
            ),
            "a further node finds no connection: requests answer 503",
            "lower SQLALCHEMY_POOL_SIZE, or raise max_connections of PostgreSQL",
        ));
    }
    findings
}

fn skew(what: &'static str, theirs: DateTime<Utc>, ours: DateTime<Utc>) -> Option<Finding> {
    let apart = apart(theirs, ours);
    (apart > MAX_SKEW).then(|| {
        Finding::error(
            "clock_off",
            format!("this machine's clock and that of {what} are {} s apart", apart.as_secs()),
            "codes and sessions expire at once or too late, and signatures of other nodes are refused",
            "let both machines follow a time server (no setting of ours: LOG_TZ only changes schedules)",
        )
    })
}

async fn redis(settings: &ServerSettings, now: DateTime<Utc>) -> Vec<Finding> {
    let mut findings = vec![];
    if settings.redis.trusts_any_certificate() {
        findings.push(Finding::warning(
            "redis_certificate_unchecked",
            "Redis is believed whatever certificate it shows",
            "whoever is on the way can read and answer in its place",
            "set REDIS_SSL_CERT_REQS=CERT_REQUIRED, and REDIS_SSL_CA_CERTS to the CA when it is your own",
        ));
    }
    let facts = match Kv::new(&settings.redis) {
        Ok(kv) => kv.facts().await,
        Err(error) => Err(error),
    };
    let facts = match facts {
        Ok(facts) => facts,
        Err(error) => {
            findings.push(Finding::error(
                "redis_unreachable",
                format!("Redis does not answer: {}", error.source),
                "nearly everything answers 503: no limit can be asked",
                "set REDIS_URL, or REDIS_HOST, REDIS_PORT and REDIS_PASSWORD (sentinels: REDIS_SENTINELS; a cluster: REDIS_CLUSTERS; TLS: REDIS_USE_SSL, REDIS_SSL_CA_CERTS)",
            ));
            return findings;
        }
    };
    findings.extend(skew("Redis", facts.now, now));
    if facts.version.is_some_and(|version| version < OLDEST_REDIS) {
        findings.push(Finding::error(
            "redis_old",
            "Redis is older than 6.2",
            "codes by mail answer 503",
            "point REDIS_URL to Redis 6.2 or newer, or to Valkey",
        ));
    }
    if facts
        .policy
        .as_deref()
        .is_some_and(|policy| policy != "noeviction")
    {
        findings.push(Finding::error(
            "redis_evicts",
            format!(
                "Redis evicts keys (maxmemory-policy {})",
                facts.policy.unwrap_or_default()
            ),
            "under load, device logins vanish and limits forget what they counted",
            "set maxmemory-policy noeviction in the Redis that REDIS_URL names",
        ));
    }
    findings
}
