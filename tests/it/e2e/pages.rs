//! The pages in a real browser, against the real binary: from an empty installation to a device that
//! is let in and thrown out again. Every page that is passed is looked at by axe-core and weighed, and
//! drawn when `GATEWRIGHT_SCREENSHOTS` names a folder (`cargo xtask screenshots`).

use std::time::{Duration, Instant};

use gatewright_test_db::TestDb;
use serde_json::{Value, json};

use super::{
    process::{Server, wait_until},
    remote::Chromium,
};

struct World {
    db: TestDb,
    server: Server,
    browser: Chromium,
}

impl World {
    async fn new() -> Self {
        let db = TestDb::create().await;
        let settings = [
            ("REDIS_KEY_PREFIX", db.key_prefix.as_str()),
            ("ENABLE_EMAIL_CODE_LOGIN", "true"),
            ("ALLOW_REGISTER", "true"),
            ("ALLOW_CREATE_WORKSPACE", "true"),
        ];
        let starting = Server::start(&db.database_url, &db.redis_url, &settings);
        let (server, browser) = tokio::join!(starting, Chromium::start());
        Self {
            db,
            server,
            browser,
        }
    }

    async fn goto(&mut self, path: &str) {
        let url = format!("{}{path}", self.server.url);
        self.browser.goto(&url).await;
    }

    async fn look(&mut self, name: &str) {
        self.browser.look(name).await;
    }

    async fn sign_in(&mut self, password: &str) {
        self.browser.fill("#email", "owner@example.com").await;
        self.browser.fill("#password", password).await;
        self.browser.click("form button").await;
    }

    async fn codes(&self, label: &str) -> Value {
        let body = json!({"client_id": "difyctl", "device_label": label});
        let path = "/openapi/v1/oauth/device/code";
        self.server.post(path, &body).await.json().await.unwrap()
    }

    async fn poll(&self, codes: &Value) -> Value {
        let body = json!({"client_id": "difyctl", "device_code": codes["device_code"]});
        let path = "/openapi/v1/oauth/device/token";
        self.server.post(path, &body).await.json().await.unwrap()
    }

    /// By the link that a client with `verification_uri_complete` shows.
    async fn open_consent(&mut self, codes: &Value) {
        let link = codes["verification_uri_complete"].as_str().unwrap();
        let at = link.find("/device").unwrap();
        self.goto(&link[at..]).await;
        self.browser.click("form button").await;
        self.browser.see("Approve this device?").await;
    }
}

#[tokio::test]
async fn browser_sets_up_approves_a_device_and_revokes_it() {
    let mut world = World::new().await;
    world.goto("/signin").await;
    world.browser.see("Set up this installation").await;
    world.look("install").await;
    world.browser.fill("#name", "Owner").await;
    world.sign_in("Passw0rd1").await;
    world
        .browser
        .see("Sign in with the account you just created")
        .await;
    world.look("signin").await;
    world.sign_in("wr0ng-password").await;
    world.browser.see("Invalid email or password").await;
    world.look("signin-refused").await;
    world.sign_in("Passw0rd1").await;
    world.browser.see("Signed-in browsers").await;
    let codes = world.codes("build server 3").await;
    world.goto("/device").await;
    world.look("device").await;
    world.open_consent(&codes).await;
    world.look("consent").await;
    // The browser itself asks for the tick.
    world.browser.click("#approve").await;
    assert_eq!(world.poll(&codes).await["error"], "authorization_pending");
    world.browser.click("#same_code").await;
    world.browser.click("#approve").await;
    world.browser.see("You can return to your device").await;
    world.look("connected").await;
    let mut token = None;
    wait_until("the device is let in", async || {
        token = world.poll(&codes).await["token"]
            .as_str()
            .map(str::to_owned);
        token.is_some()
    })
    .await;
    let token = token.unwrap();
    world.goto("/account").await;
    world.browser.see("build server 3").await;
    world.look("account").await;
    for (path, name) in [
        ("/account/profile", "profile"),
        ("/account/password", "password"),
        ("/workspace", "workspace"),
        ("/workspace/audit", "audit"),
        ("/reference/openapi-v1", "reference"),
        ("/reference/console-api", "reference-console"),
        ("/reference/device_code", "reference-operation"),
    ] {
        world.goto(path).await;
        world.look(name).await;
    }
    world.goto("/account").await;
    let ended = Instant::now();
    world.browser.click(".entry form button").await;
    world.browser.see("No devices connected.").await;
    let account = world
        .server
        .http
        .get(format!("{}/openapi/v1/account", world.server.url));
    let dead = account.bearer_auth(token).send().await.unwrap();
    assert_eq!(dead.status(), 401);
    assert!(
        ended.elapsed() < Duration::from_secs(1),
        "{:?}",
        ended.elapsed()
    );
    assert_eq!(world.browser.problems().await, [] as [Value; 0]);
}

