//! The SSO branch and sign-in at the console, in a real browser against a certified provider that we
//! did not write.

use std::time::{Duration, Instant};

use gatewright_test_db::TestDb;
use serde_json::{Value, json};

use super::{
    process::{Server, free_port},
    remote::{Chromium, Provider},
};
use crate::support::{EMAIL, arrange};

struct World {
    db: TestDb,
    server: Server,
    provider: Provider,
    browser: Chromium,
}

impl World {
    async fn new(extra: &[(&str, &str)]) -> Self {
        let db = TestDb::create().await;
        let port = free_port();
        let redirect_uri = format!("http://127.0.0.1:{port}/console/api/oauth/authorize/corp");
        let (provider, browser) = tokio::join!(Provider::start(&redirect_uri), Chromium::start());
        let mut settings = vec![
            ("REDIS_KEY_PREFIX", db.key_prefix.as_str()),
            ("GATEWRIGHT_OIDC_PROVIDERS", "corp"),
            ("GATEWRIGHT_OIDC_CORP_ISSUER", &provider.issuer),
            ("GATEWRIGHT_OIDC_CORP_CLIENT_ID", "gatewright"),
            (
                "GATEWRIGHT_OIDC_CORP_CLIENT_SECRET",
                "a-secret-of-the-tests",
            ),
            ("GATEWRIGHT_OIDC_CORP_LABEL", "Corporate login"),
        ];
        settings.extend_from_slice(extra);
        let server = Server::start_at(port, &db.database_url, &db.redis_url, &settings).await;
        server.sign_in().await;
        Self {
            db,
            server,
            provider,
            browser,
        }
    }

    async fn codes(&self) -> Value {
        let body = json!({"client_id": "difyctl", "device_label": "laptop"});
        let answer = self
            .server
            .post("/openapi/v1/oauth/device/code", &body)
            .await;
        answer.json().await.unwrap()
    }

    async fn poll(&self, codes: &Value) -> Value {
        let body = json!({"client_id": "difyctl", "device_code": codes["device_code"]});
        let answer = self
            .server
            .post("/openapi/v1/oauth/device/token", &body)
            .await;
        answer.json().await.unwrap()
    }

    /// Types the code, as a person does: in lower case, without the dash.
    async fn type_code(&mut self, codes: &Value) {
        let typed = codes["user_code"]
            .as_str()
            .unwrap()
            .replace('-', "")
            .to_lowercase();
        self.browser
            .goto(&format!("{}/device", self.server.url))
            .await;
        self.browser.fill("#user_code", &typed).await;
        self.browser.click("form button").await;
    }

    async fn go_to_provider(&mut self, codes: &Value) {
        self.type_code(codes).await;
        self.browser.click("a[href*=sso-initiate]").await;
    }

    async fn sign_in_at_provider(&mut self, login: &str) {
        self.browser.fill("[name=login]", login).await;
        self.browser.fill("[name=password]", "anything").await;
        self.browser.click("[type=submit]").await;
        self.browser.click("[type=submit]").await;
    }

    async fn url(&mut self) -> String {
        self.browser.act(json!({"see": ""})).await["url"]
            .as_str()
            .unwrap()
            .to_owned()
    }
}

#[tokio::test]
async fn sso_user_without_an_account_approves_a_device_and_revokes_it() {
    let mut world = World::new(&[]).await;
    let codes = world.codes().await;
    world.go_to_provider(&codes).await;
    world.sign_in_at_provider("Ext@partner.example").await;
    world.browser.see("Ext@partner.example").await;
    world
        .browser
        .see(codes["user_code"].as_str().unwrap())
        .await;
    world.browser.see(&world.provider.issuer.clone()).await;
    world.browser.look("sso-consent").await;
    assert_eq!(world.poll(&codes).await["error"], "authorization_pending");
    world.browser.click("#same_code").await;
    world.browser.click("#approve").await;
    world.browser.see("You can return to your device").await;
    let delivered = world.poll(&codes).await;
    assert_eq!(delivered["subject_type"], "external_sso", "{delivered}");
    assert_eq!(delivered["subject_email"], "Ext@partner.example");
    assert_eq!(delivered["subject_issuer"], world.provider.issuer);
    let token = delivered["token"].as_str().unwrap();
    let sessions: Value = world
        .server
        .get("/openapi/v1/account/sessions", token)
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    assert_eq!(sessions["data"][0]["device_label"], "laptop");
    let own = format!("{}/openapi/v1/account/sessions/self", world.server.url);
    let left = world
        .server
        .http
        .delete(own)
        .bearer_auth(token)
        .send()
        .await
        .unwrap();
    assert_eq!(left.status(), 200);
    let after = world
        .server
        .get("/openapi/v1/account/sessions", token)
        .await
        .unwrap();
    assert_eq!(after.status(), 401);
    assert_eq!(world.browser.problems().await, Vec::<Value>::new());
    let log = world.server.log();
    for secret in [
        token,
        codes["user_code"].as_str().unwrap(),
        "a-secret-of-the-tests",
    ] {
        assert!(!log.contains(secret), "a secret stands in the log");
    }
}

