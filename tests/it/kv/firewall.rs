//! Connections that lie: forgotten by a firewall, closed by the server while nobody looked.

use std::time::{Duration, Instant};

use chrono::TimeDelta;
use gatewright_auth::{
    bearer::RateLimiter as _,
    limits::{Limit, Rate},
};
use gatewright_domain::Clock as _;
use gatewright_kv::RedisSettings;
use gatewright_test_db::TestDb;
use tokio::task::JoinSet;

use super::{
    contract::{CHECKS, Ground, SLOPE, device_code, unique, user_code},
    listener::Listener,
    servers::{Server, wait_until},
};
use crate::support::{
    Harness, basic_account,
    relay::{Relay, Target},
};

const LIMIT: Limit = Limit {
    name: "ANY",
    rate: Rate::new(100, 60),
};
/// Of a request.
const DEADLINE: Duration = Duration::from_millis(1900);
/// Longer than a connection may be left alone without being proved, shorter than anything else.
const PAUSE: Duration = Duration::from_millis(600);

async fn relay(db: &TestDb) -> Relay {
    Relay::to(match db.redis_url.split_once("redis+unix://") {
        Some((_, path)) => Target::Unix(path.into()),
        None => {
            let url: url::Url = db.redis_url.parse().unwrap();
            let (host, port) = (url.host_str().unwrap(), url.port().unwrap_or(6379));
            Target::Tcp(format!("{host}:{port}").parse().unwrap())
        }
    })
    .await
}

fn through(relay: &Relay, db: &TestDb) -> RedisSettings {
    RedisSettings {
        url: Some(format!("redis://{}", relay.address).into()),
        key_prefix: db.key_prefix.clone(),
        ..RedisSettings::default()
    }
}

/// The kind: whatever store comes first after a pause in which a firewall forgot, nobody notices.
#[tokio::test]
async fn c2_every_store_works_at_once_after_a_firewall_dropped_idle_connections() {
    let db = TestDb::create().await;
    let relay = relay(&db).await;
    let ground = Ground::new(&through(&relay, &db));
    ground.kv.ping().await.unwrap();
    for (name, check) in CHECKS {
        relay.forget();
        tokio::time::sleep(PAUSE).await;
        println!("-- {name}");
        check(&ground).await;
    }
}

#[tokio::test]
async fn c2_connection_forgotten_in_mid_use_is_replaced_within_one_request() {
    let db = TestDb::create().await;
    let relay = relay(&db).await;
    let ground = Ground::new(&through(&relay, &db));
    let limiter = ground.rate_limits();
    let who = unique();
    limiter.charge(&LIMIT, &who).await.unwrap();
    relay.forget();
    // A charge may be sent again: it is one charge.
    let began = Instant::now();
    limiter.charge(&LIMIT, &who).await.unwrap();
    assert!(began.elapsed() < DEADLINE, "{:?}", began.elapsed());
    assert_eq!(
        relay.accepted(),
        2,
        "one connection was forgotten, one was made"
    );
    wait_until("the forgotten connection is closed", async || {
        relay.forgotten_and_open() == 0
    })
    .await;
}

