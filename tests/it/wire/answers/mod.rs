//! Answers that clients parse, held as they are on the wire: status, media type, and the body with its members in
//! their order. A change that a client could see shows as a change of a file in `snapshots/`.
//!
//! The clock of a test stands still, so times are part of what is held. Ids are numbered as they appear, and what is
//! drawn at random (tokens and codes) is named.

mod console;
mod errors;
mod openapi;

use serde_json::Value;

use crate::support::Answer;

/// Compares an answer with what is held under `name`.
#[track_caller]
fn hold(name: &str, answer: &Answer, drawn: &[(&str, &str)]) {
    insta::with_settings!({prepend_module_to_snapshot => false, omit_expression => true}, {
        insta::assert_snapshot!(name, shown(answer, drawn));
    });
}

fn shown(answer: &Answer, drawn: &[(&str, &str)]) -> String {
    let body = serde_json::from_str::<Value>(&answer.body)
        .and_then(|json| serde_json::to_string_pretty(&json))
        .unwrap_or_else(|_| answer.body.clone());
    let mut body = number_ids(&body);
    for (secret, name) in drawn {
        assert!(!secret.is_empty(), "{name}");
        body = body.replace(secret, &format!("[{name}]"));
    }
    let media_type = answer.header("content-type");
    format!("{} {media_type}\n\n{body}", answer.status)
}

/// Each id by the number of its first appearance: that two members hold the same one stays visible.
fn number_ids(text: &str) -> String {
    const LENGTH: usize = 36;
    let (mut shown, mut rest, mut seen) = (String::new(), text, vec![]);
    while let Some(next) = rest.chars().next() {
        let id = rest
            .get(..LENGTH)
            .filter(|id| uuid::Uuid::try_parse(id).is_ok());
        let Some(id) = id else {
            shown.push(next);
            rest = &rest[next.len_utf8()..];
            continue;
        };
        let number = seen.iter().position(|known| *known == id);
        let number = number.unwrap_or_else(|| {
            seen.push(id);
            seen.len() - 1
        });
        shown.push_str(&format!("[id {}]", number + 1));
        rest = &rest[LENGTH..];
    }
    shown
}

#[test]
fn ids_in_a_text_are_numbered_by_their_first_appearance() {
    let [one, other] = [
        "0190a0b4-0000-7000-8000-00000000000",
        "0190a0b4-0000-7000-8000-10000000000",
    ];
    let text = format!("ü {one}1/{other}2 {one}1 {one}");
    let expected = format!("ü [id 1]/[id 2] [id 1] {one}");
    assert_eq!(number_ids(&text), expected);
}
