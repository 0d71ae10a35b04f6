//! The port to one OpenID Connect provider.

use std::{fmt, str::FromStr, time::Duration};

use gatewright_domain::{Secret, external_subject::ExternalSubject};

use super::{Pending, RoundTrip};

/// The name of a configured provider: 1 to 16 of `a-z 0-9 -`; part of its redirect URI.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ProviderName(String);

/// The text is no name of a provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not 1 to 16 of a-z, 0-9 and -")]
pub struct InvalidProviderName;

impl ProviderName {
    /// The name as it stands in the settings and in the redirect URI.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for ProviderName {
    type Err = InvalidProviderName;

    fn from_str(text: &str) -> Result<Self, InvalidProviderName> {
        let usable = (1..=16).contains(&text.len())
            && text
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        if usable {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidProviderName)
        }
    }
}

impl fmt::Display for ProviderName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Where the browser goes to sign in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Redirection {
    /// The authorization request.
    pub url: String,
}

/// What the provider sent the browser back with (RFC 6749 §4.1.2, RFC 9207).
#[derive(Debug, Clone)]
pub struct Answer {
    /// The authorization code.
    pub code: Secret,
    /// `iss`, when there is one.
    pub issuer: Option<String>,
}

/// Somebody who signed in at a provider, with an address that the provider has verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuthenticatedPerson {
    /// Address and issuer.
    pub subject: ExternalSubject,
    /// `sub`: what the provider knows them by, 1 to 255 characters. With the issuer it is the
    /// identity; the address is not.
    pub provider_subject: String,
    /// `name`, when the provider tells it.
    pub name: Option<String>,
}

/// Why a sign-in at a provider leads nowhere.
#[derive(Debug, thiserror::Error)]
pub enum ProviderError {
    /// It did not answer in time, or said itself that it cannot answer now: 502.
    #[error("provider_unavailable")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// It answered, but what is used of its answer is not what it must be. The source names it.
    #[error("provider_malformed")]
    Malformed(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// It refused the code: spent, expired, or not for us. In its words.
    #[error("the provider refused the code: {0}")]
    Refused(String),
    /// The ID token does not hold: signature, issuer, audience, nonce, times; or the wrong issuer
    /// answered.
    #[error("identity_not_proved")]
    NotProved(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// It tells no address.
    #[error("email_missing")]
    EmailMissing,
    /// The address is none: blanks, for one.
    #[error("email_unusable")]
    EmailUnusable,
    /// It does not vouch for the address.
    #[error("email_not_verified")]
    EmailNotVerified,
}

/// One OpenID Connect provider.
pub trait IdentityProvider: Send + Sync {
    /// Its name here.
    fn name(&self) -> &ProviderName;

    /// Its issuer, as identities name it.
    fn issuer(&self) -> &str;

    /// What people call it.
    fn label(&self) -> &str;

    /// What the longest of both ways may take.
    fn timeout(&self) -> Duration;

    /// The authorization request of a round trip: code flow with PKCE.
    fn begin<'a>(
        &'a self,
        trip: &'a RoundTrip,
        redirect_uri: &'a str,
    ) -> Pending<'a, Result<Redirection, ProviderError>>;

    /// Exchanges the code and checks everything that comes back.
    fn finish<'a>(
        &'a self,
        trip: &'a RoundTrip,
        redirect_uri: &'a str,
        answer: Answer,
    ) -> Pending<'a, Result<AuthenticatedPerson, ProviderError>>;
}
