//! The picture of the crates, held by a machine: every edge, where third-party crates may be named,
//! what an embedder's tree must not contain. A new edge is a design decision: change the table here,
//! the drawing in the README, and say why.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::Value;

/// `crate → what it depends on`, normal edges only.
const EDGES: &[(&str, &[&str])] = &[
    ("domain", &[]),
    // Whoever writes a file for its owner alone.
    ("private-file", &[]),
    // Programs of people, confined: knows nothing of ours.
    ("sandbox", &[]),
    ("crypto", &[]),
    ("auth", &["crypto", "domain"]),
    // App files: the hash of a draft is crypto's.
    ("dsl", &["crypto"]),
    ("jobs", &["domain"]),
    // What clients see of a run: pure, and of no other crate of ours.
    ("run-events", &[]),
    // The values of a workflow: nothing of ours below it.
    ("variables", &[]),
    // Secrets of endpoints, and whose workspaces may use them.
    ("model", &["domain"]),
    // Markdown of people as HTML that can do nothing.
    ("markdown", &[]),
    // The text of documents: bytes in, text out; its reader is confined as programs are.
    ("documents", &["sandbox"]),
    // What a node decides by is the values' crate; the engine decides which node is next.
    ("nodes", &["variables"]),
    ("engine", &["nodes", "variables"]),
    ("storage-kit", &["domain"]),
    ("storage-identity", &["auth", "domain", "storage-kit"]),
    ("storage-apps", &["domain", "storage-kit"]),
    ("storage-runs", &["domain", "storage-kit"]),
    ("kv", &["auth", "domain"]),
    // Its proxy knows callers by a secret, and secrets are compared in one place.
    ("outbound", &["crypto"]),
    // Figures and spans; spans leave by the one client of other servers.
    ("observe", &["domain", "outbound"]),
    // One crate per family of vendors.
    ("model-openai", &["crypto", "domain", "model", "outbound"]),
    // Does what the engine asks for: the one adapter that reads its requests.
    (
        "node-runners",
        &[
            "documents",
            "domain",
            "engine",
            "model",
            "outbound",
            "sandbox",
            "variables",
        ],
    ),
    // Whoever knows people without an account: one crate per way to ask.
    // What a provider says is read by the one reader that refuses a name that comes twice: crypto's.
    ("oidc", &["auth", "crypto", "domain", "outbound"]),
    ("enterprise", &["auth", "domain", "outbound"]),
    // The checksum of fetched wheels is crypto's.
    ("engines", &["crypto", "private-file"]),
    ("mail", &["domain", "private-file"]),
    // A bucket is asked through the one client of other servers.
    ("objects", &["domain", "outbound", "private-file"]),
    (
        "usecase-kit",
        &[
            "auth",
            "domain",
            "jobs",
            "kv",
            "mail",
            "storage-identity",
            "storage-kit",
        ],
    ),
    (
        "usecase-identity",
        &[
            "auth",
            "domain",
            "kv",
            "mail",
            "storage-identity",
            "storage-kit",
            "usecase-kit",
        ],
    ),
    (
        "usecase-device",
        &[
            "auth",
            "domain",
            "kv",
            "mail",
            "storage-identity",
            "storage-kit",
            "usecase-kit",
        ],
    ),
    // Files elsewhere are fetched through the guard; as inputs of runs files become values.
    (
        "usecase-files",
        &[
            "auth",
            "domain",
            "kv",
            "objects",
            "outbound",
            "storage-identity",
            "storage-kit",
            "usecase-kit",
            "variables",
        ],
    ),
    (
        "usecase-workspace",
        &[
            "auth",
            "domain",
            "storage-identity",
            "storage-kit",
            "usecase-kit",
        ],
    ),
    (
        "usecase-apps",
        &[
            "auth",
            "domain",
            "dsl",
            // What is published can run.
            "engine",
            // Guesses of keys are limited.
            "kv",
            "storage-apps",
            "storage-kit",
            "usecase-kit",
        ],
    ),
    (
        "usecase-maintenance",
        // Contents of files go with their rows: by a job.
        &[
            "auth",
            "domain",
            "jobs",
            // Mails about forms, whose text is the author's.
            "mail",
            "markdown",
            "objects",
            "storage-apps",
            "storage-identity",
            "storage-kit",
            // Forms that nobody answered in time.
            "storage-runs",
            "usecase-kit",
        ],
    ),
    // A run's task stands between the engine and readers; storage, models and servers come through ports.
    ("usecase-runs", &["domain", "engine", "run-events"]),
    // Above both halves: runs know no apps, apps no runs. What is begun here is kept by it in PostgreSQL.
    (
        "run-service",
        &[
            // Tokens of forms are computed; a mail about one is a job of the transaction that asks.
            "auth",
            "domain",
            "dsl",
            "engine",
            "jobs",
            // Pages of forms are counted.
            "kv",
            // Values of nodes that are too large for their rows.
            "objects",
            "run-events",
            "storage-kit",
            "storage-runs",
            "usecase-apps",
            "usecase-files",
            "usecase-kit",
            "usecase-runs",
            "variables",
        ],
    ),
    // Beside it: what became of conversations. Runs do not know of it, nor it of runs.
    (
        "conversation-service",
        &[
            // Tokens of forms that messages show are computed.
            "auth",
            "domain",
            // What is in a deleted conversation goes by a job.
            "jobs",
            // Names and questions come from models.
            "model",
            "storage-kit",
            "storage-runs",
            "usecase-apps",
            "usecase-files",
            "usecase-kit",
            // What is a file in a value of a run.
            "variables",
        ],
    ),
    // Extractors ask the use-cases of identity who calls.
    (
        "http-kit",
        &[
            "auth",
            "domain",
            // Requests are counted where they are answered.
            "observe",
            "usecase-device",
            "usecase-identity",
            "usecase-kit",
        ],
    ),
    (
        "http-identity",
        &[
            "auth",
            "domain",
            "http-kit",
            "usecase-device",
            "usecase-files",
            "usecase-identity",
            "usecase-kit",
            "usecase-workspace",
        ],
    ),
    // Takes files in for every surface that has uploads.
    (
        "http-files",
        &[
            "auth",
            "domain",
            "http-kit",
            "usecase-files",
            "usecase-identity",
            "usecase-kit",
        ],
    ),
    (
        "http-apps",
        &[
            "auth",
            "domain",
            "http-kit",
            "usecase-apps",
            "usecase-device",
        ],
    ),
    (
        "http-runs",
        &[
            "auth",
            // Conversations and messages have one body, whoever asks for them.
            "conversation-service",
            "domain",
            "http-files",
            "http-kit",
            "run-events",
            "run-service",
            "usecase-apps",
            "usecase-device",
            "usecase-files",
            "usecase-runs",
        ],
    ),
    // `http-runs`: a run's stream is one body, whoever asks for it.
    (
        "http-service",
        &[
            "auth",
            "conversation-service",
            "domain",
            "http-files",
            "http-kit",
            "http-runs",
            "run-events",
            "run-service",
            "usecase-apps",
            "usecase-files",
        ],
    ),
    // Beside it: another way to say who calls, and the same bodies.
    (
        "http-webapp",
        &[
            "auth",
            "conversation-service",
            "domain",
            "http-files",
            "http-kit",
            "http-runs",
            "run-events",
            "run-service",
            "usecase-apps",
            "usecase-files",
        ],
    ),
    // `http-identity`: an audit trail is exported as the same lines by page and API.
    (
        "pages",
        &[
            "auth",
            "domain",
            "http-identity",
            "http-kit",
            "pages-kit",
            "usecase-device",
            "usecase-identity",
            "usecase-kit",
            "usecase-workspace",
        ],
    ),
    // The form that a run begins with: members and visitors fill in the same one.
    (
        "run-form",
        &[
            "domain",
            // Files beside the inputs of a form are taken in as by the API.
            "http-files",
            "http-kit",
            "pages-kit",
            "run-service",
            "usecase-apps",
            "usecase-files",
            "usecase-kit",
        ],
    ),
    (
        "pages-apps",
        &[
            "domain",
            "http-files",
            "http-kit",
            "markdown",
            "pages-kit",
            // What a run says while its page is open.
            "run-events",
            "run-form",
            "run-service",
            "usecase-apps",
            "usecase-files",
            "usecase-kit",
        ],
    ),
    // The same beside it for visitors, who are let in as by the API of web apps.
    (
        "pages-webapp",
        &[
            "auth",
            // What was said before the form that is answered.
            "conversation-service",
            "domain",
            "http-files",
            "http-kit",
            "markdown",
            "pages-kit",
            "run-form",
            "run-service",
            "usecase-apps",
            "usecase-files",
            "usecase-kit",
        ],
    ),
    (
        "pages-kit",
        &[
            "auth",
            "domain",
            "http-kit",
            "usecase-identity",
            "usecase-kit",
        ],
    ),
    (
        "http",
        &[
            "auth",
            "domain",
            "http-apps",
            "http-files",
            "http-identity",
            "http-kit",
            "http-runs",
            "http-service",
            "http-webapp",
            "observe",
            "pages",
            "pages-apps",
            "pages-webapp",
            "usecase-kit",
        ],
    ),
    (
        "runtime",
        &[
            "auth",
            "conversation-service",
            "documents",
            "domain",
            "engine",
            "enterprise",
            "jobs",
            "kv",
            "mail",
            "model",
            // Models, servers and sandboxes behind the port of runs.
            "model-openai",
            "node-runners",
            "objects",
            "observe",
            "oidc",
            // The doctor asks the public address as a browser would.
            "outbound",
            "private-file",
            "run-events",
            "run-service",
            // The one that is built in.
            "sandbox",
            "storage-identity",
            "storage-kit",
            "usecase-apps",
            "usecase-device",
            "usecase-files",
            "usecase-identity",
            "usecase-kit",
            "usecase-maintenance",
            "usecase-runs",
            "usecase-workspace",
        ],
    ),
    // A developer's machine: neither the worker nor what runs elsewhere compiles it.
    (
        "up",
        &[
            "auth",
            "domain",
            "engines",
            "kv",
            "private-file",
            "runtime",
            "storage-kit",
        ],
    ),
    // The binaries: `storage-kit` for `migrate`, `auth` for `keys`, `domain` for settings and versions;
    // `usecase-identity` for `admin`, `usecase-workspace` for `audit`, `mail` for `mail`; for `app`, which runs apps in a terminal,
    // what runs them: `run-service` and what it is asked with.
    (
        "api-server",
        &[
            "auth",
            "domain",
            "http",
            "mail",
            "private-file",
            "run-events",
            "run-service",
            "runtime",
            "storage-kit",
            "usecase-apps",
            "usecase-identity",
            "usecase-kit",
            // End users are exported and erased.
            "usecase-maintenance",
            "usecase-runs",
            "usecase-workspace",
            "up",
        ],
    ),
    ("worker", &["domain", "jobs", "private-file", "runtime"]),
    ("sandbox-server", &["crypto", "domain", "sandbox"]),
    // What an embedder needs, and nothing more of ours.
    ("example-axum", &["auth"]),
    ("fuzz-targets", &["auth", "dsl", "http"]),
    ("test-db", &["domain"]),
    ("test-support", &["crypto", "domain"]),
];

