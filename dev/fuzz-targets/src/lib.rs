//! What the fuzzers call: each takes any bytes, must not panic, and checks what must hold of every
//! input.

use chrono::{DateTime, TimeDelta, Utc};
use gatewright_auth::{
    domain::device_grant::{DeviceCode, UserCode},
    envelope::{ApprovalGrant, Envelope, StateEnvelope, SubjectAssertion, open},
    jws::{parse_claims, sign},
    keys::{KeyRing, MasterKeys},
};
use gatewright_dsl::{AppDocument, AppFile, Export, yaml};

/// The key of the corpus: with it the fuzzers get past the signature, to the claims.
pub const KEY: &[u8] = b"the key of the fuzzers' corpus, 32+";

/// When the corpus was signed.
pub fn now() -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::seconds(1_800_000_000)
}

/// The ring of the corpus.
pub fn ring() -> KeyRing {
    MasterKeys::new(KEY, []).shared_ring()
}

/// A compact JWS, opened as each of the three envelopes. Also, to get past the signature: the bytes
/// as the payload of a token that is properly signed.
///
/// # Panics
/// When something that must hold does not.
pub fn jws(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let opened = opens(&text);
    assert!(opened <= 1, "one audience, one kind");
    if let Ok(claims) = parse_claims(data) {
        let signed = sign(&ring(), &claims).unwrap_or_default();
        assert!(opens(&signed) <= 1, "one audience, one kind");
    }
}

fn opens(text: &str) -> usize {
    let one = |opened: bool| usize::from(opened);
    one(is::<StateEnvelope>(text))
        + one(is::<SubjectAssertion>(text))
        + one(is::<ApprovalGrant>(text))
}

fn is<T: Envelope>(text: &str) -> bool {
    open::<T>(&ring(), text, now()).is_ok_and(|envelope| {
        assert!(envelope.expires_at() > now() - TimeDelta::seconds(30));
        true
    })
}

/// A `Cookie` header.
pub fn cookies(data: &[u8]) {
    gatewright_http::fuzzing::read_cookies(data);
}

/// What somebody typed as a user code, or a device sent as a device code.
///
/// # Panics
/// When a code that was accepted is not of the one form that codes have.
pub fn user_code(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    if let Ok(code) = text.parse::<UserCode>() {
        let shown = code.expose();
        assert_eq!(shown.len(), 9, "two groups of four");
        let symbols = shown.bytes().filter(|symbol| *symbol != b'-');
        assert!(
            symbols.clone().count() == 8
                && symbols.into_iter().all(|s| UserCode::ALPHABET.contains(&s))
        );
        assert_eq!(
            shown.parse::<UserCode>(),
            Ok(code.clone()),
            "reading it again changes nothing"
        );
    }
    if let Ok(code) = text.parse::<DeviceCode>() {
        assert_eq!(code.expose(), text, "a device code is taken to the letter");
    }
}

/// An app file, or any other YAML.
///
/// # Panics
/// When what was read is not the same after it was written, or an export cannot be imported again.
pub fn app_file(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    if let Ok(value) = yaml::read(&text) {
        let again = yaml::read(&yaml::write(&value));
        assert_eq!(again, Ok(value), "writing changes nothing");
    }
    let Some(file) = import(&text) else {
        return;
    };
    let export = |file: &AppFile| {
        file.export(Export {
            include_secret: true,
            ..Export::default()
        })
    };
    let exported = export(&file);
    let again = import(&exported);
    assert_eq!(
        again.as_ref().map(export),
        Some(exported),
        "an export is stable"
    );
    let without = import(&file.export(Export::default()));
    assert!(
        without.is_some(),
        "an export without secrets is an app file too"
    );
}

fn import(text: &str) -> Option<AppFile> {
    AppDocument::open(text).ok()?.into_app_file(None).ok()
}
