//! Which module of a use-case crate may import which: the table is the drawing, and no crate of that floor has a
//! cycle. What two modules share is a module below both.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use crate::architecture::rust_files;

/// `[(module, what it imports)]`; a module that is not here imports none of its siblings.
type Modules = &'static [(&'static str, &'static [&'static str])];

/// The drawing of each crate.
const IMPORTS: [(&str, Modules); 8] = [
    (
        "usecase-apps",
        &[
            ("access", &["actor", "apps", "error", "view"]),
            ("api_extension", &["secret"]),
            (
                "apps",
                &[
                    "error",
                    "external_apps",
                    "key_guesses",
                    "key_rate",
                    "secret",
                    "system_parameters",
                    "versions",
                ],
            ),
            ("change", &["actor", "apps", "create", "error", "view"]),
            ("content", &["secret"]),
            ("copy", &["actor", "apps", "error", "import", "view"]),
            (
                "create",
                &["actor", "apps", "error", "model_config", "view"],
            ),
            ("delete", &["actor", "apps", "error"]),
            (
                "describe",
                &[
                    "apps",
                    "content",
                    "error",
                    "model_config",
                    "system_parameters",
                ],
            ),
            ("draft", &["actor", "apps", "content", "error", "view"]),
            (
                "export",
                &["actor", "apps", "content", "error", "model_config"],
            ),
            ("external", &["actor", "apps", "error", "openapi"]),
            (
                "import",
                &[
                    "actor",
                    "apps",
                    "content",
                    "create",
                    "error",
                    "model_config",
                ],
            ),
            ("homes", &["apps", "error"]),
            ("key", &["apps"]),
            ("list", &["actor", "apps", "error", "view"]),
            ("openapi", &["apps", "error"]),
            ("publish", &["actor", "apps", "content", "error", "view"]),
            ("runnable", &["apps", "content", "error", "versions"]),
            ("site", &["apps"]),
            ("version", &["actor", "apps", "content", "error", "view"]),
            ("versions", &["content"]),
            ("view", &["apps", "content", "model_config", "secret"]),
        ],
    ),
    ("usecase-device", &[("device", &["bearer"])]),
    (
        "usecase-files",
        &[
            ("own", &["error", "run_file", "shown"]),
            ("remote", &["error", "upload"]),
            ("renew", &["run_file"]),
            ("run_file", &["error", "shown"]),
            ("tool_file", &["error", "shown", "view"]),
            ("upload", &["error"]),
            ("view", &["error", "shown"]),
        ],
    ),
    (
        "usecase-identity",
        &[
            // The command line ends what accounts have open, and makes accounts.
            ("admin", &["account", "credential", "joining"]),
            ("account", &["credential", "joining"]),
            ("console", &["account", "credential", "joining"]),
            ("member", &["credential"]),
        ],
    ),
    (
        "usecase-kit",
        &[
            ("account_cache", &["ttl_cache"]),
            ("audit", &["env"]),
            ("cached_bearers", &["env", "ttl_cache"]),
            ("contents", &["env"]),
            ("deleted_app", &["env"]),
            ("known_browser", &["env"]),
            ("mail", &["env"]),
        ],
    ),
    (
        "usecase-maintenance",
        &[
            (
                "clean",
                &[
                    "batches",
                    "eraser",
                    "retention",
                    "retention_settings",
                    "settings",
                ],
            ),
            ("clean_apps", &["clean"]),
            ("cut_audit", &["clean"]),
            ("delete_app", &["batches", "clean", "eraser"]),
            ("delete_conversation", &["clean"]),
            ("end_forms", &["clean"]),
            ("end_user", &["batches", "eraser"]),
            ("leftovers", &["batches", "clean", "eraser"]),
            ("retention", &["batches", "eraser"]),
            ("retention_settings", &["batches"]),
            (
                "worker",
                &[
                    "clean",
                    "delete_contents",
                    "end_forms",
                    "form_mail",
                    "retention_settings",
                    "settings",
                ],
            ),
        ],
    ),
    (
        "usecase-runs",
        &[
            ("calls", &["plan", "ports"]),
            ("commit", &["observer", "record", "stamp"]),
            ("dialogue", &["judging"]),
            ("judging", &["words"]),
            ("memory", &["answer", "micros", "usage"]),
            ("observer", &["plan"]),
            ("past", &["memory", "ports"]),
            ("plan", &["dialogue"]),
            ("ports", &["plan", "record", "wake"]),
            ("recorder", &["ports", "record"]),
            (
                "registry",
                &[
                    "machine", "memory", "observer", "past", "plan", "ports", "task", "wake",
                ],
            ),
            (
                "stamp",
                &[
                    "ids", "judging", "memory", "micros", "observer", "plan", "ports", "record",
                    "storable", "words",
                ],
            ),
            (
                "task",
                &[
                    "calls", "commit", "judging", "machine", "memory", "micros", "observer",
                    "plan", "ports", "record", "stamp", "wake", "words",
                ],
            ),
        ],
    ),
    ("usecase-workspace", &[]),
];

