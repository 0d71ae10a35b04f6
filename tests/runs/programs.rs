//! Code nodes in the sandbox that is built in, as the recordings of Dify with its own sandbox have them (06, 58, 58b).

use serde_json::{Value, json};

use crate::support::{
    Answer, Harness,
    apps::{import, make_key, publish},
    basic_account,
    events::{events, names},
    process::binary,
};

/// The program of recordings 06 and 58, without what waits.
pub(crate) const PYTHON: &str = r#"import json, time
def main(x, mode):
    if mode == "raise":
        raise ValueError("boom " + str(x))
    if mode == "extra":
        return {"y": x * 2, "z": 1}
    if mode == "missing":
        return {}
    if mode == "list":
        return [1]
    if mode == "type":
        return {"y": "text"}
    if mode == "print":
        print("printed line"); return {"y": 1}
    if mode == "slow":
        time.sleep(20); return {"y": 1}
    if mode == "net":
        import urllib.request
        return {"y": len(urllib.request.urlopen("http://127.0.0.1:5931/v1/models", timeout=3).read())}
    if mode == "file":
        open("/tmp/x", "w").write("x"); return {"y": 1}
    if mode == "fork":
        import os
        return {"y": os.fork()}
    if mode == "exit":
        import sys
        sys.exit(3)
    if mode == "import":
        import numpy
        return {"y": 1}
    if mode == "unicode":
        return {"y": len("é你" + str(x))}
    return {"y": x * 2}
"#;

const JAVASCRIPT: &str = r#"function main({x, mode}) {
  if (mode == "raise") throw new Error("boom " + x);
  if (mode == "extra") return {y: x * 2, z: 1};
  if (mode == "missing") return {};
  if (mode == "print") { console.log("printed"); return {y: 1}; }
  if (mode == "loop") { while (true) {} }
  return {y: x * 2};
}
"#;

/// A published app with one code node, and a key of it.
pub(crate) struct World {
    h: Harness,
    key: String,
}

impl World {
    async fn new(language: &str, code: &str) -> Self {
        Self::by("sandbox-child", language, code).await
    }

    /// Programs are run by a child of this binary.
    pub(crate) async fn by(helper: &str, language: &str, code: &str) -> Self {
        let helper = binary(helper);
        let settings = [
            ("GATEWRIGHT_SANDBOX_PROGRAM", helper.to_str().unwrap()),
            ("GATEWRIGHT_SANDBOX_SECONDS", "2"),
        ];
        let h = Harness::with(&settings).await;
        let mut owner = basic_account(&h).await;
        let done = import(&h, &mut owner, &file(language, code))
            .await
            .expect(200)
            .json();
        let app = done["app_id"].as_str().unwrap().to_owned();
        publish(&h, &mut owner, &app).await.expect(200);
        let (_, key) = make_key(&h, &mut owner, &app).await;
        Self { h, key }
    }

    async fn run(&self, mode: &str, response_mode: &str) -> Answer {
        let body =
            json!({"inputs": {"x": 21, "mode": mode}, "response_mode": response_mode, "user": "u"});
        let request = self
            .h
            .request("POST", "/v1/workflows/run")
            .bearer_auth(&self.key);
        Answer::read(request.json(&body).send().await.unwrap())
            .await
            .expect(200)
    }

    /// The outputs and the error of a run.
    pub(crate) async fn end(&self, mode: &str) -> (Value, String) {
        let mut data = self.run(mode, "blocking").await.json()["data"].take();
        let error = data["error"].as_str().unwrap_or_default().to_owned();
        (data["outputs"].take(), error)
    }

    async fn returns(&self, mode: &str, y: u32) {
        let end = self.end(mode).await;
        assert_eq!(end, (json!({"y": y}), String::new()), "{mode}");
    }

    async fn fails(&self, mode: &str, error: &str) {
        let end = self.end(mode).await;
        assert_eq!(end, (json!({}), error.to_owned()), "{mode}");
    }
}

