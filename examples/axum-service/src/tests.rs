//! The example does what it says.

use axum::{body::Body, http::Request};
use chrono::TimeDelta;
use gatewright_auth::{
    OsRandom,
    bearer::NewBearer,
    domain::{
        bearer_token::{BearerKind, BearerToken},
        external_subject::ExternalSubject,
        ids::TokenId,
        settings::SettingValue as _,
    },
    envelope::{EnvelopeKeys, Era, GRANT_LIFETIME, TokenText, sign},
    key_set::ExportedKeys,
    keys::MasterKeys,
    origin::{BaseUrl, PublicUrls},
};
use tower::ServiceExt as _;

use super::*;

const SECRET: &[u8] = &[1; 32];

fn exported(purpose: Purpose) -> KeyRing {
    let json = ExportedKeys::derive(purpose, [SECRET]).to_json();
    KeyRing::from_exported(&json, purpose).unwrap()
}

fn service() -> Arc<Service> {
    Arc::new(Service {
        grants: exported(Purpose::ApprovalGrant),
        assertions: exported(Purpose::SubjectAssertion),
        guard: Guard::new(),
    })
}

async fn send(service: &Arc<Service>, request: Request<Body>) -> StatusCode {
    router(Arc::clone(service))
        .oneshot(request)
        .await
        .unwrap()
        .status()
}

fn post(path: &str, text: String) -> Request<Body> {
    Request::post(path).body(text.into()).unwrap()
}

#[tokio::test]
async fn grant_and_assertion_verify_each_as_its_own_kind() {
    let service = service();
    let assertion = SubjectAssertion {
        subject: ExternalSubject {
            email: "ext@partner.example".parse().unwrap(),
            issuer: "https://idp.example".parse().unwrap(),
        },
        user_code: "ABCD-EFGH".parse().unwrap(),
        nonce: TokenText::draw(&OsRandom::default()).unwrap(),
    };
    let urls = PublicUrls {
        console_api: Some(BaseUrl::parse_setting("https://api.example").unwrap()),
        ..PublicUrls::default()
    };
    let era = Era::default();
    let grant = ApprovalGrant::new(&urls, &assertion, era, &OsRandom::default()).unwrap();
    // The installation signs with what it alone has.
    let installation = EnvelopeKeys::own(&MasterKeys::new(SECRET, []));
    let grant = sign(&installation.grant, &grant, now(), GRANT_LIFETIME);
    let assertion = sign(
        &installation.assertion,
        &assertion,
        now(),
        TimeDelta::minutes(1),
    );
    assert_eq!(send(&service, post("/grants", grant.clone())).await, 200);
    assert_eq!(
        send(&service, post("/assertions", assertion.clone())).await,
        200
    );
    assert_eq!(send(&service, post("/grants", assertion)).await, 401);
    assert_eq!(send(&service, post("/assertions", grant)).await, 400);
    assert_eq!(
        send(&service, post("/grants", "nonsense".into())).await,
        401
    );
}

#[tokio::test]
async fn route_is_guarded() {
    let service = service();
    let bearer = NewBearer::generate(BearerKind::ExternalSso, &OsRandom::default()).unwrap();
    let row = BearerToken {
        id: TokenId("00000000-0000-7000-8000-000000000001".parse().unwrap()),
        prefix: "dfoe_".into(),
        account_id: None,
        subject_email: "ext@partner.example".into(),
        subject_issuer: Some("https://idp.example".into()),
        client_id: "difyctl".into(),
        device_label: "laptop".into(),
        created_at: now(),
        expires_at: now() + TimeDelta::days(1),
        last_used_at: None,
    };
    service.guard.tokens.insert(&bearer.hash(), row);
    let with = |token: &str| {
        let request = Request::get("/whoami").header("authorization", format!("Bearer {token}"));
        request.body(Body::empty()).unwrap()
    };
    let token = bearer.into_text();
    assert_eq!(send(&service, with("dfoe_garbage")).await, 401);
    assert_eq!(
        send(
            &service,
            Request::get("/whoami").body(Body::empty()).unwrap()
        )
        .await,
        401
    );
    for _ in 0..60 {
        assert_eq!(send(&service, with(&token)).await, 200);
    }
    assert_eq!(send(&service, with(&token)).await, 429);
}