/// `module → the siblings that it imports`.
type Graph = BTreeMap<String, BTreeSet<String>>;

#[test]
fn modules_of_a_use_case_crate_import_what_the_table_says() {
    let drawn: BTreeMap<&str, Graph> = IMPORTS
        .iter()
        .map(|(name, modules)| (*name, graph_of(modules)))
        .collect();
    let mut seen = BTreeSet::new();
    for (name, source) in use_case_crates() {
        let imports = imports_in(&source);
        assert_eq!(
            Some(&imports),
            drawn.get(name.as_str()),
            "the modules of {name}"
        );
        seen.insert(name);
    }
    assert_eq!(seen.len(), IMPORTS.len(), "{seen:?}");
}

#[test]
fn modules_of_a_use_case_crate_have_no_cycle() {
    for (name, source) in use_case_crates() {
        let imports = imports_in(&source);
        assert_eq!(cycle(&imports), None, "{name}: {imports:?}");
    }
}

#[test]
fn import_is_seen_in_every_spelling() {
    let modules = ["account", "console", "member"].map(str::to_owned).into();
    let exported = BTreeMap::from([("Accounts".to_owned(), "account".to_owned())]);
    for (depth, code) in [
        (1, "use crate::account::Accounts;"),
        (1, "use crate::{console, account::{self, lock}};"),
        (2, "let one = crate::Accounts::new();"),
        (1, "use super::account;"),
        (2, "use super::super::account::Accounts;"),
    ] {
        let found = imported(code, depth, &modules, &exported);
        assert!(found.contains("account"), "{code}: {found:?}");
    }
    for (depth, code) in [
        (2, "use super::account;"),
        (1, "// crate::account is another one"),
        (1, "use other_crate::account;"),
    ] {
        let found = imported(code, depth, &modules, &exported);
        assert!(found.is_empty(), "{code}: {found:?}");
    }
}

#[test]
fn export_of_a_crate_s_root_names_its_module_in_every_spelling() {
    for root in [
        "pub use task::{Task, Done};",
        "pub use crate::task::Task;",
        "pub use crate::{\n    ids::first,\n    task::{Done, Task},\n};",
    ] {
        let exported = exported_by(root);
        assert_eq!(exported["Task"], "task", "{root}: {exported:?}");
    }
}

#[test]
fn cycle_is_found_over_any_number_of_modules() {
    let around = graph_of(&[("a", &["b"]), ("b", &["c"]), ("c", &["a"]), ("d", &["a"])]);
    assert!(cycle(&around).is_some());
    let layers = graph_of(&[("a", &["b", "c"]), ("b", &["c"])]);
    assert_eq!(cycle(&layers), None);
}

fn graph_of(modules: &[(&str, &[&str])]) -> Graph {
    let set = |to: &[&str]| to.iter().map(|one| (*one).to_owned()).collect();
    let edges = modules
        .iter()
        .map(|(from, to)| ((*from).to_owned(), set(to)));
    edges.collect()
}

