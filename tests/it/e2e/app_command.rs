//! `api-server app`, as it is typed: files become apps, apps run, exit codes tell what came of it.

use std::{
    io::{BufRead as _, BufReader, Write as _},
    path::PathBuf,
    process::{Output, Stdio},
};

use gatewright_test_db::TestDb;
use serde_json::{Value, json};

use crate::support::{
    SECRET_KEY,
    apps::{answering_when_told, calling, file},
    arrange,
    process::{command, run, signal, wait_until},
};

/// An installation with one workspace, and a folder for files.
struct World {
    db: TestDb,
    folder: tempfile::TempDir,
}

impl World {
    async fn new() -> Self {
        let db = TestDb::create().await;
        arrange::account("ada@example.com").add(&db).await;
        arrange::workspace("Ada's")
            .with(arrange::member("ada@example.com", "owner").current())
            .add(&db)
            .await;
        Self {
            db,
            folder: tempfile::tempdir().unwrap(),
        }
    }

    fn settings(&self) -> [(&str, &str); 5] {
        [
            ("SECRET_KEY", SECRET_KEY),
            ("DATABASE_URL", &self.db.database_url),
            ("REDIS_URL", &self.db.redis_url),
            ("REDIS_KEY_PREFIX", &self.db.key_prefix),
            ("GATEWRIGHT_OUTBOUND_ALLOW", "127.0.0.0/8"),
        ]
    }

    fn file(&self, name: &str, text: &str) -> String {
        let path: PathBuf = self.folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    }

