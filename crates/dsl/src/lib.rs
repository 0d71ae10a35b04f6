//! App files, as Dify's consoles exchange them (its DSL): read within limits, checked with the
//! messages that clients know, exported without secrets, and written so that the original reads them back
//! equal. Beside it what a draft is: its hash, who may overwrite whom, what must hold before it is published.
//!
//! Pure: no I/O, no clock, no randomness. The way of a file in:
//! [`AppDocument::open`] (is it one, and of which version) → [`AppDocument::into_app_file`] (every
//! part of it) → what the caller stores. The way out: an [`AppFile`] put together from what is stored →
//! [`AppFile::export`].

pub mod app_file;
pub mod draft;
mod features;
mod graph;
mod mode;
mod python;
mod variable;
pub mod version;
pub mod yaml;

pub use app_file::{
    AppBody, AppDocument, AppFile, AppMeta, AppMode, DatasetIdCipher, Dependency, DependencyKind,
    Export, IconType, ImportError, WorkflowPart, leaked_dependencies,
};
pub use variable::{MASK, Scope, Variable, VariableError, VariableType};
pub use version::{ImportStatus, InvalidVersion, NEWEST_VERSION, OLDEST_CURRENT_VERSION};
