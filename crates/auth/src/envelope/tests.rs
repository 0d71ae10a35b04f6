//! What a text must go through before anybody believes it: every way to be wrong, for each of the
//! three envelopes.

use chrono::{DateTime, TimeDelta, Utc};
use gatewright_crypto::{
    jws,
    keys::{HmacKey, KeyRing, MasterKeys},
};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::*;
use crate::claims::LEEWAY;

fn ring() -> KeyRing {
    // One key for all three: what keeps them apart here is the audience alone.
    MasterKeys::new(&[5; 32], []).shared_ring()
}

fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000, 0).unwrap()
}

/// A kind with claims that are right, its longest life in seconds, and its text claims.
struct Kind {
    audience: &'static str,
    claims: Value,
    cap: i64,
    opens: fn(&str, DateTime<Utc>) -> Result<(), ClaimsError>,
}

fn opens<T: Envelope>(text: &str, at: DateTime<Utc>) -> Result<(), ClaimsError> {
    open::<T>(&ring(), text, at).map(drop)
}

fn kinds() -> [Kind; 3] {
    [
        Kind {
            audience: StateEnvelope::AUDIENCE,
            claims: json!({"redirect_url": "", "app_code": "", "intent": "device_flow",
                "user_code": "ABCD-EFGH", "nonce": "n", "return_to": "",
                "idp_callback_url": "https://api.example/openapi/v1/oauth/device/sso-complete"}),
            cap: 900,
            opens: opens::<StateEnvelope>,
        },
        Kind {
            audience: SubjectAssertion::AUDIENCE,
            claims: json!({"email": "Ext@partner.example", "issuer": "https://idp.example",
                "user_code": "abcd-efgh", "nonce": "n", "extra": {"ignored": true}}),
            cap: 600,
            opens: opens::<SubjectAssertion>,
        },
        Kind {
            audience: ApprovalGrant::AUDIENCE,
            claims: json!({"iss": "https://api.example", "subject_email": "ext@partner.example",
                "subject_issuer": "https://idp.example", "user_code": "ABCD-EFGH",
                "nonce": "n", "csrf_token": "c", "era": "00000000-0000-4000-8000-000000000001"}),
            cap: 300,
            opens: opens::<ApprovalGrant>,
        },
    ]
}

impl Kind {
    fn complete(&self) -> Map<String, Value> {
        let mut claims = self.claims.as_object().unwrap().clone();
        claims.insert("aud".into(), self.audience.into());
        claims.insert("iat".into(), now().timestamp().into());
        claims.insert("exp".into(), (now().timestamp() + self.cap).into());
        claims
    }

    fn with(&self, name: &str, value: Option<Value>) -> Result<(), ClaimsError> {
        let mut claims = self.complete();
        match value {
            None => drop(claims.remove(name)),
            Some(value) => drop(claims.insert(name.to_owned(), value)),
        }
        (self.opens)(&jws::sign(&ring(), &claims).unwrap(), now())
    }

    fn text(&self) -> String {
        jws::sign(&ring(), &self.complete()).unwrap()
    }

    /// Claims that carry meaning; the rest is there for the counterpart.
    fn needed(&self) -> Vec<String> {
        let idle = ["redirect_url", "app_code", "return_to", "extra"];
        let claims = self.claims.as_object().unwrap();
        let names = claims.keys().filter(|name| !idle.contains(&name.as_str()));
        names.cloned().collect()
    }
}

#[test]
fn envelope_that_is_valid_opens() {
    for kind in kinds() {
        assert_eq!(
            (kind.opens)(&kind.text(), now()),
            Ok(()),
            "{}",
            kind.audience
        );
    }
}

#[test]
fn sec_078_all_ordered_pairs_of_audiences_are_refused() {
    for made in kinds() {
        for expected in kinds().iter().filter(|kind| kind.audience != made.audience) {
            assert_eq!(
                (expected.opens)(&made.text(), now()),
                Err(ClaimsError::Shape)
            );
            // Even with the claims of both, and even as a list, the audience decides.
            let mut claims = made.complete();
            claims.extend(expected.claims.as_object().unwrap().clone());
            for aud in [json!(made.audience), json!([made.audience])] {
                claims.insert("aud".into(), aud);
                let text = jws::sign(&ring(), &claims).unwrap();
                assert_eq!((expected.opens)(&text, now()), Err(ClaimsError::Shape));
            }
        }
    }
}

#[test]
fn f2_every_claim_missing_of_the_wrong_type_empty_or_oversized_is_refused() {
    for kind in kinds() {
        let wrong = [
            None,
            Some(Value::Null),
            Some(json!(7)),
            Some(json!(true)),
            Some(json!(["a"])),
            Some(json!({"a": 1})),
            Some(json!("")),
            Some(json!("x".repeat(256))),
        ];
        for name in kind
            .needed()
            .iter()
            .map(String::as_str)
            .chain(["aud", "iat", "exp"])
        {
            for value in wrong.clone() {
                let outcome = kind.with(name, value.clone());
                // An expiry of 7 is a time, long ago, before the token was issued.
                assert!(outcome.is_err(), "{} {name} {value:?}", kind.audience);
                assert_ne!(outcome, Err(ClaimsError::Signature));
            }
        }
        for (name, value) in [
            ("exp", json!(1.5e9)),
            ("exp", json!("1800000300")),
            ("exp", json!(-1)),
            ("exp", json!(u64::MAX)),
            ("iat", json!(i64::MIN)),
            ("nbf", json!("soon")),
            ("aud", json!([7, kind.audience])),
            ("user_code", json!("ABCD-EFG1")),
            ("user_code", json!(format!("ABCD-EFGH{}", " ".repeat(30)))),
            ("nonce", json!("n".repeat(129))),
        ] {
            assert_eq!(
                kind.with(name, Some(value.clone())),
                Err(ClaimsError::Shape),
                "{} {name} {value}",
                kind.audience
            );
        }
    }
}