/// The crates of the use-cases' floor, with their sources.
fn use_case_crates() -> Vec<(String, PathBuf)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let folders = fs::read_dir(root.join("crates")).unwrap();
    let named = folders.map(|entry| {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        (name, path.join("src"))
    });
    named
        .filter(|(name, _)| name.starts_with("usecase-"))
        .collect()
}

/// The imports between the top-level modules of a crate; modules without any are left out.
fn imports_in(source: &Path) -> Graph {
    let name_of = |path: &Path| path.file_stem().unwrap().to_string_lossy().into_owned();
    let entries = fs::read_dir(source).unwrap();
    let modules: BTreeSet<String> = entries
        .map(|entry| name_of(&entry.unwrap().path()))
        .filter(|name| name != "lib")
        .collect();
    let exported = exported_by(&fs::read_to_string(source.join("lib.rs")).unwrap());
    let mut graph = Graph::new();
    for file in rust_files(source) {
        let place = file.strip_prefix(source).unwrap();
        let own = name_of(Path::new(place.components().next().unwrap().as_os_str()));
        if own == "lib" {
            continue;
        }
        let is_index = place.file_name().unwrap() == "mod.rs";
        let depth = place.components().count() - usize::from(is_index);
        let code = fs::read_to_string(&file).unwrap();
        let mut found = imported(&code, depth, &modules, &exported);
        found.remove(&own);
        if !found.is_empty() {
            graph.entry(own).or_default().extend(found);
        }
    }
    graph
}

/// `name → module` of what a crate's root exports again.
fn exported_by(root: &str) -> BTreeMap<String, String> {
    let exports = root.split("pub use ").skip(1);
    let paths = exports.flat_map(|export| {
        let export = export.split(';').next().unwrap_or_default();
        paths_of(export.strip_prefix("crate::").unwrap_or(export))
    });
    let named = paths.flat_map(|path| {
        let mut words = words(path);
        let module = words.next().unwrap_or_default();
        words.map(move |word| (word.to_owned(), module.to_owned()))
    });
    named.collect()
}

/// The top-level modules that a file names, from the crate's root or by climbing to it.
fn imported(
    code: &str,
    depth: usize,
    modules: &BTreeSet<String>,
    exported: &BTreeMap<String, String>,
) -> BTreeSet<String> {
    let lines = code
        .lines()
        .map(|line| line.split("//").next().unwrap_or_default());
    let code: String = lines.collect::<Vec<_>>().join("\n");
    let climbing = "super::".repeat(depth);
    let mut found = BTreeSet::new();
    for root in ["crate::", climbing.as_str()] {
        for (at, _) in code.match_indices(root) {
            let before = code[..at].chars().next_back();
            if before.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == ':') {
                continue;
            }
            let paths = paths_of(&code[at + root.len()..]);
            for name in paths.into_iter().filter_map(|path| words(path).next()) {
                let module = modules.get(name).or_else(|| exported.get(name));
                found.extend(module.cloned());
            }
        }
    }
    found
}

/// The path that a text begins with or, where it is a group, the paths in it.
fn paths_of(text: &str) -> Vec<&str> {
    let Some(group) = text.strip_prefix('{') else {
        return vec![text];
    };
    let (mut depth, mut paths, mut start) = (0_usize, vec![], 0);
    for (at, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => {
                paths.push(&group[start..at]);
                break;
            }
            '}' => depth -= 1,
            ',' if depth == 0 => {
                paths.push(&group[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    paths
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric() && c != '_')
        .filter(|word| !word.is_empty())
}

/// Modules that import each other in a circle, if there are any: what is left when those that import nothing
/// that is left have been taken away.
fn cycle(graph: &Graph) -> Option<Graph> {
    let mut left = graph.clone();
    loop {
        let names: BTreeSet<String> = left.keys().cloned().collect();
        let before = left.len();
        left.retain(|_, to| to.iter().any(|one| names.contains(one)));
        if left.len() == before {
            return (!left.is_empty()).then_some(left);
        }
    }
}
