//! Token introspection (RFC 7662) and the table behind it.

use gatewright_auth::bearer::BEARER_TABLE;
use serde_json::{Value, json};

use crate::support::{Answer, Harness, PUBLIC_URL, arrange, basic_account};

const INTROSPECT: &str = "/openapi/v1/oauth/introspect";
const SECRET: &str = "introspection-secret-0123456789+/=";
const ON: (&str, &str) = ("GATEWRIGHT_INTROSPECTION_CLIENT_SECRET", SECRET);

async fn ask(h: &Harness, token: &str) -> Answer {
    let request = h
        .request("POST", INTROSPECT)
        .basic_auth("introspection", Some(SECRET))
        .form(&[("token", token), ("token_type_hint", "access_token")]);
    Answer::read(request.send().await.unwrap()).await
}

#[actix_web::test]
async fn g7_introspection_of_a_live_bearer_describes_it() {
    let h = Harness::with(&[ON]).await;
    let mut owner = basic_account(&h).await;
    let session = h.log_in_device(&mut owner, "laptop").await;
    let answer = ask(&h, session["token"].as_str().unwrap())
        .await
        .expect(200);
    assert_eq!(answer.header("cache-control"), "no-store");
    let seen = answer.json();
    let exp = seen["exp"].as_i64().unwrap();
    assert_eq!(
        seen,
        json!({
            "active": true,
            "scope": "full",
            "client_id": "difyctl",
            "username": "owner@example.com",
            "token_type": "Bearer",
            "exp": exp,
            "iat": h.now().timestamp(),
            "sub": session["account"]["id"],
            "iss": PUBLIC_URL,
            "jti": session["token_id"],
            "subject_type": "account",
        })
    );
    assert_eq!(exp - h.now().timestamp(), 14 * 86_400);
    // The credentials in the body are as good.
    let body =
        json!({"token": session["token"], "client_id": "introspection", "client_secret": SECRET});
    let posted = h.post(INTROSPECT, &body).await.expect(200);
    assert_eq!(posted.json(), seen);
    let metadata = h
        .get("/.well-known/oauth-authorization-server")
        .await
        .json();
    assert_eq!(
        metadata["introspection_endpoint"],
        format!("{PUBLIC_URL}{INTROSPECT}")
    );
}

#[actix_web::test]
async fn g7_introspection_of_every_dead_bearer_is_inactive_only() {
    let h = Harness::with(&[ON]).await;
    let mut owner = basic_account(&h).await;
    let revoked = h.token(&mut owner, "revoked").await;
    h.post("/openapi/v1/oauth/revoke", &json!({"token": revoked}))
        .await
        .expect(200);
    let mut banned = h.add_account("banned").await;
    let of_banned = h.token(&mut banned, "banned").await;
    arrange::set_status(&h.db, "banned@example.com", "banned").await;
    h.clock.advance_seconds(2);
    let expired = h.token(&mut owner, "expired").await;
    h.db.execute(
        "UPDATE oauth_access_tokens SET expires_at = created_at WHERE device_label = 'expired'",
    )
    .await;
    let changed = format!("{}AAAA", &expired[..50]);
    let access = owner.cookies["access_token"].clone();
    for (what, token) in [
        ("revoked", revoked.as_str()),
        ("of a banned account", &of_banned),
        ("expired", &expired),
        ("changed", &changed),
        (
            "of the old length, invented",
            &format!("dfoa_{}", "A".repeat(43)),
        ),
        (
            "of people without an account, invented",
            &format!("dfoe_{}", "A".repeat(43)),
        ),
        ("a console session", &access),
        ("no token", "x"),
        ("empty", ""),
    ] {
        let answer = ask(&h, token).await.expect(200);
        assert_eq!(answer.body, "{\"active\":false}", "{what}");
    }
}

