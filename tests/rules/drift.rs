//! Derived files and prose that must stay true: settings, OpenAPI, README, the list of differences.

use std::{
    fs,
    path::{Path, PathBuf},
};

use gatewright_api_server::command::{openapi_documents, settings_markdown};
use serde_json::Value;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .unwrap()
        .to_path_buf()
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

#[test]
fn settings_document_lists_every_setting() {
    assert!(
        read("docs/settings.md") == settings_markdown(),
        "run `cargo xtask generate`"
    );
}

/// What a migration may do that says it expands. Everything else may stop a binary that does not know of it: a
/// list of what narrows would never be whole. Tables and columns that the same file makes are nobody's yet.
fn narrows(statement: &str, made_here: &[&str]) -> Option<&'static str> {
    let words: Vec<&str> = statement
        .split(|c: char| c.is_whitespace() || c == '(')
        .filter(|word| !word.is_empty())
        .collect();
    let after = |word: &str| {
        let at = words.iter().position(|known| *known == word)? + 1;
        let rest = words[at..].iter();
        rest.copied()
            .find(|word| !["IF", "NOT", "EXISTS", "ONLY"].contains(word))
    };
    let is_new = |table: Option<&str>| table.is_some_and(|table| made_here.contains(&table));
    match words.as_slice() {
        [] | ["CREATE", "TABLE" | "INDEX", ..] => None,
        ["CREATE", "UNIQUE", "INDEX", ..] if is_new(after("ON")) => None,
        // Old binaries leave them empty, and nothing empty is equal.
        ["CREATE", "UNIQUE", "INDEX", ..] if columns(statement).all(|one| is_new(Some(one))) => {
            None
        }
        ["CREATE", "UNIQUE", ..] => Some("old binaries write what it refuses"),
        ["INSERT", "INTO", ..] if is_new(after("INTO")) => None,
        ["ALTER", "TABLE", ..] if is_new(after("TABLE")) => None,
        ["ALTER", "TABLE", ..] => alters(statement),
        _ => Some("it is none of what only adds"),
    }
}

/// Of an index.
fn columns(statement: &str) -> impl Iterator<Item = &str> {
    let inside = statement.split_once('(').map_or("", |(_, rest)| rest);
    let inside = inside.split(')').next().unwrap_or_default();
    inside.split(',').map(str::trim)
}

/// Of a table that was there: columns that old binaries need not fill.
fn alters(statement: &str) -> Option<&'static str> {
    let mut clauses = statement.split("ADD COLUMN");
    let head = clauses.next().unwrap_or_default();
    if head.split_whitespace().count() > 5 || !statement.contains("ADD COLUMN") {
        return Some("it does more than adding columns");
    }
    clauses.find_map(|column| {
        let words: Vec<&str> = column
            .split(|c: char| c.is_whitespace() || c == ',')
            .collect();
        let has = |word: &str| words.contains(&word);
        if [
            "UNIQUE",
            "CHECK",
            "REFERENCES",
            "CONSTRAINT",
            "ALTER",
            "DROP",
            "PRIMARY",
        ]
        .iter()
        .any(|word| has(word))
            || column.contains("CHECK(")
        {
            return Some("a column brings a rule along, or something else is done too");
        }
        let must_be_filled = column.contains("NOT NULL") && !has("DEFAULT");
        must_be_filled.then_some("old binaries do not fill a column")
    })
}

