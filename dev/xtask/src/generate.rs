//! Derived files: one generator with a check mode.

use std::{
    fs,
    path::Path,
    process::{Command, Stdio},
};

use anyhow::{Context as _, bail};
use gatewright_api_server::command::{openapi_documents, settings_markdown};

use crate::root;

/// The generator of the TypeScript types, pinned with the foreign clients of the tests.
const TYPESCRIPT: &str = "tests/clients/node_modules/.bin/openapi-typescript";

pub(crate) fn run(check: bool) -> anyhow::Result<()> {
    let root = root();
    let mut stale = vec![];
    let mut emit = |path: &str, text: &str| -> anyhow::Result<()> {
        let file = root.join(path);
        if fs::read_to_string(&file).unwrap_or_default() == text {
            return Ok(());
        }
        if check {
            stale.push(path.to_owned());
            return Ok(());
        }
        fs::write(&file, text).with_context(|| format!("cannot write {path}"))?;
        println!("wrote {path}");
        Ok(())
    };
    emit("docs/settings.md", &settings_markdown())?;
    for (name, text) in openapi_documents() {
        emit(&format!("openapi/{name}"), &text)?;
        let types = typescript(&root, name, &text)?;
        emit(
            &format!("openapi/ts/{}", name.replace(".json", ".d.ts")),
            &types,
        )?;
    }
    if stale.is_empty() {
        println!("derived files are up to date");
        return Ok(());
    }
    bail!(
        "out of date: {}; run `cargo xtask generate`",
        stale.join(", ")
    )
}

fn typescript(root: &Path, name: &str, document: &str) -> anyhow::Result<String> {
    if !root.join(TYPESCRIPT).exists() {
        crate::run(Command::new("npm").args([
            "ci",
            "--silent",
            "--no-audit",
            "--no-fund",
            "--prefix",
            "tests/clients",
        ]))
        .context(
            "openapi-typescript cannot be installed; Node.js 20 or newer and npm are needed",
        )?;
    }
    let folder = tempfile::tempdir()?;
    let input = folder.path().join(name);
    fs::write(&input, document)?;
    let output = Command::new(root.join(TYPESCRIPT))
        .arg(&input)
        .stderr(Stdio::piped())
        .output()
        .context("cannot run openapi-typescript")?;
    if !output.status.success() {
        bail!(
            "openapi-typescript failed: {}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
    Ok(String::from_utf8(output.stdout)?)
}