/// Rooms whose crates do not see each other: a slice meets another one in `runtime` only. Each may use its
/// floor's kit.
const FLOORS: [&str; 3] = ["pages-", "storage-", "usecase-"];

/// Lines of Rust that a library crate may have, tests included: what grows past it is two slices.
const MAX_LINES: usize = 8_000;

/// Lines that the main file of a binary may have: it reads the command line and calls.
const MAX_LINES_OF_A_MAIN: usize = 150;

/// Packages that may use anything: tests and tasks.
const FREE: [&str; 2] = ["gatewright-tests", "xtask"];

/// Who may name which third-party crate.
const OWNERS: &[(&str, &[&str])] = &[
    ("pulldown-cmark", &["markdown"]),
    ("woothee", &["pages"]),
    ("maxminddb", &["usecase-kit"]),
    ("josekit", &["crypto"]),
    ("getrandom", &["domain"]),
    ("ring", &["crypto"]),
    ("sha3", &["crypto"]),
    ("constant_time_eq", &["crypto"]),
    ("argon2", &["crypto"]),
    // The queue joins the transactions of others.
    (
        "diesel",
        &[
            "storage-kit",
            "storage-identity",
            "storage-apps",
            "storage-runs",
            "jobs",
        ],
    ),
    (
        "diesel-async",
        &[
            "storage-kit",
            "storage-identity",
            "storage-apps",
            "storage-runs",
            "jobs",
        ],
    ),
    ("cron", &["jobs"]),
    ("lettre", &["mail"]),
    // Letters, which operators may override, and templates in workflows.
    ("minijinja", &["mail", "variables"]),
    ("minijinja-contrib", &["variables"]),
    ("jsonschema", &["variables"]),
    ("diesel_migrations", &["storage-kit"]),
    ("redis", &["kv"]),
    ("deadpool-redis", &["kv"]),
    (
        "actix-web",
        &[
            "http-kit",
            "http-identity",
            "http-apps",
            "http-files",
            "http-runs",
            "http-service",
            "http-webapp",
            "pages",
            "pages-apps",
            "pages-kit",
            "pages-webapp",
            "run-form",
            "http",
            "api-server",
            "sandbox-server",
        ],
    ),
    ("actix-cors", &["http-kit"]),
    (
        "actix-multipart",
        &[
            "http-kit",
            "http-files",
            "http-runs",
            "http-service",
            "http-webapp",
            // Forms with files in them.
            "pages-kit",
            "run-form",
        ],
    ),
    ("object_store", &["objects"]),
    (
        "utoipa",
        &[
            "http-kit",
            "http-identity",
            "http-apps",
            "http-files",
            "http-runs",
            "http-service",
            "http-webapp",
            "pages",
            "pages-apps",
            "pages-kit",
            "http",
        ],
    ),
    ("config", &["runtime"]),
    ("toml", &["model"]),
    ("encoding_rs", &["documents", "node-runners"]),
    ("tracing-subscriber", &["runtime", "sandbox-server"]),
    ("clap", &["api-server", "worker"]),
    ("zip", &["api-server", "documents", "engines"]),
    ("quick-xml", &["documents"]),
    ("calamine", &["documents"]),
    ("pdfium-render", &["documents"]),
    ("htmd", &["documents"]),
    ("mail-parser", &["documents"]),
    ("csv", &["conversation-service", "documents", "http-runs"]),
    ("chardetng", &["documents"]),
    ("zmij", &["variables"]),
    ("reqwest", &["outbound"]),
    ("hyper", &["observe", "outbound"]),
    ("hyper-util", &["observe", "outbound"]),
    ("prometheus-client", &["observe"]),
    ("prost", &["observe"]),
    ("sseer", &["model-openai"]),
    // Storage: libpq's weaker modes need a verifier of our own.
    ("rustls", &["outbound", "storage-kit"]),
    ("tokio-postgres-rustls", &["storage-kit"]),
    ("rustls-native-certs", &["storage-kit"]),
    ("openidconnect", &["oidc"]),
    ("saphyr-parser", &["dsl"]),
    ("landlock", &["sandbox"]),
    ("seccompiler", &["sandbox"]),
    ("libc", &["sandbox"]),
    ("nix", &["sandbox"]),
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .unwrap()
        .to_path_buf()
}

