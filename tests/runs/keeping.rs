//! How long what apps and their users leave behind is kept: by schedules that are off unless somebody wants them, a batch at a time, and
//! nothing that is in use; what crashes left goes always.

use chrono::TimeDelta;
use gatewright_domain::{IdGen as _, RandomIds};
use gatewright_jobs::{Job as _, JobId, Running, Schedule};
use gatewright_usecase_maintenance::{CleanUp, Purge};
use serde_json::{Value, json};

use super::{
    chatflows::{echoes, file},
    run_files::uploaded,
};
use crate::support::{
    Answer, Browser, Harness,
    apps::{make_key, published},
    asking, basic_account,
    files::part,
};

/// An installation with a published chatflow that takes files, and a key of it.
pub(super) struct World {
    pub(super) h: Harness,
    pub(super) owner: Browser,
    pub(super) app: String,
    pub(super) key: String,
}

/// The chatflow.
pub(super) fn talks_of_files() -> String {
    let mut file: Value = serde_json::from_str(&file(&[echoes()])).unwrap();
    file["workflow"]["features"]["file_upload"] = json!({"enabled": true, "allowed_file_types": ["image", "document"],
        "allowed_file_upload_methods": ["local_file"], "number_limits": 3});
    file.to_string()
}

impl World {
    pub(super) async fn new(settings: &[(&str, &str)]) -> Self {
        let h = Harness::with(settings).await;
        let mut owner = basic_account(&h).await;
        let app = published(&h, &mut owner, &talks_of_files()).await;
        let (_, key) = make_key(&h, &mut owner, &app).await;
        Self { h, owner, app, key }
    }

    /// Another app of the same workspace, and a key of it.
    pub(super) async fn neighbour(&mut self) -> (String, String) {
        let app = published(&self.h, &mut self.owner, &talks_of_files()).await;
        let (_, key) = make_key(&self.h, &mut self.owner, &app).await;
        (app, key)
    }

    pub(super) async fn post(&self, key: &str, path: &str, body: &Value) -> Answer {
        let request = self.h.request("POST", path).bearer_auth(key);
        Answer::read(request.json(body).send().await.unwrap()).await
    }

    /// What the holder of a key uploads for a user.
    pub(super) async fn upload(&self, key: &str, user: &str, name: &str) -> Value {
        let parts = [
            part("user", None, user.as_bytes()),
            part("file", Some(name), b"hello"),
        ];
        let request = self.h.request("POST", "/v1/files/upload").bearer_auth(key);
        let request = request
            .header("content-type", "multipart/form-data; boundary=edge")
            .body([parts.concat(), b"--edge--\r\n".to_vec()].concat());
        let sent = Answer::read(request.send().await.unwrap()).await;
        sent.expect(201).json()
    }

    /// Says something for a user, with a file.
    pub(super) async fn say(&self, key: &str, user: &str, query: &str) -> Value {
        let file = self.upload(key, user, "a.txt").await;
        let mut file = uploaded(&file);
        file["type"] = json!("document");
        let body = json!({"inputs": {}, "query": query, "user": user, "files": [file], "auto_generate_name": false});
        let said = self.post(key, "/v1/chat-messages", &body).await;
        said.expect(200).json()
    }

    pub(super) async fn count(&self, rows: &str) -> usize {
        let counted = self
            .h
            .db
            .query(&format!("SELECT count(*) FROM {rows}"))
            .await;
        counted[0].parse().unwrap()
    }

    /// How many rows these tables have.
    async fn counts<const N: usize>(&self, tables: [&str; N]) -> [usize; N] {
        let mut counts = [0; N];
        for (at, table) in tables.iter().enumerate() {
            counts[at] = self.count(table).await;
        }
        counts
    }

    /// Does the jobs that a purge so many days from now left.
    async fn work_in(&self, days: i64) {
        self.h.clock.advance(TimeDelta::days(days));
        self.h.work().await;
    }

