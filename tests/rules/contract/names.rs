//! Tests by name, and what their names say that they are tests of.

use std::{collections::BTreeSet, ops::RangeInclusive};

use super::sources::{self, Source};

/// The names of all tests.
pub(super) fn all() -> BTreeSet<String> {
    let sources = sources::all();
    let rust = sources.iter().filter(|source| source.is_rust());
    rust.flat_map(of).collect()
}

/// The tests in a file: functions below an attribute that says so.
pub(super) fn of(source: &Source) -> Vec<String> {
    let (mut found, mut is_test) = (vec![], false);
    for line in source.text.lines().map(str::trim) {
        if line.starts_with("#[") {
            is_test |= line.contains("test]") || line.contains("test(");
        }
        let bare = line.strip_prefix("async ").unwrap_or(line);
        if let Some(rest) = bare.strip_prefix("fn ") {
            let name = rest.split(['(', '<']).next().unwrap_or_default();
            found.extend(is_test.then(|| name.to_owned()));
            is_test = false;
        }
    }
    found
}

/// Numbers of security cases in a text: each `sec_033`, and all of `sec_017_to_020`.
pub(super) fn cases(text: &str) -> Vec<u32> {
    let mut found = vec![];
    for (at, marker) in text.match_indices("sec_") {
        let rest = &text[at + marker.len()..];
        if let Some(range) = range(rest) {
            found.extend(range);
        }
    }
    found
}

fn range(text: &str) -> Option<RangeInclusive<u32>> {
    let (first, rest) = number(text)?;
    let last = rest.strip_prefix("_to_").and_then(number);
    Some(first..=last.map_or(first, |(last, _)| last))
}

fn number(text: &str) -> Option<(u32, &str)> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    Some((text[..digits].parse().ok()?, &text[digits..]))
}

/// Findings and decisions that the beginning of a test's name tells of: `b1_sec_149_…` of `B1`,
/// `w_15_…` of `W-15`.
pub(super) fn findings(test: &str) -> Vec<String> {
    let mut found = vec![];
    let mut words = test.split('_').peekable();
    while let Some(word) = words.next() {
        let (mail, digits) = word.split_at(word.chars().next().map_or(0, char::len_utf8));
        let is_number = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        match mail {
            "w" if digits.is_empty() && words.peek().copied().is_some_and(is_number) => {
                found.push(format!("W-{}", words.next().unwrap_or_default()));
            }
            "a" | "b" | "c" | "d" | "e" | "f" | "g" if is_number(digits) => {
                found.push(word.to_uppercase());
            }
            _ if word == "sec" || word == "to" || is_number(word) => {}
            _ => break,
        }
    }
    found
}
