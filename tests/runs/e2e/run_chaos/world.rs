//! Two processes, an app that asks a server three times, and that server, which counts.

use gatewright_test_db::TestDb;
use gatewright_test_support::scripted_server::ScriptedServer;
use serde_json::{Value, json};

use crate::support::{
    apps::answering_when_told,
    process::{Server, wait_until},
};

/// More than any test lets through.
pub(super) const ALL: usize = 10_000;

/// The server that the app asks: how often for each node of each run.
pub(super) struct Asked(ScriptedServer);

impl Asked {
    /// Answers so many calls; the others wait.
    pub(super) async fn answering(count: usize) -> Self {
        let server = answering_when_told("hi").await;
        server.let_pass(count);
        Self(server)
    }

    /// Where it is.
    pub(super) fn url(&self) -> String {
        self.0.url("")
    }

    pub(super) fn answer(&self, count: usize) {
        self.0.let_pass(count);
    }

    /// Calls that may still be answered.
    pub(super) fn left(&self) -> usize {
        self.0.left_to_pass()
    }

    /// How often a node of a run asked.
    pub(super) fn times(&self, node: &str, run: &str) -> usize {
        let target = format!("/{node}?run={run}");
        let asked = self.0.asked();
        asked.iter().filter(|one| one.target == target).count()
    }

    /// How often anybody asked.
    pub(super) fn total(&self) -> usize {
        self.0.asked().len()
    }
}

/// A workflow that asks `a` (GET), `b` (POST) and `c` (GET), one after the other.
fn file(url: &str) -> String {
    let node = |id: &str, method: &str| {
        format!(
            "    - data:\n        authorization:\n          config: null\n          type: no-auth\n        body:\n          data: []\n          type: none\n        \
             headers: ''\n        method: {method}\n        params: ''\n        timeout: {{}}\n        title: {id}\n        type: http-request\n        url: '{url}/{id}?run={{{{#start.name#}}}}'\n        \
             variables: []\n      id: {id}\n      type: custom\n"
        )
    };
    let edge = |from: &str, to: &str| {
        format!(
            "    - id: {from}-{to}\n      source: {from}\n      sourceHandle: source\n      target: {to}\n      targetHandle: target\n      type: custom\n"
        )
    };
    let edges = [
        edge("start", "a"),
        edge("a", "b"),
        edge("b", "c"),
        edge("c", "end"),
    ]
    .concat();
    let nodes = [node("a", "get"), node("b", "post"), node("c", "get")].concat();
    format!(
        "app:\n  description: asks\n  icon: x\n  icon_background: '#FFEAD5'\n  icon_type: emoji\n  mode: workflow\n  name: asks\n\
         dependencies: []\nkind: app\nversion: 0.6.0\nworkflow:\n  conversation_variables: []\n  environment_variables: []\n  features: {{}}\n  graph:\n    edges:\n{edges}    nodes:\n    \
         - data:\n        title: Start\n        type: start\n        variables:\n        - label: name\n          max_length: 48\n          required: true\n          type: text-input\n          variable: name\n      id: start\n      type: custom\n{nodes}    \
         - data:\n        outputs:\n        - value_selector:\n          - c\n          - body\n          variable: result\n        title: End\n        type: end\n      id: end\n      type: custom\n  rag_pipeline_variables: []\n"
    )
}

/// The process that stays, and what all share.
pub(super) struct World {
    pub(super) db: TestDb,
    pub(super) stays: Server,
    pub(super) asked: Asked,
    pub(super) token: String,
    pub(super) app: String,
    /// The file that tells the processes of models; empty: none.
    models: String,
}

const SETTINGS: [(&str, &str); 2] = [
    ("GATEWRIGHT_OUTBOUND_ALLOW", "127.0.0.0/8"),
    ("OPENAPI_RATE_LIMIT_PER_TOKEN", "1000000"),
];

impl World {
    /// Whose server answers so many calls.
    pub(super) async fn answering(count: usize) -> Self {
        let asked = Asked::answering(count).await;
        let file = file(&asked.url());
        Self::running(&file, asked, "").await
    }

    /// With another app, and models.
    pub(super) async fn running(file: &str, asked: Asked, models: &str) -> Self {
        let db = TestDb::create().await;
        let stays = process(&db, [&db.database_url, &db.redis_url], models).await;
        let session = stays.sign_in().await;
        let (token, _) = stays.log_in(&session, "laptop").await;
        let app = stays.published(&session, file).await;
        Self {
            db,
            stays,
            asked,
            token,
            app,
            models: models.to_owned(),
        }
    }

    /// One more process.
    pub(super) async fn another(&self) -> Server {
        self.another_by(&self.db.database_url, &self.db.redis_url)
            .await
    }

    /// One more process, which reaches its stores on ways of its own.
    pub(super) async fn another_by(&self, database_url: &str, redis_url: &str) -> Server {
        process(&self.db, [database_url, redis_url], &self.models).await
    }