#[test]
fn g1_list_of_expanding_statements_is_closed() {
    for (statement, may) in [
        ("CREATE TABLE IF NOT EXISTS a (x int UNIQUE)", true),
        ("CREATE INDEX i ON a (x)", true),
        ("CREATE UNIQUE INDEX i ON made (x)", true),
        ("CREATE UNIQUE INDEX i ON a (made, made)", true),
        ("CREATE UNIQUE INDEX i ON a (made, x)", false),
        ("INSERT INTO made (x) VALUES (1)", true),
        ("ALTER TABLE made ADD CONSTRAINT c CHECK (x > 0)", true),
        ("ALTER TABLE a ADD COLUMN b text", true),
        (
            "ALTER TABLE a ADD COLUMN b int NOT NULL DEFAULT 0, ADD COLUMN c text",
            true,
        ),
        ("CREATE UNIQUE INDEX i ON a (x)", false),
        ("CREATE UNIQUE INDEX IF NOT EXISTS i ON a (x)", false),
        ("ALTER TABLE a ADD CONSTRAINT c UNIQUE (x)", false),
        ("ALTER TABLE a ADD CHECK (x > 0)", false),
        ("ALTER TABLE a ADD UNIQUE (x)", false),
        ("ALTER TABLE a ADD FOREIGN KEY (x) REFERENCES b", false),
        ("ALTER TABLE a ADD COLUMN b int NOT NULL", false),
        ("ALTER TABLE a ADD COLUMN b int CHECK (b > 0)", false),
        ("ALTER TABLE a ADD COLUMN b int REFERENCES c", false),
        ("ALTER TABLE a ADD COLUMN b int, DROP COLUMN c", false),
        (
            "ALTER TABLE a ADD COLUMN b int, ALTER COLUMN c SET NOT NULL",
            false,
        ),
        ("ALTER TABLE a ALTER COLUMN b SET NOT NULL", false),
        ("ALTER TABLE a ALTER COLUMN b TYPE bigint", false),
        ("ALTER TABLE a ALTER b SET DATA TYPE bigint", false),
        ("ALTER TABLE a ALTER b DROP DEFAULT", false),
        ("ALTER TABLE a RENAME TO b", false),
        ("ALTER TABLE a ENABLE ROW LEVEL SECURITY", false),
        ("ALTER TYPE t RENAME VALUE 'a' TO 'b'", false),
        ("DROP INDEX i", false),
        (
            "CREATE TRIGGER t BEFORE INSERT ON a EXECUTE FUNCTION f()",
            false,
        ),
        ("CREATE RULE r AS ON INSERT TO a DO INSTEAD NOTHING", false),
        ("UPDATE a SET x = 1", false),
        ("DELETE FROM a", false),
        ("TRUNCATE a", false),
        ("REVOKE INSERT ON a FROM b", false),
        ("DO $$ BEGIN PERFORM 1", false),
    ] {
        let found = narrows(&statement.to_uppercase(), &["MADE"]);
        assert_eq!(found.is_none(), may, "{statement}: {found:?}");
    }
}

/// The release before works on beside a migration that expands. Comments do not count.
#[test]
fn g1_migration_marked_as_expanding_only_adds() {
    let mut seen = 0;
    let entries = fs::read_dir(root().join("migrations")).unwrap();
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    // Before the first there was no release.
    for file in files.into_iter().skip(1) {
        let file = file.join("up.sql");
        let Ok(text) = fs::read_to_string(&file) else {
            continue;
        };
        if text.lines().next() != Some("-- expand") {
            continue;
        }
        seen += 1;
        let code: Vec<&str> = text
            .lines()
            .map(|line| line.split("--").next().unwrap())
            .collect();
        let code = code.join(" ").to_uppercase();
        let tables = code.split("CREATE TABLE").skip(1);
        let tables = tables
            // One that may have been there is not made here.
            .filter(|rest| !rest.trim_start().starts_with("IF NOT EXISTS"))
            .filter_map(|rest| rest.split([' ', '(']).find(|word| !word.is_empty()));
        let columns = code.split("ADD COLUMN").skip(1).filter(|column| {
            let own = column.split([',', ';']).next().unwrap_or_default();
            !own.contains("DEFAULT")
        });
        let columns = columns.filter_map(|column| column.split_whitespace().next());
        let made_here: Vec<&str> = tables.chain(columns).collect();
        for statement in code.split(';') {
            let why = narrows(statement, &made_here);
            assert_eq!(why, None, "{}: {statement}", file.display());
        }
    }
    assert!(seen >= 8, "the migrations are elsewhere");
}

#[test]
fn openapi_documents_list_the_served_routes() {
    for (name, text) in openapi_documents() {
        assert!(
            read(&format!("openapi/{name}")) == text,
            "{name} is out of date: run `cargo xtask generate`"
        );
        let document: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(document["openapi"], "3.1.0");
        references_resolve(&document, &document);
        for (path, item) in document["paths"].as_object().unwrap() {
            for (method, operation) in item.as_object().unwrap() {
                assert!(
                    operation["summary"].is_string(),
                    "{method} {path} says nothing about itself"
                );
                assert!(operation["operationId"].is_string());
            }
        }
    }
}

