//! Looking for binaries that are on the machine already.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

use crate::process::run;

/// The oldest PostgreSQL that the schema works with.
const OLDEST_POSTGRES: u32 = 14;
/// The oldest Redis that the scripts work with.
const OLDEST_REDIS: u32 = 6;

/// The folder of a usable PostgreSQL: one that has `postgres` and `initdb`.
pub(crate) fn postgres() -> Option<PathBuf> {
    let on_path =
        find_on_path("postgres").and_then(|binary| binary.parent().map(Path::to_path_buf));
    candidates(on_path).into_iter().find(|folder| {
        folder.join("initdb").is_file()
            && major_version(&folder.join("postgres"))
                .is_some_and(|version| version >= OLDEST_POSTGRES)
    })
}

/// A usable `valkey-server` or `redis-server`.
pub(crate) fn redis() -> Option<PathBuf> {
    ["valkey-server", "redis-server"]
        .into_iter()
        .filter_map(find_on_path)
        .find(|binary| major_version(binary).is_some_and(|version| version >= OLDEST_REDIS))
}

fn candidates(on_path: Option<PathBuf>) -> Vec<PathBuf> {
    let mut folders: Vec<PathBuf> = on_path.into_iter().collect();
    let mut versioned: Vec<PathBuf> =
        ["/usr/lib/postgresql", "/opt/homebrew/opt", "/usr/local/opt"]
            .into_iter()
            .filter_map(|parent| fs::read_dir(parent).ok())
            .flatten()
            .filter_map(|entry| entry.ok().map(|entry| entry.path()))
            .filter(|path| {
                let name = path
                    .file_name()
                    .map(|name| name.to_string_lossy().into_owned());
                name.is_some_and(|name| {
                    name.starts_with("postgresql@") || name.parse::<u32>().is_ok()
                })
            })
            .map(|path| path.join("bin"))
            .collect();
    versioned.sort();
    folders.extend(versioned.into_iter().rev());
    folders
}

fn find_on_path(program: &str) -> Option<PathBuf> {
    #[allow(
        clippy::disallowed_methods,
        reason = "PATH is how programs are found, not a setting of ours"
    )]
    let path = env::var("PATH").ok()?;
    env::split_paths(&path)
        .map(|folder| folder.join(program))
        .find(|candidate| candidate.is_file())
        // A link such as /usr/local/bin/postgres leads to the folder with everything else.
        .map(|found| fs::canonicalize(&found).unwrap_or(found))
}

fn major_version(binary: &Path) -> Option<u32> {
    version_number(&run(Command::new(binary).arg("--version")).ok()?)
}

/// The first number of `postgres (PostgreSQL) 15.18 (Debian …)`, `Redis server v=7.0.15 sha=…`.
fn version_number(text: &str) -> Option<u32> {
    text.split(|c: char| c.is_whitespace() || c == '=')
        .map(|word| word.trim_start_matches('v'))
        .find_map(|word| word.split_once('.')?.0.parse().ok())
}

#[cfg(test)]
mod tests {
    use super::version_number;

    #[test]
    fn engine_version_is_read_as_printed() {
        assert_eq!(
            version_number("postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)"),
            Some(15)
        );
        assert_eq!(
            version_number("Redis server v=7.0.15 sha=00000000:0 malloc=jemalloc-5.3.0"),
            Some(7)
        );
        assert_eq!(version_number("Valkey server v=9.1.2 sha=0:0"), Some(9));
        assert_eq!(version_number("nothing"), None);
    }
}