/// Start, code, end. JSON is YAML.
fn file(language: &str, code: &str) -> String {
    let node = |id: &str, data: Value| json!({"id": id, "type": "custom", "data": data});
    let edge = |source: &str, target: &str| {
        json!({"id": format!("{source}-{target}"), "source": source, "sourceHandle": "source", "target": target,
            "targetHandle": "target", "type": "custom"})
    };
    let input = |name: &str, kind: &str| json!({"label": name, "variable": name, "type": kind, "required": true, "max_length": 48});
    json!({
        "app": {"name": "code", "mode": "workflow", "description": "", "icon": "🤖", "icon_type": "emoji", "icon_background": "#FFEAD5"},
        "kind": "app", "version": "0.6.0", "dependencies": [],
        "workflow": {
            "conversation_variables": [], "environment_variables": [], "features": {}, "rag_pipeline_variables": [],
            "graph": {
                "edges": [edge("start", "code"), edge("code", "end")],
                "nodes": [
                    node("start", json!({"type": "start", "title": "Start", "variables": [input("x", "number"), input("mode", "text-input")]})),
                    node("code", json!({"type": "code", "title": "Code", "code": code, "code_language": language,
                        "outputs": {"y": {"type": "number", "children": null}},
                        "variables": [{"variable": "x", "value_selector": ["start", "x"]}, {"variable": "mode", "value_selector": ["start", "mode"]}]})),
                    node("end", json!({"type": "end", "title": "End", "outputs": [{"variable": "y", "value_selector": ["code", "y"]}]})),
                ],
            },
        },
    })
    .to_string()
}

#[actix_web::test]
async fn program_of_a_code_node_runs_here_and_its_events_are_as_recorded() {
    let world = World::new("python3", PYTHON).await;
    let events = events(&world.run("ok", "streaming").await.body);
    assert_eq!(
        names(&events),
        [
            "workflow_started",
            "node_started",
            "node_finished",
            "node_started",
            "text_chunk",
            "node_finished",
            "node_started",
            "node_finished",
            "workflow_finished"
        ]
    );
    assert_eq!(events[4]["data"]["text"], "42");
    assert_eq!(events[5]["data"]["outputs"], json!({"y": 42}));
    assert_eq!(events[8]["data"]["outputs"], json!({"y": 42}));
}

#[actix_web::test]
async fn programs_in_python_end_as_recorded() {
    let world = World::new("python3", PYTHON).await;
    for (mode, result) in [("ok", 42), ("print", 1), ("unicode", 4)] {
        world.returns(mode, result).await;
    }
    for (mode, error) in [
        ("extra", "Not all output parameters are validated."),
        ("missing", "Output y is missing."),
        ("list", "Result must be a dict, got list"),
        (
            "type",
            "Output y is not a number, got <class 'str'> instead.",
        ),
        ("exit", "process exited with code 3"),
        (
            "fork",
            "process exited with code -1\nerror: operation not permitted\n",
        ),
        (
            "slow",
            "process exited with code -1\nerror: timeout\nthe limit is 2 seconds\n",
        ),
    ] {
        world.fails(mode, error).await;
    }
    for (mode, frame, last) in [
        ("raise", "line 4, in main", "ValueError: boom 21\n"),
        (
            "import",
            "line 29, in main",
            "ModuleNotFoundError: No module named 'numpy'\n",
        ),
        (
            "file",
            "line 21, in main",
            "PermissionError: [Errno 13] Permission denied: '/tmp/x'\n",
        ),
        (
            "net",
            "line 19, in main",
            "urllib.error.URLError: <urlopen error [Errno 1] Operation not permitted>\n",
        ),
    ] {
        let (_, error) = world.end(mode).await;
        let head = "process exited with code 255\nTraceback (most recent call last):\n";
        let frame = format!("  File \"<fd3>\", {frame}\n");
        assert!(
            error.starts_with(head) && error.contains(&frame) && error.ends_with(last),
            "{mode}: {error}"
        );
    }
}

#[actix_web::test]
async fn programs_in_javascript_end_as_recorded() {
    let world = World::new("javascript", JAVASCRIPT).await;
    for (mode, result) in [("ok", 42), ("print", 1)] {
        world.returns(mode, result).await;
    }
    for (mode, error) in [
        ("extra", "Not all output parameters are validated."),
        ("missing", "Output y is missing."),
        (
            "loop",
            "process exited with code -1\nerror: timeout\nthe limit is 2 seconds\n",
        ),
    ] {
        world.fails(mode, error).await;
    }
    let (_, error) = world.end("raise").await;
    assert!(
        error.starts_with("process exited with code 1\n")
            && error.contains("\nError: boom 21\n    at main ("),
        "{error}"
    );
}