    #[track_caller]
    fn app(&self, code: i32, arguments: &[&str]) -> Output {
        let output = run(
            "api-server",
            &[&["app"], arguments].concat(),
            &self.settings(),
        );
        assert_eq!(
            output.status.code(),
            Some(code),
            "{arguments:?}: {output:?}"
        );
        output
    }
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

fn json_of(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{output:?}"))
}

#[tokio::test]
async fn app_command_imports_publishes_and_runs_a_file_and_says_what_happens() {
    let world = World::new().await;
    let greets = world.file("greets.yml", &file("0.6.0", "greets"));
    // In one go: the answer alone on standard output.
    let done = world.app(0, &["run", &greets, "-i", "name=Ada"]);
    assert_eq!(stdout(&done), "Ada\n");
    let told = stderr(&done);
    for line in [
        "  ok      Start (start, ",
        "  ok      End (end, ",
        "succeeded after ",
    ] {
        assert!(told.contains(line), "{line}: {told}");
    }
    // Step by step.
    let app = stdout(&world.app(0, &["import", &greets, "--name", "Other"]));
    let app = app.trim();
    let early = world.app(1, &["run", app, "-i", "name=Ada"]);
    assert!(stderr(&early).contains("not done: "), "{early:?}");
    let version = world.app(0, &["publish", app, "--name", "v1", "--json"]);
    assert_eq!(json_of(&version)["app_id"], app);
    let inputs = json!({"name": "Bob"}).to_string();
    let done = world.app(0, &["run", app, "--inputs", &inputs, "--json"]);
    let done = json_of(&done);
    assert_eq!(
        (&done["status"], &done["outputs"], &done["total_steps"]),
        (&json!("succeeded"), &json!({"result": "Bob"}), &json!(2))
    );
    let events = world.app(0, &["run", app, "-i", "name=Eve", "--events"]);
    let events: Vec<Value> = stdout(&events)
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(events[0]["event"], "workflow_started");
    assert_eq!(events.last().unwrap()["data"]["outputs"]["result"], "Eve");
    let rows = "SELECT r.status || ' ' || a.name FROM workflow_runs r JOIN apps a ON a.id = r.app_id ORDER BY r.created_at, r.id";
    assert_eq!(
        world.db.query(rows).await,
        ["succeeded greets", "succeeded Other", "succeeded Other"]
    );
    let from = "SELECT DISTINCT created_from FROM workflow_app_logs";
    assert_eq!(world.db.query(from).await, ["installed-app"]);
    let left = "SELECT count(*) FROM gatewright_run_leases";
    assert_eq!(world.db.query(left).await, ["0"]);
    let actions = world.db.audit_actions().await;
    assert!(actions.iter().any(|one| one == "app.published"));
}

#[tokio::test]
async fn app_command_reads_a_file_from_standard_input_and_overwrites_a_draft() {
    let world = World::new().await;
    let greets = world.file("greets.yml", &file("0.6.0", "greets"));
    let app = stdout(&world.app(0, &["import", &greets]));
    let mut child = command("api-server", &world.settings())
        .args(["app", "run", "-", "--app", app.trim(), "-i", "name=Ada"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let text = file("0.6.0", "renamed");
    child
        .stdin
        .take()
        .unwrap()
        .write_all(text.as_bytes())
        .unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{output:?}");
    assert_eq!(stdout(&output), "Ada\n");
    assert_eq!(world.db.query("SELECT count(*) FROM apps").await, ["1"]);
}

#[tokio::test]
async fn app_command_that_cannot_be_done_says_why_and_what_to_do() {
    let world = World::new().await;
    let greets = world.file("greets.yml", &file("0.6.0", "greets"));
    let newer = world.file("newer.yml", &file("9.0.0", "newer"));
    let broken = world.file("broken.yml", "- a\n");
    for (code, arguments, says) in [
        (
            2,
            vec!["run", "nowhere.yml"],
            "neither a file that can be read nor the id of an app",
        ),
        (
            2,
            vec!["publish", "5b1e3f1c-6f0e-4c55-9b2a-0d0c6f3f0aff"],
            "there is no app",
        ),
        (2, vec!["publish", "nonsense"], "nonsense"),
        (1, vec!["import", &broken], "the file is no app"),
        (
            1,
            vec!["import", &newer],
            "--confirm imports it all the same",
        ),
        (1, vec!["run", &greets], "name is required"),
        (
            2,
            vec!["run", &greets, "-i", "nam=Ada"],
            "this app takes: name",
        ),
        (2, vec!["run", &greets, "-i", "name"], "NAME=VALUE"),
        (
            2,
            vec!["run", &greets, "--inputs", "[]"],
            "not a JSON object",
        ),
        (
            2,
            vec!["run", &greets, "--json", "--events"],
            "cannot be used with",
        ),
        (
            2,
            vec!["import", &greets, "--account", "eve@example.com"],
            "not a member",
        ),
    ] {
        let output = world.app(code, &arguments);
        assert!(stderr(&output).contains(says), "{arguments:?}: {output:?}");
        assert_eq!(stdout(&output), "", "{arguments:?}");
    }
    let refused = world.app(1, &["import", &broken, "--json"]);
    assert!(
        json_of(&refused)["refused"]
            .as_str()
            .unwrap()
            .contains("no app")
    );
    world.app(0, &["import", &newer, "--confirm"]);
    arrange::account("bob@example.com").add(&world.db).await;
    arrange::workspace("Bob's")
        .with(arrange::member("bob@example.com", "owner").current())
        .with(arrange::member("ada@example.com", "normal"))
        .add(&world.db)
        .await;
    let several = world.app(2, &["import", &greets]);
    let told = stderr(&several);
    assert!(
        told.contains("--workspace ID") && told.contains("Bob's"),
        "{told}"
    );
    let ids = "SELECT id::text FROM tenants WHERE name = 'Bob''s'";
    let theirs = world.db.query(ids).await.remove(0);
    let named = ["import", &greets, "--workspace", &theirs];
    world.app(0, &named);
    let by_ada = [&named[..], &["--account", "ada@example.com"]].concat();
    assert!(stderr(&world.app(2, &by_ada)).contains("may not do that"));
}

#[tokio::test]
async fn app_command_tells_a_failed_run_by_its_exit_code_and_its_node() {
    let world = World::new().await;
    let text = calling("http://127.0.0.1:9/");
    let fails = world.file("fails.yml", &text);
    let failed = world.app(1, &["run", &fails, "-i", "name=Ada"]);
    assert_eq!(stdout(&failed), "");
    let told = stderr(&failed);
    assert!(told.contains("  failed  Call (http-request, "), "{told}");
    assert!(told.contains("failed after "), "{told}");
}

#[tokio::test]
async fn app_command_stops_its_run_when_it_is_interrupted() {
    let world = World::new().await;
    let far = answering_when_told("all is well, Ada").await;
    let slow = world.file("slow.yml", &calling(&far.url("/")));
    let mut child = command("api-server", &world.settings())
        .args(["app", "run", &slow, "-i", "name=Ada", "--json"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    assert!(lines.any(|line| line.unwrap().contains("ok      Start")));
    signal(child.id(), "INT");
    let told: Vec<String> = lines.map(Result::unwrap).collect();
    assert!(told[0].contains("stopping the run"), "{told:?}");
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130), "{output:?}");
    assert_eq!(json_of(&output)["status"], "stopped");
    let rows = "SELECT status || ' ' || error FROM workflow_runs";
    wait_until("the row is written", async || {
        world.db.query(rows).await == ["stopped Stopped by user."]
    })
    .await;
}
