//! Tests of `validate`.

use serde_json::json;

use super::*;

/// The field of the recorded app `g-inputs` and its kin, by name.
fn fields() -> Vec<InputField> {
    serde_json::from_value(json!([
        {"variable": "text", "type": "text-input", "max_length": 5, "label": "text", "options": [], "required": true},
        {"variable": "para", "type": "paragraph", "max_length": null, "label": null, "required": false},
        {"variable": "num", "type": "number", "max_length": 48, "required": true, "options": []},
        {"variable": "pick", "type": "select", "options": ["A", "it's"], "required": true},
        {"variable": "flag", "type": "checkbox", "required": false},
        {"variable": "obj", "type": "json_object", "required": false, "max_length": 48,
            "json_schema": r#"{"type":"object","properties":{"a":{"type":"number"}},"required":["a"]}"#},
        {"variable": "file", "type": "file", "allowed_file_types": ["image"], "required": false},
        {"variable": "files", "type": "file-list", "max_length": 2, "required": false},
        {"variable": "some", "type": "number", "default": "7"},
        {"variable": "hidden", "type": "text-input", "required": true, "hide": true, "default": "h"},
        {"variable": "choice", "type": "select", "options": ["A"], "default": ""},
    ]))
    .unwrap()
}

fn with(name: &str, value: Json) -> Result<Vec<(String, Input)>, InputError> {
    let mut inputs = json!({"text": "t", "num": 1, "pick": "A"});
    inputs[name] = value;
    validate(&fields(), inputs.as_object().unwrap())
}

/// What one input becomes, or the message.
fn outcome(name: &str, value: &Json) -> Result<Input, String> {
    let all = with(name, value.clone()).map_err(|error| error.to_string())?;
    Ok(all.into_iter().find(|(n, _)| n == name).unwrap().1)
}

#[test]
fn input_is_converted_by_its_field() {
    for (name, sent, value) in [
        ("text", json!("a\u{0}b"), json!("ab")),
        ("text", json!(" äöü "), json!(" äöü ")),
        ("text", json!(""), json!("")),
        ("para", json!(""), json!("")),
        ("para", json!(null), json!(null)),
        ("num", json!(1.5), json!(1.5)),
        ("num", json!("12"), json!(12)),
        ("num", json!(" -1.50 "), json!(-1.5)),
        ("some", json!(""), json!(7)),
        ("some", json!(" "), json!(7)),
        ("some", json!(null), json!(7)),
        ("some", json!(0), json!(0)),
        ("pick", json!("it's"), json!("it's")),
        ("choice", json!(""), json!(null)),
        ("choice", json!(null), json!(null)),
        ("flag", json!(null), json!(false)),
        ("flag", json!(""), json!(false)),
        ("flag", json!("Yes"), json!(true)),
        ("flag", json!("off"), json!(false)),
        ("flag", json!(1), json!(true)),
        ("hidden", json!(null), json!("h")),
        ("hidden", json!("x"), json!("x")),
        ("obj", json!(""), json!(null)),
        (
            "obj",
            json!({"a": 1, "t": ["\u{0}x"]}),
            json!({"a": 1, "t": ["x"]}),
        ),
        ("file", json!(null), json!(null)),
        ("file", json!({}), json!(null)),
        ("files", json!(null), json!(null)),
    ] {
        assert_eq!(
            outcome(name, &sent),
            Ok(Input::Value(value)),
            "{name} {sent}"
        );
    }
}

#[test]
fn input_that_does_not_fit_gets_the_message_that_clients_know() {
    for (name, sent, message) in [
        ("text", json!(null), "text is required in input form"),
        ("num", json!(null), "num is required in input form"),
        ("num", json!(" "), "num is required in input form"),
        (
            "text",
            json!(5),
            "(type 'text-input') text in input form must be a string",
        ),
        (
            "para",
            json!([]),
            "(type 'paragraph') para in input form must be a string",
        ),
        (
            "pick",
            json!(true),
            "(type 'select') pick in input form must be a string",
        ),
        (
            "text",
            json!("äöüäöü"),
            "text in input form must be less than 5 characters",
        ),
        (
            "num",
            json!("ten"),
            "num in input form must be a valid number",
        ),
        (
            "num",
            json!("1e5"),
            "num in input form must be a valid number",
        ),
        (
            "num",
            json!("1.e999"),
            "num in input form must be a valid number",
        ),
        (
            "num",
            json!(true),
            "num in input form must be a valid number",
        ),
        (
            "pick",
            json!("B"),
            r#"pick in input form must be one of the following: ['A', "it's"]"#,
        ),
        (
            "pick",
            json!(""),
            r#"pick in input form must be one of the following: ['A', "it's"]"#,
        ),
        (
            "flag",
            json!("maybe"),
            "flag in input form must be a boolean",
        ),
        ("obj", json!("{}"), "obj in input form must be a dict"),
    ] {
        assert_eq!(
            outcome(name, &sent),
            Err(message.to_owned()),
            "{name} {sent}"
        );
    }
}

#[test]
fn files_that_do_not_fit_are_refused() {
    for (name, sent, message) in [
        ("file", json!("x"), "file in input form must be a file"),
        (
            "files",
            json!({}),
            "files in input form must be a list of files",
        ),
        (
            "files",
            json!(["x"]),
            "files in input form must be a list of files",
        ),
        (
            "files",
            json!([{}, {}, {}]),
            "files in input form must be less than 2 files",
        ),
    ] {
        assert_eq!(outcome(name, &sent), Err(message.to_owned()), "{sent}");
    }
}

#[test]
fn object_is_checked_by_its_schema() {
    let schema = outcome("obj", &json!({"a": "x"})).unwrap_err();
    assert!(
        schema.starts_with("obj in input form does not match its JSON schema: "),
        "{schema}"
    );
}

#[test]
fn files_are_handed_on_as_they_were_sent() {
    let file = json!({"type": "image", "transfer_method": "remote_url", "url": "http://x/a.png"});
    let map = file.as_object().unwrap().clone();
    assert_eq!(outcome("file", &file), Ok(Input::File(map.clone())));
    assert_eq!(
        outcome("files", &json!([file])),
        Ok(Input::Files(vec![map]))
    );
    assert_eq!(outcome("files", &json!([])), Ok(Input::Files(vec![])));
}

#[test]
fn undeclared_inputs_are_dropped_and_the_order_is_the_declared_one() {
    let all = with("unknown", json!("x")).unwrap();
    let names: Vec<&str> = all.iter().map(|(name, _)| name.as_str()).collect();
    let declared: Vec<String> = fields().into_iter().map(|f| f.variable).collect();
    assert_eq!(names, declared);
}