    async fn purge(&self, purge: Purge, days: i64) -> usize {
        let later = self.h.clock.now_in(days);
        self.h.cleaner().purge(purge, later).await.unwrap()
    }
}

trait Later {
    fn now_in(&self, days: i64) -> chrono::DateTime<chrono::Utc>;
}

impl Later for gatewright_test_support::ManualClock {
    fn now_in(&self, days: i64) -> chrono::DateTime<chrono::Utc> {
        use gatewright_domain::Clock as _;
        self.now() + TimeDelta::days(days)
    }
}

/// A batch holds one row: each test goes through several of them.
const SMALL: [(&str, &str); 3] = [
    ("SANDBOX_EXPIRED_RECORDS_CLEAN_BATCH_SIZE", "1"),
    ("SANDBOX_EXPIRED_RECORDS_CLEAN_BATCH_MAX_INTERVAL", "0"),
    ("WORKFLOW_LOG_CLEANUP_BATCH_SIZE", "1"),
];

const TALKS: [&str; 6] = [
    "messages",
    "message_files",
    "message_feedbacks",
    "conversations",
    "workflow_conversation_variables",
    "upload_files",
];

#[actix_web::test]
async fn old_messages_go_with_their_files_and_conversations_and_young_ones_stay() {
    let world = World::new(&SMALL).await;
    for query in ["one", "two"] {
        let said = world.say(&world.key, "ada", query).await;
        let path = format!(
            "/v1/messages/{}/feedbacks",
            said["message_id"].as_str().unwrap()
        );
        let rating = json!({"rating": "like", "user": "ada"});
        world.post(&world.key, &path, &rating).await.expect(200);
    }
    world.h.clock.advance(TimeDelta::days(10));
    let young = world.say(&world.key, "ada", "three").await;
    assert_eq!(world.counts(TALKS).await, [3, 3, 2, 3, 3, 3]);
    assert_eq!(world.h.stored_files(3).await, 3);
    assert_eq!(
        world.purge(Purge::Messages, 19).await,
        0,
        "30 days are not over"
    );
    assert_eq!(world.purge(Purge::Messages, 21).await, 2);
    assert_eq!(world.counts(TALKS).await, [1, 1, 0, 1, 1, 1]);
    assert_eq!(world.purge(Purge::Messages, 21).await, 0, "safe to repeat");
    world.work_in(21).await;
    assert_eq!(world.h.stored_files(1).await, 1, "contents too");
    // What stayed goes on.
    let again = json!({"inputs": {}, "query": "four", "user": "ada", "conversation_id": young["conversation_id"]});
    let said = world.post(&world.key, "/v1/chat-messages", &again).await;
    assert_eq!(said.expect(200).json()["answer"], "four (turn 2)");
}

/// A conversation that goes on keeps what was said lately, and stays.
#[actix_web::test]
async fn conversation_stays_while_it_goes_on() {
    let world = World::new(&SMALL).await;
    let said = world.say(&world.key, "ada", "one").await;
    world.h.clock.advance(TimeDelta::days(20));
    let again = json!({"inputs": {}, "query": "two", "user": "ada", "conversation_id": said["conversation_id"]});
    world
        .post(&world.key, "/v1/chat-messages", &again)
        .await
        .expect(200);
    assert_eq!(world.purge(Purge::Messages, 11).await, 1);
    assert_eq!(world.counts(["messages", "conversations"]).await, [1, 1]);
    assert_eq!(world.purge(Purge::Messages, 31).await, 1);
    assert_eq!(world.counts(["messages", "conversations"]).await, [0, 0]);
}

