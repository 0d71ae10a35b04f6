//! The files of the repository that may cite the contract.

use std::{
    fs,
    path::{Path, PathBuf},
};

const FOLDERS: [&str; 9] = [
    "bins",
    "crates",
    "dev",
    "docker",
    "docs",
    "examples",
    "fuzz",
    "migrations",
    "tests",
];
const SKIPPED: [&str; 5] = ["target", "node_modules", "screenshots", "corpus", ".git"];
const EXTENSIONS: [&str; 11] = [
    "rs", "md", "sql", "toml", "yaml", "ts", "mjs", "py", "jinja", "html", "csv",
];

/// A file with its text.
pub(super) struct Source {
    /// From the root of the repository.
    pub(super) path: String,
    pub(super) text: String,
}

impl Source {
    pub(super) fn is_rust(&self) -> bool {
        self.path.ends_with(".rs")
    }

    /// The text on one line, without what begins a line of a comment: a citation may be wrapped.
    pub(super) fn flat(&self) -> String {
        let lines = self.text.lines().map(|line| {
            let line = line.trim();
            let bare = ["//!", "///", "//", "--"]
                .iter()
                .find_map(|leader| line.strip_prefix(leader));
            bare.unwrap_or(line).trim()
        });
        lines.collect::<Vec<_>>().join(" ")
    }
}

pub(super) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .unwrap()
        .to_path_buf()
}

pub(super) fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Every file that people write, and the documents at the root.
pub(super) fn all() -> Vec<Source> {
    let mut found = vec![];
    for folder in FOLDERS {
        walk(&root().join(folder), true, &mut found);
    }
    walk(&root(), false, &mut found);
    found
}

fn walk(folder: &Path, into_folders: bool, found: &mut Vec<Source>) {
    let Ok(entries) = fs::read_dir(folder) else {
        return;
    };
    for entry in entries.map(Result::unwrap) {
        let (path, name) = (entry.path(), entry.file_name());
        if path.is_dir() {
            if into_folders && !SKIPPED.contains(&name.to_string_lossy().as_ref()) {
                walk(&path, true, found);
            }
        } else if path
            .extension()
            .is_some_and(|known| EXTENSIONS.iter().any(|e| known == *e))
            && let Ok(text) = fs::read_to_string(&path)
        {
            let path = path.strip_prefix(root()).unwrap();
            found.push(Source {
                path: path.to_string_lossy().into_owned(),
                text,
            });
        }
    }
}
