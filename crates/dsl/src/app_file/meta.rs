//! What an app is called, how it looks, and what kind of app it is.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::ImportError;
use crate::{mode::AppMode, python};

/// What an app's icon is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum IconType {
    /// `icon` is an emoji.
    Emoji,
    /// `icon` is the id of an uploaded file.
    Image,
    /// `icon` is a URL.
    Link,
}

impl IconType {
    /// The word on the wire and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Emoji => "emoji",
            Self::Image => "image",
            Self::Link => "link",
        }
    }
}

/// The part `app` of a file. Serialized as it stands there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AppMeta {
    /// The kind of app.
    pub mode: AppMode,
    /// Empty when the file has none: then the caller asks for one.
    pub name: String,
    /// For people; may be empty.
    pub description: String,
    /// Emoji when the file has none, or an unknown one.
    pub icon_type: IconType,
    /// By [`IconType`]; may be empty.
    pub icon: String,
    /// A colour as CSS writes it.
    pub icon_background: Option<String>,
    /// Whether answers show the app's icon.
    pub use_icon_as_answer_icon: bool,
}

impl AppMeta {
    pub(super) fn read(app: &Map<String, Value>) -> Result<Self, ImportError> {
        let mode = read_mode(app)?;
        let icon_type = app
            .get("icon_type")
            .and_then(|t| IconType::deserialize(t).ok());
        let background = text(app, "icon_background", "app.icon_background")?;
        Ok(Self {
            mode,
            name: text(app, "name", "app.name")?,
            description: text(app, "description", "app.description")?,
            icon_type: icon_type.unwrap_or(IconType::Emoji),
            icon: text(app, "icon", "app.icon")?,
            icon_background: Some(background).filter(|colour| !colour.is_empty()),
            use_icon_as_answer_icon: app
                .get("use_icon_as_answer_icon")
                .is_some_and(|value| !python::is_falsy(value)),
        })
    }
}

/// A text; a number or a boolean is what somebody forgot to quote (`name: 2024`).
fn text(app: &Map<String, Value>, key: &str, path: &'static str) -> Result<String, ImportError> {
    match app.get(key) {
        None | Some(Value::Null) => Ok(String::new()),
        Some(Value::String(text)) => Ok(text.clone()),
        Some(Value::Number(number)) => Ok(python::number(number)),
        Some(Value::Bool(value)) => Ok(value.to_string()),
        Some(_) => Err(ImportError::Shape {
            path,
            expected: "a text",
        }),
    }
}

fn read_mode(app: &Map<String, Value>) -> Result<AppMode, ImportError> {
    let mode = app.get("mode").filter(|mode| !python::is_falsy(mode));
    let mode = mode.ok_or(ImportError::ModeMissing)?;
    match mode.as_str() {
        Some("agent") => Err(ImportError::AgentMode),
        Some("channel" | "rag-pipeline") => Err(ImportError::UnsupportedMode),
        _ => AppMode::deserialize(mode).map_err(|_| ImportError::unknown_mode(mode)),
    }
}
