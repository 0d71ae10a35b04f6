//! A server that speaks the OpenAI protocol and answers by script: what the last message asks for, it says. The parts of its answers
//! come one by one, and some wait for the test's word.

use std::sync::{Arc, Mutex};

use actix_web::{App, HttpResponse, HttpServer, dev::ServerHandle, web};
use futures_util::stream;
use serde_json::{Value, json};
use tokio::sync::Semaphore;

#[derive(Default)]
struct State {
    asked: Mutex<Vec<Value>>,
}

/// The server, and what it was asked.
pub struct ModelServer {
    state: Arc<State>,
    gate: Arc<Semaphore>,
    server: ServerHandle,
    /// The file that tells Gatewright of it.
    file: tempfile::NamedTempFile,
}

impl ModelServer {
    pub async fn start() -> Self {
        let state = Arc::new(State::default());
        let gate = Arc::new(Semaphore::new(0));
        let shared = (Arc::clone(&state), Arc::clone(&gate));
        let server = HttpServer::new(move || {
            let data = web::Data::new(shared.clone());
            let app = App::new()
                .app_data(data)
                .app_data(web::JsonConfig::default().limit(10 << 20));
            app.route("/v1/chat/completions", web::post().to(complete))
        })
        .workers(1)
        .disable_signals()
        .bind(("127.0.0.1", 0))
        .unwrap();
        let address = server.addrs()[0];
        let server = server.run();
        let handle = server.handle();
        actix_web::rt::spawn(server);
        let file = tempfile::NamedTempFile::new().unwrap();
        let text = format!(
            "[[endpoint]]\nname = \"scripted\"\nbase_url = \"http://{address}/v1\"\nproviders = [\"scripted\"]\n\
             [[endpoint.model]]\nname = \"small\"\ncontext_size = 600\n\
             pricing = {{ input = \"0.15\", output = \"0.60\", unit = \"0.000001\", currency = \"USD\" }}\n\
             [[endpoint.model]]\nname = \"*\"\n"
        );
        std::fs::write(file.path(), text).unwrap();
        Self {
            state,
            gate,
            server: handle,
            file,
        }
    }

    /// The value of `GATEWRIGHT_MODEL_ENDPOINTS`.
    pub fn endpoints(&self) -> &str {
        self.file.path().to_str().unwrap()
    }

    /// Lets so many answers that wait go on.
    pub fn release(&self, answers: usize) {
        self.gate.add_permits(answers);
    }

    /// The messages of each call, as `role: text` lines.
    pub fn heard(&self) -> Vec<Vec<String>> {
        let asked = self.state.asked.lock().unwrap();
        asked.iter().map(lines).collect()
    }
}

impl Drop for ModelServer {
    fn drop(&mut self) {
        drop(self.server.stop(false));
    }
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

/// What is sent next.
enum Part {
    Text(String),
    Waits,
    Breaks,
    Ends,
}

/// `hold:x` says `x` in two parts and waits between them; `break:x` says `x` and hangs up; `nul:` says a character
/// that no database takes; anything else is echoed.
fn script(query: &str) -> Vec<Part> {
    let halves = |text: &str| {
        let (first, second) = text.split_at(text.len() / 2);
        [Part::Text(first.to_owned()), Part::Text(second.to_owned())]
    };
    match query.split_once(':') {
        Some(("hold", text)) => {
            let [first, second] = halves(text);
            vec![first, Part::Waits, second, Part::Ends]
        }
        Some(("nul", _)) => vec![Part::Text("a\0b".to_owned()), Part::Ends],
        Some(("break", text)) => vec![Part::Text(text.to_owned()), Part::Breaks],
        _ => {
            let [first, second] = halves(query);
            vec![first, second, Part::Ends]
        }
    }
}

async fn complete(
    shared: web::Data<(Arc<State>, Arc<Semaphore>)>,
    body: web::Json<Value>,
) -> HttpResponse {
    let (state, gate) = (&shared.0, Arc::clone(&shared.1));
    let last = body["messages"].as_array().unwrap().last().unwrap()["content"].clone();
    state.asked.lock().unwrap().push(body.into_inner());
    let parts = script(last.as_str().unwrap_or_default()).into_iter();
    let body = stream::unfold((parts, gate), |(mut parts, gate)| async move {
        let bytes = match parts.next()? {
            Part::Text(text) => {
                event(&json!({"choices": [{"index": 0, "delta": {"content": text}}]}))
            }
            Part::Waits => {
                gate.acquire().await.unwrap().forget();
                String::new()
            }
            Part::Breaks => return Some((Err(std::io::Error::other("gone")), (parts, gate))),
            Part::Ends => {
                let usage = json!({"prompt_tokens": 7, "completion_tokens": 5, "total_tokens": 12});
                let end = json!({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}], "usage": usage});
                format!("{}data: [DONE]\n\n", event(&end))
            }
        };
        Some((Ok(web::Bytes::from(bytes)), (parts, gate)))
    });
    HttpResponse::Ok()
        .content_type("text/event-stream")
        .streaming(body)
}

fn event(chunk: &Value) -> String {
    format!("data: {chunk}\n\n")
}