#[tokio::test]
async fn browser_denies_a_device_and_is_sent_to_sign_in_after_its_session_ended() {
    let mut world = World::new().await;
    world.server.sign_in().await;
    world.goto("/signin?next=device").await;
    world.sign_in("Passw0rd1").await;
    world.browser.see("Code shown on your device").await;
    let codes = world.codes("laptop").await;
    world.open_consent(&codes).await;
    // By the keyboard alone: the box, then the first button, which is the safe one.
    let keys = json!({"keys": ["Tab", "Tab", "Enter"]});
    world.browser.act(keys).await;
    world.browser.see("nobody was given access").await;
    world.look("denied").await;
    assert_eq!(world.poll(&codes).await["error"], "access_denied");
    let codes = world.codes("laptop").await;
    world.open_consent(&codes).await;
    let ended = "UPDATE gatewright_console_sessions SET revoked_at = now()";
    world.db.execute(ended).await;
    world.browser.click("#same_code").await;
    world.browser.click("#approve").await;
    world.browser.see("Choose how to continue").await;
    world.look("who-are-you").await;
    assert_eq!(world.poll(&codes).await["error"], "authorization_pending");
    world.browser.click("a[href*=signin]").await;
    // Signing in again leads back to what was about to be decided; but that took too long.
    world.sign_in("Passw0rd1").await;
    world.browser.see("Approve this device?").await;
    expire_all(&world.db).await;
    world.browser.click("#same_code").await;
    world.browser.click("#approve").await;
    world.browser.see("expired").await;
    world.look("expired").await;
    assert_eq!(world.poll(&codes).await["error"], "expired_token");
    for (path, name) in [
        ("/forgot-password", "forgot-password"),
        ("/activate?token=x", "activate-unknown"),
        ("/signin/code", "signin-code"),
        ("/signup", "signup"),
    ] {
        world.goto(path).await;
        world.look(name).await;
    }
}

/// Whatever Redis holds has expired: what it does by itself after the time that the client was told.
async fn expire_all(db: &TestDb) {
    let client = redis::Client::open(db.redis_url.as_str()).unwrap();
    let mut redis = client.get_multiplexed_async_connection().await.unwrap();
    let mut all = redis::cmd("KEYS");
    all.arg(format!("{}*", db.key_prefix));
    let keys: Vec<String> = all.query_async(&mut redis).await.unwrap();
    let mut gone = redis::cmd("DEL");
    let () = gone.arg(keys).query_async(&mut redis).await.unwrap();
}

