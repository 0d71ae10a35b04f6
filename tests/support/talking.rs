//! Apps that answer in conversations: their files.

use serde_json::{Value, json};

/// The conversation variable of these apps.
pub const NOTES: &str = "0b7c4a7e-6b0f-4c55-9b2a-0d0c6f3f0aff";

/// An app file, as JSON, which is YAML too. The nodes stand in a row behind the start.
pub fn file(nodes: &[Value]) -> String {
    let start = json!({"id": "start", "data": {"type": "start", "title": "Start", "variables": [
        {"variable": "who", "label": "who", "type": "text-input", "required": false, "max_length": 48}]}});
    let nodes: Vec<Value> = std::iter::once(start)
        .chain(nodes.iter().cloned())
        .collect();
    let edge = |pair: &[Value]| {
        json!({"id": format!("{}-{}", pair[0]["id"], pair[1]["id"]), "source": pair[0]["id"], "sourceHandle": "source",
            "target": pair[1]["id"], "targetHandle": "target", "type": "custom"})
    };
    let edges: Vec<Value> = nodes.windows(2).map(edge).collect();
    let remembered = json!({"id": NOTES, "name": "notes", "value_type": "array[string]", "value": ["begun"], "description": "said",
        "selector": ["conversation", "notes"]});
    json!({
        "app": {"mode": "advanced-chat", "name": "talks", "icon": "x", "icon_type": "emoji", "icon_background": "#FFFFFF", "description": ""},
        "kind": "app", "version": "0.6.0", "dependencies": [],
        "workflow": {
            "conversation_variables": [remembered], "environment_variables": [],
            "features": {"opening_statement": "Welcome, {{who}}"},
            "graph": {"nodes": nodes, "edges": edges},
        },
    })
    .to_string()
}

/// An answer.
pub fn says(answer: &str) -> Value {
    json!({"id": "answer", "data": {"type": "answer", "title": "Answer", "answer": answer, "variables": []}})
}

/// An answer that says what was asked, and how often.
pub fn echoes() -> Value {
    says("{{#sys.query#}} (turn {{#sys.dialogue_count#}})")
}

/// A model with a memory, or null.
pub fn model(memory: &Value) -> Value {
    json!({"id": "llm", "data": {"type": "llm", "title": "LLM", "model": {"provider": "scripted", "name": "small", "mode": "chat",
        "completion_params": {}}, "prompt_template": [{"id": "s", "role": "system", "text": "sys"}], "prompt_config": {"jinja2_variables": []},
        "context": {"enabled": false, "variable_selector": []}, "vision": {"enabled": false}, "memory": memory}})
}

/// Of so many rounds; 0: of all.
pub fn memory(window: u32) -> Value {
    json!({"role_prefix": {"user": "", "assistant": ""}, "window": {"enabled": window > 0, "size": window},
        "query_prompt_template": "{{#sys.query#}}"})
}
