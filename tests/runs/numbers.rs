//! What is counted of a run is one number, wherever it is shown.

use serde_json::{Value, json};

use super::service_conversations::{Keyed, text};
use crate::support::{
    apps::APPS,
    events::events,
    talking::{file, model, says},
};

/// What the scripted model counts for one call.
const OF_ONE: [u64; 2] = [7, 5];
/// Calls: before the iteration, in each of its rounds, behind it.
const CALLS: u64 = 5;

fn asks(id: &str) -> Value {
    let mut node = model(&Value::Null);
    node["id"] = json!(id);
    node
}

/// A chatflow whose models stand before, in and behind an iteration over three texts.
fn app() -> String {
    let rounds = json!({"id": "rounds", "data": {"type": "iteration", "title": "Rounds", "iterator_input_type": "array[string]",
        "iterator_selector": ["conversation", "notes"], "output_selector": ["each", "text"], "output_type": "array[string]",
        "start_node_id": "roundsstart", "is_parallel": false, "parallel_nums": 10, "error_handle_mode": "terminated"}});
    let nodes = [
        asks("before"),
        rounds,
        asks("behind"),
        says("{{#behind.text#}}"),
    ];
    let mut app: Value = serde_json::from_str(&file(&nodes)).unwrap();
    app["workflow"]["conversation_variables"][0]["value"] = json!(["a", "b", "c"]);
    let inside = json!({"isInIteration": true, "iteration_id": "rounds"});
    let mut first = json!({"id": "roundsstart", "type": "custom-iteration-start", "parentId": "rounds",
        "data": {"type": "iteration-start", "title": ""}});
    let mut each = asks("each");
    each["parentId"] = json!("rounds");
    for node in [&mut first, &mut each] {
        let data = node["data"].as_object_mut().unwrap();
        data.extend(inside.as_object().unwrap().clone());
    }
    let edge = json!({"id": "inside", "source": "roundsstart", "sourceHandle": "source", "target": "each",
        "targetHandle": "target", "type": "custom", "data": inside});
    let graph = &mut app["workflow"]["graph"];
    graph["nodes"].as_array_mut().unwrap().extend([first, each]);
    graph["edges"].as_array_mut().unwrap().push(edge);
    app.to_string()
}

/// Complaint of the original's users: tokens of an iteration are counted nowhere, and totals are no sums.
#[actix_web::test]
async fn tokens_of_models_beside_and_in_an_iteration_are_one_number_wherever_they_are_shown() {
    let [asked, said] = OF_ONE.map(|one| CALLS * one);
    let mut keyed = Keyed::of(&app()).await;
    let body = json!({"inputs": {}, "query": "count", "user": "ada", "response_mode": "streaming", "auto_generate_name": false});
    let stream = keyed.post("/v1/chat-messages", &body).await.expect(200);
    let events = events(&stream.body);
    let of = |name: &str| events.iter().find(|event| event["event"] == name).unwrap();
    let usage = &of("message_end")["metadata"]["usage"];
    let counted =
        ["prompt_tokens", "completion_tokens", "total_tokens"].map(|member| usage[member].clone());
    assert_eq!(
        counted,
        [asked, said, asked + said].map(Value::from),
        "{usage}"
    );
    // Each call costs 1.1 and 3.0 millionths of a dollar, rounded to seven places as Dify does.
    assert_eq!(text(usage, "total_price"), "0.0000205", "{usage}");
    let finished = of("workflow_finished");
    assert_eq!(finished["data"]["total_tokens"], asked + said);
    let run = text(finished, "workflow_run_id");
    let mut shown = async |path: &str| {
        let path = format!("{APPS}/{}{path}", keyed.app);
        keyed.owner.get(&keyed.h, &path).await.expect(200).json()
    };
    let detail = shown(&format!("/workflow-runs/{run}")).await;
    assert_eq!(detail["total_tokens"], asked + said);
    let days = shown("/statistics/token-costs").await;
    assert_eq!(days["data"][0]["token_count"], asked + said, "{days}");
    let days = shown("/workflow/statistics/token-costs").await;
    assert_eq!(days["data"][0]["token_count"], asked + said, "{days}");
    let row = "SELECT message_tokens || ' ' || answer_tokens FROM messages";
    assert_eq!(keyed.h.db.query(row).await, [format!("{asked} {said}")]);
}
