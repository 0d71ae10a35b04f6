//! A browser as far as cookies, CSRF and fetch metadata go.

use std::collections::BTreeMap;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

use super::{Answer, Harness, PUBLIC_URL};

/// Cookies of one browser.
#[derive(Clone, Default)]
pub struct Browser {
    pub cookies: BTreeMap<String, String>,
    /// Whether requests carry `Origin` and `Sec-Fetch-Site`, as a page's do.
    pub sends_origin: bool,
}

impl Browser {
    pub fn new() -> Self {
        Self {
            sends_origin: true,
            ..Self::default()
        }
    }

    /// A script with a cookie jar: no page, no fetch metadata.
    pub fn script() -> Self {
        Self::default()
    }

    pub fn csrf(&self) -> String {
        self.cookies.get("csrf_token").cloned().unwrap_or_default()
    }

    /// Signs in and expects it to work.
    pub async fn signed_in(harness: &Harness, email: &str, password: &str) -> Self {
        let mut browser = Self::new();
        browser.login(harness, email, password).await.expect(200);
        browser
    }

    pub async fn login(&mut self, harness: &Harness, email: &str, password: &str) -> Answer {
        let body =
            json!({"email": email, "password": STANDARD.encode(password), "remember_me": true});
        self.send(harness, "POST", "/console/api/login", Some(body), &[])
            .await
    }

    pub async fn get(&mut self, harness: &Harness, path: &str) -> Answer {
        self.send(harness, "GET", path, None, &[]).await
    }

    pub async fn post(&mut self, harness: &Harness, path: &str, body: Value) -> Answer {
        self.send(harness, "POST", path, Some(body), &[]).await
    }

    /// Sends with cookies and the CSRF header; headers given replace those.
    pub async fn send(
        &mut self,
        harness: &Harness,
        method: &str,
        path: &str,
        body: Option<Value>,
        headers: &[(&str, &str)],
    ) -> Answer {
        let mut all: BTreeMap<String, String> = BTreeMap::new();
        let cookies: Vec<String> = self
            .cookies
            .iter()
            .map(|(n, v)| format!("{n}={v}"))
            .collect();
        if !cookies.is_empty() {
            all.insert("cookie".into(), cookies.join("; "));
        }
        if !self.csrf().is_empty() {
            all.insert("x-csrf-token".into(), self.csrf());
        }
        if self.sends_origin {
            all.insert("sec-fetch-site".into(), "same-origin".into());
            if method != "GET" {
                all.insert("origin".into(), PUBLIC_URL.into());
            }
        }
        all.extend(
            headers
                .iter()
                .map(|(n, v)| ((*n).to_owned(), (*v).to_owned())),
        );
        let mut request = harness.request(method, path);
        for (name, value) in all.iter().filter(|(_, value)| !value.is_empty()) {
            request = request.header(name, value);
        }
        if let Some(body) = body {
            request = request.json(&body);
        }
        let answer = Answer::read(request.send().await.unwrap()).await;
        self.remember(&answer);
        answer
    }

    fn remember(&mut self, answer: &Answer) {
        for cookie in answer.headers.get_all("set-cookie") {
            let text = cookie.to_str().unwrap();
            let (name, rest) = text.split_once('=').unwrap();
            let value = rest.split(';').next().unwrap();
            if value.is_empty() {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
    }
}
