//! The steps of the device flow, for tests that are about something else.

use serde_json::{Value, json};

use super::{Answer, Browser, Harness, arrange};

pub const EMAIL: &str = "owner@example.com";
pub const PASSWORD: &str = "Passw0rd1";

/// Sets the installation up and signs its first account in.
pub async fn basic_account(harness: &Harness) -> Browser {
    harness.set_up().await;
    Browser::signed_in(harness, EMAIL, PASSWORD).await
}

/// A started device flow.
#[derive(Clone)]
pub struct Grant {
    pub device_code: String,
    pub user_code: String,
}

impl Harness {
    pub async fn set_up(&self) {
        let body = json!({"email": EMAIL, "name": "Owner", "password": PASSWORD});
        self.post("/console/api/setup", &body).await.expect(201);
    }

    /// Adds another account with a workspace of its own, past the API.
    pub async fn add_account(&self, name: &str) -> Browser {
        let email = format!("{name}@example.com");
        arrange::account(&email)
            .with_first_password()
            .add(&self.db)
            .await;
        arrange::workspace(&format!("{name} WS"))
            .with(arrange::member(&email, "owner").current())
            .add(&self.db)
            .await;
        Browser::signed_in(self, &email, PASSWORD).await
    }

    pub async fn start_flow(&self, label: &str) -> Grant {
        let body = json!({"client_id": "difyctl", "device_label": label});
        let answer = self
            .post("/openapi/v1/oauth/device/code", &body)
            .await
            .expect(200)
            .json();
        let text = |name: &str| answer[name].as_str().unwrap().to_owned();
        Grant {
            device_code: text("device_code"),
            user_code: text("user_code"),
        }
    }

    pub async fn poll(&self, grant: &Grant) -> Answer {
        let body = json!({"client_id": "difyctl", "device_code": grant.device_code});
        self.post("/openapi/v1/oauth/device/token", &body).await
    }

    /// The whole flow: the token payload.
    pub async fn log_in_device(&self, browser: &mut Browser, label: &str) -> Value {
        let grant = self.start_flow(label).await;
        browser.look_up(self, &grant).await;
        browser.decide(self, "approve", &grant).await.expect(200);
        self.poll(&grant).await.expect(200).json()
    }

    pub async fn token(&self, browser: &mut Browser, label: &str) -> String {
        self.log_in_device(browser, label).await["token"]
            .as_str()
            .unwrap()
            .to_owned()
    }
}

impl Browser {
    pub async fn look_up(&mut self, harness: &Harness, grant: &Grant) -> Answer {
        let path = format!(
            "/openapi/v1/oauth/device/lookup?user_code={}",
            grant.user_code
        );
        self.get(harness, &path).await
    }

    pub async fn decide(&mut self, harness: &Harness, verdict: &str, grant: &Grant) -> Answer {
        let path = format!("/openapi/v1/oauth/device/{verdict}");
        self.post(harness, &path, json!({"user_code": grant.user_code}))
            .await
    }
}
