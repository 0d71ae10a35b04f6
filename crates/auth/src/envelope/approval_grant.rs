//! What a browser holds between coming back from the identity provider and approving
//! (device-flow.md §6.5).

use chrono::TimeDelta;
use gatewright_crypto::random::Random;
use gatewright_domain::{device_grant::UserCode, era::Era, external_subject::ExternalSubject};

use super::{Envelope, NotMade, SubjectAssertion, TokenText, user_code};
use crate::{
    claims::{ClaimsError, Unverified},
    origin::PublicUrls,
};

/// Life of an approval grant, and the longest that is accepted.
pub const GRANT_LIFETIME: TimeDelta = TimeDelta::seconds(300);

/// An approval grant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApprovalGrant {
    issuer: String,
    /// The person that the issuer asserted.
    pub subject: ExternalSubject,
    /// The device flow that may be approved with it, and no other.
    pub user_code: UserCode,
    /// Of people without an account, when it was made.
    pub era: Era,
    era_text: String,
    /// Random; remembered once it was spent, so that the grant is good once.
    pub nonce: TokenText,
    /// Must come back in `X-CSRF-Token`.
    pub csrf_token: TokenText,
}

impl ApprovalGrant {
    /// For whom an assertion speaks. `iss` is the configured origin (F1).
    ///
    /// # Errors
    /// [`NotMade`] without `CONSOLE_API_URL` or without randomness: then nothing is signed.
    pub fn new(
        urls: &PublicUrls,
        assertion: &SubjectAssertion,
        era: Era,
        random: &dyn Random,
    ) -> Result<Self, NotMade> {
        Ok(Self {
            issuer: urls.issuer()?.to_owned(),
            subject: assertion.subject.clone(),
            user_code: assertion.user_code.clone(),
            era,
            era_text: era.to_string(),
            nonce: TokenText::draw(random)?,
            csrf_token: TokenText::draw(random)?,
        })
    }

    /// Whether this installation, at its configured origin, made it.
    pub fn is_from(&self, urls: &PublicUrls) -> bool {
        urls.issuer().is_ok_and(|issuer| issuer == self.issuer)
    }
}

impl Envelope for ApprovalGrant {
    const AUDIENCE: &'static str = "api.device_flow.approval_grant";
    const MAX_TTL: TimeDelta = GRANT_LIFETIME;

    fn claims(&self) -> Vec<(&'static str, &str)> {
        vec![
            ("iss", &self.issuer),
            ("subject_email", self.subject.email.as_str()),
            ("subject_issuer", self.subject.issuer.as_str()),
            ("user_code", self.user_code.expose()),
            ("era", &self.era_text),
            ("nonce", self.nonce.expose()),
            ("csrf_token", self.csrf_token.expose()),
        ]
    }

    fn from_claims(claims: &Unverified) -> Result<Self, ClaimsError> {
        let era: Era = claims.parse("era")?;
        Ok(Self {
            issuer: claims.text("iss")?.to_owned(),
            subject: ExternalSubject {
                email: claims.parse("subject_email")?,
                issuer: claims.parse("subject_issuer")?,
            },
            user_code: user_code(claims)?,
            era,
            era_text: era.to_string(),
            nonce: claims.parse("nonce")?,
            csrf_token: claims.parse("csrf_token")?,
        })
    }
}
