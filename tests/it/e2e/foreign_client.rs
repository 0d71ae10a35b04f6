//! openid-client, a certified relying party, logs in knowing nothing but the issuer.

use std::process::Stdio;

use gatewright_test_db::TestDb;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, BufReader};

use super::process::Server;

#[tokio::test]
async fn stock_oauth_client_logs_in_from_the_metadata_alone() {
    let db = TestDb::create().await;
    let server = Server::on(&db).await;
    let session = server.sign_in().await;
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/clients/device-flow.mjs");
    let mut client = tokio::process::Command::new("node")
        .args([script, &server.url])
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .kill_on_drop(true)
        .spawn()
        .expect("Node.js 20 or newer is installed");
    let mut lines = BufReader::new(client.stdout.take().unwrap()).lines();
    let mut events: Vec<Value> = vec![];
    let (mut user_code, mut device_code) = (String::new(), String::new());
    while let Some(line) = lines.next_line().await.unwrap() {
        let event: Value = serde_json::from_str(&line).unwrap();
        if let Some(code) = event["user_code"].as_str() {
            user_code = code.to_owned();
            device_code = event["device_code"].as_str().unwrap().to_owned();
        }
        match event["error"].as_str() {
            // The client's own first poll was pending; an extra one right after it is too early.
            Some("authorization_pending") => hurry(&server, &device_code).await,
            // Now its own next poll is: RFC 8628 tells it to slow down, and it does.
            Some("slow_down") => server.approve(&session, &user_code).await,
            _ => {}
        }
        events.push(event);
    }
    assert!(client.wait().await.unwrap().success(), "{events:?}");
    let polls: Vec<&Value> = events
        .iter()
        .filter(|event| event.get("poll").is_some())
        .collect();
    assert_eq!(polls.first().unwrap()["error"], "authorization_pending");
    assert_eq!(polls[1]["error"], "slow_down");
    assert_eq!(polls.last().unwrap()["poll"], 200);
    assert!(
        events
            .iter()
            .any(|event| event["account"]["subject_email"] == "owner@example.com"),
        "{events:?}"
    );
    assert!(
        events.iter().any(|event| event["expires_in"] == 1_209_600),
        "{events:?}"
    );
    assert!(
        events.iter().any(|event| event["after_revocation"] == 401),
        "{events:?}"
    );
}

/// An impatient twin of the client polls with the same code, too early, and so raises the interval
/// that holds for both.
async fn hurry(server: &Server, device_code: &str) {
    let body = json!({"client_id": "difyctl", "device_code": device_code});
    let answer: Value = server
        .post("/openapi/v1/oauth/device/token", &body)
        .await
        .json()
        .await
        .unwrap();
    assert_eq!(answer, json!({"error": "slow_down", "interval": 10}));
}

#[tokio::test]
async fn sec_070_whole_log_of_a_login_holds_no_secret() {
    let db = TestDb::create().await;
    let server = Server::on(&db).await;
    let session = server.sign_in().await;
    let (token, codes) = server.log_in(&session, "laptop").await;
    assert_eq!(
        server
            .get("/openapi/v1/account", &token)
            .await
            .unwrap()
            .status(),
        200
    );
    let replay = json!({"client_id": "difyctl", "device_code": codes["device_code"]});
    assert_eq!(
        server
            .post("/openapi/v1/oauth/device/token", &replay)
            .await
            .status(),
        400
    );
    let wrong = json!({"email": "owner@example.com", "password": "d3JvbmctUGFzc3cwcmQ="});
    assert_eq!(
        server.post("/console/api/login", &wrong).await.status(),
        401
    );
    let lookup = format!(
        "/openapi/v1/oauth/device/lookup?user_code={}",
        codes["user_code"].as_str().unwrap()
    );
    server.get(&lookup, &token).await.unwrap();
    server
        .get("/reset-password?token=a-token-in-a-link&x=/../%2e", &token)
        .await
        .unwrap();
    let log = server.log();
    assert!(
        log.contains("oauth.device_flow_approved"),
        "the log is a log: {log}"
    );
    let access = |route: &str| {
        let wanted = format!("route=\"{route}\"");
        let line = log.lines().find(|line| line.contains(&wanted));
        line.unwrap_or_else(|| panic!("{route} is not in the log: {log}"))
    };
    let polled = access("/openapi/v1/oauth/device/token");
    for part in [
        "INFO",
        "method=\"POST\"",
        "status=200",
        "duration_ms=",
        "bytes=",
        "request_id=",
        "client=127.0.0.1",
    ] {
        assert!(polled.contains(part), "{part}: {polled}");
    }
    access("/openapi/v1/oauth/device/lookup");
    let (cookies, csrf) = &session;
    let refresh = cookies
        .split("refresh_token=")
        .nth(1)
        .unwrap()
        .split(';')
        .next()
        .unwrap();
    let access_token = cookies
        .split("access_token=")
        .nth(1)
        .unwrap()
        .split(';')
        .next()
        .unwrap();
    for (what, secret) in [
        ("bearer", &token[5..]),
        ("device code", &codes["device_code"].as_str().unwrap()[3..]),
        ("user code", codes["user_code"].as_str().unwrap()),
        ("password", "Passw0rd1"),
        ("password in base64", "UGFzc3cwcmQx"),
        ("wrong password", "wrong-Passw0rd"),
        ("token of a link", "a-token-in-a-link"),
        ("query of a request", "user_code="),
        ("refresh token", &refresh[40..]),
        ("access token", access_token),
        ("csrf token", csrf),
        ("secret key", crate::support::SECRET_KEY),
    ] {
        assert!(!log.contains(secret), "the {what} stands in the log");
    }
}
