//! Authorization coverage: every documented operation is called without credentials and with a
//! stranger's. What is public stands in a short list that may only shrink.

use gatewright_http::{Surface, document};
use serde_json::{Value, json};

use crate::support::{Answer, Browser, Harness, basic_account};

/// Operations that anybody may call, and why.
const PUBLIC: [(&str, &str); 48] = [
    (
        "GET /api/passport",
        "a page is open to whoever has its address; limited",
    ),
    ("GET /api/login/status", "says whether a passport is good"),
    ("POST /api/logout", "forgets nothing"),
    ("POST /api/login", "404: for the enterprise product"),
    (
        "POST /api/email-code-login",
        "404: for the enterprise product",
    ),
    (
        "POST /api/email-code-login/validity",
        "404: for the enterprise product",
    ),
    (
        "POST /api/forgot-password",
        "404: for the enterprise product",
    ),
    (
        "POST /api/forgot-password/validity",
        "404: for the enterprise product",
    ),
    (
        "POST /api/forgot-password/resets",
        "404: for the enterprise product",
    ),
    ("GET /api/webapp/access-mode", "constant"),
    ("GET /api/webapp/permission", "constant"),
    (
        "GET /api/form/human_input/{form_token}",
        "the token is the credential; limited",
    ),
    (
        "POST /api/form/human_input/{form_token}",
        "the token is the credential; limited",
    ),
    ("GET /api/system-features", "as the console's"),
    (
        "GET /.well-known/oauth-authorization-server",
        "where clients start",
    ),
    ("GET /openapi/v1/_health", "liveness"),
    (
        "GET /openapi/v1/_version",
        "clients compare it before they log in",
    ),
    (
        "POST /openapi/v1/oauth/device/code",
        "a device has nothing to show yet",
    ),
    (
        "POST /openapi/v1/oauth/device/token",
        "the device code is the credential",
    ),
    (
        "GET /openapi/v1/oauth/device/lookup",
        "the user code is; limited",
    ),
    (
        "POST /openapi/v1/oauth/revoke",
        "the token is the credential",
    ),
    (
        "GET /openapi/v1/oauth/device/sso-initiate",
        "the user code is; limited",
    ),
    (
        "GET /openapi/v1/oauth/device/sso-complete",
        "the assertion is the credential",
    ),
    (
        "GET /console/api/oauth/login/{provider}",
        "signing in happens at the provider",
    ),
    (
        "GET /console/api/oauth/authorize/{provider}",
        "the provider's code is the credential",
    ),
    (
        "GET /files/{file_id}/file-preview",
        "the signature is the credential",
    ),
    (
        "GET /files/{file_id}/image-preview",
        "the signature is the credential",
    ),
    (
        "GET /files/tools/{file_id}.{extension}",
        "the signature is the credential",
    ),
    ("GET /console/api/ping", "liveness"),
    ("GET /console/api/version", "the shell asks before sign-in"),
    ("GET /console/api/app-dsl-version", "constant"),
    ("GET /console/api/setup", "the first visit"),
    ("POST /console/api/setup", "once"),
    ("GET /console/api/init", "the first visit"),
    (
        "POST /console/api/init",
        "the init password is the credential",
    ),
    ("POST /console/api/login", "the password is the credential"),
    (
        "POST /console/api/forgot-password",
        "the code goes to the mailbox",
    ),
    ("POST /console/api/reset-password", "the same, older path"),
    (
        "POST /console/api/forgot-password/validity",
        "token and code are the credential",
    ),
    (
        "POST /console/api/forgot-password/resets",
        "the token is the credential",
    ),
    (
        "POST /console/api/email-code-login",
        "the code goes to the mailbox",
    ),
    (
        "POST /console/api/email-code-login/validity",
        "token and code are the credential",
    ),
    (
        "POST /console/api/email-register/send-email",
        "the code goes to the mailbox",
    ),
    (
        "POST /console/api/email-register/validity",
        "token and code are the credential",
    ),
    (
        "POST /console/api/email-register",
        "the token is the credential",
    ),
    (
        "GET /console/api/activate/check",
        "the token is the credential",
    ),
    ("POST /console/api/activate", "the token is the credential"),
    (
        "GET /console/api/system-features",
        "decides which forms the sign-in page shows",
    ),
];
/// The refresh cookie is the credential: refused without it like a protected one.
const EXPECTED_WITHOUT_CREDENTIALS: u16 = 401;

fn operations() -> Vec<(String, String)> {
    let mut all = vec![];
    for surface in Surface::ALL {
        let document: Value = serde_json::to_value(document(surface)).unwrap();
        for (path, item) in document["paths"].as_object().unwrap() {
            for method in item.as_object().unwrap().keys() {
                all.push((method.to_uppercase(), path.clone()));
            }
        }
    }
    all
}

fn is_public(method: &str, path: &str) -> bool {
    PUBLIC
        .iter()
        .any(|(operation, _)| *operation == format!("{method} {path}"))
}

fn concrete(path: &str) -> String {
    let id = "00000000-0000-7000-8000-000000000000";
    path.replace("{session_id}", id)
        .replace("{workspace_id}", id)
        .replace("{provider}", "corp")
        .replace("{member_id}", id)
        .replace("{tag_id}", id)
        .replace("{app_id}", id)
        .replace("{key_id}", id)
}

/// A provider that nobody asks: with it the routes of the SSO branch exist. And so with introspection.
const WITH_EVERYTHING: [(&str, &str); 4] = [
    (
        "GATEWRIGHT_INTROSPECTION_CLIENT_SECRET",
        "0123456789abcdef0123456789abcdef",
    ),
    ("GATEWRIGHT_OIDC_PROVIDERS", "corp"),
    ("GATEWRIGHT_OIDC_CORP_ISSUER", "http://127.0.0.1:9"),
    ("GATEWRIGHT_OIDC_CORP_CLIENT_ID", "x"),
];

