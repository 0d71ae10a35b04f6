//! Where settings come from: files that cannot be read, files that others could change, names that are
//! no settings.

use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
};

use gatewright_domain::settings::Source as _;

use super::Finding;
use crate::environment::Environment;

const WRITE: u32 = 0o002;
const GROUP_WRITE: u32 = 0o020;
const READ: u32 = 0o004;
/// In a folder with this only the owner of a file may replace it.
const STICKY: u32 = 0o1000;

/// Examines the sources, not what they say.
pub fn examine(environment: &Environment) -> Vec<Finding> {
    let mut findings: Vec<Finding> = environment.problems().iter().map(unusable).collect();
    let keys = environment.get("GATEWRIGHT_KEYS_FILE");
    let keys = keys
        .filter(|path| !path.trim().is_empty())
        .map(PathBuf::from);
    let files = environment.files().iter().cloned().chain(keys);
    findings.extend(files.filter_map(|file| others(&file)));
    findings.extend(environment.unknown_names().iter().map(|unknown| {
        Finding::warning(
            "unknown_setting",
            format!("{} is no setting", unknown.name),
            "it changes nothing, and what it was meant to change stays as it is",
            &format!("correct it to {}, or take it out", unknown.nearest),
        )
    }));
    findings
}

fn unusable(problem: &crate::environment::SourceError) -> Finding {
    Finding::error(
        "settings_unreadable",
        problem.to_string(),
        "the server does not start",
        &format!("put {} right", problem.place),
    )
}

/// Whether others than its owner can change or read a file that holds secrets.
fn others(file: &Path) -> Option<Finding> {
    let name = file.display();
    let mode = fs::metadata(file).ok()?.permissions().mode();
    let folder = file.parent().and_then(|folder| fs::metadata(folder).ok());
    let folder = folder.map_or(0, |folder| folder.permissions().mode());
    let is_replaceable = folder & WRITE != 0 && folder & STICKY == 0;
    if mode & WRITE != 0 || is_replaceable {
        return Some(Finding::error(
            "settings_writable",
            format!("anybody on this machine can change {name}"),
            "whoever does decides what this server trusts, and can sign in as anybody",
            &format!("chmod 600 {name}, and let nobody else write to its folder"),
        ));
    }
    if mode & GROUP_WRITE != 0 {
        return Some(Finding::warning(
            "settings_writable",
            format!("the group of {name} can change it"),
            "whoever is in it decides what this server trusts",
            &format!("chmod 600 {name}"),
        ));
    }
    (mode & READ != 0).then(|| {
        Finding::warning(
            "settings_readable",
            format!("anybody on this machine can read {name}"),
            "it holds secrets: who knows SECRET_KEY can sign in as anybody",
            &format!("chmod 600 {name}"),
        )
    })
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;
    use crate::doctor::Severity;

    fn mode(path: &Path, mode: u32) {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    }

    /// Row F: each file that settings or keys come from, whichever it is.
    #[test]
    fn f_doctor_names_settings_files_that_others_can_read_or_write() {
        let folder = tempfile::tempdir().unwrap();
        let key = folder.path().join("key");
        let keys = folder.path().join("keys.json");
        for path in [&key, &keys] {
            fs::write(path, "x").unwrap();
        }
        let text = |path: &Path| path.display().to_string();
        let variables = HashMap::from([
            ("SECRET_KEY_FILE".to_owned(), text(&key)),
            ("GATEWRIGHT_KEYS_FILE".to_owned(), text(&keys)),
        ]);
        let found = |path: &Path| {
            let findings = examine(&Environment::from_variables(variables.clone()));
            let mut here = findings.iter().filter(|one| one.what.contains(&text(path)));
            here.next().map(|one| (one.check, one.severity))
        };
        // The path of the one begins as that of the other does.
        for path in [&key, &keys] {
            mode(path, 0o600);
        }
        for (bits, expected) in [
            (0o600, None),
            (0o640, None),
            (0o644, Some(("settings_readable", Severity::Warning))),
            (0o660, Some(("settings_writable", Severity::Warning))),
            (0o666, Some(("settings_writable", Severity::Error))),
        ] {
            for path in [&key, &keys] {
                mode(path, bits);
                assert_eq!(found(path), expected, "{bits:o} {}", path.display());
                mode(path, 0o600);
            }
        }
        mode(folder.path(), 0o777);
        assert_eq!(found(&key), Some(("settings_writable", Severity::Error)));
        mode(folder.path(), 0o1777);
        assert_eq!(found(&key), None);
        mode(folder.path(), 0o700);
    }
}
