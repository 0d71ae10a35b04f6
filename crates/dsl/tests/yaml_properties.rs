//! What holds of every text and of every value.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

use gatewright_dsl::yaml::{read, write};
use proptest::prelude::*;
use serde_json::{Number, Value};

/// Pieces that YAML gives a meaning, or that one of its versions does.
const PIECES: [&str; 48] = [
    "a",
    "yes",
    "y",
    "n",
    "~",
    "null",
    "1",
    "010",
    "1e5",
    "1.5",
    "0x1f",
    "0o7",
    "12:30",
    "2025-01-02",
    ".inf",
    ":",
    ": ",
    "-",
    "- ",
    "?",
    "? ",
    "'",
    "\"",
    " ",
    "  ",
    "\n",
    "\n ",
    "\n  ",
    "\t",
    "#",
    " #",
    "{",
    "}",
    "[",
    "]",
    ", ",
    "|-\n",
    ">\n ",
    "&x ",
    "*x",
    "!!str ",
    "!x ",
    "<<: ",
    "%",
    "é你😀",
    "\u{2028}",
    "\u{85}",
    "\u{feff}",
];

fn text_of_pieces() -> impl Strategy<Value = String> {
    prop::collection::vec(prop::sample::select(PIECES.to_vec()), 0..12)
        .prop_map(|pieces| pieces.concat())
}

fn any_text() -> impl Strategy<Value = String> {
    let any = ".*".prop_map(|text: String| text.replace('\0', ""));
    prop_oneof![text_of_pieces(), any]
}

fn any_value() -> impl Strategy<Value = Value> {
    let number = prop_oneof![
        any::<i64>().prop_map(Number::from),
        any::<u64>().prop_map(Number::from),
        any::<f64>().prop_filter_map("JSON has finite numbers only", Number::from_f64),
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        number.prop_map(Value::Number),
        any_text().prop_map(Value::String),
    ];
    leaf.prop_recursive(4, 40, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::Array),
            prop::collection::vec((any_text(), inner), 0..5)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn value_is_written_and_read_back_equal(value in any_value()) {
        prop_assert_eq!(read(&write(&value)), Ok(value));
    }

    #[test]
    fn text_is_read_or_refused_and_what_was_read_is_kept(text in text_of_pieces()) {
        if let Ok(value) = read(&text) {
            prop_assert_eq!(read(&write(&value)), Ok(value));
        }
    }

    #[test]
    fn order_of_keys_does_not_change_what_is_written(
        members in prop::collection::hash_map(any_text(), 0..9_i64, 0..6)
    ) {
        let forward: Value = members.iter().map(|(k, v)| (k.clone(), Value::from(*v))).collect();
        let mut keys: Vec<_> = members.keys().collect();
        keys.sort_unstable_by(|a, b| b.cmp(a));
        let backward: Value = keys.into_iter().map(|k| (k.clone(), Value::from(members[k]))).collect();
        prop_assert_eq!(write(&forward), write(&backward));
    }
}
