//! The protocol, against the recordings of Dify's sandbox (58): requests in, answers byte for byte where they can be.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    reason = "a test that cannot go on must fail"
)]

use std::{path::PathBuf, sync::Arc, time::Duration};

use actix_web::{
    App,
    test::{TestRequest, call_service, init_service, read_body},
};
use gatewright_domain::{Secret, settings::Settings as _};
use gatewright_sandbox::{Limits, Sandbox};
use gatewright_sandbox_server::{ServerSettings, State, routes};
use serde_json::{Value, json};

const KEY: &str = "dify-sandbox";

fn settings(more: &[(&str, &str)]) -> Result<ServerSettings, String> {
    let source = |name: &str| {
        let mut all = more.iter().chain([&("API_KEY", KEY)]);
        all.find(|(known, _)| *known == name)
            .map(|(_, value)| (*value).to_owned())
    };
    ServerSettings::load(&source).map_err(|error| error.to_string())
}

fn state() -> State {
    let mut sandbox = settings(&[]).unwrap().sandbox();
    sandbox.helper = PathBuf::from(env!("CARGO_BIN_EXE_sandbox"));
    sandbox.limits = Limits {
        time: Duration::from_secs(2),
        ..sandbox.limits
    };
    State {
        sandbox: Arc::new(Sandbox::new(sandbox).unwrap()),
        api_key: Secret::new(KEY),
    }
}

/// The status and the body of an answer.
macro_rules! answer {
    ($app:expr, $request:expr) => {{
        let answer = call_service(&$app, $request.to_request()).await;
        (answer.status().as_u16(), read_body(answer).await)
    }};
}

fn run(body: &Value) -> TestRequest {
    TestRequest::post()
        .uri("/v1/sandbox/run")
        .insert_header(("X-Api-Key", KEY))
        .set_payload(body.to_string())
}

fn data(stdout: &str, stderr: &str, error: &str, exit_code: i32) -> Value {
    json!({"code": 0, "message": "success",
        "data": {"stdout": stdout, "stderr": stderr, "error": error, "exit_code": exit_code}})
}

#[actix_web::test]
async fn programs_are_answered_as_recorded() {
    let state = state();
    let app = init_service(App::new().configure(|config| routes(config, state))).await;
    let traceback = "Traceback (most recent call last):\n  File \"<fd3>\", line 1, in <module>\nNameError: name 'y' is not defined\n";
    for (language, code, expected) in [
        ("python3", "print(\"hi\")", data("hi\n", "", "", 0)),
        (
            "python3",
            "import sys; print(\"out\"); print(\"err\", file=sys.stderr)",
            data("out\n", "err\n", "", 0),
        ),
        (
            "python3",
            "import sys; sys.exit(3)",
            data("", "", "process exited with code 3", 3),
        ),
        (
            "python3",
            "print(y)",
            data(
                "",
                traceback,
                &format!("process exited with code 255\n{traceback}"),
                255,
            ),
        ),
        (
            "python3",
            "while True: pass",
            data(
                "",
                "",
                "process exited with code -1\nerror: timeout\nthe limit is 2 seconds\n",
                -1,
            ),
        ),
        (
            "python3",
            "import subprocess; print(subprocess.run([\"ls\"]))",
            data(
                "",
                "",
                "process exited with code -1\nerror: operation not permitted\n",
                -1,
            ),
        ),
        (
            "python3",
            "import ctypes; print(ctypes.CDLL(None).syscall(165,0,0,0,0,0))",
            data(
                "",
                "",
                "process exited with code -1\nerror: operation not permitted\n",
                -1,
            ),
        ),
        ("nodejs", "console.log(\"hi\")", data("hi\n", "", "", 0)),
        (
            "nodejs",
            "console.error(\"e\"); process.exit(3)",
            data("", "e\n", "process exited with code 3\ne\n", 3),
        ),
        (
            "nodejs",
            "require(\"child_process\").execSync(\"ls\")",
            data(
                "",
                "",
                "process exited with code -1\nerror: operation not permitted\n",
                -1,
            ),
        ),
    ] {
        let body =
            json!({"language": language, "code": code, "preload": "y = 5", "enable_network": true});
        let (status, body) = answer!(app, run(&body));
        assert_eq!(status, 200, "{code}");
        assert_eq!(
            serde_json::from_slice::<Value>(&body).unwrap(),
            expected,
            "{code}"
        );
    }
}