/// Two messages may have one file: it stays until the second is gone.
#[actix_web::test]
async fn file_that_another_message_has_stays() {
    let world = World::new(&SMALL).await;
    let file = world.upload(&world.key, "ada", "a.txt").await;
    let mut asked = uploaded(&file);
    asked["type"] = json!("document");
    let body = json!({"inputs": {}, "query": "q", "user": "ada", "files": [asked], "auto_generate_name": false});
    world
        .post(&world.key, "/v1/chat-messages", &body)
        .await
        .expect(200);
    world.h.clock.advance(TimeDelta::days(10));
    world
        .post(&world.key, "/v1/chat-messages", &body)
        .await
        .expect(200);
    assert_eq!(world.purge(Purge::Messages, 21).await, 1);
    world.work_in(21).await;
    assert_eq!(world.h.stored_files(1).await, 1);
    assert_eq!(world.count("upload_files").await, 1);
}

const RUNS: [&str; 3] = [
    "workflow_runs",
    "workflow_node_executions",
    "workflow_app_logs",
];

#[actix_web::test]
async fn old_runs_go_with_nodes_and_logs_and_their_messages_can_still_be_read() {
    let world = World::new(&SMALL).await;
    world.say(&world.key, "ada", "one").await;
    let said = world.say(&world.key, "ada", "two").await;
    assert_eq!(world.counts(RUNS).await, [2, 4, 2]);
    assert_eq!(world.purge(Purge::Runs, 29).await, 0);
    assert_eq!(world.purge(Purge::Runs, 31).await, 2);
    assert_eq!(world.counts(RUNS).await, [0, 0, 0]);
    let path = format!(
        "/v1/messages?user=ada&conversation_id={}",
        said["conversation_id"].as_str().unwrap()
    );
    let shown = world.h.with_bearer("GET", &path, &world.key).await;
    assert_eq!(
        shown.expect(200).json()["data"][0]["answer"],
        "two (turn 1)"
    );
}

#[actix_web::test]
async fn run_that_waits_for_a_person_is_not_old_however_long_it_waits() {
    let h = Harness::with(&SMALL).await;
    let mut owner = basic_account(&h).await;
    let app = published(&h, &mut owner, &asking::file(asking::WEB_APP)).await;
    let (_, key) = make_key(&h, &mut owner, &app).await;
    let world = World { h, owner, app, key };
    let body = json!({"inputs": {"who": "Bob"}, "response_mode": "blocking", "user": "ada"});
    let asked = world.post(&world.key, "/v1/workflows/run", &body).await;
    assert_eq!(asked.expect(200).json()["data"]["status"], "paused");
    assert_eq!(world.purge(Purge::Runs, 31).await, 0);
    let forms = [
        "human_input_forms",
        "human_input_form_recipients",
        "workflow_pauses",
        "workflow_runs",
    ];
    let waits = world.counts(forms).await;
    assert!(waits.iter().all(|rows| *rows > 0), "{waits:?}");
    // Whoever worked on it has ended.
    world
        .h
        .db
        .execute("DELETE FROM gatewright_run_leases")
        .await;
    assert_eq!(world.purge(Purge::Runs, 31).await, 1);
    assert_eq!(world.counts(forms).await, [0; 4]);
    assert_eq!(world.count("gatewright_run_checkpoints").await, 0);
}

#[actix_web::test]
async fn run_logs_are_kept_for_days_of_their_own_and_by_workflow() {
    let mut world = World::new(&SMALL).await;
    let (other, other_key) = world.neighbour().await;
    world.say(&world.key, "ada", "one").await;
    world.say(&other_key, "ada", "two").await;
    let workflow = "SELECT workflow_id::text FROM workflow_runs WHERE app_id";
    let workflow = world
        .h
        .db
        .query(&format!("{workflow} = '{}'", world.app))
        .await;
    let settings = [
        ("WORKFLOW_LOG_RETENTION_DAYS", "5"),
        (
            "WORKFLOW_LOG_CLEANUP_SPECIFIC_WORKFLOW_IDS",
            workflow[0].as_str(),
        ),
    ];
    let h = world
        .h
        .restarted_with(&[&SMALL[..], &settings[..]].concat())
        .await;
    let later = h.clock.now_in(6);
    assert_eq!(h.cleaner().purge(Purge::RunLogs, later).await.unwrap(), 1);
    let left = h.db.query("SELECT app_id::text FROM workflow_runs").await;
    assert_eq!(left, [other]);
}

