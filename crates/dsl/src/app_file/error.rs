//! Why an import fails, in the words that clients of the original know.

use crate::{VariableError, graph::NoList, python, version::InvalidVersion, yaml::YamlError};

/// Why an import fails. The text is the field `error` of its answer, the status `failed`, HTTP 400.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ImportError {
    /// `yaml-content` without content. For the caller, who knows the mode.
    #[error("yaml_content is required when import_mode is yaml-content")]
    ContentRequired,
    /// `yaml-url` without a URL. For the caller, who knows the mode.
    #[error("yaml_url is required when import_mode is yaml-url")]
    UrlRequired,
    /// The app to overwrite is not there. For the caller, who can look.
    #[error("App not found")]
    AppNotFound,
    /// The app to overwrite is a classic one. For the caller, who can look.
    #[error("Only workflow or advanced chat apps can be overwritten")]
    NotOverwritable,
    /// Confirmed too late, twice, or never begun. For the caller, who keeps pending imports.
    #[error("Import information expired or does not exist")]
    Expired,
    /// Bigger than the reader allows.
    #[error("File size exceeds the limit of 10MB")]
    FileTooLarge,
    /// The text is no YAML.
    #[error("Invalid YAML format: {0}")]
    Yaml(YamlError),
    /// YAML, but not a mapping.
    #[error("Invalid YAML format: content must be a mapping")]
    NotAMapping,
    /// `version: 0.6` is a number.
    #[error("Invalid version type, expected str, got <class '{0}'>")]
    VersionType(&'static str),
    /// A text that is no version.
    #[error(transparent)]
    Version(#[from] InvalidVersion),
    /// The file has no member `app`.
    #[error("Missing app data in YAML content")]
    AppMissing,
    /// `app` without `mode`.
    #[error("loss app mode")]
    ModeMissing,
    /// A mode that nobody knows.
    #[error("{} is not a valid AppMode", .0)]
    UnknownMode(String),
    /// A mode that is known, and cannot be imported.
    #[error("Invalid app mode")]
    UnsupportedMode,
    /// A mode of Dify 1.16 that this server does not have.
    #[error("Invalid app mode: apps of the mode agent are not supported, agent-chat apps are")]
    AgentMode,
    /// A graph app without its workflow.
    #[error("Missing workflow data for workflow/advanced chat app")]
    WorkflowMissing,
    /// A classic app without its configuration.
    #[error("Missing model_config for chat/agent-chat/completion app")]
    ModelConfigMissing,
    /// A part of the wrong shape.
    #[error("Invalid app file: {path} must be {expected}")]
    Shape {
        /// Where in the document: `workflow.graph`.
        path: &'static str,
        /// What belongs there: `a mapping`.
        expected: &'static str,
    },
    /// An environment or conversation variable.
    #[error(transparent)]
    Variable(#[from] VariableError),
    /// A dependency, counted from 0.
    #[error("Invalid dependency {index}: {reason}")]
    Dependency {
        /// The place of the dependency, from 0.
        index: usize,
        /// What is wrong with it.
        reason: &'static str,
    },
}

impl From<NoList> for ImportError {
    fn from(NoList { path }: NoList) -> Self {
        let expected = "a list of mappings";
        Self::Shape { path, expected }
    }
}

impl From<YamlError> for ImportError {
    fn from(error: YamlError) -> Self {
        match error {
            YamlError::FileTooLarge => Self::FileTooLarge,
            other => Self::Yaml(other),
        }
    }
}

impl ImportError {
    /// A mode that nobody knows, as it stands in the file.
    pub(super) fn unknown_mode(mode: &serde_json::Value) -> Self {
        Self::UnknownMode(match mode {
            serde_json::Value::String(text) => python::quoted(text),
            serde_json::Value::Number(number) => python::number(number),
            other => python::class(other).to_owned(),
        })
    }
}
