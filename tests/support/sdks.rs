//! The service API for clients that others wrote: a server in a process of its own, with a chatflow and a workflow that have a key each.

use std::path::{Path, PathBuf};

use gatewright_test_db::TestDb;
use gatewright_test_support::scripted_server::{ScriptedServer, Step, answer};
use serde_json::{Value, json};

use super::{
    apps::{APPS, calling},
    model_server::ModelServer,
    process::Server,
    talking::{file, memory, model, says},
};

/// What clients are given.
pub struct Service {
    pub server: Server,
    /// The key of a chatflow whose model echoes; `hold:` and a text waits in the middle of it.
    pub chat: String,
    /// The key of a workflow that greets; whoever is called `wait` waits for ever.
    pub workflow: String,
    _model: ModelServer,
    _greets: ScriptedServer,
    _db: TestDb,
}

/// Says hi to the path that is asked for.
fn greet(target: &str) -> Vec<Step> {
    match target.trim_start_matches('/') {
        "wait" => vec![Step::UntilClosed],
        name => answer(
            "200 OK",
            "content-type: text/plain\r\n",
            format!("hi {name}"),
        ),
    }
}

fn chatflow() -> String {
    let nodes = [model(&memory(0)), says("{{#llm.text#}}")];
    let mut app: Value = serde_json::from_str(&file(&nodes)).unwrap();
    let features = &mut app["workflow"]["features"];
    features["suggested_questions_after_answer"] = json!({"enabled": true});
    features["file_upload"] = json!({"enabled": true, "allowed_file_types": ["document"],
        "allowed_file_upload_methods": ["local_file"], "allowed_file_extensions": [], "number_limits": 3});
    app.to_string()
}

impl Service {
    pub async fn start() -> Self {
        let db = TestDb::create().await;
        let model = ModelServer::start().await;
        let greets = ScriptedServer::start(|asked| greet(&asked.target))
            .await
            .unwrap();
        let settings = [
            ("REDIS_KEY_PREFIX", db.key_prefix.as_str()),
            ("GATEWRIGHT_MODEL_ENDPOINTS", model.endpoints()),
            ("GATEWRIGHT_OUTBOUND_ALLOW", "127.0.0.0/8"),
        ];
        let server = Server::start(&db.database_url, &db.redis_url, &settings).await;
        let session = server.sign_in().await;
        let workflow = calling(&greets.url("/{{#start.name#}}"));
        let mut keys = vec![];
        for text in [chatflow(), workflow] {
            let app = server.published(&session, &text).await;
            let path = format!("{APPS}/{app}/api-keys");
            let made = server.post_as(&session, &path, &json!({})).await;
            keys.push(made["token"].as_str().unwrap().to_owned());
        }
        Self {
            workflow: keys.remove(1),
            chat: keys.remove(0),
            server,
            _model: model,
            _greets: greets,
            _db: db,
        }
    }

    /// Runs a client with these arguments, the address of the API and both keys; the JSON that it prints at its end.
    pub async fn drive(&self, program: impl AsRef<Path>, arguments: &[&str]) -> Value {
        let url = format!("{}/v1", self.server.url);
        let output = tokio::process::Command::new(program.as_ref())
            .args(arguments)
            .args([&url, &self.chat, &self.workflow])
            .kill_on_drop(true)
            .output()
            .await
            .unwrap_or_else(|error| panic!("{}: {error}", program.as_ref().display()));
        assert!(
            output.status.success(),
            "{}\n{}",
            String::from_utf8_lossy(&output.stderr),
            self.server.log()
        );
        let printed = String::from_utf8(output.stdout).unwrap();
        let last = printed.lines().last().unwrap_or_default();
        serde_json::from_str(last).unwrap_or_else(|_| panic!("no JSON: {printed}"))
    }
}

/// A script of ours for a client.
pub fn script(name: &str) -> String {
    format!("{}/clients/sdks/{name}", env!("CARGO_MANIFEST_DIR"))
}

/// The Python of the environment that has a client, which the test tool installs.
pub fn python(client: &str) -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let python = root.join("target").join(client).join("bin/python");
    assert!(
        python.exists(),
        "{} is missing: run the tests with ./dev/test",
        python.display()
    );
    python
}

/// The names of the events in what a client learnt, which are taken out of it.
pub fn events(learnt: &mut Value) -> Vec<String> {
    let events = learnt.as_object_mut().unwrap().remove("events").unwrap();
    serde_json::from_value(events).unwrap()
}