#[actix_web::test]
async fn old_files_go_unless_a_message_has_them() {
    let world = World::new(&SMALL).await;
    world.say(&world.key, "ada", "one").await;
    world.upload(&world.key, "ada", "idle.txt").await;
    world.h.clock.advance(TimeDelta::days(10));
    world.upload(&world.key, "ada", "young.txt").await;
    assert_eq!(world.purge(Purge::Files, 21).await, 1);
    world.work_in(21).await;
    assert_eq!(world.h.stored_files(2).await, 2);
    let names = "SELECT name FROM upload_files ORDER BY name";
    assert_eq!(world.h.db.query(names).await, ["a.txt", "young.txt"]);
}

#[actix_web::test]
async fn end_users_go_when_nothing_of_them_is_left() {
    let world = World::new(&SMALL).await;
    for user in ["ada", "bob"] {
        world.say(&world.key, user, "hi").await;
    }
    assert_eq!(
        world.purge(Purge::EndUsers, 31).await,
        0,
        "they have messages"
    );
    world.purge(Purge::Messages, 31).await;
    world.purge(Purge::Runs, 31).await;
    let file =
        "UPDATE upload_files SET created_by = (SELECT id FROM end_users WHERE session_id = 'bob')";
    world.upload(&world.key, "bob", "idle.txt").await;
    world.h.db.execute(file).await;
    assert_eq!(world.purge(Purge::EndUsers, 29).await, 0);
    assert_eq!(world.purge(Purge::EndUsers, 31).await, 1);
    let left = world.h.db.query("SELECT session_id FROM end_users").await;
    assert_eq!(left, ["bob"], "who has a file");
    // Who comes again is somebody new.
    world.say(&world.key, "ada", "hi").await;
}

/// A server that was killed between the content of a file and its row.
#[actix_web::test]
async fn contents_without_a_row_go_after_a_day_and_no_others() {
    let world = World::new(&SMALL).await;
    world.upload(&world.key, "ada", "kept.txt").await;
    assert_eq!(
        world.count("gatewright_pending_contents").await,
        0,
        "it has its row"
    );
    let lost = "INSERT INTO gatewright_pending_contents (key, begun_at) SELECT key, to_timestamp(1800000000) FROM upload_files";
    world.h.db.execute(lost).await;
    world.upload(&world.key, "ada", "lost.txt").await;
    world
        .h
        .db
        .execute("INSERT INTO gatewright_pending_contents (key, begun_at) SELECT key, to_timestamp(1800000000) FROM upload_files WHERE name = 'lost.txt'")
        .await;
    world
        .h
        .db
        .execute("DELETE FROM upload_files WHERE name = 'lost.txt'")
        .await;
    assert_eq!(
        world.purge(Purge::Leftovers, 0).await,
        0,
        "it may be on its way"
    );
    assert_eq!(world.purge(Purge::Leftovers, 2).await, 2);
    world.work_in(2).await;
    assert_eq!(world.h.stored_files(1).await, 1);
    let left = "SELECT name FROM upload_files";
    assert_eq!(world.h.db.query(left).await, ["kept.txt"]);
}

#[actix_web::test]
async fn upload_that_is_cut_off_is_known_until_it_is_cleaned() {
    let world = World::new(&SMALL).await;
    let blocked = world
        .h
        .db
        .execute("ALTER TABLE upload_files ADD CONSTRAINT no CHECK (false) NOT VALID");
    blocked.await;
    let parts = [
        part("user", None, b"ada"),
        part("file", Some("a.txt"), b"x"),
    ];
    let request = world
        .h
        .request("POST", "/v1/files/upload")
        .bearer_auth(&world.key);
    let request = request
        .header("content-type", "multipart/form-data; boundary=edge")
        .body([parts.concat(), b"--edge--\r\n".to_vec()].concat());
    Answer::read(request.send().await.unwrap())
        .await
        .expect(503);
    assert_eq!(world.count("gatewright_pending_contents").await, 1);
    assert_eq!(world.purge(Purge::Leftovers, 2).await, 1);
    assert_eq!(world.count("gatewright_pending_contents").await, 0);
}

