//! The SSO branch of the device flow, step by step, beside the enterprise product's stand-in.

use serde_json::{Value, json};

use super::{
    Answer, Browser, Enterprise, Grant, Harness,
    enterprise::{assertion_claims, sign},
};

pub const INITIATE: &str = "/openapi/v1/oauth/device/sso-initiate";
pub const COMPLETE: &str = "/openapi/v1/oauth/device/sso-complete";
pub const CONTEXT: &str = "/openapi/v1/oauth/device/approval-context";
pub const APPROVE: &str = "/openapi/v1/oauth/device/approve-external";
pub const GRANT_COOKIE: &str = "device_approval_grant";

/// A server beside the stand-in.
pub async fn start() -> (Enterprise, Harness) {
    with(&[]).await
}

/// The same with more settings.
pub async fn with(extra: &[(&str, &str)]) -> (Enterprise, Harness) {
    let enterprise = Enterprise::start();
    let mut settings = enterprise.settings().to_vec();
    settings.extend_from_slice(extra);
    let harness = Harness::with(&settings).await;
    (enterprise, harness)
}

impl Browser {
    pub async fn initiate(&mut self, h: &Harness, grant: &Grant) -> Answer {
        self.look_up(h, grant).await.expect(200);
        self.get(h, &format!("{INITIATE}?user_code={}", grant.user_code))
            .await
    }

    pub async fn complete(&mut self, h: &Harness, claims: &Value) -> Answer {
        self.get(h, &format!("{COMPLETE}?sso_assertion={}", sign(claims)))
            .await
    }

    /// Through to the approval grant; its CSRF token.
    pub async fn sso(&mut self, h: &Harness, grant: &Grant, nonce: &str) -> String {
        self.initiate(h, grant).await.expect(302);
        let claims = assertion_claims(&grant.user_code, nonce, h.now());
        let answer = self.complete(h, &claims).await.expect(302);
        assert_eq!(answer.header("location"), "/device?sso_verified=1");
        self.csrf_of_grant(h).await
    }

    pub async fn csrf_of_grant(&mut self, h: &Harness) -> String {
        let context = self.get(h, CONTEXT).await.expect(200).json();
        context["csrf_token"].as_str().unwrap().to_owned()
    }

    pub async fn approve_external(&mut self, h: &Harness, grant: &Grant, csrf: &str) -> Answer {
        let body = json!({"user_code": grant.user_code});
        self.send(h, "POST", APPROVE, Some(body), &[("x-csrf-token", csrf)])
            .await
    }
}

/// A whole login of somebody: what the device gets.
pub async fn log_in(h: &Harness, label: &str, email: &str, issuer: &str) -> Value {
    let grant = h.start_flow(label).await;
    let mut browser = Browser::new();
    browser.initiate(h, &grant).await.expect(302);
    let mut claims = assertion_claims(&grant.user_code, &grant.user_code, h.now());
    claims["email"] = email.into();
    claims["issuer"] = issuer.into();
    browser.complete(h, &claims).await.expect(302);
    let csrf = browser.csrf_of_grant(h).await;
    browser.approve_external(h, &grant, &csrf).await.expect(200);
    h.poll(&grant).await.expect(200).json()
}
