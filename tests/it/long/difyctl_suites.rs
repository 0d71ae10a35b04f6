//! difyctl's own end-to-end suites, of each generation whose source is given, against our binaries. What fails there is written down
//! here with its reason: a test that fails and is not, and one that is and passes, both fail this check.

use std::{
    collections::BTreeMap,
    path::Path,
    process::{Command, Stdio},
};

use gatewright_test_db::TestDb;
use gatewright_test_support::scripted_server::{Asked, ScriptedServer, Step, chunk, chunked_head};
use serde_json::{Value, json};

use super::folders;
use crate::support::{model_server::endpoint_file, process::Server};

/// A test that does not pass: of which generations, the file of its suite, words of its name, and why. Of those that are not sure some
/// machine may say otherwise.
struct Failing {
    of: &'static str,
    suite: &'static str,
    words: &'static str,
    why: &'static str,
    is_sure: bool,
}

#[rustfmt::skip]
const FAILING: [Failing; 14] = [
    Failing { of: "v1 v2", suite: "auth/use.e2e.ts", words: "switching to a non-existent workspace returns an error",
        why: "calls `auth use`, a command that the client does not have", is_sure: true },
    Failing { of: "v1 v2", suite: "auth/use.e2e.ts", words: "external SSO user auth use exit code is 1 or 2",
        why: "the client ends with 4 for somebody whom it must not serve", is_sure: true },
    Failing { of: "v1", suite: "dsl/export-app.e2e.ts", words: "--output writes same content as stdout",
        why: "two of the client at once: one ends before it writes; alone it writes, as the test before this one shows", is_sure: true },
    Failing { of: "v2", suite: "dsl/export-studio-app.e2e.ts", words: "--output writes same content as stdout",
        why: "the same", is_sure: true },
    Failing { of: "v1", suite: "discovery/describe-app.e2e.ts", words: "non-existent app returns exit code 1",
        why: "the client ends with 2 when it is told 404 for an app that it describes; that of 0.2 does not", is_sure: true },
    Failing { of: "v1", suite: "agent/agent-skill-workflow.e2e.ts", words: "describe app -o json (auth required) [P0] nonexistent app",
        why: "the same", is_sure: true },
    Failing { of: "v1 v2", suite: "discovery/get-app-single.e2e.ts", words: "--workspace <other-workspace-id> returns not found",
        why: "an app is found by its id and in its own workspace, of which its caller is a member; one that is named beside it is not read", is_sure: true },
    Failing { of: "v2", suite: "run/run-app-basic.e2e.ts", words: "validation failure returns http_status 422",
        why: "inputs that do not fit are 400 `invalid_param`, as recorded of 1.14.2", is_sure: true },
    Failing { of: "v2", suite: "framework/global-flags.e2e.ts", words: "5.141 unknown flag with -o json",
        why: "the client's own words, before it asks a server", is_sure: true },
    Failing { of: "v2", suite: "error-handling/error-messages.e2e.ts", words: "5.89 corrupt hosts.yml",
        why: "the client's own file", is_sure: true },
    Failing { of: "v2", suite: "error-handling/exit-codes.e2e.ts", words: "5.95 corrupt config.yml",
        why: "the client's own file", is_sure: true },
    Failing { of: "v1 v2", suite: "run/run-app-file.e2e.ts", words: "--file remote URL syntax",
        why: "names a file on the internet, which not every machine reaches", is_sure: false },
    Failing { of: "v1 v2", suite: "run/run-app-conversation.e2e.ts", words: "--conversation + --file doc uploads a file",
        why: "the same", is_sure: false },
    Failing { of: "v1 v2", suite: "run/run-app-conversation.e2e.ts", words: "after streaming interruption the same conversation_id",
        why: "interrupts the client 800 ms after it began, which on a slow machine is before it listens", is_sure: false },
];

/// How many tests of a suite pass, in each generation, those of [`FAILING`] left out.
struct Passing {
    suite: &'static str,
    first: usize,
    second: usize,
}

