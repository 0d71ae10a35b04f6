//! The words of CONTRIBUTING: identifiers speak the field's standard terms, so that what one greps for is there.

use std::{fs, path::Path};

use crate::architecture::rust_files;

/// Parts of identifiers (between `_` or humps) that have a standard term.
const BANNED: [&str; 17] = [
    "ambient",
    "newcomer",
    "newcomers",
    "postman",
    "letter",
    "letters",
    "upkeep",
    "sweep",
    "swept",
    "hopeless",
    "patience",
    "bury",
    "buried",
    "exhume",
    "pardon",
    "belonging",
    "belongings",
];
/// The kind of a job as it is queued since the first build: it stands in strings over several lines.
const QUEUED_KIND: &str = "send_letter";
/// How a constant with an upper bound does not begin.
const BANNED_CONSTANTS: [&str; 3] = ["MOST_", "LONGEST_", "LARGEST_"];

#[test]
fn identifiers_of_all_crates_use_the_terms_of_contributing() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut found = vec![];
    for file in rust_files(root) {
        if file.ends_with("tests/rules/vocabulary.rs") {
            continue;
        }
        let text = fs::read_to_string(&file).unwrap();
        for (number, line) in text.lines().enumerate() {
            for word in identifiers(line).filter(|word| is_banned(word)) {
                found.push(format!("{}:{}: {word}", file.display(), number + 1));
            }
        }
    }
    assert!(
        found.is_empty(),
        "CONTRIBUTING (Words) names the term:\n{}",
        found.join("\n")
    );
}

#[test]
fn banned_identifier_is_found_in_every_spelling_and_its_neighbours_are_not() {
    for bad in [
        "Newcomer",
        "last_letter",
        "SendLetter",
        "MOST_KEYS",
        "PATIENCE",
        "is_swept",
    ] {
        assert!(is_banned(bad), "{bad}");
    }
    for good in [
        "dead_letter",
        "DeadLetters",
        "dead_letters",
        "ALMOST_ALL",
        "most",
        "place",
    ] {
        assert!(!is_banned(good), "{good}");
    }
}

/// What comments and documents call by its name: a phrase, and what may follow it nevertheless.
const BANNED_PHRASES: [(&str, &str); 2] = [("the reference", " page"), ("buried", "")];

#[test]
fn comments_and_documents_use_the_terms_of_contributing() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut files = rust_files(root);
    files.extend(["README.md", "CHANGELOG.md", "SECURITY.md"].map(|name| root.join(name)));
    for entry in fs::read_dir(root.join("docs")).unwrap() {
        let path = entry.unwrap().path();
        files.extend(
            path.extension()
                .is_some_and(|end| end == "md")
                .then_some(path),
        );
    }
    let mut found = vec![];
    for file in files
        .iter()
        .filter(|file| !file.ends_with("tests/rules/vocabulary.rs"))
    {
        let text = fs::read_to_string(file).unwrap();
        for (number, line) in text.lines().enumerate() {
            if has_banned_phrase(line) {
                found.push(format!("{}:{}: {line}", file.display(), number + 1));
            }
        }
    }
    assert!(
        found.is_empty(),
        "CONTRIBUTING (Words) names the term:\n{}",
        found.join("\n")
    );
}

#[test]
fn banned_phrase_is_found_unless_it_means_something_else() {
    assert!(has_banned_phrase("as the reference does it"));
    assert!(has_banned_phrase("a job that was buried"));
    assert!(!has_banned_phrase("a line on the reference page"));
    assert!(!has_banned_phrase("the references of a book"));
}

fn has_banned_phrase(line: &str) -> bool {
    let line = line.to_lowercase();
    BANNED_PHRASES.iter().any(|(phrase, unless)| {
        line.match_indices(phrase).any(|(at, _)| {
            let rest = &line[at + phrase.len()..];
            let is_word = !rest.starts_with(char::is_alphanumeric);
            is_word && (unless.is_empty() || !rest.starts_with(unless))
        })
    })
}

/// What stands in a line outside of strings and comments.
fn identifiers(line: &str) -> impl Iterator<Item = &str> {
    let code = line.split("//").next().unwrap_or_default();
    let outside_strings = code.split('"').step_by(2);
    outside_strings.flat_map(|code| code.split(|c: char| !c.is_alphanumeric() && c != '_'))
}

fn is_banned(identifier: &str) -> bool {
    if BANNED_CONSTANTS
        .iter()
        .any(|start| identifier.starts_with(start))
    {
        return true;
    }
    if identifier == QUEUED_KIND {
        return false;
    }
    let words = parts(identifier);
    let of_a_queue = |at: usize| at > 0 && words[at - 1] == "dead";
    let mut all = words.iter().enumerate();
    all.any(|(at, word)| BANNED.contains(&word.as_str()) && !of_a_queue(at))
}

/// `SendLetter` and `send_letter` as `["send", "letter"]`.
fn parts(identifier: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut was_lower = false;
    for c in identifier.chars() {
        if c == '_' || (c.is_uppercase() && was_lower) {
            parts.push(String::new());
        }
        was_lower = c.is_lowercase();
        if c != '_' {
            parts.last_mut().unwrap().extend(c.to_lowercase());
        }
    }
    parts
}
