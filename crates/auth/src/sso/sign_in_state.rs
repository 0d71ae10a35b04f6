//! What a browser holds while somebody signs in to the console at an identity provider.

use chrono::{DateTime, TimeDelta, Utc};
use gatewright_crypto::{
    keys::{KeyRing, MasterKeys, Purpose},
    random::{NoRandomness, Random},
};
use gatewright_domain::{era::Era, ids::AccountId};

use super::ProviderName;
use crate::{
    claims::{ClaimsError, Unverified},
    envelope::{Envelope, TokenText, Verified, open, sign},
};

/// How long somebody may be away.
pub const SIGN_IN_LIFETIME: TimeDelta = TimeDelta::minutes(15);
/// In front of a `state` of this kind, so that the one redirect URI of a provider can serve both.
const STATE_PREFIX: &str = "signin-";
const NOBODY: &str = "nobody";

/// What the round trip is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignInPurpose {
    /// To sign in.
    SignIn,
    /// To tie the identity to an account whose owner asked for it while signed in, in an era of it.
    Link(AccountId, Era),
}

/// A sign-in that has begun.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignInState {
    /// The `state` of OAuth (RFC 6749 §4.1.1), random, by which the answer finds its cookie.
    pub state: TokenText,
    /// The provider; the answer of another one is refused.
    pub provider: ProviderName,
    /// What the round trip is for.
    pub purpose: SignInPurpose,
    purpose_text: String,
    era_text: String,
}

impl SignInState {
    /// A new one.
    ///
    /// # Errors
    /// [`NoRandomness`].
    pub fn new(
        provider: ProviderName,
        purpose: SignInPurpose,
        random: &dyn Random,
    ) -> Result<Self, NoRandomness> {
        let drawn = TokenText::draw(random)?;
        let text = format!("{STATE_PREFIX}{}", drawn.expose());
        Ok(Self {
            // Never longer than a TokenText may be.
            state: text.parse().unwrap_or(drawn),
            provider,
            purpose,
            purpose_text: match purpose {
                SignInPurpose::SignIn => NOBODY.to_owned(),
                SignInPurpose::Link(account, _) => account.to_string(),
            },
            era_text: match purpose {
                SignInPurpose::SignIn => Era::default().to_string(),
                SignInPurpose::Link(_, era) => era.to_string(),
            },
        })
    }

    /// Whether a `state` is of this kind.
    pub fn is_state(state: &str) -> bool {
        state.starts_with(STATE_PREFIX)
    }
}

impl Envelope for SignInState {
    const AUDIENCE: &'static str = "gatewright.console.sign_in";
    const MAX_TTL: TimeDelta = SIGN_IN_LIFETIME;

    fn claims(&self) -> Vec<(&'static str, &str)> {
        vec![
            ("state", self.state.expose()),
            ("provider", self.provider.as_str()),
            ("link", &self.purpose_text),
            ("era", &self.era_text),
        ]
    }

    fn from_claims(claims: &Unverified) -> Result<Self, ClaimsError> {
        let purpose_text = claims.text("link")?.to_owned();
        Ok(Self {
            state: claims.parse("state")?,
            provider: claims.parse("provider")?,
            purpose: if purpose_text == NOBODY {
                SignInPurpose::SignIn
            } else {
                SignInPurpose::Link(claims.parse("link")?, claims.parse("era")?)
            },
            purpose_text,
            era_text: claims.text("era")?.to_owned(),
        })
    }
}

/// The keys of these cookies.
#[derive(Debug, Clone)]
pub struct SignInStateKeys(KeyRing);

impl SignInStateKeys {
    /// Derives the keys of these cookies from the installation's keys.
    pub fn new(master: &MasterKeys) -> Self {
        Self(master.ring(Purpose::SignInState))
    }

    /// Signs the text of the cookie; it is good for [`SIGN_IN_LIFETIME`].
    pub fn seal(&self, state: &SignInState, now: DateTime<Utc>) -> String {
        sign(&self.0, state, now, SIGN_IN_LIFETIME)
    }

    /// Verifies the text of a cookie.
    pub fn open(
        &self,
        text: &str,
        now: DateTime<Utc>,
    ) -> Result<Verified<SignInState>, ClaimsError> {
        open(&self.0, text, now)
    }
}