fn references_resolve(document: &Value, node: &Value) {
    match node {
        Value::Object(object) => {
            if let Some(reference) = object.get("$ref").and_then(Value::as_str) {
                let pointer = reference.strip_prefix('#').unwrap();
                assert!(
                    document.pointer(pointer).is_some(),
                    "{reference} leads nowhere"
                );
            }
            object
                .values()
                .for_each(|value| references_resolve(document, value));
        }
        Value::Array(values) => values
            .iter()
            .for_each(|value| references_resolve(document, value)),
        _ => {}
    }
}

/// Everything in backticks that looks like a path or a crate exists.
#[test]
fn paths_and_tests_named_in_documents_exist() {
    for document in [
        "README.md",
        "CONTRIBUTING.md",
        "SECURITY.md",
        "docs/differences.md",
        "docs/operations.md",
        "docs/threat-model.md",
    ] {
        for name in backticked(&read(document)) {
            let path = name.strip_prefix("./").unwrap_or(&name);
            let looks_like_path = name.starts_with("./")
                || [
                    "crates/",
                    "bins/",
                    "dev/",
                    "docs/",
                    "docker/",
                    "tests/",
                    "openapi/",
                    "migrations/",
                    "examples/",
                ]
                .iter()
                .any(|folder| name.starts_with(folder));
            if looks_like_path {
                let path = path.split([' ', ':', '#', '*']).next().unwrap();
                assert!(root().join(path).exists(), "{document} names {name}");
            }
            if let Some(krate) = name
                .strip_prefix("gatewright-")
                .filter(|rest| rest.chars().all(|c| c.is_ascii_lowercase() || c == '-'))
            {
                let exists = ["crates", "bins"]
                    .iter()
                    .any(|folder| root().join(folder).join(krate).exists())
                    || krate == "tests";
                assert!(exists, "{document} names {name}");
            }
        }
    }
}

/// Commands that the README names are there: subcommands of ours, tasks, scripts.
#[test]
fn readme_commands_exist() {
    let source = read("bins/api-server/src/command.rs");
    let tasks = read("dev/xtask/src/main.rs");
    for name in backticked(&read("README.md")) {
        let words: Vec<&str> = name.split_whitespace().collect();
        let variant = |word: &str| {
            let mut text: String = word
                .split('-')
                .map(|part| part[..1].to_uppercase() + &part[1..])
                .collect();
            text.push(' ');
            text
        };
        let has = |source: &str, word: &str| {
            let variant = variant(word);
            let variant = variant.trim();
            source.contains(&format!("    {variant},"))
                || source.contains(&format!("    {variant} {{"))
                || source.contains(&format!("    {variant}("))
        };
        match words.as_slice() {
            ["api-server", word, ..] if !word.starts_with('-') => {
                assert!(has(&source, word), "README names `{name}`");
            }
            ["cargo", "xtask", word, ..] => assert!(has(&tasks, word), "README names `{name}`"),
            _ => {}
        }
    }
}

/// Each row of the list of differences and of the threat model names a test that exists.
#[test]
fn every_difference_and_threat_names_an_existing_test() {
    for document in [
        "docs/differences.md",
        "docs/threat-model.md",
        "docs/complaints.md",
    ] {
        every_row_has_its_test(document, &read(document));
    }
}

/// The table of what a caller sees when a dependency is gone: each cell has its test.
#[test]
fn every_failure_mode_names_an_existing_test() {
    let document = "docs/operations.md";
    let text = read(document);
    let start = text
        .find("## What happens when a dependency is gone")
        .unwrap();
    let section = &text[start..];
    let end = section[2..].find("\n## ").unwrap();
    every_row_has_its_test(document, &section[..end]);
}

fn every_row_has_its_test(document: &str, text: &str) {
    let tests = all_test_names();
    let mut rows = 0;
    for line in text
        .lines()
        .filter(|line| line.starts_with("| ") && !line.contains("---"))
    {
        let last = line.trim_end_matches(" |").rsplit(" | ").next().unwrap();
        // What remains is said in words.
        if last.trim() == "test" || line.starts_with("| **What remains**") {
            continue;
        }
        rows += 1;
        let named = backticked(last);
        assert!(!named.is_empty(), "{document}: no test: {line}");
        for name in named {
            assert!(tests.contains(&name), "{name} is no test: {line}");
        }
    }
    assert!(rows >= 15, "{document}: {rows} rows");
}

