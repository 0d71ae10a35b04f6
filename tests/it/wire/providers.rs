//! What providers answer differently: each row of the table is some vendor's normal answer, or an attack
//! that looks like one. The signatures are real; `e2e::sso` has a certified provider.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::{
    Answer, Browser, Harness, log,
    odd_provider::{OddProvider, Oddity, absent},
};

pub(super) struct World {
    pub(super) h: Harness,
    pub(super) provider: OddProvider,
}

impl World {
    pub(super) async fn with(extra: &[(&str, &str)]) -> Self {
        log::keep();
        let provider = OddProvider::start();
        let mut settings = provider.settings().to_vec();
        settings.extend([
            ("GATEWRIGHT_LIMIT_OIDC", "0"),
            ("ALLOW_REGISTER", "true"),
            ("ALLOW_CREATE_WORKSPACE", "true"),
        ]);
        settings.extend_from_slice(extra);
        let h = Harness::with(&settings).await;
        h.set_up().await;
        Self { h, provider }
    }

    /// What was discovered is forgotten.
    fn forget(&self) {
        self.h.clock.advance_seconds(3 * 3600);
    }

    /// Off to the provider; the state to come back with.
    pub(super) fn leave(&self, location: &str) -> String {
        self.provider.visit(location, self.h.now())
    }

    async fn begin(&self, browser: &mut Browser) -> Answer {
        browser.get(&self.h, "/console/api/oauth/login/odd").await
    }

    pub(super) async fn come_back(&self, browser: &mut Browser, state: &str, code: &str) -> Answer {
        let path = format!("/console/api/oauth/authorize/odd?state={state}&code={code}");
        browser.get(&self.h, &path).await
    }

    /// A whole sign-in at the console.
    async fn sign_in(&self, oddity: Oddity) -> Answer {
        self.provider.behave(oddity);
        let mut browser = Browser::new();
        let begun = self.begin(&mut browser).await;
        if begun.status != 302 {
            return begun;
        }
        let state = self.leave(begun.header("location"));
        self.come_back(&mut browser, &state, "a-code").await
    }
}

fn claims(claims: Value) -> Oddity {
    Oddity {
        claims,
        ..Oddity::default()
    }
}

fn token(token: Value) -> Oddity {
    Oddity {
        token,
        ..Oddity::default()
    }
}

fn header(header: Value) -> Oddity {
    Oddity {
        header,
        ..Oddity::default()
    }
}

fn discovery(discovery: Value) -> Oddity {
    Oddity {
        discovery,
        ..Oddity::default()
    }
}

fn instead(path: &'static str, status: u16, kind: &'static str, body: &'static str) -> Oddity {
    Oddity {
        instead: Some((path, status, kind, body)),
        ..Oddity::default()
    }
}

fn userinfo(claims: Value, userinfo: Value) -> Oddity {
    Oddity {
        claims,
        userinfo: Some(userinfo),
        ..Oddity::default()
    }
}

const JSON: &str = "application/json";

