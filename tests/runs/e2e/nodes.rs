//! Two API nodes and two workers behind nginx: nobody needs the node of their last request, and one of each may die.

use std::{collections::BTreeSet, process::Child};

use gatewright_test_db::TestDb;
use gatewright_test_support::scripted_server::ScriptedServer;
use serde_json::{Value, json};

use crate::support::{
    SECRET_KEY,
    apps::{APPS, answering_when_told, calling},
    events::{data, names, read_until},
    nginx::Nginx,
    process::{Server, command, free_port, signal, wait_until},
    talking::{echoes, file},
};

/// All of it, with an app that calls a server and waits for its answer.
struct World {
    db: TestDb,
    nodes: [Server; 2],
    proxy: Nginx,
    asked: ScriptedServer,
    session: (String, String),
    token: String,
    app: String,
}

/// A worker; it ends with its value.
struct Worker(Child);

impl Drop for Worker {
    fn drop(&mut self) {
        let _gone = self.0.kill();
        let _gone = self.0.wait();
    }
}

impl World {
    async fn new() -> Self {
        let db = TestDb::create().await;
        let asked = answering_when_told("hi").await;
        let ports = [free_port(), free_port()];
        let settings = [
            ("REDIS_KEY_PREFIX", db.key_prefix.as_str()),
            ("GATEWRIGHT_OUTBOUND_ALLOW", "127.0.0.0/8"),
            ("GATEWRIGHT_TRUSTED_PROXIES", "127.0.0.1"),
            ("OPENAPI_RATE_LIMIT_PER_TOKEN", "1000000"),
        ];
        let start = |port| Server::start_at(port, &db.database_url, &db.redis_url, &settings);
        let nodes = [start(ports[0]).await, start(ports[1]).await];
        let addresses = ports.map(|port| format!("127.0.0.1:{port}"));
        let proxy = Nginx::before([&addresses[0], &addresses[1]]).await;
        let session = nodes[0].sign_in().await;
        let (token, _) = nodes[1].log_in(&session, "laptop").await;
        let app = nodes[1]
            .published(&session, &calling(&asked.url("/")))
            .await;
        Self {
            db,
            nodes,
            proxy,
            asked,
            session,
            token,
            app,
        }
    }

    fn request(&self, method: &str, path: &str) -> reqwest::RequestBuilder {
        let method = method.parse().unwrap();
        let url = format!("{}{path}", self.proxy.url);
        self.nodes[0].http.request(method, url)
    }

    /// Sends with the bearer through the proxy; an answer with this status.
    async fn ask(&self, method: &str, path: &str) -> reqwest::Response {
        let request = self.request(method, path).bearer_auth(&self.token);
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), 200, "{method} {path}");
        answer
    }

    /// Begins a run through the proxy and reads until its call waits: the stream, what came of it, and the run.
    async fn begin(&self) -> (reqwest::Response, String, String) {
        let path = format!("/openapi/v1/apps/{}/run", self.app);
        let request = self.request("POST", &path).bearer_auth(&self.token);
        let body = json!({"inputs": {"name": "Ada"}});
        let mut stream = request.json(&body).send().await.unwrap();
        assert_eq!(stream.status(), 200);
        let told = read_until(&mut stream, "workflow_started").await;
        let run = data(&told)[0]["workflow_run_id"]
            .as_str()
            .unwrap()
            .to_owned();
        wait_until("the run asks", async || !self.asked.asked().is_empty()).await;
        (stream, told, run)
    }

    /// A reader through the proxy.
    async fn attach(&self, run: &str) -> reqwest::Response {
        let path = format!(
            "/openapi/v1/apps/{}/tasks/{run}/events?include_state_snapshot=true",
            self.app
        );
        self.ask("GET", &path).await
    }
}

/// The node that answered.
fn node(answer: &reqwest::Response) -> String {
    answer.headers()["x-upstream"].to_str().unwrap().to_owned()
}

async fn rest(mut stream: reqwest::Response, mut told: String) -> Vec<Value> {
    while let Ok(Some(bytes)) = stream.chunk().await {
        told.push_str(std::str::from_utf8(&bytes).unwrap());
    }
    data(&told)
}

#[tokio::test]
async fn session_and_bearer_of_one_node_are_good_on_each_request_of_a_proxy_that_takes_turns() {
    let world = World::new().await;
    let (cookies, csrf) = &world.session;
    let mut nodes = BTreeSet::new();
    for _ in 0..10 {
        let profile = world
            .request("GET", "/console/api/account/profile")
            .header("cookie", cookies)
            .header("x-csrf-token", csrf);
        let profile = profile.send().await.unwrap();
        assert_eq!(profile.status(), 200);
        nodes.insert(node(&profile));
        nodes.insert(node(&world.ask("GET", "/openapi/v1/account").await));
    }
    assert_eq!(nodes.len(), 2, "no stickiness: {nodes:?}");
}

