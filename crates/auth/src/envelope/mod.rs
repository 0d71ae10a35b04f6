//! The three signed objects of the SSO branch (device-flow.md §6), each with its audience, the
//! longest life that we accept, and its claims as a type that can only be made from claims that were
//! checked.
//!
//! ```text
//! text ─► Unverified (signature good) ─► Verified<StateEnvelope | SubjectAssertion | ApprovalGrant>
//! ```
//!
//! A service beside Gatewright verifies one kind with the keys of that kind alone, which
//! `api-server keys export --purpose approval-grant` prints:
//!
//! ```
//! use chrono::DateTime;
//! use gatewright_auth::{
//!     envelope::{ApprovalGrant, open},
//!     key_set::ExportedKeys,
//!     keys::{KeyRing, Purpose},
//! };
//!
//! # let exported = ExportedKeys::derive(Purpose::ApprovalGrant, [&b"SECRET_KEY of the installation"[..]]).to_json();
//! // `exported` is what the command printed.
//! let ring = KeyRing::from_exported(&exported, Purpose::ApprovalGrant)?;
//! let refused = open::<ApprovalGrant>(&ring, "what a browser sent", DateTime::UNIX_EPOCH);
//! assert!(refused.is_err());
//! # Ok::<(), gatewright_auth::key_set::KeySetError>(())
//! ```

mod approval_grant;
mod keys;
mod state_envelope;
mod subject_assertion;
mod token_text;

pub use approval_grant::{ApprovalGrant, GRANT_LIFETIME};
pub use gatewright_domain::era::Era;
pub use keys::EnvelopeKeys;
pub use state_envelope::{DEVICE_FLOW_INTENT, STATE_LIFETIME, StateEnvelope};
pub use subject_assertion::{ASSERTION_CAP, SubjectAssertion};
pub use token_text::{InvalidTokenText, TokenText};

use std::ops::Deref;

use chrono::{DateTime, TimeDelta, Utc};
use gatewright_crypto::{keys::KeyRing, random::NoRandomness};
use gatewright_domain::device_grant::UserCode;

use crate::{
    claims::{ClaimsError, Unverified, seal},
    origin::OriginUnset,
};

/// Why an envelope was not made. Nothing is signed then.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotMade {
    /// No public address is configured.
    #[error(transparent)]
    Origin(#[from] OriginUnset),
    /// There is nothing to draw from.
    #[error(transparent)]
    Random(#[from] NoRandomness),
}

/// A kind of signed object.
pub trait Envelope: Sized {
    /// `aud`: what it is for. Another kind under the same key is refused by it.
    const AUDIENCE: &'static str;
    /// The longest `exp - iat` that is accepted.
    const MAX_TTL: TimeDelta;

    /// The claims as they are signed, in the order of device-flow.md §6; without `aud`, `iat`, `exp`.
    fn claims(&self) -> Vec<(&'static str, &str)>;

    /// Reads the claims of a token whose audience and life are right.
    ///
    /// # Errors
    /// [`ClaimsError::Shape`] for a claim that is missing, of another type, empty or too long.
    fn from_claims(claims: &Unverified) -> Result<Self, ClaimsError>;
}

/// Signed by us or by whom we share the key with, meant for this purpose, alive, and of the right
/// shape. There is no other way to one than [`open`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified<T> {
    value: T,
    kid: String,
    expires_at: DateTime<Utc>,
}

impl<T> Verified<T> {
    /// When it ends, whole seconds.
    pub fn expires_at(&self) -> DateTime<Utc> {
        self.expires_at
    }

    /// The id of the key that signed it.
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// The claims without the mark that they were verified.
    pub fn into_inner(self) -> T {
        self.value
    }
}

impl<T> Deref for Verified<T> {
    type Target = T;
    fn deref(&self) -> &T {
        &self.value
    }
}

/// Signs an envelope that begins now.
///
/// # Panics
/// Never; a `lifetime` over [`Envelope::MAX_TTL`] is cut to it.
pub fn sign<T: Envelope>(
    ring: &KeyRing,
    envelope: &T,
    now: DateTime<Utc>,
    lifetime: TimeDelta,
) -> String {
    let mut claims = envelope.claims();
    claims.push(("aud", T::AUDIENCE));
    seal(ring, &claims, now, lifetime.min(T::MAX_TTL))
}

/// Opens an envelope: signature, then audience, then life, then shape.
///
/// # Errors
/// See [`ClaimsError`]. Whoever answers a caller says the same for every one of them.
pub fn open<T: Envelope>(
    ring: &KeyRing,
    text: &str,
    now: DateTime<Utc>,
) -> Result<Verified<T>, ClaimsError> {
    let claims = Unverified::open(ring, text)?;
    claims.require_audience(T::AUDIENCE)?;
    let expires_at = claims.require_live(now, T::MAX_TTL)?;
    Ok(Verified {
        value: T::from_claims(&claims)?,
        kid: claims.kid().to_owned(),
        expires_at,
    })
}

/// A user code in a claim: at most 32 characters (device-flow.md §6.4).
fn user_code(claims: &Unverified) -> Result<UserCode, ClaimsError> {
    if claims.text("user_code")?.len() > 32 {
        return Err(ClaimsError::Shape);
    }
    claims.parse("user_code")
}

#[cfg(test)]
mod tests;
