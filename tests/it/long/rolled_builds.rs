//! Two real builds, rolled over each other under load: the one of before serves on while this one migrates the database and
//! starts beside it, and people who are signed in notice neither.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicUsize, Ordering},
};

use gatewright_test_db::TestDb;

use super::programs;
use crate::support::process::{Server, binary, free_port, run_file, wait_until};

/// Signed-in requests and bearers at one node, and new sign-ins, until it is told to stop: what was not answered 200.
fn load(
    nodes: Vec<Arc<Server>>,
    session: (String, String),
    bearer: String,
    (stop, answered): (Arc<AtomicBool>, Arc<AtomicUsize>),
) -> tokio::task::JoinHandle<Vec<String>> {
    tokio::spawn(async move {
        let mut failures = vec![];
        while !stop.load(Ordering::Relaxed) {
            for node in &nodes {
                let of_session = node
                    .http
                    .get(format!("{}/console/api/account/profile", node.url));
                let of_session = of_session
                    .header("cookie", &session.0)
                    .header("x-csrf-token", &session.1);
                for answer in [
                    node.get("/openapi/v1/account", &bearer).await,
                    of_session.send().await,
                ] {
                    answered.fetch_add(1, Ordering::Relaxed);
                    match answer {
                        Ok(answer) if answer.status() == 200 => {}
                        other => failures.push(format!("{other:?}")),
                    }
                }
            }
        }
        failures
    })
}

#[tokio::test]
async fn previous_build_serves_on_while_this_one_migrates_and_starts_beside_it() {
    let [previous] = programs("GATEWRIGHT_PREVIOUS_BINARY")
        .try_into()
        .expect("one program");
    let db = TestDb::create_empty().await;
    let unlimited = [
        ("REDIS_KEY_PREFIX", db.key_prefix.as_str()),
        ("OPENAPI_RATE_LIMIT_PER_TOKEN", "0"),
        ("GATEWRIGHT_LIMIT_IDENTITY", "0"),
    ];
    let migrate = |binary| {
        let output = run_file(
            binary,
            &["migrate"],
            &[
                ("DATABASE_URL", db.database_url.as_str()),
                ("SECRET_KEY", crate::support::SECRET_KEY),
            ],
        );
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
    };
    let start = async |binary: &std::path::Path| {
        Arc::new(
            Server::start_file(
                binary,
                free_port(),
                (&db.database_url, &db.redis_url),
                &unlimited,
            )
            .await,
        )
    };
    migrate(&previous);
    let old = start(&previous).await;
    let session = old.sign_in().await;
    let (bearer, _) = old.log_in(&session, "laptop").await;

    let (stop, answered) = (
        Arc::new(AtomicBool::new(false)),
        Arc::new(AtomicUsize::new(0)),
    );
    let before = load(
        vec![Arc::clone(&old)],
        session.clone(),
        bearer.clone(),
        (Arc::clone(&stop), Arc::clone(&answered)),
    );
    migrate(&binary("api-server"));
    let new = start(&binary("api-server")).await;
    let both = load(
        vec![Arc::clone(&new), Arc::clone(&old)],
        session,
        bearer,
        (Arc::clone(&stop), Arc::clone(&answered)),
    );
    let so_far = answered.load(Ordering::Relaxed);
    wait_until("both builds answered", async || {
        answered.load(Ordering::Relaxed) > so_far + 2000
    })
    .await;
    // A session that the new build makes is one for the old build, and the other way round.
    for (here, there) in [(&new, &old), (&old, &new)] {
        let fresh = here.sign_in().await;
        let profile = there
            .http
            .get(format!("{}/console/api/account/profile", there.url));
        let profile = profile
            .header("cookie", &fresh.0)
            .header("x-csrf-token", &fresh.1);
        assert_eq!(profile.send().await.unwrap().status(), 200);
    }
    stop.store(true, Ordering::Relaxed);
    for failures in [before.await.unwrap(), both.await.unwrap()] {
        assert!(
            failures.is_empty(),
            "of {}: {failures:#?}",
            answered.load(Ordering::Relaxed)
        );
    }
}
