//! Runs a program in a sandbox that speaks the reference's protocol: `POST /v1/sandbox/run`. The sandbox is the operator's
//! (`CODE_EXECUTION_ENDPOINT`), so it may stand anywhere; what runs in it is for it to contain.

mod program;
#[cfg(test)]
mod tests;

use std::time::Duration;

use gatewright_domain::Secret;
use gatewright_engine::{
    Failure,
    call::{CodeAnswer, CodeCall, CodeLanguage},
};
use gatewright_outbound::{OutboundError, streaming::StreamingClient};
use http::{Request, StatusCode, header};
use serde_json::{Value, json};

/// Every failure of a program or of the sandbox is of this type.
const ERROR: &str = "CodeExecutionError";

/// Where the sandbox is, and what it may be asked.
#[derive(Debug, Clone)]
pub struct SandboxSettings {
    /// Its base URL; `/v1/sandbox/run` is put behind it.
    pub endpoint: String,
    /// Sent as `X-Api-Key`.
    pub api_key: Secret,
    /// Whether programs may use the network, as far as the sandbox can tell.
    pub network: bool,
    /// How long it may take.
    pub timeout: Duration,
    /// The most that a program may print, its result included, in bytes.
    pub most: usize,
}

/// Runs programs. Cheap to clone.
#[derive(Debug, Clone)]
pub struct CodeRunner {
    client: StreamingClient,
    settings: SandboxSettings,
}

impl CodeRunner {
    /// In this sandbox.
    pub fn new(client: StreamingClient, settings: SandboxSettings) -> Self {
        Self { client, settings }
    }

    /// Runs the program's `main`, and is ready with what it returned.
    ///
    /// # Errors
    /// A [`Failure`] of the type `CodeExecutionError`: what the program printed as its error, or what the sandbox said.
    pub async fn run(&self, call: &CodeCall) -> Result<CodeAnswer, Failure> {
        let failed = |problem: String| Failure::new(ERROR, problem);
        let request = self.request(call).map_err(failed)?;
        let answer = self.client.send(request, self.settings.timeout).await;
        let (head, body) = answer
            .map_err(|error| failed(unreachable(&error)))?
            .into_parts();
        if head.status == StatusCode::SERVICE_UNAVAILABLE {
            return Err(failed("Code execution service is unavailable".to_owned()));
        }
        let read = tokio::time::timeout(self.settings.timeout, body.read(self.settings.most)).await;
        let bytes = read.unwrap_or(Err(OutboundError::Late));
        let bytes = bytes.map_err(|error| failed(unreachable(&error)))?;
        let answer: Value = serde_json::from_slice(&bytes).map_err(|_| {
            let status = head.status.as_u16();
            failed(format!("Failed to execute code, got status code {status}, please check if the sandbox service is running"))
        })?;
        let stdout = stdout(&answer).map_err(failed)?;
        let result = program::result(stdout).map_err(failed)?;
        Ok(CodeAnswer { result })
    }

    fn request(&self, call: &CodeCall) -> Result<Request<Vec<u8>>, String> {
        let base = self.settings.endpoint.trim_end_matches('/');
        let language = match call.language {
            CodeLanguage::Python3 => "python3",
            CodeLanguage::Javascript => "nodejs",
        };
        let body = json!({
            "language": language,
            "code": program::of(call),
            "preload": "",
            "enable_network": self.settings.network,
        });
        let request = Request::post(format!("{base}/v1/sandbox/run"))
            .header("X-Api-Key", self.settings.api_key.expose())
            .header(header::CONTENT_TYPE, "application/json")
            .body(body.to_string().into_bytes());
        request.map_err(|error| error.to_string())
    }
}

fn unreachable(error: &OutboundError) -> String {
    format!(
        "Failed to execute code, which is likely a network issue, please check if the sandbox service is running. \
         ( Error: {error} )"
    )
}

/// What the program printed; or why it did not come to its end.
fn stdout(answer: &Value) -> Result<&str, String> {
    if answer["code"] != 0 {
        let message = answer["message"].as_str().unwrap_or_default();
        return Err(format!(
            "Got error code: {}. Got error msg: {message}",
            answer["code"]
        ));
    }
    let data = &answer["data"];
    match data["error"].as_str() {
        Some(error) if !error.is_empty() => Err(error.to_owned()),
        _ => Ok(data["stdout"].as_str().unwrap_or_default()),
    }
}