    /// Begins a run of that name there, and reads its stream until it breaks or ends.
    pub(super) fn begin(&self, at: &Server, name: &str) -> tokio::task::JoinHandle<String> {
        self.send(at, &json!({"inputs": {"name": name}}))
    }

    /// Begins a run there as the body says, and reads its stream until it breaks or ends.
    pub(super) fn send(&self, at: &Server, body: &Value) -> tokio::task::JoinHandle<String> {
        let url = format!("{}/openapi/v1/apps/{}/run", at.url, self.app);
        let request = at.http.post(url).bearer_auth(&self.token);
        let request = request.json(body);
        tokio::spawn(async move {
            let mut text = String::new();
            let Ok(mut stream) = request.send().await else {
                return text;
            };
            while let Ok(Some(bytes)) = stream.chunk().await {
                text.push_str(std::str::from_utf8(&bytes).unwrap());
            }
            text
        })
    }

    /// The id of the run with that name, if it was ever kept.
    pub(super) async fn run(&self, name: &str) -> Option<String> {
        let query =
            format!("SELECT id::text FROM workflow_runs WHERE inputs::json ->> 'name' = '{name}'");
        self.db.query(&query).await.pop()
    }

    /// A reader who attaches there, and reads to the end.
    pub(super) fn attach(&self, at: &Server, run: &str) -> tokio::task::JoinHandle<String> {
        let app = &self.app;
        let path = format!("/openapi/v1/apps/{app}/tasks/{run}/events?include_state_snapshot=true");
        let request = at
            .http
            .get(format!("{}{path}", at.url))
            .bearer_auth(&self.token);
        tokio::spawn(async move { request.send().await.unwrap().text().await.unwrap() })
    }

    /// Nodes of a run that have ended, as storage has it.
    pub(super) async fn ended_nodes(&self, run: &str) -> Vec<String> {
        let query = format!(
            "SELECT node_id FROM workflow_node_executions WHERE workflow_run_id = '{run}' AND status = 'succeeded' ORDER BY index"
        );
        self.db.query(&query).await
    }

    /// Waits until the database is done with what a process that is gone had asked of it.
    pub(super) async fn settles(&self) {
        let busy = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state <> 'idle' AND pid <> pg_backend_pid()";
        wait_until("the database is idle", async || {
            self.db.query(busy).await == ["0"]
        })
        .await;
    }

    /// As if processes that are gone had not been heard of for the length of a lease, and storage had answered all the time.
    pub(super) async fn let_leases_lapse(&self) {
        let nobody = uuid::Uuid::nil();
        let lapse = format!(
            "UPDATE gatewright_run_leases SET expires_at = now() - interval '1 second', owner = '{nobody}' WHERE owner IS NOT NULL"
        );
        self.db.execute(&lapse).await;
    }

    /// Waits until nobody works on any run any more.
    pub(super) async fn all_end(&self) {
        wait_until("all runs have ended", async || {
            let open = "SELECT count(*) FROM workflow_runs WHERE status = 'running'";
            let leases = "SELECT count(*) FROM gatewright_run_leases";
            self.db.query(open).await == ["0"] && self.db.query(leases).await == ["0"]
        })
        .await;
    }

    /// What counts once is there once.
    pub(super) async fn everything_is_kept_once(&self) {
        for query in [
            "SELECT workflow_run_id::text || node_id FROM workflow_node_executions GROUP BY workflow_run_id, node_id HAVING count(*) > 1",
            "SELECT workflow_run_id::text FROM workflow_app_logs GROUP BY workflow_run_id HAVING count(*) > 1",
            "SELECT run_id::text FROM gatewright_run_checkpoints",
            "SELECT id::text FROM workflow_node_executions WHERE status = 'running'",
            "SELECT r.id::text FROM workflow_runs r LEFT JOIN workflow_app_logs l ON l.workflow_run_id = r.id WHERE l.id IS NULL",
        ] {
            assert_eq!(self.db.query(query).await, Vec::<String>::new(), "{query}");
        }
    }

    /// How a run ended: its status, and why.
    pub(super) async fn end_of(&self, name: &str) -> String {
        let query = format!(
            "SELECT status || ' ' || coalesce(error, '') FROM workflow_runs WHERE inputs::json ->> 'name' = '{name}'"
        );
        self.db.query(&query).await.remove(0)
    }
}

async fn process(db: &TestDb, stores: [&str; 2], models: &str) -> Server {
    let mut settings = vec![("REDIS_KEY_PREFIX", db.key_prefix.as_str())];
    settings.extend(SETTINGS);
    settings.extend((!models.is_empty()).then_some(("GATEWRIGHT_MODEL_ENDPOINTS", models)));
    Server::start(stores[0], stores[1], &settings).await
}
