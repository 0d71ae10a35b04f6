//! Files as values: objects with a mark.
//!
//! Such an object *names* a file; a value that came from outside may bear the mark too. Whoever opens the file
//! checks that the run may see it.

use serde_json::{Map, Value as Json};

/// The key whose value marks an object as a file.
pub const IDENTITY_KEY: &str = "dify_model_identity";
/// The value of that key.
pub const IDENTITY: &str = "__dify__file__";

/// The attributes that workflows can read, by the names that they use.
pub const ATTRIBUTES: [&str; 8] = [
    "type",
    "size",
    "name",
    "mime_type",
    "transfer_method",
    "url",
    "extension",
    "related_id",
];

/// Whether the value is a file.
pub fn is_file(value: &Json) -> bool {
    value.get(IDENTITY_KEY).and_then(Json::as_str) == Some(IDENTITY)
}

/// The value of a file's attribute, one of [`ATTRIBUTES`]; `None` when it has no such attribute.
/// An attribute that the object lacks is null.
pub fn attribute<'a>(file: &'a Map<String, Json>, name: &str) -> Option<&'a Json> {
    if !ATTRIBUTES.contains(&name) {
        return None;
    }
    let key = if name == "name" { "filename" } else { name };
    Some(file.get(key).unwrap_or(&Json::Null))
}

/// A file in Markdown: a link, for pictures a picture; named by the file's name.
pub fn markdown(file: &Map<String, Json>) -> String {
    let text = |key| file.get(key).and_then(Json::as_str).unwrap_or_default();
    let mark = if text("type") == "image" { "!" } else { "" };
    format!("{mark}[{}]({})", text("filename"), text("url"))
}
