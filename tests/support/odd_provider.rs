//! An OpenID Connect provider whose every answer a test may bend: each way is some vendor's normal one.
//! Its signatures are real.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use actix_web::{App, HttpRequest, HttpResponse, HttpServer, dev::ServerHandle, web};
use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use chrono::{DateTime, Utc};
use ring::{
    rand::SystemRandom,
    rsa::PublicKeyComponents,
    signature::{KeyPair as _, RSA_PKCS1_SHA256, RsaKeyPair},
};
use serde_json::{Value, json};

/// Of no other use than here.
const KEY: &str = include_str!("provider_key.pem");
const CLIENT: &str = "gatewright";

/// How the answers differ from the plainest right ones: members to set, and to leave out.
#[derive(Clone, Default)]
pub struct Oddity {
    pub discovery: Value,
    pub header: Value,
    pub claims: Value,
    /// The payload of the ID token as it is, instead of the claims.
    pub payload: Option<String>,
    pub token: Value,
    /// What the userinfo endpoint says; none: there is no such endpoint.
    pub userinfo: Option<Value>,
    pub is_userinfo_signed: bool,
    pub is_signature_wrong: bool,
    /// Status, type and body of a path instead of its usual answer.
    pub instead: Option<(&'static str, u16, &'static str, &'static str)>,
    /// The path that is slow, and how slow it is.
    pub slow: Option<(&'static str, Duration)>,
}

/// Marks a member that is left out.
pub fn absent() -> Value {
    json!({"absent": true})
}

struct Shared {
    issuer: String,
    key: RsaKeyPair,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    oddity: Oddity,
    nonce: String,
    now: DateTime<Utc>,
    codes_taken: usize,
}

pub struct OddProvider {
    shared: Arc<Shared>,
    server: ServerHandle,
}

impl OddProvider {
    pub fn start() -> Self {
        let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let der: String = KEY.lines().filter(|line| !line.starts_with('-')).collect();
        let shared = Arc::new(Shared {
            issuer: format!("http://{}", listener.local_addr().unwrap()),
            key: RsaKeyPair::from_pkcs8(&STANDARD.decode(der).unwrap()).unwrap(),
            state: Mutex::default(),
        });
        let data = web::Data::from(Arc::clone(&shared));
        let server = HttpServer::new(move || {
            App::new()
                .app_data(data.clone())
                .default_service(web::to(answer))
        })
        .workers(1)
        .disable_signals()
        .shutdown_timeout(0)
        .listen(listener)
        .unwrap()
        .run();
        let handle = server.handle();
        actix_web::rt::spawn(server);
        Self {
            shared,
            server: handle,
        }
    }

    pub fn issuer(&self) -> &str {
        &self.shared.issuer
    }

    /// What a Gatewright beside it is configured with.
    pub fn settings(&self) -> [(&str, &str); 4] {
        [
            ("GATEWRIGHT_OIDC_PROVIDERS", "odd"),
            ("GATEWRIGHT_OIDC_ODD_ISSUER", &self.shared.issuer),
            ("GATEWRIGHT_OIDC_ODD_CLIENT_ID", CLIENT),
            ("GATEWRIGHT_OIDC_ODD_CLIENT_SECRET", "a-secret"),
        ]
    }

    /// How it answers from now on.
    pub fn behave(&self, oddity: Oddity) {
        self.shared.state.lock().unwrap().oddity = oddity;
    }

    /// Somebody comes by with an authorization request, at a time that it believes it is. Returns the
    /// state to go back with.
    pub fn visit(&self, request: &str, now: DateTime<Utc>) -> String {
        let url = url::Url::parse(request).unwrap();
        let get = |name: &str| {
            let found = url.query_pairs().find(|(known, _)| known == name);
            found
                .map(|(_, value)| value.into_owned())
                .unwrap_or_default()
        };
        let mut state = self.shared.state.lock().unwrap();
        (state.nonce, state.now) = (get("nonce"), now);
        get("state")
    }

    /// How many codes were handed to its token endpoint.
    pub fn codes_taken(&self) -> usize {
        self.shared.state.lock().unwrap().codes_taken
    }
}

impl Drop for OddProvider {
    fn drop(&mut self) {
        drop(self.server.stop(false));
    }
}

fn bent(mut plain: Value, oddity: &Value) -> Value {
    for (name, value) in oddity.as_object().into_iter().flatten() {
        if *value == absent() {
            plain.as_object_mut().unwrap().remove(name);
        } else {
            plain[name] = value.clone();
        }
    }
    plain
}

impl Shared {
    fn sign(&self, oddity: &Oddity, payload: &str) -> String {
        let header = bent(
            json!({"alg": "RS256", "kid": "one", "typ": "JWT"}),
            &oddity.header,
        );
        let parts = [header.to_string(), payload.to_owned()].map(|p| URL_SAFE_NO_PAD.encode(p));
        let message = parts.join(".");
        let mut signature = vec![0; self.key.public().modulus_len()];
        self.key
            .sign(
                &RSA_PKCS1_SHA256,
                &SystemRandom::new(),
                message.as_bytes(),
                &mut signature,
            )
            .unwrap();
        if oddity.is_signature_wrong {
            signature[0] ^= 1;
        }
        format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature))
    }