#[tokio::test]
async fn run_is_read_and_stopped_through_whichever_node_answers() {
    let world = World::new().await;
    let (stream, told, run) = world.begin().await;
    let task = data(&told)[0]["task_id"].as_str().unwrap().to_owned();
    let readers = [world.attach(&run).await, world.attach(&run).await];
    let nodes: BTreeSet<String> = readers.iter().map(node).collect();
    assert_eq!(nodes.len(), 2, "one reader on each node: {nodes:?}");
    // Of the two nodes that are asked one at least does not have the run.
    let path = format!("/openapi/v1/apps/{}/tasks/{task}/stop", world.app);
    for _ in 0..2 {
        world.ask("POST", &path).await;
    }
    let mut ends = vec![rest(stream, told).await];
    for reader in readers {
        ends.push(rest(reader, String::new()).await);
    }
    for events in ends {
        let last = events.last().unwrap();
        assert_eq!(last["data"]["status"], "stopped", "{last}");
    }
}

#[tokio::test]
async fn client_of_a_node_that_is_killed_in_mid_run_attaches_again_through_the_proxy() {
    let mut world = World::new().await;
    let (stream, told, run) = world.begin().await;
    let holder = node(&stream);
    let mut nodes = world.nodes.iter_mut();
    let dies = nodes.find(|one| one.url.ends_with(&holder)).unwrap();
    signal(dies.child.id(), "KILL");
    dies.child.wait().unwrap();
    let broken = rest(stream, told).await;
    assert_eq!(
        names(&broken).last(),
        Some(&"node_started"),
        "it breaks off"
    );
    // No word of the node that is gone for the length of a lease.
    world
        .db
        .execute("UPDATE gatewright_run_leases SET expires_at = now() - interval '1 second'")
        .await;
    world.asked.let_pass(100);
    let again = world.attach(&run).await;
    assert_ne!(node(&again), holder);
    let events = rest(again, String::new()).await;
    let last = events.last().unwrap();
    assert_eq!(
        (&last["event"], &last["data"]["status"]),
        (&json!("workflow_finished"), &json!("succeeded"))
    );
    // The proxy has learnt of it: nobody is sent to the node that is gone.
    for _ in 0..10 {
        world.ask("GET", "/openapi/v1/account").await;
    }
}

#[tokio::test]
async fn worker_that_is_killed_leaves_its_jobs_to_the_other() {
    const COUNT: usize = 40;
    let world = World::new().await;
    let talks = world.nodes[0]
        .published(&world.session, &file(&[echoes()]))
        .await;
    let path = format!("{APPS}/{talks}/api-keys");
    let key = world.nodes[1]
        .post_as(&world.session, &path, &json!({}))
        .await;
    let key = key["token"].as_str().unwrap();
    let body = json!({"inputs": {}, "query": "x", "user": "ada", "auto_generate_name": false});
    let mut conversations = vec![];
    for _ in 0..COUNT {
        let said = world.request("POST", "/v1/chat-messages").bearer_auth(key);
        let said = said.json(&body).send().await.unwrap();
        let said: Value = said.json().await.unwrap();
        conversations.push(said["conversation_id"].as_str().unwrap().to_owned());
    }
    let mut workers = [world.worker(), world.worker()];
    for conversation in &conversations {
        let path = format!("/v1/conversations/{conversation}");
        let gone = world.request("DELETE", &path).bearer_auth(key);
        let gone = gone.json(&json!({"user": "ada"})).send().await.unwrap();
        assert_eq!(gone.status(), 204);
    }
    workers[0].0.kill().unwrap();
    workers[0].0.wait().unwrap();
    wait_until("what was in the conversations is deleted", async || {
        let left = "SELECT count(*) FROM messages";
        world.db.query(left).await == ["0"]
    })
    .await;
    assert!(workers[1].0.try_wait().unwrap().is_none());
}

impl World {
    fn worker(&self) -> Worker {
        let settings = [
            ("SECRET_KEY", SECRET_KEY),
            ("DATABASE_URL", self.db.database_url.as_str()),
            ("REDIS_URL", self.db.redis_url.as_str()),
            ("REDIS_KEY_PREFIX", self.db.key_prefix.as_str()),
            ("CONSOLE_API_URL", "http://gatewright.test"),
        ];
        let mut command = command("worker", &settings);
        Worker(
            command
                .args(["--lease", "2", "--schedules", "off"])
                .spawn()
                .unwrap(),
        )
    }
}
