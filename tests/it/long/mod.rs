//! What is longer, or needs a program of somebody else: `./dev/test --long`. Each file is one check; the program comes in by the
//! variable that `dev/xtask/src/long.rs` names, and without it the check is not run and said to be so.

mod buckets;
mod command_line;
mod difyctl_suites;
mod php_client;
mod rolled_builds;
mod stock_console;
mod typescript_client;

use std::path::PathBuf;

/// The files that a variable names, separated by commas. Only run where it is set: see the module.
fn programs(variable: &str) -> Vec<PathBuf> {
    let list = std::env::var(variable).unwrap_or_default();
    let files: Vec<PathBuf> = list
        .split(',')
        .filter(|file| !file.is_empty())
        .map(PathBuf::from)
        .collect();
    assert!(
        !files.is_empty(),
        "{variable} names no program: run by ./dev/test --long"
    );
    for file in &files {
        assert!(file.is_file(), "{variable}: {} is no file", file.display());
    }
    files
}

/// The folder that a variable names. Only run where it is set: see the module.
fn folder(variable: &str) -> PathBuf {
    let folder = PathBuf::from(std::env::var(variable).unwrap_or_default());
    assert!(
        folder.is_dir(),
        "{variable} names no folder: run by ./dev/test --long"
    );
    folder
}

/// The folders that a variable names, separated by commas; each has this file.
fn folders(variable: &str, file: &str) -> Vec<PathBuf> {
    let list = std::env::var(variable).unwrap_or_default();
    let folders: Vec<PathBuf> = list
        .split(',')
        .filter(|folder| !folder.is_empty())
        .map(PathBuf::from)
        .collect();
    assert!(
        !folders.is_empty(),
        "{variable} names no folder: run by ./dev/test --long"
    );
    for folder in &folders {
        assert!(
            folder.join(file).is_file(),
            "{variable}: {} has no {file}",
            folder.display()
        );
    }
    folders
}
