//! What comes back from the identity provider's side and says who somebody is
//! (device-flow.md §6.4).

use chrono::TimeDelta;
use gatewright_domain::{device_grant::UserCode, external_subject::ExternalSubject};

use super::{Envelope, TokenText, user_code};
use crate::claims::{ClaimsError, Unverified};

/// The longest life of an assertion that is accepted; its maker chooses it.
pub const ASSERTION_CAP: TimeDelta = TimeDelta::seconds(600);

/// An external-subject assertion.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SubjectAssertion {
    /// The person that the issuer vouches for.
    pub subject: ExternalSubject,
    /// For which device flow.
    pub user_code: UserCode,
    /// Random; remembered once it was spent, so that the assertion is good once.
    pub nonce: TokenText,
}

impl Envelope for SubjectAssertion {
    const AUDIENCE: &'static str = "api.device_flow.external_subject_assertion";
    const MAX_TTL: TimeDelta = ASSERTION_CAP;

    fn claims(&self) -> Vec<(&'static str, &str)> {
        vec![
            ("email", self.subject.email.as_str()),
            ("issuer", self.subject.issuer.as_str()),
            ("user_code", self.user_code.expose()),
            ("nonce", self.nonce.expose()),
        ]
    }

    fn from_claims(claims: &Unverified) -> Result<Self, ClaimsError> {
        Ok(Self {
            subject: ExternalSubject {
                email: claims.parse("email")?,
                issuer: claims.parse("issuer")?,
            },
            user_code: user_code(claims)?,
            nonce: claims.parse("nonce")?,
        })
    }
}
