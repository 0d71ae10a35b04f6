//! Nodes that ask models: prompts, and what becomes of answers.

use gatewright_engine::{
    CallResult, Declared, Event, NodeCall, Start,
    call::{FilePart, ModelAnswer, ModelCall, PromptMessage, PromptPart, Role},
};
use serde_json::{Value as Json, json};

use crate::{
    build::{end, graph, start, with},
    driver::{Answer, Driver, object},
};

fn llm(extra: Json) -> Json {
    let mut node = json!({"id": "llm", "data": {"type": "llm", "title": "", "model": {"provider": "p", "name": "m", "mode": "chat",
        "completion_params": {"temperature": 0.5, "user": "{{#sys.user_id#}}"}}, "prompt_template": [{"role": "user", "text": "hi"}]}});
    for (key, value) in extra.as_object().unwrap() {
        node["data"][key] = value.clone();
    }
    node
}

fn asked(node: Json, inputs: Json) -> Result<ModelCall, String> {
    let names: Vec<String> = inputs.as_object().unwrap().keys().cloned().collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let mut driver = Driver::new(&graph(&[start(&names), node], &["start llm"]));
    driver.send(Event::Start(Start {
        inputs: object(inputs),
        system: object(json!({"query": "Q", "user_id": "U", "files": []})),
        environment: vec![Declared {
            name: "other".to_owned(),
            value_type: "object".to_owned(),
            value: json!({"provider": "P2", "name": "M2", "mode": "chat"}),
        }],
        ..Start::default()
    }));
    match driver.calls.pop_front() {
        Some((_, _, NodeCall::Model(call))) => Ok(*call),
        _ => Err(driver.end().error.clone().unwrap_or_default()),
    }
}

fn message(role: Role, text: &str) -> PromptPart {
    PromptPart::Message(PromptMessage {
        role,
        text: text.to_owned(),
        files: Vec::new(),
    })
}

fn file(name: &str) -> Json {
    json!({"dify_model_identity": "__dify__file__", "type": "image", "filename": name, "url": "u"})
}

#[test]
fn prompt_is_built_from_templates_context_and_files() {
    let knowledge = json!([{"content": "c1", "summary": "s"}, {"content": "c2 {{#start.q#}}"}]);
    let node = llm(json!({
        "prompt_template": [
            {"role": "system", "text": "Know: {{#context#}}!"},
            {"role": "user", "text": "{{#start.q#}} {{#start.pic#}}"},
            {"role": "assistant", "text": ""},
            {"role": "user", "edition_type": "jinja2", "jinja2_text": "{{ list }}"},
        ],
        "prompt_config": {"jinja2_variables": [{"variable": "list", "value_selector": ["start", "list"]}]},
        "context": {"enabled": true, "variable_selector": ["start", "know"]},
        "vision": {"enabled": true, "configs": {"variable_selector": ["start", "pic"], "detail": "low"}},
    }));
    let inputs = json!({"q": "why", "know": knowledge, "pic": file("a.png"), "list": [{"content": "x"}, "y"]});
    let call = asked(node, inputs).unwrap();
    let part = |name: &str| FilePart {
        file: file(name),
        detail: "low".to_owned(),
    };
    assert_eq!(
        call.prompt,
        [
            // What stands in a context is never read as a template.
            message(Role::System, "Know: s\nc1\nc2 {{#start.q#}}!"),
            message(Role::User, "why "),
            PromptPart::Message(PromptMessage {
                role: Role::User,
                text: String::new(),
                files: vec![part("a.png")]
            }),
            PromptPart::Message(PromptMessage {
                role: Role::User,
                text: "x\ny".to_owned(),
                files: vec![part("a.png")]
            }),
        ]
    );
    assert_eq!(
        json!(call.parameters),
        json!({"temperature": 0.5, "user": "U"})
    );
    assert!(call.stream && call.structured_output.is_none());
}

#[test]
fn memory_stands_before_the_question_that_follows_it() {
    for (template, question) in [("", "Q"), ("Now: {{#sys.query#}}", "Now: Q")] {
        let memory =
            json!({"window": {"enabled": true, "size": 3}, "query_prompt_template": template});
        let node =
            llm(json!({"memory": memory, "prompt_template": [{"role": "system", "text": "S"}]}));
        let prompt = asked(node, json!({})).unwrap().prompt;
        assert_eq!(
            (&prompt[0], &prompt[2]),
            (&message(Role::System, "S"), &message(Role::User, question))
        );
        assert!(matches!(&prompt[1], PromptPart::History(memory) if memory.window == Some(3)));
    }
}

#[test]
fn model_can_be_named_by_an_environment_variable() {
    let call = asked(llm(json!({"model_selector": ["env", "other"]})), json!({})).unwrap();
    assert_eq!((call.provider.as_str(), call.model.as_str()), ("P2", "M2"));
    let error = asked(llm(json!({"model_selector": ["env", "none"]})), json!({})).unwrap_err();
    assert_eq!(error, "Model variable ['env', 'none'] not found");
    let completion = json!({"model_selector": ["env", "other"], "model": {"provider": "p", "name": "m", "mode": "completion"}});
    let error = asked(llm(completion), json!({})).unwrap_err();
    assert_eq!(
        error,
        "Model variable ['env', 'other'] has another mode than the node"
    );
}