#[rustfmt::skip]
const PASSING: [Passing; 25] = [
    Passing { suite: "agent/agent-skill-workflow.e2e.ts", first: 50, second: 51 },
    Passing { suite: "auth/devices.e2e.ts", first: 17, second: 17 },
    Passing { suite: "auth/login.e2e.ts", first: 8, second: 8 },
    Passing { suite: "auth/logout.e2e.ts", first: 14, second: 14 },
    Passing { suite: "auth/status.e2e.ts", first: 13, second: 13 },
    Passing { suite: "auth/use.e2e.ts", first: 8, second: 8 },
    Passing { suite: "auth/whoami.e2e.ts", first: 10, second: 9 },
    Passing { suite: "discovery/describe-app.e2e.ts", first: 25, second: 24 },
    Passing { suite: "discovery/get-app-all-workspaces.e2e.ts", first: 11, second: 11 },
    Passing { suite: "discovery/get-app-list.e2e.ts", first: 30, second: 32 },
    Passing { suite: "discovery/get-app-single.e2e.ts", first: 12, second: 12 },
    Passing { suite: "dsl/export-app.e2e.ts", first: 14, second: 0 },
    Passing { suite: "dsl/export-studio-app.e2e.ts", first: 0, second: 14 },
    Passing { suite: "error-handling/error-messages.e2e.ts", first: 12, second: 21 },
    Passing { suite: "error-handling/exit-codes.e2e.ts", first: 9, second: 8 },
    Passing { suite: "framework/global-flags.e2e.ts", first: 20, second: 19 },
    Passing { suite: "framework/help.e2e.ts", first: 38, second: 38 },
    Passing { suite: "output/json-yaml-output.e2e.ts", first: 14, second: 14 },
    Passing { suite: "output/table-output.e2e.ts", first: 14, second: 13 },
    Passing { suite: "run/run-app-basic.e2e.ts", first: 26, second: 26 },
    Passing { suite: "run/run-app-conversation.e2e.ts", first: 15, second: 15 },
    Passing { suite: "run/run-app-file.e2e.ts", first: 15, second: 15 },
    Passing { suite: "run/run-app-hitl.e2e.ts", first: 13, second: 13 },
    Passing { suite: "run/run-app-reasoning.e2e.ts", first: 0, second: 0 },
    Passing { suite: "run/run-app-streaming.e2e.ts", first: 15, second: 15 },
];

/// How the tests of one suite ended: names by status.
type Ended = BTreeMap<String, Vec<String>>;

/// Runs all suites of a source; how each ended, by its file.
fn run(source: &Path, version: &str, host: &str) -> BTreeMap<String, Ended> {
    let folder = tempfile::tempdir().unwrap();
    let report = folder.path().join("report.json");
    let mut suites = Command::new(source.join("node_modules/.bin/vp"));
    suites
        .args(["test", "--run", "--config", "vitest.e2e.config.ts"])
        .args(["--testTimeout", "60000", "--reporter", "json"])
        .arg(format!("--outputFile={}", report.display()))
        .current_dir(source)
        .env_clear()
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    for (name, value) in [
        ("PATH", std::env::var("PATH").unwrap().as_str()),
        ("HOME", folder.path().to_str().unwrap()),
        ("CI", "1"),
        ("DIFYCTL_VERSION", version),
        ("DIFY_E2E_EDITION", "ce"),
        ("DIFY_E2E_HOST", host),
        ("DIFY_E2E_EMAIL", "owner@example.com"),
        ("DIFY_E2E_PASSWORD", "Passw0rd1"),
    ] {
        suites.env(name, value);
    }
    // A token of another server may have been left there.
    let _ = std::fs::remove_file(source.join(".token-cache.json"));
    suites.status().unwrap();
    let _ = std::fs::remove_file(source.join(".token-cache.json"));
    let report = std::fs::read(&report).expect("the suites wrote their report");
    ended(&serde_json::from_slice(&report).unwrap())
}

fn ended(report: &Value) -> BTreeMap<String, Ended> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let mut all = BTreeMap::new();
    for suite in list(&report["testResults"]) {
        let path = text(&suite["name"]);
        let (_, file) = path.rsplit_once("/suites/").unwrap_or(("", path.as_str()));
        let tests: &mut Ended = all.entry(file.to_owned()).or_default();
        for test in list(&suite["assertionResults"]) {
            let names = tests.entry(text(&test["status"])).or_default();
            names.push(text(&test["fullName"]));
        }
    }
    all
}

