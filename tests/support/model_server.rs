//! A server that speaks the OpenAI protocol and answers by script: what the last message asks for, it says. The parts of its answers
//! come one by one, and some wait for the test's word.

use gatewright_test_support::scripted_server::{
    Asked, ScriptedServer, Step, answer, chunk, chunked_head,
};
use serde_json::{Value, json};

const PATH: &str = "/v1/chat/completions";

/// The server, and what it was asked.
pub struct ModelServer {
    server: ScriptedServer,
    /// The file that tells Gatewright of it.
    file: tempfile::NamedTempFile,
}

impl ModelServer {
    pub async fn start() -> Self {
        let server = ScriptedServer::start(complete).await.unwrap();
        let models = "providers = [\"scripted\"]\n\
             [[endpoint.model]]\nname = \"small\"\ncontext_size = 600\n\
             pricing = { input = \"0.15\", output = \"0.60\", unit = \"0.000001\", currency = \"USD\" }\n\
             [[endpoint.model]]\nname = \"*\"\n\
             [defaults.llm]\nprovider = \"scripted\"\nmodel = \"small\"\n";
        let file = endpoint_file(&server, models);
        Self { server, file }
    }

    /// The value of `GATEWRIGHT_MODEL_ENDPOINTS`.
    pub fn endpoints(&self) -> &str {
        self.file.path().to_str().unwrap()
    }

    /// Lets so many answers that wait go on.
    pub fn release(&self, answers: usize) {
        self.server.let_pass(answers);
    }

    /// The messages of each call, as `role: text` lines.
    pub fn heard(&self) -> Vec<Vec<String>> {
        let asked = self.server.asked();
        asked.iter().map(|one| lines(&body(one))).collect()
    }
}

/// A file that tells Gatewright of a server of models; `models` is TOML that says whose and which they are.
pub fn endpoint_file(server: &ScriptedServer, models: &str) -> tempfile::NamedTempFile {
    let file = tempfile::NamedTempFile::new().unwrap();
    let url = server.url("/v1");
    let text = format!("[[endpoint]]\nname = \"scripted\"\nbase_url = \"{url}\"\n{models}");
    std::fs::write(file.path(), text).unwrap();
    file
}

fn body(asked: &Asked) -> Value {
    serde_json::from_slice(&asked.body).unwrap()
}

fn lines(body: &Value) -> Vec<String> {
    let messages = body["messages"].as_array().unwrap();
    let line = |message: &Value| {
        let role = message["role"].as_str().unwrap();
        format!(
            "{role}: {}",
            message["content"].as_str().unwrap_or_default()
        )
    };
    messages.iter().map(line).collect()
}

/// `hold:x` says `x` in two parts and waits between them; `break:x` says `x` and hangs up; `nul:` says a character
/// that no database takes; anything else is echoed.
fn script(query: &str) -> Vec<Step> {
    let halves = |text: &str| {
        let (first, second) = text.split_at(text.len() / 2);
        [says(first), says(second)]
    };
    match query.split_once(':') {
        Some(("hold", text)) => {
            let [first, second] = halves(text);
            vec![first, Step::Wait, second, ends(), chunk("")]
        }
        Some(("nul", _)) => vec![says("a\0b"), ends(), chunk("")],
        Some(("break", text)) => vec![says(text), Step::HangUp],
        _ => {
            let [first, second] = halves(query);
            vec![first, second, ends(), chunk("")]
        }
    }
}

fn complete(asked: &Asked) -> Vec<Step> {
    if (asked.method.as_str(), asked.target.as_str()) != ("POST", PATH) {
        return answer("404 Not Found", "", "");
    }
    let body = body(asked);
    let last = &body["messages"].as_array().unwrap().last().unwrap()["content"];
    let mut steps = vec![chunked_head("text/event-stream")];
    steps.extend(script(last.as_str().unwrap_or_default()));
    steps
}

fn says(text: &str) -> Step {
    let choice = json!({"choices": [{"index": 0, "delta": {"content": text}}]});
    chunk(event(&choice))
}

fn ends() -> Step {
    let usage = json!({"prompt_tokens": 7, "completion_tokens": 5, "total_tokens": 12});
    let end =
        json!({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}], "usage": usage});
    chunk(format!("{}data: [DONE]\n\n", event(&end)))
}

fn event(chunk: &Value) -> String {
    format!("data: {chunk}\n\n")
}