    fn keys(&self) -> Value {
        let public: PublicKeyComponents<Vec<u8>> = self.key.public_key().into();
        let own = json!({"kty": "RSA", "kid": "one", "use": "sig", "alg": "RS256",
            "n": URL_SAFE_NO_PAD.encode(public.n), "e": URL_SAFE_NO_PAD.encode(public.e)});
        // Kinds of keys that nobody here knows, and one for something else.
        json!({"keys": [{"kty": "AKP", "kid": "pq", "alg": "ML-DSA-44"}, {"kty": 7},
            {"kty": "EC", "crv": "secp256k1", "kid": "k"}, own]})
    }

    fn discovery(&self, oddity: &Oddity) -> Value {
        let at = |path: &str| format!("{}{path}", self.issuer);
        let mut plain = json!({"issuer": self.issuer, "authorization_endpoint": at("/authorize"),
            "token_endpoint": at("/token"), "jwks_uri": at("/keys")});
        if oddity.userinfo.is_some() {
            plain["userinfo_endpoint"] = at("/userinfo").into();
        }
        bent(plain, &oddity.discovery)
    }

    fn id_token(&self, oddity: &Oddity, nonce: &str, now: i64) -> String {
        let plain = json!({"iss": self.issuer, "aud": CLIENT, "sub": "person", "nonce": nonce,
            "iat": now, "exp": now + 300, "email": "person@partner.example", "email_verified": true,
            "name": "A Person"});
        let payload = oddity.payload.clone();
        self.sign(
            oddity,
            &payload.unwrap_or_else(|| bent(plain, &oddity.claims).to_string()),
        )
    }
}

async fn answer(request: HttpRequest, shared: web::Data<Shared>) -> HttpResponse {
    let (oddity, nonce, now) = {
        let mut state = shared.state.lock().unwrap();
        state.codes_taken += usize::from(request.path() == "/token");
        let now = state.now.timestamp();
        (state.oddity.clone(), state.nonce.clone(), now)
    };
    if let Some((path, delay)) = oddity.slow
        && request.path() == path
    {
        // The provider is slow, not the test.
        actix_web::rt::time::sleep(delay).await;
    }
    if let Some((path, status, kind, body)) = oddity.instead
        && request.path() == path
    {
        return HttpResponse::build(status.try_into().unwrap())
            .content_type(kind)
            .body(body);
    }
    match request.path() {
        "/.well-known/openid-configuration" => HttpResponse::Ok().json(shared.discovery(&oddity)),
        "/keys" => HttpResponse::Ok().json(shared.keys()),
        "/token" => {
            let plain = json!({"access_token": "an-access-token", "token_type": "Bearer",
                "expires_in": 3600, "id_token": shared.id_token(&oddity, &nonce, now)});
            HttpResponse::Ok().json(bent(plain, &oddity.token))
        }
        "/userinfo" => {
            let told = oddity.userinfo.clone().unwrap_or_default();
            let told = bent(json!({"sub": "person"}), &told);
            if oddity.is_userinfo_signed {
                let signed = shared.sign(&oddity, &told.to_string());
                return HttpResponse::Ok()
                    .content_type("application/jwt")
                    .body(signed);
            }
            HttpResponse::Ok().json(told)
        }
        _ => HttpResponse::NotFound().finish(),
    }
}
