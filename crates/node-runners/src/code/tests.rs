//! Against a server that answers as a real sandbox did.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use gatewright_test_support::scripted_server::{Asked, ScriptedServer, Step, answer};

use super::*;

fn runner(server: &ScriptedServer) -> CodeRunner {
    let settings = RemoteSandbox {
        endpoint: server.url("/"),
        api_key: Secret::new("key"),
        network: false,
        timeout: Duration::from_secs(10),
        most: 1000,
    };
    CodeRunner::Remote {
        client: StreamingClient::new().unwrap(),
        settings,
    }
}

fn call(language: CodeLanguage) -> CodeCall {
    CodeCall {
        language,
        code: "def main(x): ...".to_owned(),
        inputs: json!({"x": "'); evil() #"}).as_object().unwrap().clone(),
    }
}

async fn server_of(status: &'static str, body: String) -> ScriptedServer {
    let server = ScriptedServer::start(move |_: &Asked| answer(status, "", body.clone()));
    server.await.unwrap()
}

#[tokio::test]
async fn a_program_reaches_the_sandbox_with_its_inputs_as_data() {
    let body = json!({"code": 0, "message": "success", "data": {
        "stdout": "<<RESULT>>{\"y\": 42}<<RESULT>>\n", "stderr": "", "error": "", "exit_code": 0}});
    let server = server_of("200 OK", body.to_string()).await;
    for (language, name) in [
        (CodeLanguage::Python3, "python3"),
        (CodeLanguage::Javascript, "nodejs"),
    ] {
        let answer = runner(&server).run(&call(language)).await.unwrap();
        assert_eq!(answer.result, json!({"y": 42}));
        let request = server.asked().pop().unwrap();
        assert_eq!(
            (request.target.as_str(), request.header("x-api-key")),
            ("/v1/sandbox/run", Some("key"))
        );
        let body: Value = serde_json::from_slice(&request.body).unwrap();
        assert_eq!(
            (&body["language"], &body["enable_network"]),
            (&json!(name), &json!(false))
        );
        let code = body["code"].as_str().unwrap();
        // No text in a result can end it.
        assert!(code.contains(r"'\\u003c'"));
        let inputs = STANDARD.encode("{\"x\":\"'); evil() #\"}");
        assert!(
            code.starts_with("def main(x): ...\n")
                && code.contains(&inputs)
                && !code.contains("evil")
        );
    }
}

#[tokio::test]
async fn failures_say_what_the_sandbox_or_the_program_said() {
    let data = |data: Value| json!({"code": 0, "message": "success", "data": data}).to_string();
    for (status, body, words) in [
        (
            "200 OK",
            data(json!({"stdout": "", "error": "process exited with code 3"})),
            "process exited with code 3",
        ),
        (
            "200 OK",
            data(json!({"stdout": "hi", "error": ""})),
            "The program ended before it returned a result.",
        ),
        (
            "200 OK",
            json!({"code": -400, "message": "unsupported language", "data": null}).to_string(),
            "Got error code: -400. Got error msg: unsupported language",
        ),
        (
            "503 Busy",
            String::new(),
            "Code execution service is unavailable",
        ),
        (
            "404 No",
            "404 page not found".to_owned(),
            "Failed to execute code, got status code 404, please check if the sandbox service is running",
        ),
        (
            "200 OK",
            data(json!({"stdout": "x".repeat(1000)})),
            "Failed to execute code, which is likely a network issue, please check if the sandbox service is running. ( Error: the answer is too large )",
        ),
    ] {
        let server = server_of(status, body).await;
        let failure = runner(&server)
            .run(&call(CodeLanguage::Python3))
            .await
            .unwrap_err();
        assert_eq!(
            (failure.error_type.as_str(), failure.message.as_str()),
            (ERROR, words)
        );
    }
    let gone = ScriptedServer::start(|_: &Asked| vec![Step::HangUp])
        .await
        .unwrap();
    let failure = runner(&gone)
        .run(&call(CodeLanguage::Python3))
        .await
        .unwrap_err();
    assert!(
        failure.message.contains("likely a network issue"),
        "{}",
        failure.message
    );
}