/// The crates in the README's drawing are those of the workspace.
#[test]
fn readme_draws_every_crate() {
    let readme = read("README.md");
    for folder in ["crates", "bins"] {
        for entry in fs::read_dir(root().join(folder)).unwrap() {
            let name = entry.unwrap().file_name().to_string_lossy().into_owned();
            assert!(readme.contains(&name), "the README does not draw {name}");
        }
    }
}

fn backticked(text: &str) -> Vec<String> {
    let mut found = vec![];
    let mut in_block = false;
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            in_block = !in_block;
        } else if !in_block {
            found.extend(line.split('`').skip(1).step_by(2).map(str::to_owned));
        }
    }
    found
}

fn all_test_names() -> Vec<String> {
    fn walk(folder: &Path, names: &mut Vec<String>) {
        for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
            let path = entry.path();
            let skip = ["target", "node_modules", ".git"]
                .contains(&entry.file_name().to_string_lossy().as_ref());
            if path.is_dir() && !skip {
                walk(&path, names);
            } else if path.extension().is_some_and(|e| e == "rs") {
                let text = fs::read_to_string(&path).unwrap();
                names.extend(text.lines().filter_map(|line| {
                    let rest = line.trim_start();
                    let rest = rest
                        .strip_prefix("async ")
                        .unwrap_or(rest)
                        .strip_prefix("fn ")?;
                    Some(rest.split('(').next()?.to_owned())
                }));
            }
        }
    }
    let mut names = vec![];
    for folder in ["crates", "bins", "tests"] {
        walk(&root().join(folder), &mut names);
    }
    names
}

/// Calls of the stock console's screens that the README says work (console.md §8).
const SCREENS: [&str; 55] = [
    "GET /setup",
    "POST /setup",
    "GET /init",
    "POST /init",
    "GET /system-features",
    "GET /features",
    "GET /version",
    "POST /login",
    "POST /logout",
    "POST /refresh-token",
    "POST /email-code-login",
    "POST /email-code-login/validity",
    "GET /oauth/login/{provider}",
    "GET /activate/check",
    "POST /activate",
    "POST /forgot-password",
    "POST /forgot-password/validity",
    "POST /forgot-password/resets",
    "POST /email-register/send-email",
    "POST /email-register/validity",
    "POST /email-register",
    "GET /account/profile",
    "GET /account/integrates",
    "POST /account/name",
    "POST /account/avatar",
    "POST /account/password",
    "POST /account/interface-language",
    "POST /account/interface-theme",
    "POST /account/timezone",
    "POST /account/change-email",
    "POST /account/change-email/validity",
    "POST /account/change-email/reset",
    "GET /account/delete/verify",
    "POST /account/delete",
    "GET /workspaces",
    "POST /workspaces/current",
    "POST /workspaces/switch",
    "POST /workspaces/info",
    "GET /workspaces/current/members",
    "POST /workspaces/current/members/invite-email",
    "DELETE /workspaces/current/members/{member_id}",
    "PUT /workspaces/current/members/{member_id}/update-role",
    "GET /datasets/api-keys",
    "GET /tags",
    "GET /apps",
    "GET /datasets",
    "GET /datasets/retrieval-setting",
    "GET /datasets/external-knowledge-api",
    "GET /datasets/api-base-info",
    "GET /files/upload",
    "POST /files/upload",
    "GET /workspaces/current/model-providers",
    "GET /workspaces/current/models/model-types/{model_type}",
    "GET /workspaces/current/plugin/preferences/fetch",
    "GET /workspaces/current/plugin/tasks",
];

#[test]
fn stock_console_screens_named_as_working_have_all_their_routes() {
    let documents: Vec<Value> = openapi_documents()
        .iter()
        .map(|(_, text)| serde_json::from_str(text).unwrap())
        .collect();
    for call in SCREENS {
        let (method, path) = call.split_once(' ').unwrap();
        let path = format!("/console/api{path}");
        let is_there =
            |document: &Value| !document["paths"][&path][method.to_lowercase()].is_null();
        assert!(documents.iter().any(is_there), "{call}");
    }
}

