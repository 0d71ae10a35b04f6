//! What the end-to-end tests run from `PyPI`: pinned, and installed once, each in a virtual environment of its own below `target`.

use std::{fs, process::Command};

use anyhow::{Context as _, ensure};

use crate::root;

/// The tool that makes up requests from the OpenAPI documents.
const SCHEMATHESIS: &str = "schemathesis==4.32.5";
/// Clients of the service API; both are one module by name. Their files below `tests/clients/sdks` pin everything by hash.
const CLIENTS: [&str; 2] = ["dify-client", "dify-client-python"];

/// Installs what is not there as it is pinned.
pub(crate) fn install() -> anyhow::Result<()> {
    install_one("schemathesis", &[SCHEMATHESIS], SCHEMATHESIS)?;
    for client in CLIENTS {
        let file = format!("tests/clients/sdks/{client}.txt");
        let pins = fs::read_to_string(root().join(&file));
        let pins = pins.with_context(|| format!("no {file}"))?;
        let wanted = [
            "--require-hashes",
            "--only-binary=:all:",
            "--requirement",
            &file,
        ];
        install_one(client, &wanted, &pins)?;
    }
    Ok(())
}

/// `pins` tells one state of what is wanted from another.
fn install_one(name: &str, wanted: &[&str], pins: &str) -> anyhow::Result<()> {
    let folder = root().join("target").join(name);
    let stamp = folder.join("installed");
    if fs::read_to_string(&stamp).is_ok_and(|installed| installed == pins) {
        return Ok(());
    }
    println!("==> installing {name} (once)");
    let venv = Command::new("python3")
        .args(["-m", "venv", "--clear"])
        .arg(&folder)
        .status();
    let pip = || {
        let mut pip = Command::new(folder.join("bin/pip"));
        pip.args(["install", "--quiet", "--disable-pip-version-check"])
            .args(wanted)
            .current_dir(root());
        pip.status()
    };
    let is_there =
        venv.is_ok_and(|status| status.success()) && pip().is_ok_and(|status| status.success());
    ensure!(
        is_there,
        "{name} cannot be installed: the end-to-end tests need Python 3.10 or newer with venv and pip (apt-get install python3-venv python3-pip; leave them out: ./dev/test --fast)"
    );
    fs::write(&stamp, pins).context("cannot write below target/")
}
