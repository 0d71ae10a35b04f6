//! Tests of `list_operator`.

use super::*;

fn pool() -> Pool {
    let mut pool = Pool::default();
    let file = |kind: &str, name: &str, size: u32| {
        json!({"dify_model_identity": "__dify__file__", "type": kind, "filename": name, "size": size,
            "extension": ".x", "mime_type": "a/b", "transfer_method": "local_file", "url": "u"})
    };
    let typed = Variable::typed(VariableType::ArrayString, json!([])).unwrap();
    pool.set("s", "empty", typed).unwrap();
    for (name, value) in [
        ("words", json!(["banana", "apple", "cherry", "apple"])),
        ("nums", json!([3, 1.5, 2, 10])),
        ("flags", json!([true, false, true])),
        (
            "files",
            json!([file("image", "b.png", 5), file("document", "a.pdf", 50)]),
        ),
        ("objects", json!([{"a": 1}])),
        ("mixed", json!([1, "a"])),
        ("text", json!("abc")),
        ("nothing", json!(null)),
        ("n", json!(2)),
    ] {
        pool.set("s", name, Variable::infer(value)).unwrap();
    }
    pool
}

fn run(mut spec: Json, name: &str) -> Result<Listed, NodeError> {
    spec["variable"] = json!(["s", name]);
    let operator: ListOperator = serde_json::from_value(spec).unwrap();
    operator.run(&pool())
}

fn filter(name: &str, key: &str, operator: &str, value: &Json) -> Result<Json, NodeError> {
    let conditions = json!([{"key": key, "comparison_operator": operator, "value": value}]);
    let spec = json!({"filter_by": {"enabled": true, "conditions": conditions}});
    run(spec, name).map(|listed| listed.result.json().clone())
}

#[test]
fn filter_keeps_what_the_condition_holds_for() {
    for (name, operator, value, kept) in [
        ("words", "contains", json!("an"), json!(["banana"])),
        ("words", "not contains", json!("a"), json!(["cherry"])),
        ("words", "start with", json!("a"), json!(["apple", "apple"])),
        ("words", "end with", json!("y"), json!(["cherry"])),
        ("words", "is", json!("apple"), json!(["apple", "apple"])),
        (
            "words",
            "is not",
            json!("apple"),
            json!(["banana", "cherry"]),
        ),
        (
            "words",
            "in",
            json!("cherry, banana"),
            json!(["banana", "cherry"]),
        ),
        ("words", "in", json!(["cherry"]), json!(["cherry"])),
        (
            "words",
            "not in",
            json!(["apple"]),
            json!(["banana", "cherry"]),
        ),
        ("words", "empty", json!(""), json!([])),
        (
            "words",
            "not empty",
            json!(""),
            json!(["banana", "apple", "cherry", "apple"]),
        ),
        ("nums", "=", json!("2"), json!([2])),
        ("nums", "≠", json!("{{#s.n#}}"), json!([3, 1.5, 10])),
        ("nums", ">", json!("2"), json!([3, 10])),
        ("nums", "<", json!("2.5"), json!([1.5, 2])),
        ("nums", "≥", json!(3), json!([3, 10])),
        ("nums", "≤", json!("1.5"), json!([1.5])),
        ("flags", "is", json!(true), json!([true, true])),
        ("flags", "is not", json!("true"), json!([false])),
        ("empty", "=", json!("x"), json!([])),
        ("nothing", "=", json!("x"), json!([])),
    ] {
        assert_eq!(
            filter(name, "", operator, &value),
            Ok(kept),
            "{name} {operator}"
        );
    }
}

#[test]
fn filter_asks_files_about_their_attributes() {
    for (key, operator, value, kept) in [
        ("name", "end with", json!("pdf"), vec!["a.pdf"]),
        ("type", "in", json!(["image", "video"]), vec!["b.png"]),
        ("type", "not in", json!(["image"]), vec!["a.pdf"]),
        (
            "transfer_method",
            "in",
            json!(["local_file"]),
            vec!["b.png", "a.pdf"],
        ),
        ("size", "<", json!("10"), vec!["b.png"]),
        ("mime_type", "is", json!("a/b"), vec!["b.png", "a.pdf"]),
        ("url", "not empty", json!(""), vec!["b.png", "a.pdf"]),
        ("related_id", "empty", json!(""), vec!["b.png", "a.pdf"]),
    ] {
        let files = filter("files", key, operator, &value).unwrap();
        let names: Vec<&str> = files
            .as_array()
            .unwrap()
            .iter()
            .map(|file| file["filename"].as_str().unwrap())
            .collect();
        assert_eq!(names, kept, "{key} {operator}");
    }
}

