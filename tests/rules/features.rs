//! Each way in which the tests are built takes the crates of others with the same features: otherwise all that stands on them is compiled
//! once for each way. What only a development dependency switches on is switched on in `tests` and `dev/xtask` too.

use std::{collections::BTreeSet, path::Path, process::Command};

/// The crates that a selection of packages brings, each with its version and its features.
fn crates(selection: &[&str]) -> BTreeSet<String> {
    let output = Command::new(env!("CARGO"))
        .args([
            "tree",
            "--offline",
            "--prefix",
            "none",
            "--format",
            "{p} {f}",
        ])
        .args(selection)
        .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap())
        .output()
        .unwrap();
    assert!(output.status.success(), "cargo tree answers");
    let text = String::from_utf8(output.stdout).unwrap();
    let lines = text.lines().map(|line| line.trim_end_matches(" (*)"));
    lines.map(str::to_owned).collect()
}

#[test]
fn crates_of_others_have_the_same_features_in_each_build_of_the_tests() {
    let all = crates(&["--workspace", "--edges", "normal,build,dev"]);
    for selection in [
        ["--workspace", "--edges", "normal,build"].as_slice(),
        &["-p", "gatewright-tests"],
        &["-p", "xtask", "--edges", "normal,build"],
    ] {
        let own = crates(selection);
        let twice: Vec<_> = own.difference(&all).collect();
        assert!(
            twice.is_empty(),
            "{selection:?} compiles these once more; a crate that has the missing feature (zerocopy, say) stands in tests/Cargo.toml: {twice:?}"
        );
    }
}

/// A cargo that a task starts compiles what a person's has compiled: see `cargo` in `dev/xtask`.
#[test]
fn tasks_start_cargo_by_one_function() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let files = crate::architecture::rust_files(&root.join("dev/xtask"));
    let starts = |file: &std::path::PathBuf| {
        let text = std::fs::read_to_string(file).unwrap();
        text.matches("Command::new(\"cargo\")").count()
    };
    assert_eq!(files.iter().map(starts).sum::<usize>(), 1);
}