#[tokio::test]
async fn provider_error_is_shown_on_the_page() {
    let mut world = World::new(&[]).await;
    let codes = world.codes().await;
    // Denied.
    world.go_to_provider(&codes).await;
    world.browser.click("a[href*=abort]").await;
    world.browser.see("did not sign you in").await;
    // Not verified.
    world.go_to_provider(&codes).await;
    world
        .sign_in_at_provider("unverified@partner.example")
        .await;
    world.browser.see("has not verified").await;
    assert!(
        world
            .url()
            .await
            .ends_with("/device?sso_error=email_not_verified")
    );
    assert_eq!(world.poll(&codes).await["error"], "authorization_pending");
}

#[tokio::test]
async fn sso_with_an_account_s_email_or_a_foreign_id_token_is_refused() {
    let mut world = World::new(&[]).await;
    let codes = world.codes().await;
    world.go_to_provider(&codes).await;
    world.sign_in_at_provider("OWNER@example.com").await;
    world.browser.see("belongs to an account here").await;
    // The provider signs an ID token for another client; its session makes the login page step aside.
    world.provider.command("audience somebody-else").await;
    world.go_to_provider(&codes).await;
    world.browser.see("was started in another browser").await;
    let log = world.server.log();
    assert!(log.contains("Invalid audiences"), "the log says why");
    assert_eq!(world.poll(&codes).await["error"], "authorization_pending");
}

#[tokio::test]
async fn provider_keys_are_fetched_again_after_a_rotation() {
    let mut world = World::new(&[]).await;
    let first = world.codes().await;
    world.go_to_provider(&first).await;
    // Keys are known by now; the provider signs with another one from here on, and tells the
    // address in the ID token.
    world.provider.command("rotate").await;
    world.provider.command("in-token").await;
    world.sign_in_at_provider("ext@partner.example").await;
    world.browser.click("#same_code").await;
    world.browser.click("#approve").await;
    world.browser.see("You can return to your device").await;
    assert_eq!(
        world.poll(&first).await["subject_email"],
        "ext@partner.example"
    );
}

#[tokio::test]
async fn provider_that_is_down_gives_502_within_three_seconds() {
    let mut world = World::new(&[]).await;
    let codes = world.codes().await;
    world.go_to_provider(&codes).await;
    world.provider.stop().await;
    // The keys are known, the exchange fails.
    let path = format!(
        "{}/openapi/v1/oauth/device/sso-initiate?user_code={}",
        world.server.url,
        codes["user_code"].as_str().unwrap()
    );
    let cold = World::new(&[("GATEWRIGHT_OIDC_CORP_ISSUER", "http://127.0.0.1:9")]).await;
    let cold_codes = cold.codes().await;
    let cold_path = format!(
        "{}/openapi/v1/oauth/device/sso-initiate?user_code={}",
        cold.server.url,
        cold_codes["user_code"].as_str().unwrap()
    );
    let began = Instant::now();
    let answer = cold.server.http.get(cold_path).send().await.unwrap();
    assert_eq!(answer.status(), 502);
    assert!(began.elapsed() < Duration::from_secs(3));
    let body: Value = answer.json().await.unwrap();
    assert_eq!(body, json!({"error": "sso_initiate_failed"}));
    // Somebody comes back with a code of the dead provider.
    let visitor = Visitor::begin(path).await;
    let back = format!("&code=x&iss={}", world.provider.issuer);
    let began = Instant::now();
    let answer = visitor.come_back(&world.server, &back).await;
    let code = "sso_provider_unavailable";
    let body = json!({"code": code, "message": code, "status": 502, "error": code});
    assert_eq!(answer, (502, body));
    assert!(began.elapsed() < Duration::from_secs(3));
}

