//! Files as values: objects with a mark.
//!
//! Such an object *names* a file; a value that came from outside may bear the mark too. Whoever opens the file
//! checks that the run may see it.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Map, Value as Json, json};

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

/// How a file came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TransferMethod {
    /// Somebody uploaded it.
    LocalFile,
    /// It is elsewhere, at an address.
    RemoteUrl,
    /// A run made or got it.
    ToolFile,
}

impl TransferMethod {
    /// The name on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::LocalFile => "local_file",
            Self::RemoteUrl => "remote_url",
            Self::ToolFile => "tool_file",
        }
    }
}

/// A file as a value of a run: what streams show and nodes read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileValue {
    /// What the caller calls it; streams show it.
    pub id: Option<String>,
    /// `image`, `document`, `audio`, `video` or `custom`.
    pub kind: String,
    /// How it came.
    pub method: TransferMethod,
    /// Where it is or was elsewhere. Null and empty are two answers of Dify's: uploads have an empty one.
    pub remote_url: Option<String>,
    /// The id of its row; a file elsewhere has none.
    pub related_id: Option<String>,
    /// Its name, with the extension.
    pub filename: String,
    /// With its dot; empty when it has none.
    pub extension: String,
    /// Its media type, `image/png`.
    pub mime_type: String,
    /// Bytes; -1: nobody said.
    pub size: i64,
    /// Where it can be fetched, for some minutes if it is ours.
    pub url: String,
}

impl FileValue {
    /// The object, with its members in the order of streams.
    pub fn to_json(&self) -> Json {
        let reference = self.related_id.as_deref().map(reference);
        json!({
            IDENTITY_KEY: IDENTITY,
            "id": self.id,
            "type": self.kind,
            "transfer_method": self.method.as_str(),
            "remote_url": self.remote_url,
            "reference": reference,
            "filename": self.filename,
            "extension": self.extension,
            "mime_type": self.mime_type,
            "size": self.size,
            "related_id": self.related_id,
            "url": self.url,
        })
    }
}

/// What `reference` says of the row with this id.
fn reference(id: &str) -> String {
    let record = format!("{{\"record_id\":\"{id}\"}}");
    format!("dify-file-ref:{}", STANDARD.encode(record))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As the original streamed it.
    #[test]
    fn file_value_has_the_members_of_the_recording_in_their_order() {
        let file = FileValue {
            id: None,
            kind: "image".into(),
            method: TransferMethod::LocalFile,
            remote_url: Some(String::new()),
            related_id: Some("3ace9ae2-e5aa-46d5-a2f3-37abe9cad1bb".into()),
            filename: "red.png".into(),
            extension: ".png".into(),
            mime_type: "image/png".into(),
            size: 73,
            url: "http://h/f".into(),
        };
        assert_eq!(
            file.to_json().to_string(),
            r#"{"dify_model_identity":"__dify__file__","id":null,"type":"image","transfer_method":"local_file","remote_url":"","reference":"dify-file-ref:eyJyZWNvcmRfaWQiOiIzYWNlOWFlMi1lNWFhLTQ2ZDUtYTJmMy0zN2FiZTljYWQxYmIifQ==","filename":"red.png","extension":".png","mime_type":"image/png","size":73,"related_id":"3ace9ae2-e5aa-46d5-a2f3-37abe9cad1bb","url":"http://h/f"}"#
        );
        assert!(is_file(&file.to_json()));
    }
}
