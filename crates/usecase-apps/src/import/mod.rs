//! Apps from files. An import has an outcome in every case but one: when a store does not answer.

mod apply;
mod begin;
mod confirm;
mod dependencies;
mod outcome;
mod url;

use gatewright_domain::error::Unavailable;
use gatewright_dsl::{AppDocument, ImportError};
use serde::{Deserialize, Serialize};

pub use outcome::ImportOutcome;

/// Minutes that a file of a newer format waits for a confirmation, and that its dependencies are remembered.
const KEPT_MINUTES: i64 = 10;

/// What somebody wants to import.
#[derive(Debug, Clone)]
pub struct ImportRequest {
    /// Where the file is.
    pub source: ImportSource,
    /// What the app is to be called and look like, whatever the file says.
    pub overrides: Overrides,
    /// The app to overwrite, by its id; none: a new one.
    pub app: Option<String>,
    /// The interface language of who imports: that of the site of a new app.
    pub language: Option<String>,
}

/// Where a file is.
#[derive(Debug, Clone)]
pub enum ImportSource {
    /// The text of the file.
    Content(String),
    /// At an address.
    Url(String),
}

/// What an app is to be called and look like, whatever its file says.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Overrides {
    /// The name that people see; none: that of the file.
    pub name: Option<String>,
    /// May be empty.
    pub description: Option<String>,
    /// `emoji`, `image` or `link`.
    pub icon_type: Option<String>,
    /// A character, the id of an uploaded file, or an address.
    pub icon: Option<String>,
    /// A colour of CSS.
    pub icon_background: Option<String>,
}

/// Reads a file off the threads that serve: one made to be slow takes a second. Gives the text back.
async fn open(text: String) -> Result<(Result<AppDocument, ImportError>, String), Unavailable> {
    let read = tokio::task::spawn_blocking(move || (AppDocument::open(&text), text));
    read.await
        .map_err(|error| Unavailable::new("the reader of app files", error))
}
