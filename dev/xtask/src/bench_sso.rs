//! Whole SSO logins through the HTTP surface, beside a stand-in for the enterprise product: seven
//! requests a login, from the device code to its token.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::{Duration, Instant, SystemTime},
};

use anyhow::{Context as _, bail};
use gatewright_auth::{
    jws,
    keys::{KeyRing, MasterKeys},
};
use gatewright_outbound::Outbound;
use http::{Request, Response, header};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncWriteExt as _, BufReader},
    net::{TcpListener, TcpStream},
};

use crate::{bench_asked::Asked, bench_times::percentile};

const CONCURRENT: u32 = 16;

/// What came of it.
pub(crate) struct Logins {
    pub(crate) per_second: f64,
    pub(crate) count: u32,
    pub(crate) p99_ms: f64,
}

/// The stand-in: every licence is active, every envelope is answered.
pub(crate) async fn enterprise() -> anyhow::Result<String> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    let url = format!("http://{}", listener.local_addr()?);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(answer(stream));
        }
    });
    Ok(url)
}

async fn answer(stream: TcpStream) -> std::io::Result<()> {
    let mut stream = BufReader::new(stream);
    while let Some(asked) = Asked::read(&mut stream).await? {
        let body = if asked.line.starts_with("GET") {
            r#"{"License":{"status":"active"}}"#
        } else {
            r#"{"url":"https://idp.example/login"}"#
        };
        let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", body.len());
        stream.write_all(format!("{head}{body}").as_bytes()).await?;
    }
    Ok(())
}

struct Person {
    base: String,
    client: Outbound,
    ring: KeyRing,
}

impl Person {
    async fn send(
        &self,
        request: http::request::Builder,
        body: Option<Value>,
    ) -> anyhow::Result<Response<Vec<u8>>> {
        let body = body
            .map(|body| body.to_string().into_bytes())
            .unwrap_or_default();
        Ok(self
            .client
            .send(
                request
                    .header(header::CONTENT_TYPE, "application/json")
                    .body(body)?,
            )
            .await?)
    }

    async fn log_in(&self, label: u32) -> anyhow::Result<()> {
        let device = format!("{}/openapi/v1/oauth/device", self.base);
        let device_label = format!("bench {label}");
        let codes = self
            .send(
                Request::post(format!("{device}/code")),
                Some(json!({"client_id": "difyctl", "device_label": device_label})),
            )
            .await?;
        let codes: Value = serde_json::from_slice(codes.body())?;
        let user_code = codes["user_code"].as_str().context("no code")?.to_owned();
        self.send(
            Request::get(format!("{device}/lookup?user_code={user_code}")),
            None,
        )
        .await?;
        let begun = self
            .send(
                Request::get(format!("{device}/sso-initiate?user_code={user_code}")),
                None,
            )
            .await?;
        let state = cookie(&begun, "gatewright_sso_")?;
        let path = format!(
            "{device}/sso-complete?sso_assertion={}",
            self.assertion(&user_code, label)?
        );
        let done = self
            .send(Request::get(path).header(header::COOKIE, state), None)
            .await?;
        let grant = cookie(&done, "device_approval_grant")?;
        let context = self
            .send(
                Request::get(format!("{device}/approval-context")).header(header::COOKIE, &grant),
                None,
            )
            .await?;
        let context: Value = serde_json::from_slice(context.body())?;
        let csrf = context["csrf_token"]
            .as_str()
            .context("no CSRF token")?
            .to_owned();
        let approve = Request::post(format!("{device}/approve-external"))
            .header(header::COOKIE, grant)
            .header("x-csrf-token", csrf);
        self.send(approve, Some(json!({"user_code": user_code})))
            .await?;
        let token = self
            .send(
                Request::post(format!("{device}/token")),
                Some(json!({"device_code": codes["device_code"]})),
            )
            .await?;
        let token: Value = serde_json::from_slice(token.body())?;
        if token["token"]
            .as_str()
            .is_some_and(|token| token.starts_with("dfoe_"))
        {
            Ok(())
        } else {
            bail!("no token: {token}")
        }
    }

    /// What the enterprise product would sign.
    fn assertion(&self, user_code: &str, label: u32) -> anyhow::Result<String> {
        #[allow(
            clippy::disallowed_methods,
            reason = "the server's clock is the machine's too"
        )]
        let now = SystemTime::now()
            .duration_since(SystemTime::UNIX_EPOCH)?
            .as_secs();
        let claims = json!({
            "email": format!("person{label}@partner.example"), "issuer": "https://idp.example",
            "user_code": user_code, "nonce": format!("{user_code}-{label}"),
            "aud": "api.device_flow.external_subject_assertion", "iat": now, "exp": now + 60,
        });
        Ok(jws::sign(
            &self.ring,
            claims.as_object().context("an object")?,
        )?)
    }
}

fn cookie(answer: &Response<Vec<u8>>, name: &str) -> anyhow::Result<String> {
    let all = answer.headers().get_all(header::SET_COOKIE).iter();
    let mut texts = all.filter_map(|value| value.to_str().ok());
    let found = texts.find(|text| text.starts_with(name) && !text.contains("Max-Age=0"));
    let pair = found.and_then(|text| text.split(';').next());
    Ok(pair
        .with_context(|| format!("no cookie {name}: {}", answer.status()))?
        .to_owned())
}

/// Logs people in for `seconds`.
pub(crate) async fn run(base: &str, secret: &str, seconds: u32) -> anyhow::Result<Logins> {
    let person = Arc::new(Person {
        base: base.to_owned(),
        client: Outbound::new(Duration::from_secs(10))?,
        ring: MasterKeys::new(secret.as_bytes(), []).shared_ring(),
    });
    let (began, count) = (Instant::now(), Arc::new(AtomicU32::new(0)));
    let deadline = began + Duration::from_secs(u64::from(seconds));
    let mut workers = vec![];
    for _ in 0..CONCURRENT {
        let (person, count) = (Arc::clone(&person), Arc::clone(&count));
        workers.push(tokio::spawn(async move {
            let mut times = vec![];
            while Instant::now() < deadline {
                let began = Instant::now();
                person.log_in(count.fetch_add(1, Ordering::Relaxed)).await?;
                times.push(began.elapsed().as_secs_f64() * 1000.0);
            }
            anyhow::Ok(times)
        }));
    }
    let mut times = vec![];
    for worker in workers {
        times.extend(worker.await??);
    }
    let done = u32::try_from(times.len())?;
    Ok(Logins {
        per_second: f64::from(done) / began.elapsed().as_secs_f64(),
        count: done,
        p99_ms: percentile(&times, 99).context("no login")?,
    })
}
