//! Values of nodes that are too large to be shown: the service API gets them whole, others their beginning and a flag; what is stored is
//! the beginning, and the whole is a file that an owner of the app can fetch and that goes with the app.

use serde_json::{Value, json};

use crate::support::{
    Browser, Harness,
    apps::{APPS, make_key, published},
    basic_account,
    events::{data, events, names},
    files::local,
    graphs::{chain, edges, end, file, inside, node, start, template},
};

/// More than an array that is shown whole.
const ITEMS: usize = 1_200;
/// More than a text that is shown whole.
const CHARS: usize = 100_001;

/// An iteration over the list of the input, and a template with the text of the input.
fn graph() -> Value {
    let nodes = [
        start(),
        node(
            "each",
            json!({"type": "iteration", "title": "Each", "start_node_id": "first",
                "iterator_selector": ["start", "o", "list"], "output_selector": ["work", "output"]}),
        ),
        inside("each", "first", json!({"type": "iteration-start"})),
        inside("each", "work", template("{{ x }}!", &["each", "item"])),
        node("long", template("{{ x }}", &["start", "q"])),
        end(&["items each.output", "text long.output"]),
    ];
    let edges = edges(&["start each", "first work", "each long", "long end"]);
    json!({"nodes": nodes, "edges": edges})
}

struct World {
    h: Harness,
    owner: Browser,
    app: String,
    key: String,
}

impl World {
    async fn new(graph: &Value) -> Self {
        Self::with(graph, &[]).await
    }

    async fn with(graph: &Value, settings: &[(&str, &str)]) -> Self {
        let h = Harness::with(settings).await;
        let mut owner = basic_account(&h).await;
        let app = published(&h, &mut owner, &file(graph)).await;
        let (_, key) = make_key(&h, &mut owner, &app).await;
        Self { h, owner, app, key }
    }

    async fn run(&self, inputs: &Value) -> Vec<Value> {
        let body = json!({"inputs": inputs, "response_mode": "streaming", "user": "ada"});
        let request = self.h.request("POST", "/v1/workflows/run");
        let request = request.bearer_auth(&self.key).json(&body).send();
        events(&request.await.unwrap().text().await.unwrap())
    }

    /// Executions of the newest run, as the console shows them.
    async fn nodes(&mut self) -> Vec<Value> {
        let newest = "SELECT id::text FROM workflow_runs ORDER BY created_at DESC, id DESC LIMIT 1";
        let run = self.h.db.query(newest).await.remove(0);
        let path = format!("{APPS}/{}/workflow-runs/{run}/node-executions", self.app);
        let shown = self.owner.get(&self.h, &path).await.expect(200).json();
        shown["data"].as_array().unwrap().clone()
    }
}

fn inputs() -> Value {
    let list: Vec<String> = (0..ITEMS).map(|n| n.to_string()).collect();
    json!({"q": "é".repeat(CHARS), "o": {"list": list}})
}

fn of<'a>(events: &'a [Value], name: &str, node: &str) -> &'a Value {
    let is_it = |event: &&Value| event["event"] == name && event["data"]["node_id"] == node;
    let found = events.iter().find(is_it);
    &found.unwrap_or_else(|| panic!("no {name} of {node}"))["data"]
}

fn length(value: &Value) -> usize {
    match value {
        Value::String(text) => text.chars().count(),
        other => other.as_array().unwrap().len(),
    }
}

#[actix_web::test]
async fn service_api_gets_large_values_whole_and_others_their_beginning_with_a_flag() {
    let mut world = World::new(&graph()).await;
    let whole = world.run(&inputs()).await;
    let ended = of(&whole, "iteration_completed", "each");
    let template = of(&whole, "node_finished", "long");
    assert_eq!(length(&ended["outputs"]["output"]), ITEMS);
    assert_eq!(length(&template["outputs"]["output"]), CHARS);
    for (event, flag) in [
        (ended, "inputs_truncated"),
        (ended, "outputs_truncated"),
        (template, "inputs_truncated"),
        (template, "outputs_truncated"),
    ] {
        assert_eq!(event[flag], false, "{flag}");
    }
    let outputs = &whole.last().unwrap()["data"]["outputs"];
    assert_eq!(length(&outputs["items"]), ITEMS);

    let token = world.h.token(&mut world.owner, "laptop").await;
    let path = format!("/openapi/v1/apps/{}/run", world.app);
    let request = world.h.request("POST", &path).bearer_auth(&token);
    let request = request.json(&json!({"inputs": inputs()})).send();
    let shown = data(&request.await.unwrap().text().await.unwrap());
    let count =
        |events: &[Value], name: &str| names(events).iter().filter(|one| **one == name).count();
    assert_eq!(count(&shown, "iteration_next"), ITEMS);
    for (name, flag, value) in [
        (
            "iteration_started",
            "inputs_truncated",
            "/inputs/iterator_selector",
        ),
        (
            "iteration_completed",
            "inputs_truncated",
            "/inputs/iterator_selector",
        ),
        (
            "iteration_completed",
            "outputs_truncated",
            "/outputs/output",
        ),
    ] {
        let event = of(&shown, name, "each");
        assert_eq!(event[flag], true, "{name} {flag}");
        assert_eq!(length(event.pointer(value).unwrap()), 1_000, "{name}");
    }
    // What came of the run is no value of a node.
    let outputs = &shown.last().unwrap()["data"]["outputs"];
    assert_eq!(
        (length(&outputs["items"]), length(&outputs["text"])),
        (ITEMS, CHARS)
    );
}

