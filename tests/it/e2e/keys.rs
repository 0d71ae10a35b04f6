//! Keys change under load on two nodes, and nobody is signed out; a retired key is refused.

use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
};

use gatewright_test_db::TestDb;
use serde_json::{Value, json};

use super::process::{Server, free_port, run, wait_until};

async fn key_ids(server: &Server) -> Vec<String> {
    let answer = server
        .http
        .get(format!("{}/readyz", server.url))
        .send()
        .await
        .unwrap();
    let body: Value = answer.json().await.unwrap();
    let ids = body["keys"].as_array().unwrap().iter();
    ids.map(|id| id.as_str().unwrap().to_owned()).collect()
}

fn keys(file: &Path, arguments: &[&str]) -> Value {
    let mut all = vec!["keys", "--json"];
    all.extend_from_slice(arguments);
    let variables = [
        ("SECRET_KEY", crate::support::SECRET_KEY),
        ("GATEWRIGHT_KEYS_FILE", file.to_str().unwrap()),
    ];
    let output = run("api-server", &all, &variables);
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    serde_json::from_slice(&output.stdout).unwrap()
}

async fn both_know(nodes: &[Arc<Server>; 2], active: &str, count: usize) {
    for node in nodes {
        wait_until("the node knows the keys", async || {
            let ids = key_ids(node).await;
            ids.len() == count && ids[0] == active
        })
        .await;
    }
}

/// What a console session is answered by a node.
async fn profile(node: &Server, (cookies, csrf): &(String, String)) -> u16 {
    let request = node
        .http
        .get(format!("{}/console/api/account/profile", node.url))
        .header("cookie", cookies)
        .header("x-csrf-token", csrf);
    request.send().await.unwrap().status().as_u16()
}

#[tokio::test]
async fn sec_145_keys_rotate_under_load_on_two_nodes_and_nobody_is_signed_out() {
    let db = TestDb::create().await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("keys.json");
    let settings = [
        ("REDIS_KEY_PREFIX", db.key_prefix.as_str()),
        ("GATEWRIGHT_KEYS_FILE", file.to_str().unwrap()),
        ("OPENAPI_RATE_LIMIT_PER_TOKEN", "0"),
        ("GATEWRIGHT_LIMIT_IDENTITY", "0"),
    ];
    let start = |port| Server::start_at(port, &db.database_url, &db.redis_url, &settings);
    let nodes = [
        Arc::new(start(free_port()).await),
        Arc::new(start(free_port()).await),
    ];
    let session = nodes[0].sign_in().await;
    let (bearer, _) = nodes[0].log_in(&session, "laptop").await;
    // A device that began before the rotation and is let in after it.
    let body = json!({"client_id": "difyctl", "device_label": "waiting"});
    let waiting: Value = nodes[0]
        .post("/openapi/v1/oauth/device/code", &body)
        .await
        .json()
        .await
        .unwrap();
    let first = key_ids(&nodes[0]).await[0].clone();

    let stop = Arc::new(AtomicBool::new(false));
    let requests = Arc::new(AtomicUsize::new(0));
    let load = tokio::spawn({
        let (nodes, stop, requests, session) = (
            nodes.clone(),
            Arc::clone(&stop),
            Arc::clone(&requests),
            session.clone(),
        );
        async move {
            let mut refused = vec![];
            while !stop.load(Ordering::Relaxed) {
                for node in &nodes {
                    let account = node.get("/openapi/v1/account", &bearer).await.unwrap();
                    let statuses = [profile(node, &session).await, account.status().as_u16()];
                    requests.fetch_add(statuses.len(), Ordering::Relaxed);
                    refused.extend(statuses.into_iter().filter(|status| *status != 200));
                }
            }
            refused
        }
    });

    let made = keys(&file, &["rotate"]);
    let second = made[0]["id"].as_str().unwrap().to_owned();
    both_know(&nodes, &first, 2).await;
    // Everything signed from here on by one node is verified by the other, whichever key signs.
    keys(&file, &["promote", "--force"]);
    both_know(&nodes, &second, 2).await;
    nodes[1]
        .approve(&session, waiting["user_code"].as_str().unwrap())
        .await;
    let pick_up = json!({"client_id": "difyctl", "device_code": waiting["device_code"]});
    let delivered: Value = nodes[0]
        .post("/openapi/v1/oauth/device/token", &pick_up)
        .await
        .json()
        .await
        .unwrap();
    assert_eq!(delivered["subject_type"], "account", "{delivered}");
    let renewed = nodes[1].sign_in().await;

    stop.store(true, Ordering::Relaxed);
    let refused = load.await.unwrap();
    assert_eq!(refused, Vec::<u16>::new());
    assert!(requests.load(Ordering::Relaxed) > 50, "there was a load");

    keys(&file, &["retire", "--force"]);
    both_know(&nodes, &second, 1).await;
    for (who, expected) in [(&session, 401), (&renewed, 200)] {
        for node in &nodes {
            assert_eq!(profile(node, who).await, expected);
        }
    }
}