/// A model for the apps of the suites, which ask one to repeat what they say.
fn obedient(asked: &Asked) -> Vec<Step> {
    let body: Value = serde_json::from_slice(&asked.body).unwrap_or_default();
    let messages = body["messages"].as_array().cloned().unwrap_or_default();
    let mut said = messages
        .iter()
        .filter_map(|message| message["content"].as_str()?.split_once("Reply exactly: "))
        .map(|(_, text)| text.to_owned());
    let text = said.next().unwrap_or_else(|| "hello".to_owned());
    let piece = json!({"choices": [{"index": 0, "delta": {"content": text}}]});
    let end = json!({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]});
    vec![
        chunked_head("text/event-stream"),
        chunk(format!("data: {piece}\n\ndata: {end}\n\ndata: [DONE]\n\n")),
        chunk(""),
    ]
}

/// What is known of a test.
fn known(generation: usize, file: &str, name: &str) -> Option<&'static Failing> {
    let generation = format!("v{generation}");
    FAILING.iter().find(|one| {
        one.of.split(' ').any(|of| of == generation)
            && one.suite == file
            && name.contains(one.words)
    })
}

/// What is wrong with how the suites ended.
fn faults(generation: usize, suites: &BTreeMap<String, Ended>) -> Vec<String> {
    let mut faults = vec![];
    for (file, tests) in suites {
        for name in tests.get("failed").into_iter().flatten() {
            if known(generation, file, name).is_none() {
                faults.push(format!("{file}: fails: {name}"));
            }
        }
        let mut passed = 0;
        for name in tests.get("passed").into_iter().flatten() {
            match known(generation, file, name) {
                None => passed += 1,
                Some(one) if !one.is_sure => {}
                Some(one) => {
                    faults.push(format!(
                        "{file}: passes, and is said to fail ({}): {name}",
                        one.why
                    ));
                }
            }
        }
        let expected = PASSING.iter().find(|one| one.suite == file);
        let expected = expected.map(|one| {
            if generation == 1 {
                one.first
            } else {
                one.second
            }
        });
        if expected != Some(passed) {
            faults.push(format!("{file}: {passed} pass, not {expected:?}"));
        }
    }
    faults
}

#[tokio::test]
async fn own_suites_of_each_generation_of_difyctl_pass_but_for_what_is_written_down() {
    let model = ScriptedServer::start(obedient).await.unwrap();
    let models = endpoint_file(
        &model,
        "providers = [\"*\"]\n[[endpoint.model]]\nname = \"*\"\n",
    );
    let mut faults_of_all = vec![];
    for source in folders("GATEWRIGHT_DIFYCTL_SOURCE", "vitest.e2e.config.ts") {
        let manifest = std::fs::read(source.join("package.json")).unwrap();
        let manifest: Value = serde_json::from_slice(&manifest).unwrap();
        let version = manifest["version"].as_str().unwrap().to_owned();
        let generation = if version.starts_with("0.1.") { 1 } else { 2 };
        let db = TestDb::create().await;
        let settings = [
            ("REDIS_KEY_PREFIX", db.key_prefix.as_str()),
            ("OPENAPI_RATE_LIMIT_PER_TOKEN", "0"),
            ("DEVICE_FLOW_APPROVE_RATE_LIMIT_PER_HOUR", "1000"),
            ("GATEWRIGHT_LIMIT_DEVICE_CODE", "2000/1h"),
            ("GATEWRIGHT_LIMIT_UPLOAD", "1000/1h"),
            (
                "GATEWRIGHT_MODEL_ENDPOINTS",
                models.path().to_str().unwrap(),
            ),
        ];
        let server = Server::start(&db.database_url, &db.redis_url, &settings).await;
        server.sign_in().await;
        let host = server.url.clone();
        let suites = tokio::task::spawn_blocking({
            let (source, version) = (source.clone(), version.clone());
            move || run(&source, &version, &host)
        });
        let suites = suites.await.unwrap();
        let count = |status: &str| -> usize {
            let of_each = suites.values().filter_map(|tests| tests.get(status));
            of_each.map(Vec::len).sum()
        };
        let counts = json!({"passed": count("passed"), "failed": count("failed"), "skipped": count("skipped") + count("pending")});
        println!("difyctl {version}: {counts}");
        assert!(!suites.is_empty(), "difyctl {version} ran no suite");
        let faults = faults(generation, &suites);
        faults_of_all.extend(
            faults
                .into_iter()
                .map(|fault| format!("{version}: {fault}")),
        );
    }
    assert!(faults_of_all.is_empty(), "{faults_of_all:#?}");
}