fn packages() -> Vec<Value> {
    let output = Command::new(env!("CARGO"))
        .args([
            "metadata",
            "--no-deps",
            "--format-version",
            "1",
            "--offline",
        ])
        .current_dir(root())
        .output()
        .unwrap();
    let metadata: Value = serde_json::from_slice(&output.stdout).expect("cargo metadata answers");
    metadata["packages"].as_array().unwrap().clone()
}

fn short(name: &str) -> &str {
    name.strip_prefix("gatewright-").unwrap_or(name)
}

fn dependencies(package: &Value, kind: Option<&str>) -> BTreeSet<String> {
    package["dependencies"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|dependency| dependency["kind"].as_str() == kind)
        .map(|dependency| dependency["name"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn crate_edges_are_those_of_the_readme_drawing() {
    let drawn: BTreeMap<&str, BTreeSet<String>> = EDGES
        .iter()
        .map(|(name, to)| (*name, to.iter().map(|t| (*t).to_owned()).collect()))
        .collect();
    for package in packages() {
        let name = package["name"].as_str().unwrap();
        if FREE.contains(&name) {
            continue;
        }
        let edges: BTreeSet<String> = dependencies(&package, None)
            .iter()
            .filter_map(|dependency| dependency.strip_prefix("gatewright-"))
            .map(str::to_owned)
            .collect();
        assert_eq!(Some(&edges), drawn.get(short(name)), "the edges of {name}");
        let dev: BTreeSet<String> = dependencies(&package, Some("dev"))
            .into_iter()
            .filter(|dependency| dependency.starts_with("gatewright-"))
            .collect();
        let allowed = ["gatewright-test-db", "gatewright-test-support"];
        assert!(
            dev.iter().all(|d| allowed.contains(&d.as_str())),
            "the dev edges of {name}: {dev:?}"
        );
    }
}

#[test]
fn crates_of_one_layer_do_not_depend_on_each_other() {
    for package in packages() {
        let name = package["name"].as_str().unwrap();
        let Some(floor) = FLOORS.iter().find(|floor| short(name).starts_with(**floor)) else {
            continue;
        };
        for dependency in dependencies(&package, None) {
            let other = short(&dependency);
            let is_kit = other == format!("{floor}kit");
            assert!(
                is_kit || !other.starts_with(floor),
                "{name} sees {dependency}"
            );
        }
    }
}

#[test]
fn library_crates_and_mains_stay_small() {
    let lines = |file: &PathBuf| fs::read_to_string(file).unwrap().lines().count();
    for entry in fs::read_dir(root().join("crates")).unwrap() {
        // Tests beside the library are none of it: that they grow is no reason to split it.
        let folder = entry.unwrap().path().join("src");
        let all: usize = rust_files(&folder).iter().map(lines).sum();
        assert!(all < MAX_LINES, "{}: {all} lines", folder.display());
    }
    for entry in fs::read_dir(root().join("bins")).unwrap() {
        let main = entry.unwrap().path().join("src/main.rs");
        let count = lines(&main);
        assert!(
            count < MAX_LINES_OF_A_MAIN,
            "{}: {count} lines",
            main.display()
        );
    }
}

#[test]
fn third_party_crates_are_named_by_their_owners_only() {
    for package in packages() {
        let name = package["name"].as_str().unwrap();
        for (third_party, owners) in OWNERS {
            let names_it = dependencies(&package, None).contains(*third_party);
            let may = owners.contains(&short(name)) || FREE.contains(&name);
            assert!(
                may || !names_it,
                "{name} names {third_party}, which belongs to {owners:?}"
            );
        }
    }
}

#[test]
fn every_manifest_takes_the_workspace_s_lints_and_versions() {
    for package in packages() {
        let path = package["manifest_path"].as_str().unwrap();
        let manifest = fs::read_to_string(path).unwrap();
        assert!(
            manifest.contains("[lints]\nworkspace = true"),
            "{path} does not inherit the lints"
        );
        let own_version = manifest
            .lines()
            .skip_while(|line| !line.contains("dependencies]"))
            .find(|line| {
                // A header may ask for an operating system.
                let is_header = line.starts_with('[');
                let is_own = line.starts_with("path") || line.starts_with("name");
                line.contains(" = \"") && !is_header && !is_own
            });
        assert_eq!(own_version, None, "{path} pins a version of its own");
    }
    let workspace = fs::read_to_string(root().join("Cargo.toml")).unwrap();
    assert!(workspace.contains("unsafe_code = \"forbid\""));
}

#[test]
fn every_dependency_is_used() {
    for package in packages() {
        let name = package["name"].as_str().unwrap();
        let folder = Path::new(package["manifest_path"].as_str().unwrap())
            .parent()
            .unwrap()
            .to_path_buf();
        let code: String = rust_files(&folder)
            .iter()
            .map(|file| fs::read_to_string(file).unwrap())
            .collect();
        for dependency in dependencies(&package, None) {
            if dependency == "zerocopy" || dependency == "axum" {
                // For the features alone: see `features`.
                continue;
            }
            let is_used = code.contains(&dependency.replace('-', "_"));
            assert!(is_used, "{name} does not use {dependency}");
        }
    }
}

#[test]
fn auth_crate_depends_on_no_runtime_framework_or_driver() {
    let output = Command::new(env!("CARGO"))
        .args([
            "tree",
            "-p",
            "gatewright-auth",
            "-e",
            "normal",
            "--prefix",
            "none",
            "--offline",
        ])
        .current_dir(root())
        .output()
        .unwrap();
    let tree = String::from_utf8(output.stdout).unwrap();
    assert!(
        tree.contains("gatewright-crypto"),
        "the tree is a tree: {tree}"
    );
    for heavy in ["tokio", "actix-web", "diesel", "redis", "hyper"] {
        assert!(
            !tree
                .lines()
                .any(|line| line.split(' ').next() == Some(heavy)),
            "auth brings {heavy} along"
        );
    }
}

/// Finding F3. A test of behaviour cannot see how long a comparison takes, so this one reads the code.
#[test]
fn f3_secrets_are_compared_by_the_constant_time_function_only() {
    let matches =
        fs::read_to_string(root().join("crates/auth/src/envelope/token_text.rs")).unwrap();
    assert!(matches.contains("secrets_equal(presented, &self.0)"));
    assert!(
        !matches.contains("derive(Clone, PartialEq"),
        "a derived == is not constant"
    );
    let approve =
        fs::read_to_string(root().join("crates/usecase-device/src/device/sso/approve.rs")).unwrap();
    assert!(approve.contains("grant.csrf_token.matches(header)"));
    for file in rust_files(&root().join("crates")) {
        if file.ends_with("tests.rs") {
            continue;
        }
        let text = fs::read_to_string(&file).unwrap();
        let code = text.split("#[cfg(test)]").next().unwrap();
        for line in code.lines().filter(|line| line.contains(".expose()")) {
            let compares = line.contains(" == ") || line.contains(" != ");
            assert!(!compares, "{}: {}", file.display(), line.trim());
        }
    }
}

#[test]
fn files_are_small_and_say_what_they_are_for() {
    let mut long = vec![];
    for file in rust_files(&root()) {
        let text = fs::read_to_string(&file).unwrap();
        assert!(
            text.starts_with("//!"),
            "{} does not begin with what it is for",
            file.display()
        );
        let lines = text.lines().count();
        let is_test =
            file.ends_with("tests.rs") || file.components().any(|c| c.as_os_str() == "tests");
        if lines > 420 && !is_test {
            long.push(format!("{}: {lines}", file.display()));
        }
    }
    assert!(long.is_empty(), "one file, one job; split: {long:?}");
}

pub(crate) fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = vec![];
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let path = entry.path();
        let name = entry.file_name().to_string_lossy().into_owned();
        if path.is_dir()
            && !["target", "fuzz", "node_modules", ".git", ".dev"].contains(&name.as_str())
        {
            files.extend(rust_files(&path));
        } else if name.ends_with(".rs") {
            files.push(path);
        }
    }
    files
}

/// A wire format takes an error of any slice by its row: a new slice changes none.
#[test]
fn wire_formats_import_no_slice() {
    let mut seen = 0;
    sources(
        &root().join("crates/http-kit/src/error"),
        &mut |path, text| {
            assert!(
                !text.contains("usecase"),
                "{} names a slice",
                path.display()
            );
            seen += 1;
        },
    );
    assert!(seen >= 8, "{seen}");
}

/// One error says all that can go wrong; a `Result` in a `Result` is one that nobody named.
#[test]
fn result_is_never_nested_in_a_result() {
    let nested = ["Result<Result<", "Result<Option<Result<"];
    for top in ["crates", "bins", "examples"] {
        sources(&root().join(top), &mut |path, text| {
            let code: String = text.split_whitespace().collect();
            let found = nested.iter().find(|nested| code.contains(**nested));
            assert_eq!(found, None, "{}", path.display());
        });
    }
}

/// An answer of ours is marked as one; an error type that forgets it would be answered in general words.
#[test]
fn every_response_error_marks_its_answer_as_ours() {
    let mut seen = 0;
    sources(&root().join("crates"), &mut |path, text| {
        for block in text.split("impl ResponseError for").skip(1) {
            let block = block.split("\n}\n").next().unwrap_or_default();
            assert!(block.contains("ours("), "{}: {block}", path.display());
            seen += 1;
        }
    });
    assert!(seen >= 8, "{seen}");
}

/// How long an operation may take and how large its body may be stand where its route is declared.
#[test]
fn facts_of_operations_stand_at_their_routes() {
    let kit = root().join("crates/http-kit/src");
    for file in [
        "middleware.rs",
        "access_log.rs",
        "slow_body.rs",
        "extract/body.rs",
    ] {
        let text = fs::read_to_string(kit.join(file)).unwrap();
        let code = text.split("#[cfg(test)]").next().unwrap();
        let names_a_path = code
            .lines()
            .filter(|line| !line.trim_start().starts_with("//"))
            .find(|line| {
                ["\"/console", "\"/openapi", "\"/account", "\"/sign"]
                    .iter()
                    .any(|p| line.contains(p))
            });
        assert_eq!(names_a_path, None, "{file}");
    }
    for pages in ["pages", "pages-apps"] {
        let mounting = root().join("crates").join(pages).join("src/lib.rs");
        let mounting = fs::read_to_string(mounting).unwrap();
        assert!(
            !mounting.contains("config.route("),
            "a page's route goes through `Routes`"
        );
    }
    let private: Vec<_> = rust_files(&root().join("crates"))
        .into_iter()
        .filter(|file| fs::read_to_string(file).unwrap().contains("::__dev"))
        .collect();
    assert!(
        private.is_empty(),
        "a private API of a dependency: {private:?}"
    );
}

/// Instants are subtracted in one place, where the difference cannot be negative: a clock that is behind
/// must not make an interval short.
#[test]
fn a6_intervals_are_computed_in_one_place() {
    let mut found = vec![];
    for top in ["crates", "bins"] {
        sources(&root().join(top), &mut |path, text| {
            if path.ends_with("domain/src/interval.rs") || path.ends_with("tests.rs") {
                return;
            }
            let code = text.split("#[cfg(test)]").next().unwrap_or_default();
            let suspicious = code.lines().filter(|line| {
                let line = line.split("//").next().unwrap_or_default();
                // A script of Redis counts by one clock.
                let is_script = line.contains("redis.call");
                line.contains("signed_duration_since") || (!is_script && subtracts_an_instant(line))
            });
            found.extend(suspicious.map(|line| format!("{}: {}", path.display(), line.trim())));
        });
    }
    assert!(
        found.is_empty(),
        "use gatewright_domain::interval: {found:#?}"
    );
}

/// `now - x` and `x - now`, unless what is taken off is a span: a constant, or made by a function of one.
fn subtracts_an_instant(line: &str) -> bool {
    let is_instant = |word: &str| {
        let word = word.trim_matches(|c: char| "(*&),;".contains(c));
        let last = word.rsplit('.').next().unwrap_or_default();
        last == "now" || last.ends_with("_at") || last == "since" || last == "until"
    };
    let words: Vec<&str> = line.split_whitespace().collect();
    words.windows(3).any(|three| {
        let is_span = three[2].starts_with(|c: char| c.is_uppercase()) || three[2].contains("::");
        three[1] == "-" && !is_span && (is_instant(three[0]) || is_instant(three[2]))
    })
}

/// What this program writes for itself is its owner's alone and follows no link that was put in its place:
/// one crate makes such files. The exceptions write documents where somebody asks for them, or lock a file
/// in a folder of their own.
#[test]
fn files_are_made_in_one_place() {
    const MAY: [&str; 7] = [
        // Tries to, where it must not; and a script of its test.
        "sandbox/src/bin/child.rs",
        "sandbox/tests/programs.rs",
        "private-file/src/lib.rs",
        "storage-kit/build.rs",
        "up/src/supervisor.rs",
        "api-server/src/mail.rs",
        "api-server/src/show.rs",
    ];
    let mut found = vec![];
    for top in ["crates", "bins"] {
        sources(&root().join(top), &mut |path, text| {
            if path.ends_with("tests.rs") || MAY.iter().any(|may| path.ends_with(may)) {
                return;
            }
            let code = text.split("#[cfg(test)]").next().unwrap_or_default();
            for way in ["fs::write(", "File::create(", "OpenOptions::new"] {
                if code.contains(way) {
                    found.push(format!("{}: {way}", path.display()));
                }
            }
        });
    }
    assert!(found.is_empty(), "use gatewright-private-file: {found:#?}");
}

fn sources(folder: &Path, look: &mut impl FnMut(&Path, &str)) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, look);
        } else if path.extension().is_some_and(|e| e == "rs") {
            look(&path, &fs::read_to_string(&path).unwrap());
        }
    }
}

/// The fields of a service are for `runtime`, which fills them in, and for its own crate: a route or a page calls
/// a use-case.
#[test]
fn routes_and_pages_do_not_reach_into_services() {
    const STORES: [&str; 5] = [".pool", ".limiter", ".throttles", ".codes", ".mail_queue"];
    let is_name = |c: char| c.is_alphanumeric() || c == '_' || c == '(';
    let mut found = vec![];
    let folders = fs::read_dir(root().join("crates")).unwrap();
    for folder in folders.map(|entry| entry.unwrap().path()) {
        let name = folder.file_name().unwrap().to_string_lossy().into_owned();
        if !name.starts_with("http") && !name.starts_with("pages") {
            continue;
        }
        sources(&folder.join("src"), &mut |path, text| {
            for store in STORES {
                let reaches = text
                    .match_indices(store)
                    .any(|(at, _)| !text[at + store.len()..].starts_with(is_name));
                if reaches {
                    found.push(format!("{}: {store}", path.display()));
                }
            }
        });
    }
    assert!(found.is_empty(), "call a use-case: {found:#?}");
}