#[actix_web::test]
async fn large_values_are_stored_as_their_beginning_and_fetched_whole_by_the_node() {
    let mut world = World::new(&graph()).await;
    world.run(&inputs()).await;
    let rows = "SELECT max(length(inputs)) < 110000 AND max(length(outputs)) < 110000 FROM workflow_node_executions WHERE node_id <> 'start'";
    assert_eq!(world.h.db.query(rows).await, ["t"]);
    let nodes = world.nodes().await;
    let node = |id: &str| nodes.iter().find(|node| node["node_id"] == id).unwrap();
    assert_eq!(length(&node("each")["outputs"]["output"]), 1_000);
    let text = node("long")["outputs"]["output"].as_str().unwrap();
    assert!(text.ends_with("é...") && text.chars().count() == 100_000);
    for (id, kind, member, expected) in [
        ("each", "inputs", "iterator_selector", ITEMS),
        ("each", "outputs", "output", ITEMS),
        ("long", "inputs", "x", CHARS),
        ("long", "outputs", "output", CHARS),
        ("start", "inputs", "q", CHARS),
    ] {
        let node = node(id);
        assert_eq!(node[format!("{kind}_truncated")], true, "{id} {kind}");
        let url = &node[format!("{kind}_full_content")]["download_url"];
        let whole = world.h.get(&local(url)).await.expect(200).json();
        assert_eq!(length(&whole[member]), expected, "{id} {kind}");
    }
    let end = node("end");
    assert_eq!(end["process_data_truncated"], false);
    assert!(end.get("process_data_full_content").is_none());
    // They are nobody's uploads.
    let owned = "SELECT count(*) FROM upload_files f WHERE EXISTS (SELECT 1 FROM end_users u WHERE u.id = f.created_by) \
                 OR EXISTS (SELECT 1 FROM accounts a WHERE a.id = f.created_by)";
    assert_eq!(world.h.db.query(owned).await, ["0"]);
}

#[actix_web::test]
async fn values_within_the_limits_stay_in_their_rows() {
    let mut world = World::new(&graph()).await;
    let list: Vec<String> = (0..1_000).map(|n| n.to_string()).collect();
    world
        .run(&json!({"q": "x".repeat(99_000), "o": {"list": list}}))
        .await;
    for node in world.nodes().await {
        for kind in ["inputs", "outputs", "process_data"] {
            assert_eq!(node[format!("{kind}_truncated")], false, "{node}");
            assert!(node.get(format!("{kind}_full_content")).is_none());
        }
    }
    assert_eq!(world.h.stored_files(0).await, 0);
}

#[actix_web::test]
async fn whole_values_go_with_their_app() {
    let mut world = World::new(&graph()).await;
    world.run(&inputs()).await;
    let nodes = world.nodes().await;
    let url = nodes[0]["outputs_full_content"]["download_url"].clone();
    world.h.get(&local(&url)).await.expect(200);
    let path = format!("{APPS}/{}", world.app);
    let gone = world.owner.send(&world.h, "DELETE", &path, None, &[]);
    gone.await.expect(204);
    world.h.work().await;
    world.h.get(&local(&url)).await.expect(404);
    assert_eq!(world.h.stored_files(0).await, 0);
}

/// A run that is over before anything waits is written by one statement; a storage that takes nothing fails no run.
#[actix_web::test]
async fn run_goes_on_where_the_storage_of_files_takes_nothing() {
    let graph = chain(&[
        start(),
        node("long", template("{{ x }}", &["start", "q"])),
        end(&["text long.output"]),
    ]);
    // No folder can be made below what is none.
    let settings = [("OPENDAL_FS_ROOT", "/dev/null/storage")];
    let mut world = World::with(&graph, &settings).await;
    let shown = world.run(&inputs()).await;
    assert_eq!(shown.last().unwrap()["data"]["status"], "succeeded");
    let nodes = world.nodes().await;
    let long = nodes.iter().find(|node| node["node_id"] == "long").unwrap();
    assert_eq!(length(&long["outputs"]["output"]), CHARS);
    assert_eq!(long["outputs_truncated"], false);
}
