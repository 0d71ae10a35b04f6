//! A stand-in for the enterprise product (device-flow.md §16), which cannot run here: opens state
//! envelopes with the shared key, and makes assertions with it.

use std::sync::{Arc, Mutex};

use actix_web::{App, HttpRequest, HttpResponse, HttpServer, dev::ServerHandle, web};
use chrono::{DateTime, Utc};
use gatewright_auth::{
    claims::Unverified,
    keys::{KeyRing, MasterKeys},
};
use serde_json::{Value, json};

use super::SECRET_KEY;

pub const SHARED_SECRET: &str = "between-the-two-of-us";

/// What the stand-in answers.
#[derive(Clone)]
pub struct Behaviour {
    /// `License.status`; none: an answer without a licence.
    pub licence: Option<&'static str>,
    /// Status and body of `sso-initiate`; none: the usual.
    pub initiate: Option<(u16, String)>,
    /// Whether it takes connections and never answers.
    pub hangs: bool,
}

/// What it saw.
#[derive(Default, Clone)]
pub struct Seen {
    pub licence_calls: usize,
    pub secrets: Vec<String>,
    pub states: Vec<String>,
}

pub struct Enterprise {
    pub url: String,
    pub behaviour: Arc<Mutex<Behaviour>>,
    pub seen: Arc<Mutex<Seen>>,
    server: ServerHandle,
}

type Shared = (Arc<Mutex<Behaviour>>, Arc<Mutex<Seen>>);

async fn answer(request: HttpRequest, body: web::Bytes, shared: web::Data<Shared>) -> HttpResponse {
    let behaviour = shared.0.lock().unwrap().clone();
    if behaviour.hangs {
        std::future::pending::<()>().await;
    }
    let secret = request.headers().get("Enterprise-Api-Secret-Key");
    let secret = secret
        .map_or("", |value| value.to_str().unwrap())
        .to_owned();
    let mut seen = shared.1.lock().unwrap();
    seen.secrets.push(secret);
    if request.path().ends_with("/info") {
        seen.licence_calls += 1;
        return HttpResponse::Ok().json(match behaviour.licence {
            Some(status) => json!({"License": {"status": status}}),
            None => json!({}),
        });
    }
    let body: Value = serde_json::from_slice(&body).unwrap();
    seen.states
        .push(body["signed_state"].as_str().unwrap().to_owned());
    match behaviour.initiate {
        Some((status, body)) => HttpResponse::build(status.try_into().unwrap())
            .content_type("application/json")
            .body(body),
        None => HttpResponse::Ok().json(json!({"url": "https://idp.example/login?x=1"})),
    }
}

impl Enterprise {
    pub fn start() -> Self {
        let behaviour = Arc::new(Mutex::new(Behaviour {
            licence: Some("active"),
            initiate: None,
            hangs: false,
        }));
        let seen = Arc::new(Mutex::new(Seen::default()));
        let shared = web::Data::new((Arc::clone(&behaviour), Arc::clone(&seen)));
        let server = HttpServer::new(move || {
            App::new()
                .app_data(shared.clone())
                .default_service(web::to(answer))
        })
        .workers(1)
        .disable_signals()
        .shutdown_timeout(0)
        .bind(("127.0.0.1", 0))
        .unwrap();
        let url = format!("http://{}/inner/api", server.addrs()[0]);
        let server = server.run();
        let handle = server.handle();
        actix_web::rt::spawn(server);
        Self {
            url,
            behaviour,
            seen,
            server: handle,
        }
    }

    /// What a Gatewright beside it is configured with.
    pub fn settings(&self) -> [(&str, &str); 2] {
        [
            ("ENTERPRISE_API_URL", &self.url),
            ("ENTERPRISE_API_SECRET_KEY", SHARED_SECRET),
        ]
    }

    pub fn set(&self, change: impl FnOnce(&mut Behaviour)) {
        change(&mut self.behaviour.lock().unwrap());
    }

    pub fn seen(&self) -> Seen {
        self.seen.lock().unwrap().clone()
    }

    /// The claims of the latest state envelope.
    pub fn latest_state(&self) -> (Unverified, Value) {
        let text = self.seen().states.last().unwrap().clone();
        let claims = Unverified::open(&shared_ring(), &text).unwrap();
        (claims, payload(&text))
    }
}

impl Drop for Enterprise {
    fn drop(&mut self) {
        drop(self.server.stop(false));
    }
}

/// The key that both sides have.
pub fn shared_ring() -> KeyRing {
    MasterKeys::new(SECRET_KEY.as_bytes(), []).shared_ring()
}

/// What a token says, unverified.
pub fn payload(token: &str) -> Value {
    use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
    let part = token.split('.').nth(1).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}

/// The claims of an assertion that is right.
pub fn assertion_claims(user_code: &str, nonce: &str, now: DateTime<Utc>) -> Value {
    json!({
        "email": "Ext@Partner.example",
        "issuer": "https://idp.partner.example",
        "user_code": user_code,
        "nonce": nonce,
        "aud": "api.device_flow.external_subject_assertion",
        "iat": now.timestamp(),
        "exp": now.timestamp() + 300,
    })
}

/// Signs any claims as the enterprise product would.
pub fn sign(claims: &Value) -> String {
    gatewright_auth::jws::sign(&shared_ring(), claims.as_object().unwrap()).unwrap()
}
