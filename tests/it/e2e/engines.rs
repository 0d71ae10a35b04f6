//! Engines of a test's own, for what must not happen to the shared ones.

use gatewright_engines::{Guide, Home, Owner};

pub(crate) struct Quiet;

impl Guide for Quiet {
    fn say(&self, _: &str) {}
    fn consents(&self, _: &str) -> bool {
        false
    }
}

/// A folder for engines; it goes when the second part is dropped.
pub(crate) fn engines_home() -> (Home, tempfile::TempDir) {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::Builder::new().prefix("gw-").tempdir().unwrap();
    let owner = Owner::current();
    let mode = if owner.is_switched() { 0o711 } else { 0o700 };
    std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(mode)).unwrap();
    let cache = if owner.is_switched() {
        "/var/cache/gatewright/engines".into()
    } else {
        std::path::Path::new(&std::env::var("HOME").unwrap()).join(".cache/gatewright/engines")
    };
    let data = folder.path().join("d");
    let home = Home {
        run: data.join("run"),
        data,
        cache,
        owner,
    };
    home.prepare().unwrap();
    (home, folder)
}
