//! Every recorded app file is read, exported, and read back equal.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

use std::{fs, path::Path};

use gatewright_dsl::{AppDocument, AppFile, Export, ImportStatus, yaml};
use serde_json::Value;

/// What an export clears on purpose.
const CLEARED: [&str; 3] = ["webhook_url", "webhook_debug_url", "subscription_id"];

fn import(text: &str) -> AppFile {
    let document = AppDocument::open(text).unwrap();
    assert_eq!(document.status(), ImportStatus::Completed);
    document.into_app_file(None).unwrap()
}

fn export(file: &AppFile) -> String {
    file.export(Export {
        include_secret: true,
        ..Export::default()
    })
}

/// The document, with what an export clears taken out.
fn compared(text: &str) -> Value {
    let mut document = yaml::read(text).unwrap();
    let nodes = document.pointer_mut("/workflow/graph/nodes");
    for node in nodes.and_then(Value::as_array_mut).into_iter().flatten() {
        let data = node["data"].as_object_mut().unwrap();
        data.retain(|key, _| !CLEARED.contains(&key.as_str()));
    }
    document
}

#[test]
fn recorded_file_is_exported_and_reads_back_equal() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/files/recorded");
    let mut count = 0;
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let text = fs::read_to_string(&path).unwrap();
        let exported = export(&import(&text));
        assert_eq!(compared(&exported), compared(&text), "{}", path.display());
        assert_eq!(export(&import(&exported)), exported, "{}", path.display());
        count += 1;
    }
    assert!(count >= 18, "{count} files");
}