/// A provider's answer at our door, without a browser: what the jar holds, and what comes back.
struct Visitor {
    http: reqwest::Client,
    cookies: String,
    state: String,
}

impl Visitor {
    async fn begin(path: String) -> Self {
        let http = crate::support::client()
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .unwrap();
        let sent = http.get(path).send().await.unwrap();
        let location = sent.headers()["location"].to_str().unwrap().to_owned();
        let state = location
            .split("state=")
            .nth(1)
            .unwrap()
            .split('&')
            .next()
            .unwrap()
            .to_owned();
        let cookies = sent.headers().get_all("set-cookie").iter();
        let pairs: Vec<&str> = cookies
            .map(|c| c.to_str().unwrap().split(';').next().unwrap())
            .collect();
        let cookies = pairs.join("; ");
        Self {
            http,
            cookies,
            state,
        }
    }

    async fn come_back(&self, server: &Server, query: &str) -> (u16, Value) {
        let path = format!(
            "{}/console/api/oauth/authorize/corp?state={}{query}",
            server.url, self.state
        );
        let answer = self
            .http
            .get(path)
            .header("cookie", &self.cookies)
            .send()
            .await
            .unwrap();
        (
            answer.status().as_u16(),
            answer.json().await.unwrap_or_default(),
        )
    }
}

#[tokio::test]
async fn id_token_of_a_wrong_or_missing_issuer_is_refused() {
    let world = World::new(&[]).await;
    let codes = world.codes().await;
    let path = format!(
        "{}/openapi/v1/oauth/device/sso-initiate?user_code={}",
        world.server.url,
        codes["user_code"].as_str().unwrap()
    );
    let visitor = Visitor::begin(path).await;
    let code = "invalid_sso_assertion";
    let body = json!({"code": code, "message": code, "status": 400, "error": code});
    let refused = (400, body);
    assert_eq!(
        visitor
            .come_back(&world.server, "&code=x&iss=https://evil.example")
            .await,
        refused
    );
    assert!(world.server.log().contains("another issuer answered"));
    assert_eq!(visitor.come_back(&world.server, "&code=x").await, refused);
    assert!(world.server.log().contains("does not say who answers"));
    let right = format!("&code=made-up&iss={}", world.provider.issuer);
    assert_eq!(visitor.come_back(&world.server, &right).await, refused);
    assert!(world.server.log().contains("the provider refused the code"));
    let stranger = Visitor {
        cookies: String::new(),
        ..visitor
    };
    assert_eq!(stranger.come_back(&world.server, &right).await, refused);
}

#[tokio::test]
async fn provider_sign_in_completes_once_in_the_browser_that_began_it() {
    let world = World::new(&[]).await;
    let visitor =
        Visitor::begin(format!("{}/console/api/oauth/login/corp", world.server.url)).await;
    let refusal = "&error=access_denied";
    let elsewhere = Visitor {
        cookies: String::new(),
        http: visitor.http.clone(),
        state: visitor.state.clone(),
    };
    let (status, body) = elsewhere.come_back(&world.server, refusal).await;
    assert_eq!(status, 400, "{body}");
    let (status, body) = visitor.come_back(&world.server, refusal).await;
    assert_eq!(status, 403, "{body}");
    let (status, _) = visitor.come_back(&world.server, refusal).await;
    assert_eq!(status, 400, "used once");
    let unknown = world
        .server
        .http
        .get(format!(
            "{}/console/api/oauth/login/nobody",
            world.server.url
        ))
        .send()
        .await
        .unwrap();
    assert_eq!(unknown.status(), 400);
    let body: Value = unknown.json().await.unwrap();
    let sentence = "Invalid provider";
    assert_eq!(
        body,
        json!({"code": "unknown_provider", "message": sentence, "status": 400, "error": sentence})
    );
}

