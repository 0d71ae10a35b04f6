//! What the OpenAPI documents say about requests and failures, held against the server.

use std::collections::BTreeSet;

use gatewright_http::{Surface, document};
use serde_json::{Value, json};

use crate::support::{Answer, Browser, Harness, basic_account};

/// Requests of the documents that take a JSON body: method, path, and the members it must have.
fn bodies() -> Vec<(String, String, BTreeSet<String>)> {
    let mut all = vec![];
    for surface in Surface::ALL {
        let document: Value = serde_json::to_value(document(surface)).unwrap();
        for (path, item) in document["paths"].as_object().unwrap() {
            for (method, operation) in item.as_object().unwrap() {
                let schema = &operation["requestBody"]["content"]["application/json"]["schema"];
                let Some(reference) = schema["$ref"].as_str() else {
                    continue;
                };
                let schema = document.pointer(reference.trim_start_matches('#')).unwrap();
                let required = schema["required"].as_array().cloned().unwrap_or_default();
                let required = required
                    .iter()
                    .map(|name| name.as_str().unwrap().to_owned());
                all.push((method.to_uppercase(), path.clone(), required.collect()));
            }
        }
    }
    all
}

/// What an answer says is missing.
fn missing(answer: &Answer) -> BTreeSet<String> {
    let body: Value = serde_json::from_str(&answer.body).unwrap_or_default();
    let details = body["details"].as_array().cloned().unwrap_or_default();
    let named = details
        .iter()
        .filter(|problem| problem["type"] == "missing")
        .filter_map(|problem| problem["loc"][0].as_str());
    let first = body["params"]
        .as_str()
        .filter(|_| answer.body.contains("Field required"));
    named.chain(first).map(str::to_owned).collect()
}

async fn send(
    h: &Harness,
    (owner, token): (&mut Browser, &str),
    (method, path): (&str, &str),
    body: Value,
) -> Answer {
    if path.starts_with("/openapi") && !path.contains("/oauth/") {
        let request = h.request(method, path).bearer_auth(token).json(&body);
        return Answer::read(request.send().await.unwrap()).await;
    }
    owner.send(h, method, path, Some(body), &[]).await
}

#[actix_web::test]
async fn g4_body_without_optional_members_is_accepted() {
    let h = Harness::with(&[("OPENAPI_RATE_LIMIT_PER_TOKEN", "0")]).await;
    let mut owner = basic_account(&h).await;
    let session = h.log_in_device(&mut owner, "laptop").await;
    let token = session["token"].as_str().unwrap();
    let workspace = session["default_workspace_id"].as_str().unwrap();
    let mut missed = 0;
    for (method, path, required) in bodies() {
        let path = path
            .replace("{workspace_id}", workspace)
            .replace("{member_id}", session["account"]["id"].as_str().unwrap());
        let answer = send(&h, (&mut owner, token), (&method, &path), json!({})).await;
        let said = missing(&answer);
        assert!(
            said.is_subset(&required),
            "{method} {path}: misses {said:?}, the document requires {required:?}"
        );
        // This surface says everything that is missing at once.
        if path.starts_with("/openapi") && answer.status == 422 {
            assert_eq!(said, required, "{method} {path}");
        }
        missed += said.len();
    }
    assert!(missed >= 25, "{missed}");
}

#[actix_web::test]
async fn g4_device_code_request_without_a_label_is_accepted_in_json() {
    let h = Harness::start().await;
    for body in [
        json!({"client_id": "difyctl"}),
        json!({"client_id": "difyctl", "device_label": null}),
    ] {
        h.post("/openapi/v1/oauth/device/code", &body)
            .await
            .expect(200);
    }
    let empty = json!({"client_id": "difyctl", "device_label": ""});
    h.post("/openapi/v1/oauth/device/code", &empty)
        .await
        .expect(400);
}

/// Every operation of both surfaces, asked as badly as a stranger can, in the one shape of its surface.
#[actix_web::test]
async fn g4_every_failure_has_code_message_and_status() {
    let h = Harness::with(&[
        ("GATEWRIGHT_OIDC_PROVIDERS", "corp"),
        ("GATEWRIGHT_OIDC_CORP_ISSUER", "http://127.0.0.1:9"),
        ("GATEWRIGHT_OIDC_CORP_CLIENT_ID", "x"),
    ])
    .await;
    let mut owner = basic_account(&h).await;
    let mut stranger = Browser::new();
    let mut failures = 0;
    for surface in Surface::ALL {
        let document: Value = serde_json::to_value(document(surface)).unwrap();
        for (path, item) in document["paths"].as_object().unwrap() {
            for method in item.as_object().unwrap().keys() {
                let method = method.to_uppercase();
                let path = path.replace(['{', '}'], "");
                for who in [&mut owner, &mut stranger] {
                    let body = (method != "GET").then(|| json!({"role": 7, "email": 7}));
                    let answer = who.send(&h, &method, &path, body, &[]).await;
                    if answer.status < 400 {
                        continue;
                    }
                    failures += 1;
                    let json = answer.json();
                    // The protocol routes speak RFC 6749 §5.2: `error` alone is enough there.
                    if path.contains("/openapi/v1/oauth/") && json["error"].is_string() {
                        continue;
                    }
                    // An import that fails is an outcome, not a failure: it says so in its own body.
                    if path.contains("/imports") && json["status"] == "failed" {
                        continue;
                    }
                    assert_eq!(json["status"], answer.status, "{method} {path}: {json}");
                    for member in ["code", "message"] {
                        let text = json[member].as_str().unwrap_or_default();
                        assert!(!text.is_empty(), "{method} {path}: {json}");
                    }
                }
            }
        }
    }
    assert!(failures >= 80, "{failures}");
}