/// What is odd, and how.
fn accepted() -> Vec<(&'static str, Oddity)> {
    let odd_claims = json!({
        "updated_at": "2026-11-28T12:00:00Z", "amr": "pwd", "address": "1 Main Street", "gender": 1,
        "birthdate": 1980, "locale": ["en"], "zoneinfo": 7, "phone_number": 49, "phone_number_verified": "no",
        "auth_time": "yesterday", "acr": 1, "c_hash": 7, "picture": {}, "profile": [], "website": 0,
        "given_name": null, "family_name": 3, "preferred_username": false, "sid": 9, "groups": "all",
    });
    let no_word = json!({"email_verified": absent()});
    vec![
        ("nothing", Oddity::default()),
        ("claims that nobody uses", claims(odd_claims.clone())),
        (
            "a name that is no text",
            claims(json!({"name": {"first": "A"}})),
        ),
        (
            "a boolean as text",
            claims(json!({"email_verified": "true"})),
        ),
        (
            "times with a fraction",
            claims(json!({"exp": 4_000_000_000.5})),
        ),
        (
            "an audience in a list",
            claims(json!({"aud": ["gatewright"]})),
        ),
        (
            "several audiences, azp ours",
            claims(json!({"aud": ["gatewright", "x"], "azp": "gatewright"})),
        ),
        (
            "several audiences, all configured",
            claims(json!({"aud": ["known", "gatewright"]})),
        ),
        (
            "nulls",
            claims(json!({"azp": null, "at_hash": null, "nbf": null, "name": null})),
        ),
        (
            "the right hash of the access token",
            claims(json!({"at_hash": "YiHPD2T9DaX5B837XJXtow"})),
        ),
        ("expires_in as text", token(json!({"expires_in": "3600"}))),
        (
            "expires_in as a fraction",
            token(json!({"expires_in": 3599.6})),
        ),
        (
            "expires_in as nothing",
            token(json!({"expires_in": null, "refresh_token": 7})),
        ),
        (
            "scope as a list",
            token(json!({"scope": ["openid", "email"]})),
        ),
        ("no token_type", token(json!({"token_type": absent()}))),
        (
            "an odd token_type",
            token(json!({"token_type": ["bearer"]})),
        ),
        ("no kid", header(json!({"kid": absent(), "typ": absent()}))),
        (
            "a header with more in it",
            header(json!({"typ": "application/jwt", "x5t": 7})),
        ),
        (
            "a slow token endpoint",
            Oddity {
                slow: Some(("/token", Duration::from_millis(2_100))),
                ..Oddity::default()
            },
        ),
        (
            "verified at userinfo",
            userinfo(no_word.clone(), json!({"email_verified": true})),
        ),
        ("an address at userinfo, with more that is odd", {
            let mut told = odd_claims;
            told["email"] = json!("person@partner.example");
            told["email_verified"] = json!("true");
            userinfo(json!({"email": absent(), "email_verified": absent()}), told)
        }),
        (
            "a signed userinfo answer",
            Oddity {
                is_userinfo_signed: true,
                ..userinfo(
                    no_word,
                    json!({"email_verified": true, "iss": "ISSUER", "aud": ["gatewright"]}),
                )
            },
        ),
        (
            "published members that nobody uses",
            discovery(json!({
                "scopes_supported": "openid email", "claims_supported": null, "service_documentation": 7,
                "op_tos_uri": "", "response_types_supported": "code", "claims_parameter_supported": "true",
                "id_token_signing_alg_values_supported": null, "token_endpoint_auth_methods_supported": "any",
            })),
        ),
    ]
}

#[actix_web::test]
async fn e1_e2_e3_e4_usual_answers_of_vendors_sign_in() {
    let world = World::with(&[("GATEWRIGHT_OIDC_ODD_AUDIENCES", "known")]).await;
    for (what, mut oddity) in accepted() {
        world.forget();
        if let Some(told) = oddity
            .userinfo
            .as_mut()
            .filter(|told| told["iss"] == "ISSUER")
        {
            told["iss"] = world.provider.issuer().into();
        }
        let answer = world.sign_in(oddity).await;
        let log = log::take();
        assert_eq!(answer.status, 302, "{what}: {answer:?} {log}");
        assert!(
            answer.set_cookie("access_token").is_some(),
            "{what}: {answer:?} {log}"
        );
    }
    let known = world
        .h
        .db
        .query("SELECT subject FROM gatewright_external_identities")
        .await;
    assert_eq!(known, ["person"]);
}

