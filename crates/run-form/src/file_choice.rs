//! Which files a field of a run form takes, and which it has.

use gatewright_domain::file::DOCUMENTS;
use gatewright_run_service::{InputField, InputKind};
use serde_json::Value;

/// Files of one run, whatever its app says.
pub const MAX_FILES: u64 = 50;

/// What can be chosen.
#[derive(Debug)]
pub struct FileChoice {
    /// For browsers: which files they show first; empty for all.
    pub accept: String,
    /// Whether several may be chosen.
    pub is_many: bool,
    /// Names of those that were uploaded already.
    pub kept: Vec<String>,
}

impl FileChoice {
    /// Of an input, with what was filled in.
    pub fn of(field: &InputField, value: &str) -> Self {
        Self {
            accept: accept(field),
            is_many: field.kind == InputKind::FileList,
            kept: names(value),
        }
    }
}

/// The most files that an input takes.
pub fn most(field: &InputField) -> u64 {
    match field.kind {
        InputKind::FileList if field.max_length > 0 => field.max_length.min(MAX_FILES),
        InputKind::FileList => MAX_FILES,
        _ => 1,
    }
}

/// The value of `accept`: kinds of media, and extensions.
fn accept(field: &InputField) -> String {
    let rules = &field.files;
    let listed = |extensions: &mut dyn Iterator<Item = &str>| {
        let dotted = extensions.map(|one| format!(".{}", one.trim_start_matches('.')));
        dotted.collect::<Vec<_>>().join(",")
    };
    let all = rules
        .allowed_file_types
        .iter()
        .map(|kind| match kind.as_str() {
            "document" => listed(&mut DOCUMENTS.into_iter()),
            "custom" => listed(&mut rules.allowed_file_extensions.iter().map(String::as_str)),
            kind => format!("{kind}/*"),
        });
    all.collect::<Vec<_>>().join(",")
}

/// The names of files that a value names.
fn names(value: &str) -> Vec<String> {
    let files: Value = serde_json::from_str(value).unwrap_or_default();
    let files = match files {
        Value::Array(files) => files,
        Value::Object(_) => vec![files],
        _ => vec![],
    };
    let name = |file: &Value| file["filename"].as_str().unwrap_or("?").to_owned();
    files.iter().map(name).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn field_for_files_says_which_it_takes_and_which_it_has() {
        for (declared, value, accepted, limit, kept) in [
            (
                json!({"variable": "a", "type": "file", "allowed_file_types": ["image", "audio"]}),
                r#"{"filename": "a.png"}"#,
                "image/*,audio/*",
                1,
                vec!["a.png"],
            ),
            (
                json!({"variable": "b", "type": "file-list", "max_length": 3, "allowed_file_types": ["custom"],
                    "allowed_file_extensions": [".PY", "rs"]}),
                r#"[{"filename": "a.rs"}, {}]"#,
                ".PY,.rs",
                3,
                vec!["a.rs", "?"],
            ),
            (
                json!({"variable": "c", "type": "file-list"}),
                "",
                "",
                MAX_FILES,
                vec![],
            ),
        ] {
            let field: InputField = serde_json::from_value(declared).unwrap();
            let choice = FileChoice::of(&field, value);
            assert_eq!(
                (choice.accept.as_str(), choice.kept),
                (accepted, kept.into_iter().map(str::to_owned).collect())
            );
            assert_eq!(most(&field), limit);
        }
    }
}