#[test]
fn every_screenshot_is_shown_in_the_readme_and_exists() {
    let readme = read("README.md");
    let shown: Vec<&str> = readme
        .split("](docs/screenshots/")
        .skip(1)
        .map(|rest| rest.split(')').next().unwrap())
        .collect();
    let folder = fs::read_dir(root().join("docs/screenshots")).unwrap();
    let drawn: Vec<String> = folder
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    for picture in &drawn {
        assert!(shown.contains(&picture.as_str()), "{picture} is not shown");
    }
    assert_eq!(shown.len(), drawn.len());
}

/// Behind one origin everything of ours must reach us, and nothing else.
#[test]
fn stock_console_proxy_example_routes_our_paths() {
    let template = read("docker/nginx/default.conf.template");
    let ours: Vec<(bool, &str)> = template
        .lines()
        .filter(|line| line.contains("proxy_pass http://gatewright;"))
        .map(|line| line.split_whitespace().collect::<Vec<_>>())
        .map(|words| match words[1] {
            "=" => (true, words[2]),
            prefix => (false, prefix),
        })
        .collect();
    let is_ours = |path: &str| {
        let mut all = ours.iter();
        all.any(|(exact, known)| {
            if *exact {
                path == *known
            } else {
                path.starts_with(known)
            }
        })
    };
    let documented = openapi_documents().into_iter().flat_map(|(_, text)| {
        let document: Value = serde_json::from_str(&text).unwrap();
        let paths = document["paths"].as_object().unwrap().keys();
        paths.cloned().collect::<Vec<_>>()
    });
    for path in documented {
        assert!(is_ours(&path), "{path}");
    }
    for path in [
        "/health",
        "/livez",
        "/readyz",
        "/reference",
        "/reference/openapi-v1.json",
        "/pages.css",
        "/icon.svg",
        "/v1/chat-messages",
        "/api/passport",
        "/mcp/server/x/mcp",
        "/triggers/webhook/x",
        "/e/x/y",
        "/device",
        "/device/confirm",
        "/renew",
        "/signout",
        "/account/init",
    ] {
        assert!(is_ours(path), "{path}");
    }
    for path in ["/", "/signin", "/apps", "/account"] {
        assert!(!is_ours(path), "{path} is the console's");
    }
}

/// What a page is for is filled; what cannot be taken back is marked; everything else is neither.
#[test]
fn g10_page_has_one_filled_button_at_most_and_its_dangers_are_marked() {
    const DANGERS: [&str; 6] = [
        "\"Deny",
        "\"Sign out",
        "\"Remove",
        "\"Delete",
        "\"Leave",
        "\"Stop",
    ];
    // Signing oneself out is undone by signing in; signing others out is not.
    const OWN_SIGN_OUT: &str = "action=\"/signout\"";
    let (mut filled, mut dangers) = (0, 0);
    let folders = ["pages", "pages-apps", "pages-kit", "pages-webapp"]
        .map(|name| root().join("crates").join(name).join("templates"));
    let files = folders
        .into_iter()
        .flat_map(|folder| fs::read_dir(folder).unwrap());
    for file in files.map(|entry| entry.unwrap().path()) {
        let text = fs::read_to_string(&file).unwrap();
        let of_page = text.matches("class=\"primary\"").count();
        assert!(of_page <= 1, "{}: {of_page} filled", file.display());
        filled += of_page;
        for (at, button) in text.match_indices("<button") {
            let (before, button) = (&text[..at], &text[at + button.len()..]);
            let (attributes, rest) = button.split_once('>').unwrap();
            let label = rest.split("</button>").next().unwrap();
            let form = &before[before.rfind("<form").unwrap_or_default()..];
            let is_danger =
                DANGERS.iter().any(|word| label.contains(word)) && !form.contains(OWN_SIGN_OUT);
            let is_marked = attributes.contains("class=\"danger\"");
            assert_eq!(is_marked, is_danger, "{}: {label}", file.display());
            dangers += usize::from(is_danger);
        }
    }
    assert!(filled >= 5 && dangers >= 5, "{filled} {dangers}");
}