/// What is wrong, how, the status, the reason in the header, and what the log says.
type Refused = (&'static str, Oddity, u16, &'static str, &'static str);

fn malformed() -> Vec<Refused> {
    let why = "provider_malformed";
    let claim =
        |name: &'static str, value: Value, log| (name, claims(json!({name: value})), 400, why, log);
    vec![
        claim("sub", json!(7), "`sub` is not a text"),
        claim("sub", absent(), "`sub` is missing"),
        claim("exp", json!("soon"), "`exp` is not a number of seconds"),
        claim("exp", absent(), "`exp` is missing"),
        claim("iat", absent(), "`iat` is missing"),
        claim(
            "aud",
            json!({"a": 1}),
            "`aud` is neither a text nor a list of texts",
        ),
        claim("azp", json!(["gatewright"]), "`azp` is not a text"),
        claim("iss", json!(1), "`iss` is not a text"),
        claim("nonce", json!(1), "`nonce` is not a text"),
        claim("email", json!(["a@b.example"]), "`email` is not a text"),
        claim(
            "email_verified",
            json!(1),
            "`email_verified` is neither true nor false",
        ),
        claim("at_hash", json!(1), "`at_hash` is not a text"),
        (
            "a name twice",
            Oddity {
                payload: Some(r#"{"sub": "person", "sub": "owner"}"#.into()),
                ..Oddity::default()
            },
            400,
            why,
            "in which no name comes twice",
        ),
        (
            "no claims",
            Oddity {
                payload: Some("[]".into()),
                ..Oddity::default()
            },
            400,
            why,
            "the ID token",
        ),
        (
            "no ID token",
            token(json!({"id_token": absent()})),
            400,
            why,
            "`id_token` is missing",
        ),
        (
            "no access token",
            token(json!({"access_token": 7})),
            400,
            why,
            "`access_token` is not a text",
        ),
        (
            "an opaque ID token",
            token(json!({"id_token": "x"})),
            400,
            why,
            "three parts",
        ),
        (
            "a page",
            instead("/token", 200, "text/html", "<p>Hello"),
            400,
            why,
            "the token answer",
        ),
        (
            "nothing at all",
            instead("/token", 200, JSON, ""),
            400,
            why,
            "the token answer",
        ),
        (
            "a page that refuses",
            instead("/token", 403, "text/html", "<p>No"),
            400,
            why,
            "the token answer",
        ),
        (
            "userinfo that refuses",
            {
                let mut odd = userinfo(json!({"email_verified": absent()}), json!({}));
                odd.instead = Some(("/userinfo", 403, JSON, "{}"));
                odd
            },
            400,
            why,
            "the userinfo answer: the provider answered 403",
        ),
        (
            "no token endpoint",
            discovery(json!({"token_endpoint": absent()})),
            400,
            why,
            "`token_endpoint` is missing",
        ),
        (
            "no address",
            discovery(json!({"jwks_uri": "keys"})),
            400,
            why,
            "`jwks_uri` is not an address",
        ),
        (
            "another issuer",
            discovery(json!({"issuer": "https://evil.example"})),
            400,
            why,
            "another issuer",
        ),
        (
            "no keys",
            instead("/keys", 200, JSON, "{}"),
            400,
            why,
            "`jwks_uri` leads to no set of keys",
        ),
    ]
}

fn not_proved() -> Vec<Refused> {
    let why = "identity_not_proved";
    let claim =
        |name: &'static str, value: Value, log| (name, claims(json!({name: value})), 400, why, log);
    vec![
        claim("azp", json!("somebody-else"), "`azp` is another client"),
        claim("aud", json!("somebody-else"), "we are not among them"),
        claim(
            "aud",
            json!(["gatewright", "unknown"]),
            "GATEWRIGHT_OIDC_<NAME>_AUDIENCES",
        ),
        claim("iss", json!("https://evil.example"), "Invalid issuer"),
        claim("nonce", json!("another"), "Invalid nonce"),
        claim("nonce", absent(), "Invalid nonce"),
        claim("exp", json!(1), "it has expired"),
        claim("iat", json!(1), "issued long ago"),
        claim("iat", json!(4_000_000_000_i64), "issued in the future"),
        claim("nbf", json!(4_000_000_000_i64), "issued in the future"),
        claim("sub", json!("x".repeat(256)), "Invalid subject"),
        claim("sub", json!("a\u{0}b"), "Invalid subject"),
        claim(
            "at_hash",
            json!("AAAAAAAAAAAAAAAAAAAAAA"),
            "Invalid access token",
        ),
        (
            "azp foreign beside our audience",
            claims(json!({"aud": ["gatewright", "known"], "azp": "known"})),
            400,
            why,
            "`azp` is another client",
        ),
        (
            "a wrong signature",
            Oddity {
                is_signature_wrong: true,
                ..Oddity::default()
            },
            400,
            why,
            "Signature verification failed",
        ),
        (
            "no signature",
            header(json!({"alg": "none"})),
            400,
            why,
            "no proof",
        ),
        (
            "a signature with the client's secret",
            header(json!({"alg": "HS256"})),
            400,
            why,
            "no proof",
        ),
        (
            "another kind of token",
            header(json!({"typ": "at+jwt"})),
            400,
            why,
            "another kind of token",
        ),
        (
            "an extension",
            header(json!({"crit": ["b64"]})),
            400,
            why,
            "asks for an extension",
        ),
        (
            "an unknown key",
            header(json!({"kid": "two"})),
            400,
            why,
            "Signature verification failed",
        ),
        (
            "a spent code",
            instead("/token", 400, JSON, r#"{"error": "invalid_grant"}"#),
            400,
            why,
            "the provider refused the code: invalid_grant",
        ),
        (
            "userinfo of somebody else",
            userinfo(
                json!({"email_verified": absent()}),
                json!({"sub": "owner", "email_verified": true}),
            ),
            400,
            why,
            "about somebody else",
        ),
        (
            "signed userinfo for somebody else",
            Oddity {
                is_userinfo_signed: true,
                ..userinfo(
                    json!({"email_verified": absent()}),
                    json!({"email_verified": true, "iss": "x", "aud": "y"}),
                )
            },
            400,
            why,
            "Invalid issuer",
        ),
    ]
}

fn about_addresses_and_outages() -> Vec<Refused> {
    let claim =
        |name: &'static str, value: Value, why| (name, claims(json!({name: value})), 403, why, why);
    let outage = |path, status, kind, body| {
        let log = match status {
            429 => "the provider answered 429",
            503 => "the provider answered 503",
            _ => "the provider answered 500",
        };
        (
            path,
            instead(path, status, kind, body),
            502,
            "provider_unavailable",
            log,
        )
    };
    vec![
        claim("email", absent(), "email_missing"),
        claim("email", json!(""), "email_missing"),
        claim("email", json!(" person@partner.example"), "email_unusable"),
        claim("email", json!("per son@partner.example"), "email_unusable"),
        claim("email", json!("person"), "email_unusable"),
        claim("email_verified", json!(false), "email_not_verified"),
        claim("email_verified", json!("false"), "email_not_verified"),
        claim("email_verified", absent(), "email_not_verified"),
        (
            "userinfo does not know it either",
            userinfo(json!({"email_verified": absent()}), json!({})),
            403,
            "email_not_verified",
            "email_not_verified",
        ),
        (
            "unverified is not asked again",
            userinfo(
                json!({"email_verified": false}),
                json!({"email_verified": true}),
            ),
            403,
            "email_not_verified",
            "email_not_verified",
        ),
        outage("/token", 500, JSON, r#"{"error": "server_error"}"#),
        outage("/token", 503, "text/html", "<p>Maintenance"),
        outage("/token", 429, JSON, "{}"),
        outage("/keys", 503, "text/html", "<p>Maintenance"),
        outage(
            "/.well-known/openid-configuration",
            500,
            "text/html",
            "<p>Oh",
        ),
    ]
}

async fn all_refused(rows: Vec<Refused>) {
    let world = World::with(&[("GATEWRIGHT_OIDC_ODD_AUDIENCES", "known")]).await;
    for (what, oddity, status, reason, in_log) in rows {
        world.forget();
        log::take();
        let answer = world.sign_in(oddity).await;
        let log = log::take();
        assert_eq!(answer.status, status, "{what}: {answer:?} {log}");
        assert_eq!(
            answer.header("x-gatewright-reason"),
            reason,
            "{what}: {answer:?} {log}"
        );
        assert!(log.contains(in_log), "{what}: {log}");
        assert!(
            log.contains("provider=odd"),
            "the log names the provider: {log}"
        );
        assert!(
            !log.contains("an-access-token") && !log.contains("a-code"),
            "{what}: {log}"
        );
    }
    let tied = world
        .h
        .db
        .query("SELECT subject FROM gatewright_external_identities")
        .await;
    assert_eq!(tied, Vec::<String>::new());
}

#[actix_web::test]
async fn e1_malformed_answer_of_a_provider_is_a_400_and_the_log_names_the_claim() {
    all_refused(malformed()).await;
}

#[actix_web::test]
async fn e2_sec_161_id_token_of_wrong_audience_nonce_or_signature_is_refused() {
    all_refused(not_proved()).await;
}

#[actix_web::test]
async fn e3_e5_email_missing_unusable_unverified_and_outage_have_their_own_errors() {
    all_refused(about_addresses_and_outages()).await;
}

#[actix_web::test]
async fn e1_e5_device_flow_sso_reports_the_same_provider_errors() {
    let world = World::with(&[]).await;
    let rows = [
        (claims(json!({"sub": 7})), 400, "sso_provider_malformed"),
        (
            claims(json!({"email": "a b@c.example"})),
            403,
            "email_unusable",
        ),
        (claims(json!({"email": absent()})), 403, "email_missing"),
        (claims(json!({"azp": "x"})), 400, "invalid_sso_assertion"),
        (
            instead("/token", 503, JSON, "{}"),
            502,
            "sso_provider_unavailable",
        ),
    ];
    let grant = world.h.start_flow("laptop").await;
    let path = format!(
        "/openapi/v1/oauth/device/sso-initiate?user_code={}",
        grant.user_code
    );
    let mut browser = Browser::new();
    browser.look_up(&world.h, &grant).await.expect(200);
    for (oddity, status, error) in rows {
        world.provider.behave(oddity);
        let begun = browser.get(&world.h, &path).await.expect(302);
        let state = world.leave(begun.header("location"));
        let answer = world
            .come_back(&mut browser, &state, "a-code")
            .await
            .expect(status);
        assert_eq!(answer.oauth_error(), error);
        assert!(log::take().contains("provider=odd"));
    }
    let begun = browser.get(&world.h, &path).await.expect(302);
    let state = world.leave(begun.header("location"));
    let long = world
        .come_back(&mut browser, &state, &"x".repeat(2049))
        .await
        .expect(400);
    assert_eq!(long.oauth_error(), "code_too_long");
}

#[actix_web::test]
async fn e4_provider_timeout_is_502_and_the_sign_in_can_be_retried() {
    let world = World::with(&[("GATEWRIGHT_OIDC_TIMEOUT_SECONDS", "1")]).await;
    let mut browser = Browser::new();
    let begun = world.begin(&mut browser).await.expect(302);
    let state = world.leave(begun.header("location"));
    world.provider.behave(Oddity {
        slow: Some(("/token", Duration::from_secs(30))),
        ..Oddity::default()
    });
    let began = Instant::now();
    let late = world
        .come_back(&mut browser, &state, "a-code")
        .await
        .expect(502);
    assert_eq!(late.header("x-gatewright-reason"), "provider_unavailable");
    assert!(
        began.elapsed() < Duration::from_secs(3),
        "{:?}",
        began.elapsed()
    );
    assert_eq!(world.provider.codes_taken(), 1);
    // The page is loaded once more: neither state nor code were thrown away on our side.
    world.provider.behave(Oddity::default());
    let answer = world
        .come_back(&mut browser, &state, "a-code")
        .await
        .expect(302);
    assert!(answer.set_cookie("access_token").is_some());
    world
        .come_back(&mut browser, &state, "a-code")
        .await
        .expect(400);
}

#[actix_web::test]
async fn e4_provider_unreachable_at_callback_gets_no_code() {
    let world = World::with(&[]).await;
    let mut browser = Browser::new();
    let begun = world.begin(&mut browser).await.expect(302);
    let state = world.leave(begun.header("location"));
    // Another node, which knows nothing of the provider yet, takes the answer while it is down.
    let other = world.h.another_node().await;
    world.provider.behave(instead("/keys", 503, JSON, "{}"));
    let path = format!("/console/api/oauth/authorize/odd?state={state}&code=a-code");
    browser.get(&other, &path).await.expect(502);
    assert_eq!(world.provider.codes_taken(), 0);
    world.provider.behave(Oddity::default());
    browser.get(&other, &path).await.expect(302);
    assert_eq!(world.provider.codes_taken(), 1);
}

#[actix_web::test]
async fn e5_provider_sign_in_failing_at_its_beginning_is_logged_with_the_provider() {
    let world = World::with(&[]).await;
    world.provider.behave(instead(
        "/.well-known/openid-configuration",
        500,
        JSON,
        "{}",
    ));
    log::take();
    let mut browser = Browser::new();
    world.begin(&mut browser).await.expect(502);
    let log = log::take();
    assert!(
        log.contains("provider=odd") && log.contains("step=\"begins\""),
        "{log}"
    );
    assert!(log.contains("the provider answered 500"), "{log}");
    // The same in the SSO branch.
    let grant = world.h.start_flow("laptop").await;
    browser.look_up(&world.h, &grant).await.expect(200);
    let path = format!(
        "/openapi/v1/oauth/device/sso-initiate?user_code={}",
        grant.user_code
    );
    browser.get(&world.h, &path).await.expect(502);
    let log = log::take();
    assert!(
        log.contains("provider=odd") && log.contains("step=\"begins\""),
        "{log}"
    );
}

#[actix_web::test]
async fn e5_provider_code_over_the_limit_has_its_own_message() {
    let world = World::with(&[]).await;
    let mut browser = Browser::new();
    let begun = world.begin(&mut browser).await.expect(302);
    let state = world.leave(begun.header("location"));
    let answer = world
        .come_back(&mut browser, &state, &"x".repeat(2049))
        .await
        .expect(400);
    assert_eq!(answer.header("x-gatewright-reason"), "code_too_long");
    assert!(
        answer.oauth_error().contains("code is too long"),
        "{answer:?}"
    );
    assert_eq!(world.provider.codes_taken(), 0);
    // 2,048 bytes are looked at.
    let mut browser = Browser::new();
    let begun = world.begin(&mut browser).await.expect(302);
    let state = world.leave(begun.header("location"));
    world
        .come_back(&mut browser, &state, &"x".repeat(2048))
        .await
        .expect(302);
}