#[test]
fn envelope_subject_is_validated() {
    let [_, assertion, grant] = kinds();
    for (kind, email, issuer) in [
        (assertion, "email", "issuer"),
        (grant, "subject_email", "subject_issuer"),
    ] {
        for bad in [
            "a",
            "a@",
            "@b",
            "a@b@c",
            "a b@c",
            "a@b\n",
            "a\u{202e}@b.example",
        ] {
            assert_eq!(
                kind.with(email, Some(json!(bad))),
                Err(ClaimsError::Shape),
                "{bad:?}"
            );
        }
        for bad in [" ", "dify:account", "a\u{0}b"] {
            assert_eq!(
                kind.with(issuer, Some(json!(bad))),
                Err(ClaimsError::Shape),
                "{bad:?}"
            );
        }
    }
}

#[test]
fn sec_088_sec_089_sec_090_envelope_times_are_checked_to_the_second() {
    for kind in kinds() {
        let text = kind.text();
        let end = now() + TimeDelta::seconds(kind.cap) + LEEWAY;
        let second = TimeDelta::seconds(1);
        assert_eq!((kind.opens)(&text, end - second), Ok(()));
        assert_eq!((kind.opens)(&text, end), Err(ClaimsError::Expired));
        assert_eq!((kind.opens)(&text, now() - LEEWAY), Ok(()));
        assert_eq!(
            (kind.opens)(&text, now() - LEEWAY - second),
            Err(ClaimsError::Shape)
        );
        let at = |seconds: i64| Some(json!(now().timestamp() + seconds));
        assert_eq!(
            kind.with("exp", at(kind.cap + 1)),
            Err(ClaimsError::Shape),
            "too long a life"
        );
        assert_eq!(
            kind.with("exp", at(0)),
            Err(ClaimsError::Shape),
            "no life at all"
        );
        assert_eq!(kind.with("nbf", at(30)), Ok(()));
        assert_eq!(kind.with("nbf", at(31)), Err(ClaimsError::Shape));
    }
}

#[test]
fn w_15_envelope_without_expiry_is_refused() {
    for kind in kinds() {
        assert_eq!(kind.with("exp", None), Err(ClaimsError::Shape));
    }
}

#[test]
fn signed_state_has_the_claims_that_the_broker_expects() {
    let urls = crate::origin::PublicUrls {
        console_api: Some(
            gatewright_domain::settings::SettingValue::parse_setting("https://api.example/")
                .unwrap(),
        ),
        ..Default::default()
    };
    let state = StateEnvelope::new(
        &urls,
        "ABCDEFGH".parse().unwrap(),
        &gatewright_crypto::random::OsRandom::default(),
    )
    .unwrap();
    let text = sign(&ring(), &state, now(), STATE_LIFETIME);
    let opened = jws::verify(&ring(), &text).unwrap();
    let names: Vec<&str> = opened.claims.keys().map(String::as_str).collect();
    assert_eq!(
        names,
        [
            "redirect_url",
            "app_code",
            "intent",
            "user_code",
            "nonce",
            "return_to",
            "idp_callback_url",
            "aud",
            "iat",
            "exp"
        ]
    );
    assert_eq!(opened.kid, "dify-shared-v1");
    assert_eq!(opened.claims["nonce"].as_str().unwrap().len(), 22);
    assert_eq!(
        opened.claims["idp_callback_url"],
        "https://api.example/openapi/v1/oauth/device/sso-complete"
    );
    assert_eq!(
        opened.claims["exp"].as_i64().unwrap() - opened.claims["iat"].as_i64().unwrap(),
        900
    );
    assert!(
        StateEnvelope::new(
            &crate::origin::PublicUrls::default(),
            "ABCDEFGH".parse().unwrap(),
            &gatewright_crypto::random::OsRandom::default()
        )
        .is_err()
    );
}

#[test]
fn sec_080_envelope_signed_by_a_foreign_key_is_refused() {
    let [state, ..] = kinds();
    let stranger = KeyRing::fixed(
        HmacKey::new("dify-shared-v1", b"-----BEGIN PUBLIC KEY-----"),
        [],
    );
    let forged = jws::sign(&stranger, &state.complete()).unwrap();
    assert_eq!((state.opens)(&forged, now()), Err(ClaimsError::Signature));
}

proptest! {
    #[test]
    fn envelope_with_any_changed_byte_is_refused(which in 0usize..3, position in any::<prop::sample::Index>(), flip in 1u8..) {
        let kind = &kinds()[which];
        let mut bytes = kind.text().into_bytes();
        let at = position.index(bytes.len());
        bytes[at] ^= flip;
        let changed = String::from_utf8_lossy(&bytes).into_owned();
        prop_assert_eq!((kind.opens)(&changed, now()), Err(ClaimsError::Signature));
    }

    #[test]
    fn envelope_of_arbitrary_text_does_not_panic(which in 0usize..3, text in "\\PC{0,200}") {
        prop_assert!((kinds()[which].opens)(&text, now()).is_err());
    }

    #[test]
    fn envelope_of_arbitrary_signed_claims_does_not_panic(which in 0usize..3, name in "[a-z_]{1,16}", value in "\\PC{0,300}", number in any::<i64>()) {
        let kind = &kinds()[which];
        let known: Vec<String> = kind.complete().keys().cloned().collect();
        let target = known.get(name.len()).cloned().unwrap_or(name);
        let _ = kind.with(&target, Some(json!(value)));
        let _ = kind.with(&target, Some(json!(number)));
    }
}
