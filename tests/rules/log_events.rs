//! Log lines are searchable: a fixed event name, a fixed message, values as fields only; and operators find
//! each event in `docs/operations.md`.

use std::{collections::BTreeSet, fs, path::Path};

use crate::architecture::rust_files;

const LEVELS: [&str; 5] = ["trace!", "debug!", "info!", "warn!", "error!"];
/// The one line whose event is an action of the audit trail; those are listed by the audit log.
const AUDIT: &str = "event = event.action.as_str()";

#[test]
fn log_lines_have_a_fixed_event_and_message_and_are_listed_for_operators() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let (mut bad, mut logged) = (vec![], BTreeSet::new());
    for folder in ["crates", "bins"] {
        for file in rust_files(&root.join(folder)) {
            if is_test(&file) {
                continue;
            }
            let text = fs::read_to_string(&file).unwrap();
            for line in log_lines(text.split("#[cfg(test)]").next().unwrap()) {
                match check(&line) {
                    Ok(Some(event)) => {
                        logged.insert(event);
                    }
                    Ok(None) => {}
                    Err(why) => bad.push(format!("{}: {why}: {line}", file.display())),
                }
            }
        }
    }
    assert!(bad.is_empty(), "{}", bad.join("\n"));
    let operations = fs::read_to_string(root.join("docs/operations.md")).unwrap();
    assert_eq!(
        listed(&operations),
        logged,
        "docs/operations.md, Log events"
    );
}

#[test]
fn log_line_without_event_or_with_a_value_in_its_message_is_found() {
    let of = |text: &str| {
        let mut lines = log_lines(text);
        assert_eq!(lines.len(), 1, "{text}");
        check(&lines.remove(0))
    };
    let good = of("tracing::warn!(\n event = \"job.failed\",\n %id,\n \"failed (again)\"\n);");
    assert_eq!(good, Ok(Some("job.failed".to_owned())));
    for bad in [
        "tracing::warn!(%id, \"failed\")",
        "warn!(event = \"job.failed\", \"failed\")",
        "tracing::warn!(event = \"job.failed\", \"{id} failed\")",
        "tracing::warn!(event = \"Job failed\", \"failed\")",
    ] {
        assert!(of(bad).is_err(), "{bad}");
    }
    assert!(log_lines("compile_error!(\"no\")").is_empty());
}

fn is_test(file: &Path) -> bool {
    file.ends_with("tests.rs") || file.components().any(|part| part.as_os_str() == "tests")
}

/// Each call of a log macro, from its path to its closing parenthesis.
fn log_lines(text: &str) -> Vec<String> {
    let mut lines = vec![];
    for level in LEVELS {
        for (at, _) in text.match_indices(&format!("{level}(")) {
            let before = &text[..at];
            if before.ends_with(|c: char| c.is_alphanumeric() || c == '_') {
                continue;
            }
            let path = if before.ends_with("tracing::") {
                "tracing::"
            } else {
                ""
            };
            let arguments = within_parentheses(&text[at + level.len()..]);
            lines.push(format!("{path}{level}{arguments}"));
        }
    }
    lines
}

/// Up to the parenthesis that closes the first one; those in strings count for nothing.
fn within_parentheses(text: &str) -> &str {
    let (mut depth, mut in_string, mut is_escaped) = (0, false, false);
    for (at, c) in text.char_indices() {
        match c {
            _ if is_escaped => is_escaped = false,
            '\\' => is_escaped = in_string,
            '"' => in_string = !in_string,
            '(' if !in_string => depth += 1,
            ')' if !in_string => {
                depth -= 1;
                if depth == 0 {
                    return &text[..=at];
                }
            }
            _ => {}
        }
    }
    text
}

/// The event's name, none of the audit line, or what is wrong.
fn check(line: &str) -> Result<Option<String>, &'static str> {
    if !line.starts_with("tracing::") {
        return Err("macros are called by their path, so that one finds them");
    }
    if line
        .split('"')
        .skip(1)
        .step_by(2)
        .any(|text| text.contains('{'))
    {
        return Err("values are fields");
    }
    if line.contains(AUDIT) {
        return Ok(None);
    }
    let event = line
        .split_once("event = \"")
        .and_then(|(_, rest)| rest.split('"').next())
        .ok_or("no event")?;
    let is_name =
        |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
    match event.split_once('.') {
        Some((area, what)) if is_name(area) && is_name(what) => Ok(Some(event.to_owned())),
        _ => Err("an event is called `area.what`"),
    }
}

/// The first column of the table under "Log events".
fn listed(operations: &str) -> BTreeSet<String> {
    let section = operations.split("\n## Log events\n").nth(1).unwrap();
    let section = section.split("\n## ").next().unwrap();
    let rows = section.lines().filter_map(|line| line.strip_prefix("| `"));
    rows.filter_map(|row| row.split('`').next())
        .map(str::to_owned)
        .collect()
}
