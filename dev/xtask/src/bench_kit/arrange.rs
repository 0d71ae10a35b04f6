//! What is run: apps, imported and published over HTTP as people do it, each with a key.

use anyhow::{Context as _, ensure};
use gatewright_outbound::Outbound;
use http::{Request, Response, header};
use serde_json::{Value, json};

use crate::bench_login;

/// An app that can be run.
#[derive(Clone, Debug)]
pub(crate) struct App {
    pub(crate) id: String,
    /// The bearer of `/v1`.
    pub(crate) key: String,
}

/// All apps of the benchmark.
#[derive(Clone, Debug)]
pub(crate) struct Apps {
    pub(crate) template: App,
    pub(crate) chain: App,
    pub(crate) iteration: App,
    pub(crate) chat: App,
    pub(crate) model_chat: App,
    pub(crate) slow: App,
    pub(crate) pause: App,
    pub(crate) steady: App,
}

/// Somebody who is signed in at the console.
pub(crate) struct Console {
    base: String,
    client: Outbound,
    cookies: String,
    csrf: String,
}

impl Console {
    /// Signs in with the password of the benchmark's accounts.
    pub(crate) async fn sign_in(base: &str, client: Outbound) -> anyhow::Result<Self> {
        use base64::{Engine as _, engine::general_purpose::STANDARD};
        let password = STANDARD.encode(bench_login::PASSWORD);
        let body = json!({"email": bench_login::email(0), "password": password});
        let request = Request::post(format!("{base}/console/api/login"))
            .header(header::CONTENT_TYPE, "application/json")
            .body(body.to_string().into_bytes())?;
        let answer = client.send(request).await?;
        ensure!(answer.status() == 200, "no sign-in: {}", said(&answer));
        let cookies = answer.headers().get_all(header::SET_COOKIE).iter();
        let cookies = cookies.filter_map(|cookie| cookie.to_str().ok()?.split(';').next());
        let cookies: Vec<&str> = cookies.collect();
        let csrf = cookies
            .iter()
            .find_map(|cookie| cookie.split_once("csrf_token="))
            .context("no CSRF token")?;
        Ok(Self {
            base: base.to_owned(),
            csrf: csrf.1.to_owned(),
            cookies: cookies.join("; "),
            client,
        })
    }

    async fn post(&self, path: &str, body: &Value) -> anyhow::Result<Value> {
        let request = Request::post(format!("{}/console/api{path}", self.base))
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::COOKIE, &self.cookies)
            .header("X-CSRF-Token", &self.csrf)
            .body(body.to_string().into_bytes())?;
        let answer = self.client.send(request).await?;
        ensure!(answer.status().is_success(), "{path}: {}", said(&answer));
        Ok(serde_json::from_slice(answer.body())?)
    }

    /// Imports an app file, publishes it, and makes a key of it.
    async fn app(&self, file: &str) -> anyhow::Result<App> {
        let body = json!({"mode": "yaml-content", "yaml_content": file});
        let done = self.post("/apps/imports", &body).await?;
        let id = done["app_id"].as_str();
        let id = id.with_context(|| format!("not imported: {done}"))?;
        let marks = json!({"marked_name": "", "marked_comment": ""});
        self.post(&format!("/apps/{id}/workflows/publish"), &marks)
            .await?;
        let key = self
            .post(&format!("/apps/{id}/api-keys"), &json!({}))
            .await?;
        Ok(App {
            id: id.to_owned(),
            key: key["token"].as_str().context("no key")?.to_owned(),
        })
    }

    /// All of them.
    pub(crate) async fn apps(&self) -> anyhow::Result<Apps> {
        let named = |file: &str, model: &str| file.replace("NAME-OF-THE-MODEL", model);
        let slow = named(include_str!("apps/model.yml"), "bench-slow");
        let model_chat = named(include_str!("apps/model-chat.yml"), "bench");
        let steady = named(include_str!("apps/model-chat.yml"), "bench-steady");
        Ok(Apps {
            template: self.app(include_str!("apps/template.yml")).await?,
            chain: self.app(include_str!("apps/chain.yml")).await?,
            iteration: self.app(include_str!("apps/iteration.yml")).await?,
            chat: self.app(include_str!("apps/chat.yml")).await?,
            model_chat: self.app(&model_chat).await?,
            slow: self.app(&slow).await?,
            pause: self.app(include_str!("apps/pause.yml")).await?,
            steady: self.app(&steady).await?,
        })
    }
}

fn said(answer: &Response<Vec<u8>>) -> String {
    let body = String::from_utf8_lossy(answer.body());
    format!("{} {body}", answer.status())
}
