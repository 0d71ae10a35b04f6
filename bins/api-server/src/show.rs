//! What the binary knows without any service: its settings and its documents.

use std::path::Path;

use anyhow::Context as _;
use gatewright_runtime::say;

use crate::command::{openapi_documents, setting_groups};

/// Prints every setting.
pub fn settings(json: bool) {
    if json {
        let rows: Vec<_> = setting_groups()
            .into_iter()
            .flat_map(|(group, settings)| settings.into_iter().map(move |s| (group, s)))
            .map(|(group, s)| {
                serde_json::json!({"group": group, "name": s.name, "about": s.about, "default": s.default, "example": s.example})
            })
            .collect();
        say!("{}", serde_json::Value::from(rows));
        return;
    }
    for (title, settings) in setting_groups() {
        say!("\n{title}");
        for s in settings {
            say!("  {}={}\n      {}", s.name, s.default, s.about);
        }
    }
}

/// Writes the OpenAPI documents into a folder.
///
/// # Errors
/// A folder that cannot be written to.
pub fn write_openapi(folder: &Path) -> anyhow::Result<()> {
    std::fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    for (name, text) in openapi_documents() {
        let path = folder.join(name);
        std::fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))?;
        say!("{}", path.display());
    }
    Ok(())
}