#[actix_web::test]
async fn states_of_runs_that_nobody_goes_on_with_go() {
    let world = World::new(&SMALL).await;
    let state = "INSERT INTO gatewright_run_checkpoints (run_id, epoch, state, written_at) SELECT gen_random_uuid(), 1, '', to_timestamp(1800000000)";
    for _ in 0..2 {
        world.h.db.execute(state).await;
    }
    let owned = "INSERT INTO gatewright_run_leases (run_id, expires_at) SELECT run_id, now() FROM gatewright_run_checkpoints LIMIT 1";
    world.h.db.execute(owned).await;
    assert_eq!(world.purge(Purge::Leftovers, 2).await, 1);
    assert_eq!(world.count("gatewright_run_checkpoints").await, 1);
}

#[actix_web::test]
async fn retention_is_off_until_its_settings_say_so() {
    let names = async |settings: &[(&str, &str)]| {
        let h = Harness::with(settings).await;
        let runner = h.runner(true);
        let names = runner.scheduler.schedules().iter().map(Schedule::name);
        names
            .filter(|name| PURGES.contains(name))
            .collect::<Vec<_>>()
    };
    assert_eq!(names(&[]).await, ["clean_leftovers"]);
    let on = [
        "ENABLE_CLEAN_MESSAGES",
        "ENABLE_WORKFLOW_RUN_CLEANUP_TASK",
        "WORKFLOW_LOG_CLEANUP_ENABLED",
        "GATEWRIGHT_CLEAN_FILES",
        "GATEWRIGHT_CLEAN_END_USERS",
    ];
    assert_eq!(names(&on.map(|name| (name, "true"))).await, PURGES);
}

const PURGES: [&str; 6] = [
    "clean_leftovers",
    "clean_workflow_runs_task",
    "clean_workflow_runlogs_precise",
    "clean_messages",
    "clean_files",
    "clean_end_users",
];

/// A purge may take longer than a day.
#[actix_web::test]
async fn purge_that_another_worker_is_at_is_left_to_it() {
    let world = World::new(&SMALL).await;
    world.say(&world.key, "ada", "one").await;
    let [first, second] = std::array::from_fn(|_| RandomIds.new_uuid());
    let job = CleanUp {
        purge: Purge::Messages,
    };
    let now = world.h.clock.now_in(31);
    for (id, leased) in [(first, "'infinity'"), (second, "'infinity'")] {
        let payload = serde_json::to_string(&job).unwrap();
        let queue = CleanUp::QUEUE.as_str();
        let row = format!(
            "INSERT INTO gatewright_jobs (id, queue, kind, payload, created_at, run_at, max_attempts, attempts, leased_by, leased_until) \
             VALUES ('{id}', '{queue}', '{}', '{payload}', now(), now(), 3, 1, gen_random_uuid(), {leased})",
            CleanUp::KIND
        );
        world.h.db.execute(&row).await;
    }
    let running = |id| Running {
        id: JobId(id),
        attempt: 1,
        now,
    };
    let cleaner = world.h.cleaner();
    assert_eq!(cleaner.run(running(second), job.clone()).await.unwrap(), 0);
    assert_eq!(cleaner.run(running(first), job.clone()).await.unwrap(), 1);
    // Its worker is gone: the next one does it.
    world.say(&world.key, "ada", "two").await;
    world
        .h
        .db
        .execute("UPDATE gatewright_jobs SET leased_until = to_timestamp(0)")
        .await;
    assert_eq!(cleaner.run(running(second), job).await.unwrap(), 1);
}