#[actix_web::test]
async fn sec_163_only_listed_operations_answer_without_credentials() {
    let h = Harness::with(&WITH_EVERYTHING).await;
    h.set_up().await;
    let operations = operations();
    assert!(operations.len() >= 30, "{operations:?}");
    for (method, path) in operations
        .iter()
        .filter(|(method, path)| !is_public(method, path))
    {
        let mut request = h.request(method, &concrete(path));
        if matches!(method.as_str(), "POST" | "PUT" | "PATCH") {
            request = request.json(&json!({"user_code": "AAAA-BBBB", "tenant_id": "x"}));
        }
        let answer = Answer::read(request.send().await.unwrap()).await;
        assert_eq!(
            answer.status, EXPECTED_WITHOUT_CREDENTIALS,
            "{method} {path}: {answer:?}"
        );
        assert!(
            !answer.header("x-gatewright-reason").is_empty(),
            "{method} {path} gives no reason"
        );
    }
    for (operation, _) in PUBLIC {
        assert!(
            operations
                .iter()
                .any(|(m, p)| format!("{m} {p}") == operation),
            "{operation} is gone: shrink the list"
        );
    }
}

#[actix_web::test]
async fn sec_163_credentials_of_another_account_reach_no_foreign_resource() {
    let h = Harness::start().await;
    let mut owner = basic_account(&h).await;
    let session = h.log_in_device(&mut owner, "owner's").await;
    let workspace = session["default_workspace_id"].as_str().unwrap();
    let mut stranger = h.add_account("stranger").await;
    let token = h.token(&mut stranger, "stranger's").await;
    let profile = owner.get(&h, "/console/api/account/profile").await.json();
    let tag = json!({"name": "owner's", "type": "app"});
    let tag = owner
        .post(&h, "/console/api/tags", tag)
        .await
        .expect(200)
        .json();
    let key = "/console/api/datasets/api-keys";
    let key = owner.post(&h, key, json!({})).await.expect(200).json();
    let ids = [
        ("{session_id}", session["token_id"].as_str().unwrap()),
        ("{workspace_id}", workspace),
        ("{member_id}", profile["id"].as_str().unwrap()),
        ("{tag_id}", tag["id"].as_str().unwrap()),
        ("{key_id}", key["id"].as_str().unwrap()),
        ("{app_id}", workspace),
    ];
    let body = json!({"name": "mine", "role": "normal", "token": "x", "email": "x@example.com",
        "enable_api": true, "enable_site": true, "graph": {"nodes": [], "edges": []}, "features": {}});
    let (mut asked, mut told) = (0, vec![]);
    for (method, path) in operations() {
        // What a provider's name stands in belongs to nobody. A transfer needs the token of a code
        // first: without one it is refused before anybody is looked for.
        // A type of models or of plugins is nobody's either, nor is an address elsewhere.
        let is_elsewhere = path.contains("{provider}")
            || path.contains("{model_type}")
            || path.contains("{category}")
            || path.contains("{url}")
            // For people without an account: the token of one is refused before anything is looked for.
            || path.contains("/permitted-external-apps/")
            // Of an import that is another one's, its outcome says that there is none: 400, as of one that expired.
            || path.contains("{import_id}")
            // Of an extension that is another one's, Dify says that there is none in a 400.
            || path == "/console/api/api-based-extension/{id}"
            // A key opens one app, and what is another's is as if there were none: `tests/runs/foreign_keys.rs`.
            || path.starts_with("/v1/")
            // A passport opens one page, and what is another's is as if there were none: `tests/runs/web_app_foreign.rs`.
            || path.starts_with("/api/")
            || path.ends_with("/owner-transfer");
        if !path.contains('{') || is_elsewhere {
            continue;
        }
        let concrete = ids
            .iter()
            .fold(path.clone(), |path, (name, id)| path.replace(name, id));
        let answer = if path.starts_with("/openapi") {
            h.with_bearer(&method, &concrete, &token).await
        } else {
            let body = (method != "GET").then(|| body.clone());
            stranger.send(&h, &method, &concrete, body, &[]).await
        };
        if answer.status != 404 {
            told.push(format!("{method} {path}: {answer:?}"));
        }
        asked += 1;
    }
    assert!(told.is_empty(), "{told:#?}");
    assert!(asked >= 15, "{asked}");
    let kept = owner.get(&h, "/console/api/tags?type=app").await.json();
    assert_eq!(kept[0]["name"], "owner's");
    h.with_bearer(
        "GET",
        "/openapi/v1/account",
        session["token"].as_str().unwrap(),
    )
    .await
    .expect(200);
}

#[actix_web::test]
async fn console_session_is_no_bearer_and_a_bearer_no_console_session() {
    let h = Harness::start().await;
    let mut owner = basic_account(&h).await;
    let token = h.token(&mut owner, "x").await;
    let access = owner.cookies["access_token"].clone();
    h.with_bearer("GET", "/openapi/v1/account", &access)
        .await
        .expect(401);
    h.with_bearer("GET", "/console/api/account/profile", &token)
        .await
        .expect(401);
    let mut api_client = Browser::script();
    api_client.cookies.insert("csrf_token".into(), owner.csrf());
    let header = format!("Bearer {access}");
    // console.md §2.6: the access token may stand in the header, the CSRF pair is still needed.
    api_client
        .send(
            &h,
            "GET",
            "/console/api/account/profile",
            None,
            &[("authorization", &header)],
        )
        .await
        .expect(200);
}