#[tokio::test]
async fn browser_of_an_invited_member_joins_and_sees_fewer_pages() {
    let mut world = World::new().await;
    world.server.sign_in().await;
    world.goto("/signin?next=workspace").await;
    world.sign_in("Passw0rd1").await;
    world.browser.see("Invite members").await;
    world.browser.fill("#emails", "guest@example.com").await;
    world.browser.click("form:has(#emails) button").await;
    world.browser.see("guest@example.com: http").await;
    world.look("invited").await;
    let told = world.browser.act(json!({"read": "main"})).await;
    let told = told["text"].as_str().unwrap();
    let link = told
        .split_whitespace()
        .find(|word| word.contains("/activate"));
    let at = link.unwrap().find("/activate").unwrap();
    let path = link.unwrap()[at..].to_owned();
    // The same browser, as somebody else: they sign out first.
    world.goto("/account").await;
    world.browser.click("form[action='/signout'] button").await;
    world.goto(&path).await;
    world.browser.see("Workspace invitation").await;
    world.look("activate").await;
    world.browser.fill("#name", "Guest").await;
    world.browser.fill("#password", "Gu3st-password").await;
    world.browser.click("form button").await;
    world.browser.see("Your account is ready").await;
    world.browser.fill("#email", "guest@example.com").await;
    world.browser.fill("#password", "Gu3st-password").await;
    world.browser.click("form button").await;
    world.browser.see("Signed-in browsers").await;
    world.goto("/workspace").await;
    world.browser.see("Guest").await;
    let page = world.browser.act(json!({"read": "main"})).await;
    assert!(!page["text"].as_str().unwrap().contains("Invite members"));
    world.goto(&path).await;
    world.browser.see("Invitation not valid").await;
}

/// What a page says when a browser holds more, or less, than a sign-in; and the way on from each.
#[tokio::test]
async fn d1_d8_f_browser_whose_session_is_lost_is_told_why_and_what_to_do() {
    let mut world = World::new().await;
    let (other, _) = world.server.sign_in().await;
    world.goto("/signin").await;
    world.sign_in("Passw0rd1").await;
    world.browser.see("Signed-in browsers").await;
    // Another application's cookie comes first, and changes nothing.
    let plant = |value: &str, path: &str| json!({"name": "access_token", "value": value, "domain": "127.0.0.1", "path": path});
    let theirs = plant("theirs", "/account");
    world.browser.act(json!({"plant": theirs})).await;
    world.goto("/account").await;
    world.browser.see("Signed-in browsers").await;
    // Another session does: it is refused in words, and gone.
    let access = other.split("access_token=").nth(1).unwrap();
    let access = access.split(';').next().unwrap();
    let theirs = plant(access, "/account");
    world.browser.act(json!({"plant": theirs})).await;
    world.goto("/account").await;
    world.browser.see("held two valid sign-ins").await;
    world.look("two-sign-ins").await;
    world.browser.click("a[href*=signin]").await;
    world.sign_in("Passw0rd1").await;
    world.browser.see("Signed-in browsers").await;
    // The same page at another address than the public one.
    let port = world.server.url.rsplit(':').next().unwrap().to_owned();
    let elsewhere = format!("http://localhost:{port}/signin");
    world.browser.goto(&elsewhere).await;
    world.sign_in("Passw0rd1").await;
    world.browser.see("not sent from the public address").await;
    world.look("another-address").await;
    world.browser.click("main a").await;
    world.browser.see("Signed-in browsers").await;
    // An account that another edition left behind.
    let left = "UPDATE accounts SET status = 'uninitialized'";
    world.db.execute(left).await;
    world.goto("/workspace").await;
    world.browser.see("Complete your account").await;
    world.look("initialise").await;
    world.browser.click("form button").await;
    world.browser.see("Saved.").await;
    let alone = "DELETE FROM tenant_account_joins";
    world.db.execute(alone).await;
    world.goto("/account").await;
    world.browser.see("you do not belong to a workspace").await;
    world.look("no-workspace").await;
    world.browser.click("form button").await;
    world.browser.see("You are signed out.").await;
    world.goto("/signin?error=invalid_state").await;
    world.browser.see("Start again here").await;
    world.look("provider-refused").await;
    assert_eq!(world.browser.problems().await, [] as [Value; 0]);
}
