//! Redis and PostgreSQL are stopped in mid-traffic, for real.

use std::time::{Duration, Instant};

use gatewright_engines::{Durability, Home, Postgres, Redis, Sources};

use super::{
    engines::{Quiet, engines_home},
    process::{Server, run, signal, wait_until},
};
use crate::support::SECRET_KEY;

struct World {
    server: Server,
    postgres: Postgres,
    redis: Redis,
    home: Home,
    token: String,
    _folder: tempfile::TempDir,
}

impl World {
    async fn new() -> Self {
        let (home, folder) = engines_home();
        let postgres = Postgres::start(&home, Sources::Any, Durability::Throwaway, &Quiet).unwrap();
        let redis = Redis::start(&home, Sources::Any, Durability::Throwaway, &Quiet).unwrap();
        let migrated = run(
            "api-server",
            &["migrate"],
            &[
                ("SECRET_KEY", SECRET_KEY),
                ("DATABASE_URL", &postgres.url()),
            ],
        );
        assert!(migrated.status.success(), "{migrated:?}");
        let unlimited = [
            ("OPENAPI_RATE_LIMIT_PER_TOKEN", "1000000"),
            ("GATEWRIGHT_LIMIT_IDENTITY", "0"),
        ];
        let server = Server::start(&postgres.url(), &redis.url(), &unlimited).await;
        let session = server.sign_in().await;
        let (token, _) = server.log_in(&session, "laptop").await;
        Self {
            server,
            postgres,
            redis,
            home,
            token,
            _folder: folder,
        }
    }

    /// One request: 200 or a 503 that says when to come back, within two seconds.
    async fn ask(&self, path: &str) -> u16 {
        let started = Instant::now();
        let answer = self
            .server
            .get(path, &self.token)
            .await
            .expect("an answer, not a broken connection");
        let took = started.elapsed();
        assert!(took < Duration::from_secs(2), "{path} took {took:?}");
        let status = answer.status().as_u16();
        assert!(
            status == 200 || status == 503,
            "{path}: {status} {:?}",
            answer.text().await
        );
        if status == 503 {
            for header in ["retry-after", "x-request-id"] {
                assert!(answer.headers().contains_key(header), "{path}: {header}");
            }
        }
        status
    }

    /// Asks until the answer changes; how long that took.
    async fn until(&self, path: &str, wanted: u16) -> Duration {
        let started = Instant::now();
        wait_until(&format!("{path} answers {wanted}"), async || {
            self.ask(path).await == wanted
        })
        .await;
        started.elapsed()
    }
}

// Uncached by design, so that both dependencies are asked.
const SESSIONS: &str = "/openapi/v1/account/sessions";

#[tokio::test]
async fn sec_167_redis_stop_answers_503_and_recovers() {
    let mut world = World::new().await;
    assert_eq!(world.ask(SESSIONS).await, 200);
    world.redis.stop();
    world.until("/readyz", 503).await;
    for _ in 0..20 {
        world.ask(SESSIONS).await;
    }
    world.redis = Redis::start(&world.home, Sources::Any, Durability::Throwaway, &Quiet).unwrap();
    let recovery = world.until(SESSIONS, 200).await;
    assert!(recovery < Duration::from_secs(5), "{recovery:?}");
    assert!(!world.server.log().contains("panicked"));
}

#[tokio::test]
async fn sec_167_postgres_restart_under_traffic_recovers() {
    let mut world = World::new().await;
    assert_eq!(world.ask(SESSIONS).await, 200);
    world.postgres.stop();
    world.until(SESSIONS, 503).await;
    for _ in 0..20 {
        world.ask(SESSIONS).await;
    }
    world.postgres =
        Postgres::start(&world.home, Sources::Any, Durability::Throwaway, &Quiet).unwrap();
    let recovery = world.until(SESSIONS, 200).await;
    assert!(recovery < Duration::from_secs(5), "{recovery:?}");
}

#[tokio::test]
async fn redis_that_hangs_gives_503_within_two_seconds() {
    let world = World::new().await;
    signal(world.redis.pid(), "STOP");
    let asked = [
        world.ask(SESSIONS).await,
        world.ask("/openapi/v1/account").await,
        world.ask("/readyz").await,
    ];
    signal(world.redis.pid(), "CONT");
    assert_eq!(asked[0], 503);
    assert_eq!(asked[2], 503);
    let recovery = world.until(SESSIONS, 200).await;
    assert!(recovery < Duration::from_secs(5), "{recovery:?}");
}

/// Hashing a password may take longer; waiting for Redis may not, however many wait.
#[tokio::test]
async fn sign_in_while_redis_hangs_gives_503_within_two_seconds() {
    let world = World::new().await;
    let url = format!("{}/console/api/login", world.server.url);
    let body =
        serde_json::json!({"email": "nobody@example.com", "password": "d3JvbmctUGFzc3cwcmQ="});
    let sign_in = |_: usize| {
        let request = world.server.http.post(&url).json(&body);
        async move {
            let began = Instant::now();
            let sent = request.send().await;
            (sent.unwrap().status().as_u16(), began.elapsed())
        }
    };
    assert_eq!(sign_in(0).await.0, 401);
    signal(world.redis.pid(), "STOP");
    let asked = futures_util::future::join_all((0..12).map(sign_in)).await;
    signal(world.redis.pid(), "CONT");
    for (status, took) in asked {
        assert_eq!(status, 503);
        assert!(took < Duration::from_secs(2), "{took:?}");
    }
}

#[tokio::test]
async fn postgres_that_hangs_gives_503_within_two_seconds() {
    let world = World::new().await;
    // The backends hang with their parent's group only if each is told.
    let children =
        std::fs::read_to_string(format!("/proc/{0}/task/{0}/children", world.postgres.pid()))
            .unwrap();
    let pids: Vec<u32> = children
        .split_whitespace()
        .map(|pid| pid.parse().unwrap())
        .chain([world.postgres.pid()])
        .collect();
    pids.iter().for_each(|pid| signal(*pid, "STOP"));
    let asked = world.ask(SESSIONS).await;
    pids.iter().for_each(|pid| signal(*pid, "CONT"));
    assert_eq!(asked, 503);
    let recovery = world.until(SESSIONS, 200).await;
    assert!(recovery < Duration::from_secs(5), "{recovery:?}");
}

#[tokio::test]
async fn sec_175_shutdown_finishes_open_requests() {
    let mut world = World::new().await;
    let requests = async {
        let mut statuses = vec![];
        // Until the listener is closed: a refused connection is no dropped answer.
        while let Ok(answer) = world
            .server
            .http
            .get(format!("{}{SESSIONS}", world.server.url))
            .bearer_auth(&world.token)
            .send()
            .await
        {
            statuses.push(answer.status().as_u16());
            assert!(answer.bytes().await.is_ok(), "an answer was cut off");
        }
        statuses
    };
    let pid = world.server.child.id();
    let stop = async {
        wait_until("there is traffic", async || {
            world.server.log().contains("oauth.device_code_redeemed")
        })
        .await;
        tokio::time::sleep(Duration::from_millis(100)).await;
        signal(pid, "TERM");
    };
    let (statuses, ()) = tokio::join!(requests, stop);
    assert!(
        statuses.len() > 5 && statuses.iter().all(|status| *status == 200),
        "{statuses:?}"
    );
    assert!(world.server.child.wait().unwrap().success());
}