/// One that is never left alone is not found out by being left alone: the first who is not answered gives it
/// up for everybody.
#[tokio::test]
async fn c2_connection_forgotten_under_steady_use_is_replaced_for_everybody() {
    let db = TestDb::create().await;
    let relay = relay(&db).await;
    let ground = Ground::new(&through(&relay, &db));
    ground.kv.ping().await.unwrap();
    relay.forget();
    let mut asking = JoinSet::new();
    for _ in 0..40 {
        let kv = ground.kv.clone();
        asking.spawn(async move { kv.ping().await });
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let began = Instant::now();
    ground.kv.ping().await.unwrap();
    assert!(began.elapsed() < PAUSE, "{:?}", began.elapsed());
    assert_eq!(relay.accepted(), 2, "one was forgotten, one was made");
    let answers = asking.join_all().await;
    assert!(answers.iter().all(Result::is_ok), "{answers:?}");
}

/// What may have been executed and counts is not sent again: it fails, and only it.
#[tokio::test]
async fn c2_redis_command_that_may_have_been_executed_is_not_retried() {
    let db = TestDb::create().await;
    let relay = relay(&db).await;
    let ground = Ground::new(&through(&relay, &db));
    let (grants, now) = (ground.device_grants(), ground.clock.now());
    let (user, device) = (user_code(), device_code());
    let grant = ground.device_grant(&grants, &user);
    grants.insert(&grant, &device, now).await.unwrap();
    let stored = grants.find_by_device_code(&device).await.unwrap().unwrap();
    let denied = stored.grant.clone().deny(now).unwrap();
    relay.forget();
    let began = Instant::now();
    grants
        .replace(&stored, &denied, now)
        .await
        .expect_err("nobody knows");
    assert!(began.elapsed() < DEADLINE, "{:?}", began.elapsed());
    assert!(
        grants.replace(&stored, &denied, now).await.unwrap(),
        "the next one works"
    );
}

/// Nobody waits for the answers: the deadline of the request is shorter. Still it is found out.
#[tokio::test]
async fn c2_redis_command_that_was_cancelled_leaves_no_broken_connection() {
    let db = TestDb::create().await;
    let relay = relay(&db).await;
    let ground = Ground::new(&through(&relay, &db));
    ground.kv.ping().await.unwrap();
    relay.forget();
    let given_up = tokio::time::timeout(Duration::from_millis(300), ground.kv.ping()).await;
    assert!(given_up.is_err(), "it was forgotten");
    let began = Instant::now();
    ground.kv.ping().await.unwrap();
    assert!(
        began.elapsed() < Duration::from_millis(990),
        "{:?}",
        began.elapsed()
    );
}

#[tokio::test]
async fn c2_server_that_closes_idle_connections_costs_no_request_after_a_pause() {
    let server = Server::start(&["--timeout", "1"]).await;
    let ground = Ground::new(&server.settings());
    let throttles = ground.throttles();
    for round in 0..2 {
        let now = ground.clock.now();
        assert!(
            throttles.begin(&unique(), SLOPE, now).await.is_ok(),
            "{round}"
        );
        wait_until("the server has closed it", async || {
            server.clients().await <= 1
        })
        .await;
    }
    // A compare-and-swap is never sent twice: it is the connection that was made anew.
    let now = ground.clock.now();
    assert!(throttles.begin(&unique(), SLOPE, now).await.is_ok());
}

#[tokio::test]
async fn c2_revocation_channel_reconnects_after_a_firewall_dropped_it() {
    let db = TestDb::create().await;
    let relay = relay(&db).await;
    let mut listener = Listener::new(&through(&relay, &db));
    let ground = Ground::new(&through(&relay, &db));
    for _ in 0..2 {
        listener.subscriber(&ground).await;
        relay.forget();
    }
    listener.subscriber(&ground).await;
}

/// The whole server, as in the row: 503 for 151 seconds it was.
#[actix_web::test]
async fn c2_request_after_a_firewall_dropped_redis_is_answered_200() {
    let h = Harness::start().await;
    let mut browser = basic_account(&h).await;
    let token = h.token(&mut browser, "x").await;
    let relay = relay(&h.db).await;
    let url = format!("redis://{}", relay.address);
    let node = Harness::on(
        h.db.clone(),
        h.clock.clone(),
        &[("REDIS_URL", url.as_str())],
    )
    .await;
    let account = "/openapi/v1/account";
    node.with_bearer("GET", account, &token).await.expect(200);
    for pause in [Duration::ZERO, PAUSE] {
        relay.forget();
        tokio::time::sleep(pause).await;
        for _ in 0..5 {
            h.clock.advance(TimeDelta::seconds(2));
            let began = Instant::now();
            node.with_bearer("GET", account, &token).await.expect(200);
            assert!(began.elapsed() < DEADLINE, "{:?}", began.elapsed());
        }
    }
}
