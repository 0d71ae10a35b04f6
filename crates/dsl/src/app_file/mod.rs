//! An app file: what is in one, how it is read, and how it is exported.

mod dependency;
mod document;
mod error;
mod export;
mod meta;
mod secrets;
#[cfg(test)]
mod tests;

use serde_json::{Map, Value};

pub use dependency::{Dependency, DependencyKind, leaked_dependencies};
pub use document::AppDocument;
pub use error::ImportError;
pub use export::Export;
pub use meta::{AppMeta, IconType};

use crate::variable::Variable;
pub use crate::{graph::DatasetIdCipher, mode::AppMode};

/// An app, with everything that a file says about it.
#[derive(Clone, Debug, PartialEq)]
pub struct AppFile {
    /// The version of the file, as it stands there; exports decide theirs themselves.
    pub version: String,
    /// Name, icon, mode.
    pub app: AppMeta,
    /// The part that a mode needs.
    pub body: AppBody,
    /// Plugins that the app needs. Whether they are installed is the caller's to know.
    pub dependencies: Vec<Dependency>,
}

/// The part of an app that depends on its mode.
#[derive(Clone, Debug, PartialEq)]
pub enum AppBody {
    /// Workflows and chatflows.
    Workflow(WorkflowPart),
    /// Chat, agent and completion apps: the configuration as it is, see the mode's own rules.
    ModelConfig(Map<String, Value>),
}

/// The workflow of an app.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct WorkflowPart {
    /// `{nodes, edges, viewport}`, kept as it is; the engine gives it a type.
    pub graph: Map<String, Value>,
    /// Opening statement, file upload and so on, kept as it is.
    pub features: Map<String, Value>,
    /// One value for all runs. Secrets in clear.
    pub environment_variables: Vec<Variable>,
    /// One value for each conversation.
    pub conversation_variables: Vec<Variable>,
    /// Of knowledge pipelines; kept as they are.
    pub rag_pipeline_variables: Vec<Value>,
}