#[actix_web::test]
async fn g7_introspection_needs_its_client_is_limited_and_off_when_unset() {
    let limit = ("GATEWRIGHT_LIMIT_INTROSPECTION", "8/1h");
    let h = Harness::with(&[ON, limit]).await;
    let mut owner = basic_account(&h).await;
    let token = h.token(&mut owner, "laptop").await;
    let as_client = |client: &str, secret: &str| {
        h.request("POST", INTROSPECT)
            .basic_auth(client, Some(secret))
            .form(&[("token", token.as_str())])
    };
    let other_case = SECRET.to_uppercase();
    let form = || {
        h.request("POST", INTROSPECT)
            .form(&[("token", token.as_str())])
    };
    for request in [
        form(),
        // A bearer, even a good one, is no client.
        form().bearer_auth(&token),
        as_client("introspection", "wrong"),
        as_client("introspection", &other_case),
        as_client("introspection", &SECRET[..SECRET.len() - 1]),
        as_client("somebody", SECRET),
    ] {
        let answer = Answer::read(request.send().await.unwrap())
            .await
            .expect(401);
        assert_eq!(answer.oauth_error(), "invalid_client");
        assert!(answer.header("www-authenticate").starts_with("Basic "));
    }
    // A client that is known is told what it forgot.
    let forgot = h.request("POST", INTROSPECT);
    let forgot = forgot.basic_auth("introspection", Some(SECRET));
    let forgot = forgot.json(&json!({})).send().await.unwrap();
    let forgot = Answer::read(forgot).await.expect(400);
    assert_eq!(forgot.oauth_error(), "invalid_request");
    ask(&h, &token).await.expect(200);
    ask(&h, &token).await.expect_rate_limited();

    let off = h.restarted_with(&[]).await;
    ask(&off, &token).await.expect(404);
    let metadata = off.get("/.well-known/oauth-authorization-server").await;
    assert!(metadata.json().get("introspection_endpoint").is_none());
}

#[actix_web::test]
async fn g7_embedders_document_names_the_real_table() {
    let h = Harness::start().await;
    h.db.execute("CREATE SCHEMA told").await;
    let told = BEARER_TABLE.replace("oauth_access_tokens", "told.oauth_access_tokens");
    for statement in told.split(";\n").filter(|text| text.contains("CREATE")) {
        h.db.execute(statement).await;
    }
    let columns = async |schema: &str| {
        h.db.query(&format!(
            "SELECT concat_ws(' ', column_name, data_type, character_maximum_length, is_nullable) \
             FROM information_schema.columns WHERE table_schema = '{schema}' \
             AND table_name = 'oauth_access_tokens' ORDER BY column_name"
        ))
        .await
    };
    let ours = columns("public").await;
    assert!(ours.len() >= 12, "{ours:?}");
    assert_eq!(columns("told").await, ours);
}

/// An answer never says more than the schema, which RFC 7662 names.
#[actix_web::test]
async fn g7_introspection_of_an_external_subject_names_its_issuer() {
    let h = Harness::with(&[
        ON,
        ("GATEWRIGHT_OIDC_PROVIDERS", "corp"),
        ("GATEWRIGHT_OIDC_CORP_ISSUER", "http://127.0.0.1:9"),
        ("GATEWRIGHT_OIDC_CORP_CLIENT_ID", "x"),
    ])
    .await;
    h.set_up().await;
    let token = format!("dfoe_{}", "B".repeat(43));
    arrange::bearer("ext@partner.example")
        .external("https://idp.example")
        .text(&token)
        .made_at(&h.now().to_rfc3339())
        .expires_at(&(h.now() + chrono::TimeDelta::days(1)).to_rfc3339())
        .add(&h.db)
        .await;
    let seen: Value = ask(&h, &token).await.expect(200).json();
    assert_eq!(seen["active"], true, "{seen}");
    assert_eq!(seen["sub"], "ext@partner.example");
    assert_eq!(seen["subject_type"], "external_sso");
    assert_eq!(seen["subject_issuer"], "https://idp.example");
    assert_eq!(seen["scope"], "apps:run apps:read:permitted-external");
}
