//! What is wrong with a request, member by member.

use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value, json};

use super::read;
use crate::input::{
    FieldProblem,
    list::List,
    number::WholeNumber,
    object_of,
    text::{Id, SecretText, Text},
};

#[derive(Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Role {
    Normal,
    Admin,
}

#[derive(Debug, Deserialize)]
#[allow(dead_code, reason = "only whether it can be read is looked at")]
struct Invite {
    email: Text,
    role: Role,
    secret: Option<SecretText>,
    limit: Option<WholeNumber<1, 200>>,
    ids: Option<List<Id, 1, 2>>,
    id: Option<Id>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(dead_code, reason = "only whether it can be read is looked at")]
struct Page {
    page: WholeNumber<1, 9>,
    limit: Option<WholeNumber<1, 9>>,
}

#[derive(Debug, Deserialize)]
struct Graph {
    nodes: Vec<Node>,
}

#[derive(Debug, Deserialize)]
struct Node {
    id: Text,
    #[serde(default)]
    depth: u8,
    kind: Option<Kind>,
}

#[derive(Debug, Deserialize, PartialEq)]
#[serde(tag = "type", rename_all = "lowercase")]
enum Kind {
    Llm { temperature: f64 },
    End,
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(object) => object,
        other => panic!("{other} is no object"),
    }
}

/// The problems as `path kind`.
fn problems<T: serde::de::DeserializeOwned + std::fmt::Debug>(body: Value) -> Vec<String> {
    let problems = read::<T>(object(body)).unwrap_err();
    let shown = |one: FieldProblem| format!("{} {}", one.loc.join("."), one.kind);
    problems.into_iter().map(shown).collect()
}

/// Member, value as JSON, kind, sentence.
const KINDS: &str = r#"
email | null           | missing            | Field required
email | 7              | string_type        | Input should be a valid string
email | "a\nb"         | value_error        | must not contain control characters
role  | "owner"        | enum               | Input should be 'normal' or 'admin'
role  | ["admin"]      | string_type        | Input should be a valid string
secret| "a\u0000b"     | value_error        | must not contain NUL
limit | "x"            | int_parsing        | Input should be a valid integer
limit | 1.5            | int_parsing        | Input should be a valid integer
limit | 0              | greater_than_equal | Input should be greater than or equal to 1
limit | 201            | less_than_equal    | Input should be less than or equal to 200
limit | 99999999999    | less_than_equal    | Input should be less than or equal to 200
ids   | "x"            | list_type          | Input should be a valid list
ids   | [1]            | string_type        | Each item should be a valid string
ids   | ["\n"]         | string_type        | Each item should be a valid string
ids   | ["a","b","c"]  | too_long           | List should have at most 2 items
ids   | []             | too_short          | List should have at least 1 item
ids   | ["a"]          | value_error        | Each item should be a UUID
"#;

#[test]
fn input_problem_of_each_kind_has_its_code_and_message() {
    for row in KINDS.trim().lines() {
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        let mut body = json!({"email": "a", "role": "admin"});
        body[cells[0]] = serde_json::from_str(cells[1]).unwrap();
        let problems = read::<Invite>(object(body)).unwrap_err();
        assert_eq!(
            problems,
            [FieldProblem::new(cells[2], cells[0], cells[3])],
            "{row}"
        );
    }
    let long = json!({"email": "x".repeat(4097), "role": "admin"});
    assert_eq!(problems::<Invite>(long), ["email string_too_long"]);
}

#[test]
fn input_problems_are_listed_in_the_order_of_declaration() {
    let body = json!({"ids": 1, "limit": "x", "role": "boss"});
    assert_eq!(
        problems::<Invite>(body),
        [
            "email missing",
            "role enum",
            "limit int_parsing",
            "ids list_type"
        ]
    );
    assert_eq!(
        problems::<Invite>(json!({})),
        ["email missing", "role missing"]
    );
    assert_eq!(problems::<Invite>(json!({"email": ""})), ["role missing"]);
}