#[test]
fn keys_commands_report_what_is_missing_and_print_no_key() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("keys.json");
    let secret = [("SECRET_KEY", crate::support::SECRET_KEY)];
    let output = run("api-server", &["keys", "rotate"], &secret);
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("GATEWRIGHT_KEYS_FILE is not set"));
    let output = run("api-server", &["keys", "list"], &secret);
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        text.contains("active") && !text.contains("a-secret-key"),
        "{text}"
    );
    assert!(text.contains("from the settings"), "{text}");
    let variables = [secret[0], ("GATEWRIGHT_KEYS_FILE", file.to_str().unwrap())];
    assert!(
        run("api-server", &["keys", "rotate"], &variables)
            .status
            .success()
    );
    let early = run("api-server", &["keys", "promote"], &variables);
    assert!(String::from_utf8_lossy(&early.stderr).contains("--force"));
    let made: Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
    let listed = run("api-server", &["keys", "list"], &variables);
    let listed = String::from_utf8_lossy(&listed.stdout).into_owned();
    for key in made["keys"].as_array().unwrap() {
        assert!(listed.contains(key["id"].as_str().unwrap()));
        assert!(!listed.contains(key["secret"].as_str().unwrap()));
    }
}

#[test]
fn g7_exported_keys_open_grants_and_nothing_else() {
    use gatewright_auth::{
        OsRandom,
        domain::{Clock as _, SystemClock, external_subject::ExternalSubject},
        envelope::{
            ApprovalGrant, EnvelopeKeys, Era, GRANT_LIFETIME, SubjectAssertion, TokenText, open,
            sign,
        },
        keys::{KeyRing, MasterKeys, Purpose},
    };
    let export = |purpose: &str| {
        let arguments = ["keys", "export", "--purpose", purpose];
        run(
            "api-server",
            &arguments,
            &[("SECRET_KEY", crate::support::SECRET_KEY)],
        )
    };
    let output = export("approval-grant");
    assert!(
        output.status.success() && output.stderr.is_empty(),
        "{output:?}"
    );
    let json = String::from_utf8(output.stdout).unwrap();
    assert!(!json.contains(crate::support::SECRET_KEY));
    let exported = KeyRing::from_exported(&json, Purpose::ApprovalGrant).unwrap();

    let now = SystemClock.now();
    let random = OsRandom::default();
    let assertion = SubjectAssertion {
        subject: ExternalSubject {
            email: "ext@partner.example".parse().unwrap(),
            issuer: "https://idp.example".parse().unwrap(),
        },
        user_code: "ABCD-EFGH".parse().unwrap(),
        nonce: TokenText::draw(&random).unwrap(),
    };
    let urls = gatewright_auth::origin::PublicUrls {
        console_api: Some(
            gatewright_domain::settings::SettingValue::parse_setting("https://api.example")
                .unwrap(),
        ),
        ..Default::default()
    };
    let grant = ApprovalGrant::new(&urls, &assertion, Era::default(), &random).unwrap();
    let master = MasterKeys::new(crate::support::SECRET_KEY.as_bytes(), []);
    let installation = EnvelopeKeys::own(&master);
    let signed = sign(&installation.grant, &grant, now, GRANT_LIFETIME);
    assert!(open::<ApprovalGrant>(&exported, &signed, now).is_ok());
    // Whoever holds the exported keys forges no assertion, for us or for the enterprise product.
    let forged = sign(&exported, &assertion, now, GRANT_LIFETIME);
    for ring in [
        &installation.assertion,
        &EnvelopeKeys::shared(&master).assertion,
    ] {
        assert!(open::<SubjectAssertion>(ring, &forged, now).is_err());
    }
    // What opens sessions is not given away.
    for purpose in [
        "console-access",
        "console-refresh",
        "storage-digest",
        "state-envelope",
    ] {
        assert!(!export(purpose).status.success(), "{purpose}");
    }
}
