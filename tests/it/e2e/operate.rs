//! The commands of operators, as they are typed.

use std::{io::Write as _, process::Stdio};

use gatewright_mail::MailKind;
use gatewright_test_db::TestDb;
use serde_json::Value;

use super::process::{Server, command, run};
use crate::support::SECRET_KEY;

fn settings(db: &TestDb) -> [(&str, &str); 4] {
    [
        ("SECRET_KEY", SECRET_KEY),
        ("DATABASE_URL", &db.database_url),
        ("REDIS_URL", &db.redis_url),
        ("REDIS_KEY_PREFIX", &db.key_prefix),
    ]
}

fn json(output: &std::process::Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{output:?}"))
}

#[tokio::test]
async fn worker_admin_commands_need_no_web_console() {
    let db = TestDb::create().await;
    let settings = settings(&db);
    let admin =
        |arguments: &[&str]| run("api-server", &[&["admin"], arguments].concat(), &settings);
    let made = admin(&[
        "create-account",
        "Ada@example.com",
        "--name",
        "Ada",
        "--json",
    ]);
    assert_eq!(made.status.code(), Some(0), "{made:?}");
    assert_eq!(json(&made)["email"], "ada@example.com");
    assert!(json(&made)["password"].as_str().unwrap().len() >= 24);
    let again = admin(&["create-account", "ada@example.com"]);
    assert_eq!(again.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&again.stdout).contains("already"));
    let mut child = command("api-server", &settings)
        .args([
            "admin",
            "reset-password",
            "ada@example.com",
            "--password-stdin",
        ])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child
        .stdin
        .take()
        .unwrap()
        .write_all(b"N3w-password\n")
        .unwrap();
    assert!(child.wait().unwrap().success());
    let server = Server::start(
        &db.database_url,
        &db.redis_url,
        &[("REDIS_KEY_PREFIX", &db.key_prefix)],
    )
    .await;
    let login = serde_json::json!({"email": "ada@example.com", "password": "TjN3LXBhc3N3b3Jk"});
    db.execute("INSERT INTO dify_setups (version) VALUES ('1.14.2')")
        .await;
    assert_eq!(
        server.post("/console/api/login", &login).await.status(),
        200
    );
    let sessions = json(&admin(&["sessions", "ada@example.com", "--json"]));
    assert_eq!(sessions.as_array().unwrap().len(), 1);
    for (arguments, code) in [
        (
            vec!["create-workspace", "ada@example.com", "--name", "Second"],
            0,
        ),
        (vec!["unlock", "ada@example.com"], 0),
        (vec!["revoke", "ada@example.com"], 0),
        (vec!["ban", "ada@example.com"], 0),
        (vec!["unban", "ada@example.com"], 0),
        (
            vec!["reset-email", "ada@example.com", "grace@example.com"],
            0,
        ),
        (vec!["unlock", "ada@example.com"], 1),
        (vec!["unlock", "nonsense"], 2),
    ] {
        let output = admin(&arguments);
        assert_eq!(
            output.status.code(),
            Some(code),
            "{arguments:?}: {output:?}"
        );
    }
    let gone = run(
        "api-server",
        &["admin", "unlock", "ada@example.com"],
        &[
            ("SECRET_KEY", SECRET_KEY),
            ("DATABASE_URL", "postgres://x:y@127.0.0.1:9/z"),
        ],
    );
    assert_eq!(gone.status.code(), Some(2), "{gone:?}");
}

#[tokio::test]
async fn audit_verify_exits_1_and_names_the_event() {
    let db = TestDb::create().await;
    let settings = settings(&db);
    let made = run(
        "api-server",
        &["admin", "create-account", "ada@example.com"],
        &settings,
    );
    assert!(made.status.success(), "{made:?}");
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("anchors.json");
    let file = file.to_str().unwrap();
    let verify = |more: &[&str]| {
        run(
            "api-server",
            &[&["audit", "verify"], more].concat(),
            &settings,
        )
    };
    let well = verify(&["--save-anchors", file]);
    assert_eq!(well.status.code(), Some(0), "{well:?}");
    assert_eq!(verify(&["--anchors", file]).status.code(), Some(0));
    db.execute("UPDATE gatewright_audit_events SET actor_account_id = gen_random_uuid() WHERE action = 'workspace.created'").await;
    let found = verify(&["--json"]);
    assert_eq!(found.status.code(), Some(1));
    let event = db
        .query("SELECT id::text FROM gatewright_audit_events WHERE action = 'workspace.created'")
        .await;
    assert_eq!(json(&found)["faults"][0]["event"], event[0].as_str());
}

#[tokio::test]
async fn worker_shows_its_queues_schedules_and_dead_letters() {
    let db = TestDb::create().await;
    let settings = settings(&db);
    db.execute("INSERT INTO gatewright_jobs (id, queue, kind, payload, created_at, run_at, attempts, max_attempts, dead_at, last_error) \
        VALUES ('00000000-0000-4000-8000-000000000001', 'mail', 'send_letter', '{}', now(), now(), 12, 12, now(), 'no such mailbox')").await;
    let worker = |arguments: &[&str]| run("worker", arguments, &settings);
    let queues = json(&worker(&["queues", "--json"]));
    assert_eq!(
        (&queues[0]["queue"], &queues[0]["dead"]),
        (&"mail".into(), &1.into())
    );
    assert_eq!(
        json(&worker(&["schedules", "--json"]))
            .as_array()
            .unwrap()
            .len(),
        7
    );
    let dead = json(&worker(&["dead-letters", "list", "--json"]));
    assert_eq!(dead[0]["last_error"], "no such mailbox");
    let id = dead[0]["id"].as_str().unwrap();
    assert!(worker(&["dead-letters", "replay", id]).status.success());
    assert_eq!(
        worker(&["dead-letters", "replay", id]).status.code(),
        Some(2),
        "it lives again"
    );
    assert!(
        worker(&["dead-letters", "discard", "--all"])
            .status
            .success()
    );
    assert_eq!(
        worker(&["dead-letters", "replay"]).status.code(),
        Some(2),
        "which?"
    );
    let help = worker(&["--help"]);
    let help = String::from_utf8_lossy(&help.stdout);
    for word in [
        "mail, retention",
        "--schedules",
        "dead-letters",
        "--concurrency",
        "SIGTERM",
    ] {
        assert!(help.contains(word), "{word}: {help}");
    }
}

#[test]
fn mail_preview_writes_every_template() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().to_str().unwrap();
    let output = run(
        "api-server",
        &["mail", "preview", "--output-dir", path, "--json"],
        &[],
    );
    assert!(output.status.success(), "{output:?}");
    assert_eq!(
        json(&output).as_array().unwrap().len(),
        MailKind::ALL.len() * 2 * 2
    );
}
