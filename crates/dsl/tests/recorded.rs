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

/// `tests/files/pyyaml.py` asks `PyYAML` the same of the texts that are written.
#[test]
fn value_is_written_as_pyyaml_reads_it_and_read_as_pyyaml_writes_it() {
    let mut count = 0;
    for line in include_str!("files/pyyaml.jsonl").split_terminator('\n') {
        let vector: Value = serde_json::from_str(line).unwrap();
        let (value, written) = (&vector["value"], vector["written"].as_str().unwrap());
        assert_eq!(yaml::write(value), written);
        assert_eq!(yaml::read(written).as_ref(), Ok(value), "{written}");
        if let Some(dumped) = vector["dumped"].as_str() {
            assert_eq!(yaml::read(dumped).as_ref(), Ok(value), "{dumped}");
        }
        count += 1;
    }
    assert!(count > 150, "{count} vectors");
}
