//! The OpenAPI documents, judged and used by tools that we did not write.

use std::{
    path::{Path, PathBuf},
    process::{Command, Output},
};

use gatewright_test_db::TestDb;
use serde_json::Value;

use super::process::Server;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .unwrap()
        .into()
}

/// A tool of `tests/clients`.
fn tool(name: &str) -> Command {
    let clients = root().join("tests/clients");
    let path = clients.join("node_modules/.bin").join(name);
    assert!(
        path.exists(),
        "{name} is missing: run the tests with ./dev/test"
    );
    let mut command = Command::new(path);
    command.current_dir(clients);
    command
}

#[track_caller]
fn succeed(output: &Output) {
    assert!(
        output.status.success(),
        "{}\n{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
}

#[test]
fn g4_redocly_finds_both_documents_valid() {
    let output = tool("redocly")
        .env("REDOCLY_TELEMETRY", "off")
        .env("REDOCLY_SUPPRESS_UPDATE_NOTICE", "true")
        .args(["lint", "--config", "redocly.yaml", "--format", "stylish"])
        .args([
            "../../openapi/openapi-v1.json",
            "../../openapi/console-api.json",
            "../../openapi/service-v1.json",
        ])
        .output()
        .unwrap();
    succeed(&output);
    let report = String::from_utf8_lossy(&output.stderr).into_owned()
        + &String::from_utf8_lossy(&output.stdout);
    assert!(!report.contains("You have "), "warnings: {report}");
}

#[tokio::test]
async fn g4_client_made_of_our_types_compiles_and_its_calls_work() {
    let db = TestDb::create().await;
    let server = Server::on(&db).await;
    server.sign_in().await;
    let compiled = tempfile::tempdir_in(root().join("tests/clients/node_modules")).unwrap();
    let output = tool("tsc")
        .arg("--outDir")
        .arg(compiled.path())
        .output()
        .unwrap();
    succeed(&output);
    let output = tokio::process::Command::new("node")
        .arg(compiled.path().join("api.js"))
        .arg(&server.url)
        .output()
        .await
        .unwrap();
    succeed(&output);
    let learnt: Value = serde_json::from_slice(&output.stdout).unwrap();
    for (name, value) in [
        ("email", Value::from("owner@example.com")),
        ("member", "owner@example.com".into()),
        ("pending", "authorization_pending".into()),
        ("valid", true.into()),
        ("token_type", "Bearer".into()),
        ("subject", "owner@example.com".into()),
        ("sessions", 1.into()),
        ("paged", 1.into()),
        ("events", 5.into()),
        ("refused", "unauthorized".into()),
        ("refused_status", 401.into()),
    ] {
        assert_eq!(learnt[name], value, "{name}: {learnt}");
    }
}

/// What schemathesis looks at in every answer. Which refusals are right is for other tests: it cannot know
/// who may do what.
const CHECKS: &str = "not_a_server_error,status_code_conformance,content_type_conformance,\
    response_headers_conformance,response_schema_conformance,negative_data_rejection,unsupported_method,\
    allow_header_conformance";
/// A body that is wrong may be too large as well, which the tool does not think of.
const TOOL_SETTINGS: &str = "[checks.negative_data_rejection]\n\
    expected-statuses = [400, 401, 403, 404, 405, 406, 409, 413, 415, 422, 428, 429, \"5xx\"]\n";
/// Operations that end the session which all others are asked with.
const ENDINGS: &str = "logout|refresh|revoke|delete_account|switch";

/// Makes up requests, good and bad, for every operation of a document, and holds each answer against it.
/// Bounded: the same ones each time, and a few for each operation.
async fn make_up_requests(server: &Server, document: &str, headers: &[String]) {
    let folder = tempfile::tempdir().unwrap();
    let mut command =
        tokio::process::Command::new(root().join("target/schemathesis/bin/schemathesis"));
    command
        .current_dir(folder.path())
        .args(["run", "--url", &server.url, "--checks", CHECKS])
        .args(["--max-examples", "8", "--generation-deterministic"])
        .args(["--phases", "examples,coverage,fuzzing", "--no-color"])
        .args(["--suppress-health-check", "all", "--max-redirects", "0"])
        // Credentials are given below, or not at all.
        .args(["--generation-with-security-parameters", "false"]);
    if !headers.is_empty() {
        command.args(["--exclude-operation-id-regex", ENDINGS]);
    }
    for header in headers {
        command.args(["--header", header]);
    }
    std::fs::write(folder.path().join("schemathesis.toml"), TOOL_SETTINGS).unwrap();
    let expanded = folder.path().join(document);
    std::fs::write(&expanded, with_aliases(document).to_string()).unwrap();
    let output = command.arg(expanded).output().await.unwrap();
    succeed(&output);
}

/// A document in which each operation stands at all its places: what another path answers is held against
/// the same schema.
fn with_aliases(document: &str) -> Value {
    let text = std::fs::read_to_string(root().join("openapi").join(document)).unwrap();
    let mut document: Value = serde_json::from_str(&text).unwrap();
    let mut aliases = vec![];
    for operations in document["paths"].as_object().unwrap().values() {
        for operation in operations.as_object().unwrap().values() {
            for place in operation["x-also-at"].as_array().into_iter().flatten() {
                let (method, path) = place.as_str().unwrap().split_once(' ').unwrap();
                let mut alias = operation.clone();
                alias["operationId"] =
                    format!("{}_alias", operation["operationId"].as_str().unwrap()).into();
                aliases.push((path.to_owned(), method.to_lowercase(), alias));
            }
        }
    }
    for (path, method, operation) in aliases {
        document["paths"][&path][&method] = operation;
    }
    document
}

#[tokio::test]
async fn g4_schemathesis_finds_nothing_wrong_with_any_answer() {
    let db = TestDb::create().await;
    let rates = gatewright_auth::limits::LimitSettings::default().rates();
    let mut settings: Vec<(&str, &str)> = rates.iter().map(|(name, _)| (*name, "0")).collect();
    settings.extend([
        ("REDIS_KEY_PREFIX", db.key_prefix.as_str()),
        ("OPENAPI_RATE_LIMIT_PER_TOKEN", "0"),
        ("DEVICE_FLOW_APPROVE_RATE_LIMIT_PER_HOUR", "1000000"),
    ]);
    let server = Server::start(&db.database_url, &db.redis_url, &settings).await;
    let session = server.sign_in().await;
    let (token, _) = server.log_in(&session, "schemathesis").await;
    let (cookies, csrf) = session;
    let bearer = [format!("Authorization: Bearer {token}")];
    let signed_in = [
        format!("Cookie: {cookies}"),
        format!("X-CSRF-Token: {csrf}"),
    ];
    for (document, headers) in [
        ("openapi-v1.json", &bearer[..]),
        ("console-api.json", &signed_in[..]),
        ("console-api.json", &[][..]),
    ] {
        make_up_requests(&server, document, headers).await;
    }
}
