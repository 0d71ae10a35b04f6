//! Runs the program of a code node: in the sandbox of this process, or in one of the operator's
//! (`CODE_EXECUTION_ENDPOINT`) that speaks the protocol of Dify's, `POST /v1/sandbox/run`. That one may stand anywhere; what runs
//! in it is for it to contain.

mod program;
#[cfg(test)]
mod tests;

use std::{sync::Arc, time::Duration};

use gatewright_domain::Secret;
use gatewright_engine::{
    Failure,
    call::{CodeAnswer, CodeCall, CodeLanguage},
};
use gatewright_outbound::{OutboundError, guard::GuardedProxy, streaming::StreamingClient};
use gatewright_sandbox::{Language, Program, Sandbox, SandboxError};
use http::{Request, StatusCode, header};
use serde_json::{Value, json};

/// Every failure of a program or of the sandbox is of this type.
const ERROR: &str = "CodeExecutionError";

/// What is said when no program can be run now.
const UNAVAILABLE: &str = "Code execution service is unavailable";

/// Where the sandbox is, and what it may be asked.
#[derive(Debug, Clone)]
pub struct RemoteSandbox {
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
pub enum CodeRunner {
    /// In a sandbox of this process.
    Embedded {
        /// What runs the programs.
        sandbox: Arc<Sandbox>,
        /// By which programs reach a network; without it there is none.
        proxy: Option<Arc<GuardedProxy>>,
    },
    /// In a sandbox elsewhere.
    Remote {
        /// What reaches it.
        client: StreamingClient,
        /// Where it is.
        settings: RemoteSandbox,
    },
}

impl CodeRunner {
    /// Runs the program's `main`, and is ready with what it returned.
    ///
    /// # Errors
    /// A [`Failure`] of the type `CodeExecutionError`: what the program printed as its error, or what the sandbox said.
    pub async fn run(&self, call: &CodeCall) -> Result<CodeAnswer, Failure> {
        let printed = match self {
            Self::Embedded { sandbox, proxy } => embedded(sandbox, proxy.is_some(), call).await,
            Self::Remote { client, settings } => remote(client, settings, call).await,
        };
        let result = printed.and_then(|stdout| program::result(&stdout));
        match result {
            Ok(result) => Ok(CodeAnswer { result }),
            Err(problem) => Err(Failure::new(ERROR, problem)),
        }
    }
}

/// What the program printed here.
async fn embedded(sandbox: &Sandbox, network: bool, call: &CodeCall) -> Result<String, String> {
    let code = program::of(call);
    let program = Program {
        language: language(call),
        code: &code,
        network,
    };
    match sandbox.run(program).await {
        Ok(outcome) if outcome.error.is_empty() => Ok(outcome.stdout),
        Ok(outcome) => Err(outcome.error),
        Err(SandboxError::Busy) => Err(UNAVAILABLE.to_owned()),
        Err(error) => Err(error.to_string()),
    }
}

/// What the program printed elsewhere.
async fn remote(
    client: &StreamingClient,
    settings: &RemoteSandbox,
    call: &CodeCall,
) -> Result<String, String> {
    let request = request(settings, call)?;
    let answer = client.send(request, settings.timeout).await;
    let (head, body) = answer.map_err(|error| unreachable(&error))?.into_parts();
    if head.status == StatusCode::SERVICE_UNAVAILABLE {
        return Err(UNAVAILABLE.to_owned());
    }
    let read = tokio::time::timeout(settings.timeout, body.read(settings.most)).await;
    let bytes = read.unwrap_or(Err(OutboundError::Late));
    let bytes = bytes.map_err(|error| unreachable(&error))?;
    let answer: Value = serde_json::from_slice(&bytes).map_err(|_| {
        let status = head.status.as_u16();
        format!("Failed to execute code, got status code {status}, please check if the sandbox service is running")
    })?;
    stdout(&answer).map(str::to_owned)
}

fn request(settings: &RemoteSandbox, call: &CodeCall) -> Result<Request<Vec<u8>>, String> {
    let base = settings.endpoint.trim_end_matches('/');
    let body = json!({
        "language": language(call).name(),
        "code": program::of(call),
        "preload": "",
        "enable_network": settings.network,
    });
    let request = Request::post(format!("{base}/v1/sandbox/run"))
        .header("X-Api-Key", settings.api_key.expose())
        .header(header::CONTENT_TYPE, "application/json")
        .body(body.to_string().into_bytes());
    request.map_err(|error| error.to_string())
}

fn language(call: &CodeCall) -> Language {
    match call.language {
        CodeLanguage::Python3 => Language::Python,
        CodeLanguage::Javascript => Language::JavaScript,
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