#[tokio::test]
async fn provider_account_is_matched_by_issuer_and_subject_not_by_email() {
    let mut world = World::new(&[]).await;
    let sign_in = format!("{}/console/api/oauth/login/corp", world.server.url);
    // The address of the owner at the provider is not the owner.
    world.browser.goto(&sign_in).await;
    world.sign_in_at_provider("owner@example.com").await;
    world
        .browser
        .see("Sign in with its password, then connect the provider")
        .await;
    // The owner signs in with the password, in the page, and connects the identity.
    let codes = world.codes().await;
    world.type_code(&codes).await;
    world.browser.click("a[href*=signin]").await;
    world.browser.fill("#email", "owner@example.com").await;
    world.browser.fill("#password", "Passw0rd1").await;
    world.browser.click("form button").await;
    world.browser.see("owner@example.com").await;
    world.browser.click("#deny").await;
    world.browser.see("nobody was given access").await;
    assert_eq!(world.poll(&codes).await["error"], "access_denied");
    world.connect_identity().await;
    // From now on the provider signs the owner in, whatever address it tells.
    world
        .db
        .execute("UPDATE accounts SET email = 'renamed@example.com'")
        .await;
    world
        .db
        .execute("UPDATE gatewright_console_sessions SET revoked_at = now()")
        .await;
    let codes = world.codes().await;
    world.type_code(&codes).await;
    world.browser.click("a[href*=signin]").await;
    world.browser.click("a[href*='oauth/login']").await;
    // Back from the provider, with the code filled in.
    world.browser.click("form button").await;
    world.browser.see("renamed@example.com").await;
    world.browser.click("#same_code").await;
    world.browser.click("#approve").await;
    world.browser.see("You can return to your device").await;
    assert_eq!(world.poll(&codes).await["subject_type"], "account");
}

impl World {
    /// As a page of the console does: a POST with the CSRF token, then to the address in its answer.
    async fn connect_identity(&mut self) {
        let origin = self.server.url.clone();
        // Our pages let no script call anybody; this answer of the API may.
        self.browser
            .goto(&format!("{origin}/openapi/v1/_health"))
            .await;
        let cookies = self.browser.act(json!({"cookies": origin})).await["cookies"].clone();
        let pairs: Vec<(String, String)> = cookies
            .as_array()
            .unwrap()
            .iter()
            .map(|c| {
                (
                    c["name"].as_str().unwrap().to_owned(),
                    c["value"].as_str().unwrap().to_owned(),
                )
            })
            .collect();
        let csrf = &pairs
            .iter()
            .find(|(name, _)| name == "csrf_token")
            .unwrap()
            .1;
        let script = format!(
            "fetch('/console/api/account/integrates/corp', {{method: 'POST', headers: {{'X-CSRF-Token': '{csrf}', \
             'Content-Type': 'application/json'}}, body: JSON.stringify({{password: 'Passw0rd1'}})}})\
             .then((answer) => answer.json())"
        );
        let answer = self.browser.act(json!({"evaluate": script})).await;
        let url = answer["value"]["url"].as_str();
        let url = url.unwrap_or_else(|| panic!("no address: {answer}"));
        self.browser.goto(url).await;
        let rows = self
            .db
            .query("SELECT subject FROM gatewright_external_identities")
            .await;
        assert_eq!(rows, ["owner@example.com"]);
    }
}

#[tokio::test]
async fn provider_sign_in_creates_an_account_where_registration_is_open() {
    let mut world = World::new(&[
        ("ALLOW_REGISTER", "true"),
        ("ALLOW_CREATE_WORKSPACE", "true"),
    ])
    .await;
    // b4: invited by an older version, and nobody ever signed in to it: it blocks nobody.
    let invited = arrange::account("New@partner.example")
        .named("old")
        .pending();
    invited.add(&world.db).await;
    let joins = arrange::member("New@partner.example", "normal");
    joins.join_workspace_of(&world.db, EMAIL).await;
    let sign_in = format!("{}/console/api/oauth/login/corp", world.server.url);
    world.browser.goto(&sign_in).await;
    world.sign_in_at_provider("new@partner.example").await;
    world.browser.see("Code shown on your device").await;
    let accounts = world.db.query("SELECT email || ' ' || (password IS NULL)::text FROM accounts WHERE name LIKE 'Name of%'").await;
    assert_eq!(accounts, ["new@partner.example true"]);
    world.browser.goto(&sign_in).await;
    world.browser.see("Code shown on your device").await;
    assert_eq!(
        world.db.query("SELECT count(*)::text FROM accounts").await,
        ["2"]
    );
}