#[actix_web::test]
async fn what_is_no_request_is_refused_as_recorded() {
    let state = state();
    let app = init_service(App::new().configure(|config| routes(config, state))).await;
    let refused = |message: &str| json!({"code": -400, "message": message, "data": null});
    let code = "Key: 'Code' Error:Field validation for 'Code' failed on the 'required' tag";
    let both = format!(
        "Key: 'Language' Error:Field validation for 'Language' failed on the 'required' tag\n{code}"
    );
    for (body, message) in [
        (json!({"language": "python3", "code": ""}), code),
        (json!({}), both.as_str()),
        (
            json!({"language": "ruby", "code": "x"}),
            "unsupported language",
        ),
    ] {
        let (status, body) = answer!(app, run(&body));
        let said: Value = serde_json::from_slice(&body).unwrap();
        assert_eq!((status, said), (400, refused(message)));
    }
    let (status, body) = answer!(app, run(&json!({})).set_payload("{bad"));
    let said: Value = serde_json::from_slice(&body).unwrap();
    assert_eq!((status, &said["code"]), (400, &json!(-400)));
    for key in ["wrong", ""] {
        let request = run(&json!({"language": "python3", "code": "print(1)"}));
        let (status, body) = answer!(app, request.insert_header(("X-Api-Key", key)));
        assert_eq!((status, body.len()), (401, 0));
    }
}

#[actix_web::test]
async fn other_routes_answer_as_recorded() {
    let state = state();
    let app = init_service(App::new().configure(|config| routes(config, state))).await;
    let get = |path: &str| {
        TestRequest::get()
            .uri(path)
            .insert_header(("X-Api-Key", KEY))
    };
    assert_eq!(
        answer!(app, TestRequest::get().uri("/health")),
        (200, "\"ok\"".into())
    );
    assert_eq!(
        answer!(app, get("/nope")),
        (404, "404 page not found".into())
    );
    for path in [
        "/v1/sandbox/dependencies?language=python3",
        "/v1/sandbox/dependencies/refresh?language=python3",
    ] {
        let (status, body) = answer!(app, get(path));
        let none = json!({"code": 0, "message": "success", "data": {"dependencies": []}});
        assert_eq!(
            (status, serde_json::from_slice::<Value>(&body).unwrap()),
            (200, none)
        );
    }
    let (status, body) = answer!(app, get("/v1/sandbox/dependencies?language=nodejs"));
    let unsupported = json!({"code": -400, "message": "unsupported language", "data": null});
    assert_eq!(
        (status, serde_json::from_slice::<Value>(&body).unwrap()),
        (400, unsupported)
    );
    let (status, _) = answer!(
        app,
        TestRequest::get().uri("/v1/sandbox/dependencies?language=python3")
    );
    assert_eq!(status, 401);
    let update = run(&json!({"language": "python3"})).uri("/v1/sandbox/dependencies/update");
    let (status, body) = answer!(app, update);
    let nothing = json!({"code": 0, "message": "success", "data": {}});
    assert_eq!(
        (status, serde_json::from_slice::<Value>(&body).unwrap()),
        (200, nothing)
    );
}

#[actix_web::test]
async fn server_without_a_key_or_with_a_limit_of_nothing_does_not_start() {
    assert!(settings(&[]).is_ok());
    for wrong in [
        ("API_KEY", " "),
        ("WORKER_TIMEOUT", "0"),
        ("MAX_WORKERS", "0"),
        ("SANDBOX_MEMORY_MB", "0"),
    ] {
        let error = settings(&[wrong]).unwrap_err();
        assert!(error.contains(wrong.0), "{error}");
    }
}