#[test]
fn prompt_that_cannot_be_built_fails_the_node() {
    for (extra, text) in [
        (
            json!({"prompt_template": [{"role": "user", "text": "{{#nowhere.q#}}"}]}),
            "Variable #nowhere.q# not found",
        ),
        (
            json!({"prompt_template": [{"role": "user", "text": ""}]}),
            "No prompt found in the LLM configuration.",
        ),
        (
            json!({"context": {"enabled": true, "variable_selector": ["start", "n"]}}),
            "Invalid context structure: 5",
        ),
        (
            json!({"structured_output_enabled": true}),
            "Please provide a valid structured output schema",
        ),
        (
            json!({"structured_output_enabled": true, "structured_output": {"schema": [1]}}),
            "structured_output_schema must be a JSON object",
        ),
    ] {
        let error = asked(llm(extra), json!({"n": 5})).unwrap_err();
        assert!(error.starts_with(text), "{error}");
    }
}

fn answered(text: &str) -> Answer {
    Answer::of(Ok(CallResult::Model(Box::new(ModelAnswer {
        text: text.to_owned(),
        ..ModelAnswer::default()
    }))))
}

#[test]
fn structured_answer_is_checked_against_its_schema() {
    let schema =
        json!({"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]});
    let node =
        llm(json!({"structured_output_enabled": true, "structured_output": {"schema": schema}}));
    let graph = graph(
        &[start(&[]), node, end("end", &["n llm.structured_output.n"])],
        &["start llm", "llm end"],
    );
    for (text, outcome) in [
        ("{\"n\": 1}", Ok(json!({"n": 1}))),
        (
            "<think>{\"n\": 2}</think>```json\n{'n': 1,}\n```",
            Ok(json!({"n": 1})),
        ),
        (
            "{\"n\": \"x\"}",
            Err("The structured output does not fit its schema:"),
        ),
        ("{}", Err("The structured output does not fit its schema:")),
        ("words", Err("Failed to parse structured output: words")),
    ] {
        let mut driver = Driver::new(&graph);
        driver.start(json!({}));
        driver.answer(|_, _| answered(text));
        match outcome {
            Ok(outputs) => assert_eq!(json!(driver.end().outputs), outputs, "{text}"),
            Err(error) => assert!(
                driver.end().error.as_deref().unwrap().starts_with(error),
                "{text}"
            ),
        }
    }
}

#[test]
fn class_is_chosen_by_its_id_alone() {
    let node = json!({"id": "llm", "data": {"type": "question-classifier", "title": "", "query_variable_selector": ["sys", "query"],
        "model": {"provider": "p", "name": "m", "mode": "chat"}, "classes": [{"id": "a", "name": "A {{#sys.query#}}"}, {"id": "b", "name": "B", "label": "Bee"}]}});
    let graph = graph(
        &[
            start(&[]),
            node,
            end("one", &["name llm.class_name"]),
            end("two", &["name llm.class_name", "label llm.class_label"]),
        ],
        &["start llm", "llm:a one", "llm:b two"],
    );
    for (text, outputs) in [
        (
            "{\"category_id\": \"b\", \"category_name\": \"A\"}",
            json!({"name": "B", "label": "Bee"}),
        ),
        (
            "```{category_id: b}```",
            json!({"name": "B", "label": "Bee"}),
        ),
        ("{\"category_id\": \"other\"}", json!({"name": "A Q"})),
    ] {
        let mut driver = Driver::new(&graph);
        driver.send(Event::Start(Start {
            system: object(json!({"query": "Q"})),
            ..Start::default()
        }));
        driver.answer(|_, _| answered(text));
        assert_eq!(json!(driver.end().outputs), outputs, "{text}");
    }
}

#[test]
fn extractor_asks_with_a_schema_and_a_function_when_it_may() {
    let parameters =
        json!([{"name": "city", "type": "string", "description": "d", "required": true}]);
    for (mode, tools) in [("function_call", 1), ("prompt", 0)] {
        let node = json!({"id": "llm", "data": {"type": "parameter-extractor", "title": "", "query": ["sys", "query"],
            "model": {"provider": "p", "name": "m", "mode": "chat"}, "parameters": parameters, "reasoning_mode": mode}});
        let call = asked(node, json!({})).unwrap();
        assert_eq!((call.tools.len(), call.stream), (tools, false));
        let PromptPart::Message(system) = &call.prompt[0] else {
            panic!("a message");
        };
        assert!(
            system
                .text
                .contains("\"city\":{\"description\":\"d\",\"type\":\"string\"}"),
            "{}",
            system.text
        );
    }
    let reserved = with(
        json!({"id": "x", "data": {"type": "parameter-extractor", "query": ["a", "b"], "model": {}}}),
        "parameters",
        json!([{"name": "__reason", "type": "string"}]),
    );
    let refused = gatewright_engine::Graph::parse(
        &graph(&[start(&[]), reserved], &[]),
        &gatewright_engine::Limits::default(),
    );
    assert!(
        refused
            .unwrap_err()
            .to_string()
            .contains("a parameter cannot be named \"__reason\"")
    );
}