#[test]
fn condition_that_does_not_fit_the_elements_fails() {
    for (name, key, operator, value, class) in [
        ("words", "", ">", json!("a"), "InvalidConditionError"),
        ("nums", "", "contains", json!("1"), "InvalidConditionError"),
        ("nums", "", "=", json!("many"), "InvalidFilterValueError"),
        ("nums", "", "=", json!([1]), "InvalidFilterValueError"),
        ("flags", "", "=", json!(true), "InvalidConditionError"),
        ("flags", "", "is", json!("maybe"), "InvalidFilterValueError"),
        ("words", "", "is", json!(["a"]), "InvalidFilterValueError"),
        (
            "files",
            "type",
            "contains",
            json!("a"),
            "InvalidConditionError",
        ),
        (
            "files",
            "type",
            "in",
            json!("image"),
            "InvalidFilterValueError",
        ),
        (
            "files",
            "size",
            "contains",
            json!("1"),
            "InvalidConditionError",
        ),
        ("files", "filename", "is", json!("a"), "InvalidKeyError"),
        ("objects", "", "is", json!("a"), "ListOperatorError"),
        ("mixed", "", "is", json!("a"), "ListOperatorError"),
        ("text", "", "is", json!("a"), "ListOperatorError"),
        ("missing", "", "is", json!("a"), "VariableNotFoundError"),
    ] {
        let error = filter(name, key, operator, &value).unwrap_err();
        assert_eq!(error.error_type(), class, "{name} {key} {operator}");
    }
}

#[test]
fn serial_number_picks_one_element_or_says_what_is_wrong() {
    for (serial, got) in [
        ("1", Ok(json!(["banana"]))),
        ("{{#s.n#}}", Ok(json!(["apple"]))),
        (" 4 ", Ok(json!(["apple"]))),
        ("0", Err("Invalid serial index: must be >= 1, got 0")),
        ("-1", Err("Invalid serial index: must be >= 1, got -1")),
        ("5", Err("Invalid serial index: must be <= 4, got 5")),
        ("x", Err("invalid literal for int() with base 10: 'x'")),
    ] {
        let listed = run(
            json!({"extract_by": {"enabled": true, "serial": serial}}),
            "words",
        );
        let listed = listed.map(|l| l.result.json().clone());
        assert_eq!(
            listed.map_err(|e| e.message),
            got.map_err(str::to_owned),
            "{serial}"
        );
    }
    let empty = run(
        json!({"extract_by": {"enabled": true, "serial": "1"}}),
        "empty",
    )
    .unwrap();
    assert_eq!(empty.result.kind(), VariableType::ArrayString);
    assert!(empty.first_record.json().is_null());
}

#[test]
fn list_is_sorted_and_cut_after_the_filter() {
    let order = |name: &str, key: &str, value: &str, size: i64| {
        let spec = json!({"order_by": {"enabled": true, "key": key, "value": value},
            "limit": {"enabled": true, "size": size}});
        run(spec, name)
    };
    let list = |name, value, size| order(name, "", value, size).unwrap().result.json().clone();
    assert_eq!(
        list("words", "asc", 9),
        json!(["apple", "apple", "banana", "cherry"])
    );
    assert_eq!(list("words", "desc", 2), json!(["cherry", "banana"]));
    assert_eq!(list("nums", "asc", 3), json!([1.5, 2, 3]));
    assert_eq!(list("nums", "desc", -1), json!([]));
    assert_eq!(list("flags", "asc", 2), json!([false, true]));
    for (key, direction, first) in [
        ("size", "desc", "a.pdf"),
        ("name", "asc", "a.pdf"),
        ("type", "desc", "b.png"),
    ] {
        let listed = order("files", key, direction, 9).unwrap();
        assert_eq!(listed.first_record.json()["filename"], first, "{key}");
        assert_eq!(listed.result.kind(), VariableType::ArrayFile);
    }
    let error = order("files", "", "asc", 9).unwrap_err();
    assert_eq!(error.error_type(), "InvalidKeyError");
}

#[test]
fn outputs_are_result_first_and_last() {
    let listed = run(json!({}), "nums").unwrap();
    let outputs = listed
        .outputs()
        .map(|(name, variable)| (name, variable.json().clone()));
    assert_eq!(
        outputs,
        [
            ("result", json!([3, 1.5, 2, 10])),
            ("first_record", json!(3)),
            ("last_record", json!(10)),
        ]
    );
}
