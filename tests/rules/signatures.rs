//! What a signature says: each parameter has a name of its own, so that a reader of a call knows what goes where;
//! things that belong together are a struct with named fields.

use std::{fs, path::Path};

use crate::architecture::rust_files;

/// `crate/file::function` of those that take a tuple apart in their list of parameters, with the reason.
const TUPLES_ALLOWED: [(&str, &str); 0] = [];

#[test]
fn function_parameter_is_no_tuple_pattern() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut found = vec![];
    let mut seen = 0;
    for file in rust_files(&root.join("crates")) {
        let text = fs::read_to_string(&file).unwrap();
        let place = file.strip_prefix(root.join("crates")).unwrap();
        for (name, parameters) in signatures(&text) {
            let id = format!("{}::{name}", place.display());
            seen += 1;
            let is_allowed = TUPLES_ALLOWED.iter().any(|(allowed, _)| *allowed == id);
            if takes_a_tuple_apart(parameters) && !is_allowed {
                found.push(format!("{id}({})", parameters.trim()));
            }
        }
    }
    assert!(seen > 1000, "{seen} signatures were read");
    assert!(
        found.is_empty(),
        "name the parameters, or the struct that they are:\n{}",
        found.join("\n")
    );
}

#[test]
fn tuple_pattern_is_told_from_what_looks_like_one() {
    for bad in [
        "fn a((id, name): (Id, &str)) {}",
        "fn a(&self, (id, name): (Id, &str)) {}",
        "fn a<T: Fn(u8) -> u8>(f: T, (id, name): Pair) {}",
        "fn a(\n    ctx: &Ctx,\n    &(id, name): &(Id, &str),\n) {}",
    ] {
        let (_, parameters) = signatures(bad).next().unwrap();
        assert!(takes_a_tuple_apart(parameters), "{bad}");
    }
    for good in [
        "fn a(pair: (Id, &str)) {}",
        "fn a(f: impl Fn(Id, &str) -> (Id, u8), name: &str) {}",
        "fn a(Approved(grant): Approved, after: ()) {}",
        "let first = |(id, _): (Id, u8)| id;",
    ] {
        let bad = signatures(good).any(|(_, parameters)| takes_a_tuple_apart(parameters));
        assert!(!bad, "{good}");
    }
}

/// The name and the list of parameters of each function of a file.
fn signatures(text: &str) -> impl Iterator<Item = (&str, &str)> {
    text.match_indices("fn ").filter_map(|(at, _)| {
        let before = text[..at].chars().next_back();
        if before.is_some_and(|c| c.is_alphanumeric() || c == '_') {
            return None;
        }
        let rest = &text[at + 3..];
        let name_ends = rest.find(|c: char| !c.is_alphanumeric() && c != '_')?;
        let (name, rest) = rest.split_at(name_ends);
        let rest = match rest.strip_prefix('<') {
            Some(generics) => &generics[generics_end(generics)?..],
            None => rest,
        };
        let list = rest.strip_prefix('(')?;
        Some((name, &list[..list_end(list)?]))
    })
}

/// After the `>` that closes an open `<`; the one of `->` closes nothing.
fn generics_end(text: &str) -> Option<usize> {
    let (mut depth, mut last) = (1_usize, ' ');
    for (at, c) in text.char_indices() {
        match c {
            '<' => depth += 1,
            '>' if last != '-' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return Some(at + 1);
        }
        last = c;
    }
    None
}

/// Where the parenthesis that closes an open one is.
fn list_end(text: &str) -> Option<usize> {
    let mut depth = 1_usize;
    text.char_indices().find_map(|(at, c)| {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        (depth == 0).then_some(at)
    })
}

/// Whether a parameter's pattern begins with a parenthesis.
fn takes_a_tuple_apart(parameters: &str) -> bool {
    let (mut depth, mut is_start, mut last) = (0_usize, true, ' ');
    for c in parameters.chars() {
        if is_start && c == '(' {
            return true;
        }
        match c {
            '(' | '[' | '{' | '<' => depth += 1,
            ')' | ']' | '}' => depth -= 1,
            '>' if last != '-' && last != '=' => depth -= 1,
            ',' if depth == 0 => {
                is_start = true;
                continue;
            }
            _ => {}
        }
        if !c.is_whitespace() && c != '&' {
            is_start = false;
        }
        last = c;
    }
    false
}