#[test]
fn input_problems_list_at_most_five_unknown_members_first_with_safe_names() {
    let mut body = json!({"limit": 0});
    for n in 0..50 {
        body[format!("x{n}\u{1b}{}", "y".repeat(99))] = json!(n);
    }
    let problems = read::<Page>(object(body)).unwrap_err();
    assert_eq!(problems.len(), 7);
    for problem in &problems[..5] {
        assert_eq!(problem.kind, "extra_forbidden");
        assert_eq!(problem.loc[0].chars().count(), 64);
        assert!(!problem.loc[0].contains('\u{1b}'));
    }
    assert_eq!(problems[5].kind, "missing");
    assert_eq!(problems[6].kind, "greater_than_equal");
    assert!(read::<Page>(object(json!({"page": "3", "limit": null}))).is_ok());
}

#[test]
fn unknown_members_are_ignored_unless_the_type_denies_them() {
    let body = json!({"else": {"deep": [1, null]}, "email": "a", "role": "normal"});
    assert!(read::<Invite>(object(body)).is_ok());
}

#[test]
fn input_problem_of_a_nested_value_has_its_path() {
    let body = json!({"nodes": [{"id": "a", "depth": 3}, {"id": 5}]});
    assert_eq!(problems::<Graph>(body), ["nodes.1.id string_type"]);
    let body = json!({"nodes": [{"depth": 3}]});
    assert_eq!(problems::<Graph>(body), ["nodes.0.id missing"]);
    assert_eq!(
        problems::<Graph>(json!({"nodes": [7]})),
        ["nodes.0 dict_type"]
    );
    let body = json!({"nodes": [{"id": "a", "depth": 300}]});
    assert_eq!(problems::<Graph>(body), ["nodes.0.depth value_error"]);
    let problem = FieldProblem {
        kind: "missing".into(),
        loc: vec!["nodes".into(), "0".into()],
        msg: "Field required".into(),
    };
    assert_eq!(problem.sentence(), "nodes.0: Field required");
}

#[test]
fn nested_objects_defaults_and_tagged_variants_are_read() {
    let body = json!({"nodes": [
        {"id": "a", "kind": {"type": "llm", "temperature": 0.5}},
        {"id": "b", "depth": 2, "kind": {"type": "end"}},
    ]});
    let graph: Graph = read(object(body)).unwrap();
    assert_eq!(&*graph.nodes[0].id, "a");
    assert_eq!((graph.nodes[0].depth, graph.nodes[1].depth), (0, 2));
    assert_eq!(graph.nodes[1].kind, Some(Kind::End));
    assert_eq!(graph.nodes[0].kind, Some(Kind::Llm { temperature: 0.5 }));
}

#[test]
fn input_problem_does_not_echo_the_submitted_value() {
    /// A type of somebody else's, which says what it found.
    #[derive(Debug)]
    struct Talkative;

    impl<'de> Deserialize<'de> for Talkative {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            use serde::de::{Error, Unexpected};
            let text = String::deserialize(deserializer)?;
            Err(match text.len() {
                7 => D::Error::invalid_value(Unexpected::Str(&text), &"something else"),
                8 => D::Error::invalid_type(Unexpected::Str(&text), &"a number"),
                9 => D::Error::invalid_value(Unexpected::Other(&text), &"something else"),
                _ => D::Error::unknown_variant(&text, &["a", "b"]),
            })
        }
    }

    #[derive(Debug, Deserialize)]
    #[allow(dead_code, reason = "is never read")]
    struct Body {
        a: Talkative,
        n: Option<u8>,
        p: Option<SecretText>,
        t: Option<bool>,
    }

    for said in ["hunter2", "hunter22", "hunter222", "hunter2222"] {
        let body = json!({"a": said, "n": said, "p": format!("{said}\0"), "t": said});
        let problems = read::<Body>(object(body)).unwrap_err();
        assert_eq!(problems.len(), 4);
        assert!(!format!("{problems:?}").contains("hunter2"), "{problems:?}");
    }
    let many = json!({"a": "x", "n": 4242});
    let problems = read::<Body>(object(many)).unwrap_err();
    assert!(!format!("{problems:?}").contains("4242"), "{problems:?}");
}

#[test]
fn query_with_a_repeated_name_takes_the_first_and_numbers_parse_from_text() {
    let pairs = [("page", "2"), ("page", "7"), ("limit", " 3 ")];
    let pairs = pairs.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let page: Page = read(object_of(pairs)).unwrap();
    assert_eq!((page.page.get(), page.limit.unwrap().get()), (2, 3));
}
