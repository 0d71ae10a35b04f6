//! How many envelopes one core signs and verifies in a second; `cargo xtask bench` runs it optimised.
#![allow(
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a measurement: it prints, and its clock is the machine's"
)]

use std::{hint::black_box, time::Instant};

use chrono::{DateTime, TimeDelta, Utc};
use gatewright_auth::{
    OsRandom,
    domain::{external_subject::ExternalSubject, settings::SettingValue as _},
    envelope::{
        ApprovalGrant, Envelope, EnvelopeKeys, StateEnvelope, SubjectAssertion, TokenText, open,
        sign,
    },
    keys::{KeyRing, MasterKeys},
    origin::{BaseUrl, PublicUrls},
};

const ROUNDS: u32 = 200_000;

fn per_second(mut work: impl FnMut()) -> f64 {
    let began = Instant::now();
    for _ in 0..ROUNDS {
        work();
    }
    f64::from(ROUNDS) / began.elapsed().as_secs_f64()
}

fn measure<T: Envelope>(name: &str, ring: &KeyRing, envelope: &T, now: DateTime<Utc>) {
    let text = sign(ring, envelope, now, TimeDelta::minutes(5));
    let signed = per_second(|| drop(black_box(sign(ring, envelope, now, TimeDelta::minutes(5)))));
    let verified = per_second(|| assert!(open::<T>(ring, black_box(&text), now).is_ok()));
    println!("{name} {signed:.0} {verified:.0}");
}

fn main() {
    let random = OsRandom::default();
    let now = DateTime::UNIX_EPOCH + TimeDelta::days(20_000);
    let urls = PublicUrls {
        console_api: BaseUrl::parse_setting("https://api.example.com").ok(),
        ..PublicUrls::default()
    };
    let keys = EnvelopeKeys::shared(&MasterKeys::new(&[7; 42], []));
    let texts = (
        "ext@partner.example".parse(),
        "https://idp.partner.example".parse(),
        "ABCD-EFGH".parse(),
    );
    let (Ok(email), Ok(issuer), Ok(user_code)) = texts else {
        return;
    };
    let Ok(nonce) = TokenText::draw(&random) else {
        return;
    };
    let assertion = SubjectAssertion {
        subject: ExternalSubject { email, issuer },
        user_code,
        nonce,
    };
    let state = StateEnvelope::new(&urls, assertion.user_code.clone(), &random);
    let grant = ApprovalGrant::new(
        &urls,
        &assertion,
        gatewright_auth::envelope::Era::default(),
        &random,
    );
    if let (Ok(state), Ok(grant)) = (state, grant) {
        measure("state-envelope", &keys.state, &state, now);
        measure("subject-assertion", &keys.assertion, &assertion, now);
        measure("approval-grant", &keys.grant, &grant, now);
    }
}
