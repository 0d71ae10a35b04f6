//! Files that are made to cost a server time or memory: each is refused before it does.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

use gatewright_dsl::{
    AppDocument,
    yaml::{MAX_BYTES, MAX_DEPTH, MAX_MARKS, MAX_NODES, YamlError, read},
};

fn nested(open: &str, depth: usize) -> String {
    open.repeat(depth)
}

/// Each line ten times the one before: 10^11 values in six hundred bytes.
fn alias_bomb() -> String {
    let mut text = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    for level in 1..12 {
        let uses = vec![format!("*a{}", level - 1); 10].join(", ");
        text += &format!("a{level}: &a{level} [{uses}]\n");
    }
    text
}

/// The same by `<<`.
fn merge_bomb() -> String {
    let mut text = String::from("m0: &m0 {a: 1}\n");
    for level in 1..30 {
        let before = level - 1;
        text += &format!(
            "m{level}: &m{level} {{<<: [*m{before}, *m{before}], k{level}: [*m{before}, *m{before}]}}\n"
        );
    }
    text
}

fn used_often(what: &str, head: &str, tail: &str) -> String {
    let long = "x".repeat(1_000_000);
    format!("a: &a {long}\nb: {head}{}{tail}\n", what.repeat(100))
}

#[test]
fn sec_195_value_that_aliases_multiply_is_refused() {
    for text in [
        alias_bomb(),
        merge_bomb(),
        used_often("*a, ", "[", "]"),
        used_often("*a : 1, ", "{", "}"),
        used_often("<<: {*a : 1}, ", "{", "}"),
    ] {
        assert_eq!(read(&text), Err(YamlError::TooLarge), "{text:.40}");
    }
}

#[test]
fn sec_195_alias_inside_its_own_value_is_refused() {
    for text in ["&a [*a]", "a: &a {b: *a}", "&a [[[*a]]]", "a: &a {<<: *a}"] {
        assert!(matches!(read(text), Err(YamlError::Recursive(_))), "{text}");
    }
}

#[test]
fn sec_195_depth_is_refused_at_once() {
    for open in ["[", "{a: ", "- ", "[{a: "] {
        let error = read(&nested(open, 100_000)).unwrap_err();
        assert!(matches!(error, YamlError::TooDeep(_)), "{open}: {error}");
    }
    let staircase: String = (0..1000).map(|n| " ".repeat(n) + "a:\n").collect();
    assert!(matches!(read(&staircase), Err(YamlError::TooDeep(_))));
    // As deep as is allowed, and one more.
    let list = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    assert!(read(&list(MAX_DEPTH)).is_ok());
    assert!(read(&list(MAX_DEPTH + 1)).is_err());
}

#[test]
fn sec_195_values_are_counted() {
    let lines = |count: usize| "- a\n".repeat(count);
    // The list itself counts.
    assert!(read(&lines(MAX_NODES - 1)).is_ok());
    assert_eq!(read(&lines(MAX_NODES)), Err(YamlError::TooLarge));
}

/// The parser would hold all of it before it says anything.
#[test]
fn sec_195_list_in_brackets_is_bounded() {
    for unit in [
        "a,", "[],", "a: b, ", "*a, ", "a\n,", "? a,", "!a b,", "&a b,",
    ] {
        let text = format!("&a [{}]", unit.repeat(MAX_MARKS));
        let error = read(&text).unwrap_err();
        assert!(matches!(error, YamlError::TooLong(_)), "{unit:?}: {error}");
    }
    let fits = format!("[{}]", "a,".repeat(MAX_MARKS - 3));
    assert!(read(&fits).is_ok());
}

#[test]
fn sec_195_bytes_are_counted_before_anything_is_read() {
    let text = "x".repeat(MAX_BYTES + 1);
    assert_eq!(read(&text), Err(YamlError::FileTooLarge));
    let error = AppDocument::open(&text).unwrap_err();
    assert_eq!(error.to_string(), "File size exceeds the limit of 10MB");
    assert!(read(&text[..MAX_BYTES / 10]).is_ok());
}

#[test]
fn sec_195_number_without_end_is_refused() {
    for digits in ["9", "0x", "1:", "1_"] {
        let text = match digits {
            "0x" => format!("0x{}", "f".repeat(100_000)),
            "1:" => format!("1{}", ":1".repeat(90_000)),
            other => other.repeat(100_000),
        };
        assert!(matches!(read(&text), Err(YamlError::Number(_))), "{digits}");
    }
}

#[test]
fn sec_195_character_that_no_database_takes_is_refused() {
    for text in [
        "a: \0",
        "a: \"\\0\"",
        "a: \"\\x00\"",
        "\"\\u0000\": a",
        "- &x \"\\0\"",
    ] {
        assert!(
            matches!(read(text), Err(YamlError::Character { code: 0, .. })),
            "{text:?}"
        );
    }
}

#[test]
fn sec_195_tag_that_makes_objects_is_refused() {
    for tag in [
        "!!python/object/apply:os.system",
        "!!python/name:os.system",
        "!!python/module:os",
        "!<tag:yaml.org,2002:python/object/new:x>",
        "!ruby/object:Gem",
        "!!binary",
        "!Include",
    ] {
        for text in [
            format!("a: {tag} 'id'"),
            format!("{tag} [id]"),
            format!("{tag} {{a: id}}"),
        ] {
            assert!(matches!(read(&text), Err(YamlError::Tag { .. })), "{text}");
        }
    }
    let renamed = "%TAG ! tag:yaml.org,2002:python/\n---\na: !object x\n";
    assert!(matches!(read(renamed), Err(YamlError::Tag { .. })));
}
