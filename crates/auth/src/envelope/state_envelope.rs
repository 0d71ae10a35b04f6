//! What goes to the identity provider's side and says which device flow this is about
//! (device-flow.md §6.3).

use chrono::TimeDelta;
use gatewright_crypto::random::Random;
use gatewright_domain::device_grant::UserCode;

use super::{Envelope, NotMade, TokenText, user_code};
use crate::{
    claims::{ClaimsError, Unverified},
    origin::PublicUrls,
};

/// Life of a state envelope, and the longest that is accepted.
pub const STATE_LIFETIME: TimeDelta = TimeDelta::seconds(900);
/// The only intent that there is.
pub const DEVICE_FLOW_INTENT: &str = "device_flow";

/// A state envelope of the device flow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StateEnvelope {
    user_code: UserCode,
    nonce: TokenText,
    idp_callback_url: String,
}

impl StateEnvelope {
    /// A new one. The callback comes from the configured origin and from nowhere else (F1).
    ///
    /// # Errors
    /// [`NotMade`] without `CONSOLE_API_URL` or without randomness: then nothing is signed.
    pub fn new(
        urls: &PublicUrls,
        user_code: UserCode,
        random: &dyn Random,
    ) -> Result<Self, NotMade> {
        Ok(Self {
            idp_callback_url: urls.sso_complete()?,
            nonce: TokenText::draw(random)?,
            user_code,
        })
    }

    /// The device flow.
    pub fn user_code(&self) -> &UserCode {
        &self.user_code
    }

    /// Ties the way back to the way out.
    pub fn nonce(&self) -> &TokenText {
        &self.nonce
    }

    /// Where the browser goes with the assertion.
    pub fn idp_callback_url(&self) -> &str {
        &self.idp_callback_url
    }
}

impl Envelope for StateEnvelope {
    const AUDIENCE: &'static str = "api.sso.state_envelope";
    const MAX_TTL: TimeDelta = STATE_LIFETIME;

    fn claims(&self) -> Vec<(&'static str, &str)> {
        vec![
            ("redirect_url", ""),
            ("app_code", ""),
            ("intent", DEVICE_FLOW_INTENT),
            ("user_code", self.user_code.expose()),
            ("nonce", self.nonce.expose()),
            ("return_to", ""),
            ("idp_callback_url", &self.idp_callback_url),
        ]
    }

    fn from_claims(claims: &Unverified) -> Result<Self, ClaimsError> {
        if claims.text("intent")? != DEVICE_FLOW_INTENT {
            return Err(ClaimsError::Shape);
        }
        Ok(Self {
            user_code: user_code(claims)?,
            nonce: claims.parse("nonce")?,
            idp_callback_url: claims.text("idp_callback_url")?.to_owned(),
        })
    }
}
