//! What commands say, and what the log does not: a reader that goes away, a level that says everything.

use std::{
    io::{BufRead as _, BufReader},
    process::Stdio,
};

use gatewright_test_db::TestDb;
use serde_json::json;

use super::process::{Server, command, run};
use crate::support::SECRET_KEY;

/// Row F, every command that answers by itself: `| head` is no failure and no panic. The pipe is closed
/// before anything is written, or after a line.
#[test]
fn f_command_with_a_closed_pipe_ends_quietly() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path().to_str().unwrap();
    for (name, arguments) in [
        ("api-server", vec!["settings"]),
        ("api-server", vec!["settings", "--json"]),
        ("api-server", vec!["version"]),
        ("api-server", vec!["--help"]),
        ("api-server", vec!["keys", "list"]),
        ("api-server", vec!["openapi", "--output-dir", folder]),
        ("api-server", vec!["doctor"]),
        ("api-server", vec!["healthcheck"]),
        ("api-server", vec!["down"]),
        ("api-server", vec!["serve"]),
        ("worker", vec!["--help"]),
        ("worker", vec!["queues"]),
    ] {
        for lines in [0, 1] {
            let nobody = [
                ("SECRET_KEY", SECRET_KEY),
                ("DB_PORT", "9"),
                ("REDIS_PORT", "9"),
                ("DIFY_PORT", "9"),
            ];
            let mut child = command(name, &nobody)
                .args(&arguments)
                .stdout(Stdio::piped())
                .stderr(Stdio::piped())
                .spawn()
                .unwrap();
            let mut reader = BufReader::new(child.stdout.take().unwrap());
            for _ in 0..lines {
                reader.read_line(&mut String::new()).unwrap();
            }
            drop(reader);
            let output = child.wait_with_output().unwrap();
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            assert!(!said.contains("panicked"), "{name} {arguments:?}: {said}");
            // 101 is a panic; none is a signal.
            assert!(
                matches!(output.status.code(), Some(0..=2)),
                "{name} {arguments:?}: {:?}",
                output.status
            );
        }
    }
}

/// The forms in which a text may stand in a log: itself, its bytes as `{:?}` writes them, its bytes in hex.
fn shapes(secret: &str) -> [String; 3] {
    let list = format!("{:?}", secret.as_bytes());
    let hex: Vec<String> = secret.bytes().map(|byte| format!("{byte:02x}")).collect();
    [
        secret.to_owned(),
        list.trim_matches(['[', ']']).to_owned(),
        hex.concat(),
    ]
}

/// G2: at TRACE, with a filter that asks for the drivers by name, a password is changed and nothing of it
/// is in the log: neither the words nor their hashes, in no shape.
#[tokio::test]
async fn g2_log_of_a_password_change_at_trace_holds_no_password_and_no_hash() {
    let db = TestDb::create().await;
    let server = Server::start(
        &db.database_url,
        &db.redis_url,
        &[
            ("REDIS_KEY_PREFIX", &db.key_prefix),
            (
                "LOG_LEVEL",
                "trace,tokio_postgres=trace,diesel_async=trace,redis=trace",
            ),
        ],
    )
    .await;
    let (cookies, csrf) = server.sign_in().await;
    let stored = async || {
        db.query("SELECT concat_ws('|', password, password_salt) FROM accounts")
            .await
    };
    let mut hashes = stored().await;
    let change = json!({"password": "Passw0rd1", "new_password": "N3w-passw0rd", "repeat_new_password": "N3w-passw0rd"});
    let answer = server
        .http
        .post(format!("{}/console/api/account/password", server.url))
        .header("cookie", &cookies)
        .header("x-csrf-token", &csrf)
        .json(&change)
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 200, "{:?}", answer.text().await);
    hashes.extend(stored().await);
    let log = server.log();
    assert!(
        log.contains("TRACE") || log.contains("DEBUG"),
        "the log says much: {log}"
    );
    let parts = hashes
        .iter()
        .flat_map(|row| row.split('|'))
        .filter(|part| part.len() > 8);
    let secrets: Vec<&str> = parts
        .chain(["Passw0rd1", "N3w-passw0rd", SECRET_KEY])
        .collect();
    assert!(secrets.len() >= 5, "{hashes:?}");
    for secret in secrets {
        for shape in shapes(secret) {
            assert!(
                !log.contains(&shape),
                "{secret} stands in the log as {shape}"
            );
        }
    }
}

#[test]
fn g6_doctor_lists_every_setting_error_and_every_unknown_name() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("env");
    std::fs::write(&file, "\u{feff}DIFY_PORT=many\nDB_PORT=few\nMAIL_TYPE=file\nMAIL_DEFAULT_SEND_FROM='Acme, Inc. <a@b.co>'\nDIFY_PROT=1\n").unwrap();
    let file = file.to_str().unwrap();
    let variables = [
        ("SECRET_KEY", SECRET_KEY),
        ("REDIS_PORT", "none"),
        ("GATEWRIGHT_TRUSTED_PROXYS", "1"),
    ];
    let output = run(
        "api-server",
        &["--env-file", file, "doctor", "--json"],
        &variables,
    );
    assert_eq!(output.status.code(), Some(1));
    let found: Vec<serde_json::Value> = serde_json::from_slice(&output.stdout).unwrap();
    let says = |check: &str, text: &str| {
        found.iter().any(|one| {
            let has = |part: &str| one[part].as_str().unwrap().contains(text);
            one["check"] == check && (has("what") || has("change"))
        })
    };
    for name in [
        "DIFY_PORT ",
        "DB_PORT ",
        "REDIS_PORT ",
        "MAIL_DEFAULT_SEND_FROM ",
    ] {
        assert!(says("setting", name), "{name}: {found:?}");
    }
    // The suggestion is one that a file takes.
    assert!(says("setting", "quotes"), "{found:?}");
    assert!(
        says("setting", "MAIL_DEFAULT_SEND_FROM='\"Acme, Inc.\" <"),
        "{found:?}"
    );
    for nearest in ["DIFY_PORT", "GATEWRIGHT_TRUSTED_PROXIES"] {
        assert!(says("unknown_setting", nearest), "{nearest}: {found:?}");
    }
    let missing = run(
        "api-server",
        &["--env-file", "/nowhere", "doctor"],
        &variables,
    );
    assert_eq!(
        missing.status.code(),
        Some(2),
        "a file that is named must be there"
    );
}

#[tokio::test]
async fn g6_server_warns_of_names_that_are_no_settings_when_it_starts() {
    let db = TestDb::create().await;
    let extra = [
        ("REDIS_KEY_PREFIX", db.key_prefix.as_str()),
        ("DIFY_PROT", "1"),
        ("LOG_LEVEL", "WARNING"),
    ];
    let server = Server::start(&db.database_url, &db.redis_url, &extra).await;
    let log = server.log();
    assert!(
        log.contains("settings.unknown_name")
            && log.contains("DIFY_PROT")
            && log.contains("DIFY_PORT"),
        "{log}"
    );
}
