//! The document extractor: what it asks for, what its answer becomes, and how it fails.

use gatewright_engine::{
    CallResult, Failure, NodeCall,
    call::DocumentsAnswer,
    happening::{Happening, Status},
};
use serde_json::{Value as Json, json};

use crate::{
    build::{end, graph, start},
    driver::{Answer, Driver},
};

fn file(name: &str) -> Json {
    json!({"dify_model_identity": "__dify__file__", "type": "document", "filename": name})
}

/// start → the extractor → end, with a text per file.
fn extracted(input: Json) -> Driver {
    let node = json!({"id": "n", "data": {"type": "document-extractor", "title": "", "variable_selector": ["start", "doc"]}});
    let mut driver = Driver::new(&graph(
        &[start(&["doc"]), node, end("end", &["text n.text"])],
        &["start n", "n end"],
    ));
    driver.start(json!({ "doc": input }));
    driver.run(|_, call| {
        let NodeCall::Documents(call) = call else {
            panic!("{call:?}");
        };
        let names = call
            .files
            .iter()
            .map(|file| file["filename"].as_str().unwrap());
        let texts = names.map(|name| format!("text of {name}")).collect();
        Answer::of(Ok(CallResult::Documents(Box::new(DocumentsAnswer {
            texts,
        }))))
    });
    driver
}

#[test]
fn text_of_one_file_is_a_string_and_of_several_a_list() {
    for (input, text) in [
        (file("a.pdf"), json!("text of a.pdf")),
        (json!([file("a.pdf")]), json!(["text of a.pdf"])),
        (
            json!([file("a.pdf"), file("b.md")]),
            json!(["text of a.pdf", "text of b.md"]),
        ),
    ] {
        let driver = extracted(input.clone());
        assert_eq!(
            driver.end().status,
            Status::Succeeded,
            "{:?}",
            driver.end().error
        );
        assert_eq!(driver.end().outputs.get("text"), Some(&text));
        let finished = driver
            .happenings
            .iter()
            .find_map(|happening| match happening {
                Happening::NodeFinished { end } if end.node.node_id == "n" => Some(end),
                _ => None,
            });
        let finished = finished.unwrap();
        let documents = if input.is_array() {
            input
        } else {
            json!([input])
        };
        assert_eq!(finished.process_data.get("documents"), Some(&documents));
        assert_eq!(
            finished.inputs.get("variable_selector"),
            Some(&json!(["start", "doc"]))
        );
    }
}

#[test]
fn extractor_without_a_file_fails_and_says_which_variable_it_looked_at() {
    for (input, error) in [
        (
            json!(null),
            "File variable not found for selector: ['start', 'doc']",
        ),
        (
            json!([]),
            "File variable not found for selector: ['start', 'doc']",
        ),
        (
            json!("text"),
            "Variable ['start', 'doc'] is not an ArrayFileSegment",
        ),
        (
            json!(["text"]),
            "Variable ['start', 'doc'] is not an ArrayFileSegment",
        ),
        (
            json!({"a": 1}),
            "Variable ['start', 'doc'] is not an ArrayFileSegment",
        ),
    ] {
        let driver = extracted(input);
        assert_eq!(driver.end().status, Status::Failed);
        assert_eq!(driver.end().error.as_deref(), Some(error));
    }
}

#[test]
fn failure_to_read_a_file_has_the_files_as_its_process_data() {
    let node = json!({"id": "n", "data": {"type": "document-extractor", "title": "", "variable_selector": ["start", "doc"]}});
    let mut driver = Driver::new(&graph(&[start(&["doc"]), node], &["start n"]));
    driver.start(json!({"doc": file("a.exe")}));
    driver.run(|_, _| {
        let message = "Unsupported Extension Type: .exe";
        Answer::of(Err(Failure::new("UnsupportedFileTypeError", message)))
    });
    let ended = driver.happenings.iter().any(|happening| {
        matches!(happening, Happening::NodeFinished { end }
            if end.error.as_deref() == Some("Unsupported Extension Type: .exe") && end.process_data.get("documents") == Some(&json!([file("a.exe")])))
    });
    assert!(ended, "{:?}", driver.happenings);
}
