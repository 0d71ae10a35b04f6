//! The rules for an ID token (OpenID Connect Core §3.1.3.7), and for a userinfo answer that is signed.

use chrono::{DateTime, TimeDelta, Utc};
use gatewright_auth::{claims::LEEWAY, secrets_equal, sso::ProviderError};
use gatewright_domain::Secret;
use openidconnect::core::CoreJsonWebKeySet;

use crate::{
    claims::{Claims, MalformedClaim},
    jws::{self, JwsError, Signed},
    settings::OidcProviderSettings,
    token::Tokens,
};

/// An ID token older than this was not made for a sign-in that ends now.
const OLDEST: TimeDelta = TimeDelta::minutes(30);

/// Why an ID token does not prove anything.
#[derive(Debug, thiserror::Error)]
pub(crate) enum IdTokenError {
    #[error(transparent)]
    Jws(#[from] JwsError),
    #[error("Invalid issuer: another one than ours made it")]
    Issuer,
    #[error("Invalid audiences: {0}")]
    Audience(&'static str),
    #[error("Invalid nonce: it was made for another sign-in")]
    Nonce,
    #[error("Invalid times: {0}")]
    Times(&'static str),
    #[error("Invalid subject: `sub` is not 1 to 255 characters, none of them a control")]
    Subject,
    #[error("Invalid access token: `at_hash` is that of another one")]
    AccessToken,
}

impl IdTokenError {
    /// Whether newer keys of the provider might help.
    pub(crate) fn is_about_keys(&self) -> bool {
        matches!(self, Self::Jws(JwsError::Signature))
    }
}

impl From<MalformedClaim> for IdTokenError {
    fn from(error: MalformedClaim) -> Self {
        Self::Jws(error.into())
    }
}

impl From<IdTokenError> for ProviderError {
    fn from(error: IdTokenError) -> Self {
        match error {
            IdTokenError::Jws(error) => error.into(),
            other => Self::NotProved(other.into()),
        }
    }
}

/// What an ID token has to be held against.
#[derive(Clone, Copy)]
pub(crate) struct Expected<'a> {
    pub(crate) settings: &'a OidcProviderSettings,
    pub(crate) keys: &'a CoreJsonWebKeySet,
    pub(crate) nonce: &'a Secret,
    pub(crate) now: DateTime<Utc>,
}

/// The claims of an ID token that proves who its subject is.
pub(crate) fn verify(tokens: &Tokens, expected: Expected<'_>) -> Result<Claims, IdTokenError> {
    let signed = jws::open("the ID token", tokens.id.expose(), expected.keys)?;
    let claims = &signed.claims;
    require_issuer(claims, expected.settings)?;
    require_audience(claims, expected.settings)?;
    require_times(claims, expected.now)?;
    let nonce = claims.text("nonce")?.unwrap_or_default();
    if !secrets_equal(nonce, expected.nonce.expose()) {
        return Err(IdTokenError::Nonce);
    }
    let subject = claims.need_text("sub")?;
    if !(1..=255).contains(&subject.len()) || subject.chars().any(char::is_control) {
        return Err(IdTokenError::Subject);
    }
    require_access_token(&signed, tokens)?;
    Ok(signed.claims)
}

/// The claims of a signed userinfo answer: for us, by our provider (§5.3.2).
pub(crate) fn verify_userinfo(
    text: &str,
    settings: &OidcProviderSettings,
    keys: &CoreJsonWebKeySet,
) -> Result<Claims, IdTokenError> {
    let claims = jws::open("the userinfo answer", text, keys)?.claims;
    require_issuer(&claims, settings)?;
    require_audience(&claims, settings)?;
    Ok(claims)
}

fn require_issuer(claims: &Claims, settings: &OidcProviderSettings) -> Result<(), IdTokenError> {
    if claims.need_text("iss")? == settings.issuer.as_str() {
        Ok(())
    } else {
        Err(IdTokenError::Issuer)
    }
}

/// The token must be for us. Whoever it is for besides could send a copy of it to us: so they must
/// be known, or the provider must say that it was made for us (`azp`). An `azp` that is not ours was
/// made for somebody else, whatever `aud` says.
fn require_audience(claims: &Claims, settings: &OidcProviderSettings) -> Result<(), IdTokenError> {
    let ours = settings.client_id.as_str();
    let audiences = claims.texts("aud")?;
    let party = claims.text("azp")?;
    if !audiences.contains(&ours) {
        return Err(IdTokenError::Audience("we are not among them"));
    }
    if party.is_some_and(|party| party != ours) {
        return Err(IdTokenError::Audience("`azp` is another client"));
    }
    let is_known = |audience: &&str| {
        *audience == ours || settings.audiences.iter().any(|known| known == audience)
    };
    if party.is_some() || audiences.iter().all(is_known) {
        Ok(())
    } else {
        Err(IdTokenError::Audience(
            "one is not in GATEWRIGHT_OIDC_<NAME>_AUDIENCES, and no `azp` says that it is for us",
        ))
    }
}

/// With [`LEEWAY`] on both sides.
fn require_times(claims: &Claims, now: DateTime<Utc>) -> Result<(), IdTokenError> {
    let (expires_at, issued_at) = (claims.need_instant("exp")?, claims.need_instant("iat")?);
    if expires_at <= now - LEEWAY {
        return Err(IdTokenError::Times("it has expired"));
    }
    if issued_at.max(claims.instant("nbf")?.unwrap_or(issued_at)) > now + LEEWAY {
        return Err(IdTokenError::Times("issued in the future"));
    }
    if issued_at < now - OLDEST {
        return Err(IdTokenError::Times("issued long ago"));
    }
    Ok(())
}

/// `at_hash` may be left out in this flow; when it is there, it must be right.
fn require_access_token(signed: &Signed<'_>, tokens: &Tokens) -> Result<(), IdTokenError> {
    let told = signed.claims.text("at_hash")?;
    let Some((told, own)) = told.zip(signed.access_token_hash(&tokens.access)) else {
        return Ok(());
    };
    if told == own.as_str() {
        Ok(())
    } else {
        Err(IdTokenError::AccessToken)
    }
}
