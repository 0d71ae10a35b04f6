//! What the token endpoint answers, as far as it is used: whatever `expires_in`, `scope` or
//! `token_type` look like does not matter here.

use std::{fmt, time::Duration};

use gatewright_domain::Secret;
use openidconnect::{
    AccessToken, EmptyAdditionalClaims, IdToken, OAuth2TokenResponse, RefreshToken, Scope,
    TokenResponse,
    core::{
        CoreGenderClaim, CoreJweContentEncryptionAlgorithm, CoreJwsSigningAlgorithm, CoreTokenType,
    },
};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _, ser::Error as _};

use crate::claims::Claims;

/// The two tokens that we use.
pub(crate) struct Tokens {
    pub(crate) access: AccessToken,
    pub(crate) id: Secret,
}

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tokens")
    }
}

impl<'de> Deserialize<'de> for Tokens {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let answer = Claims::deserialize(deserializer)?;
        let text = |name| answer.need_text(name).map(str::to_owned);
        Ok(Self {
            access: AccessToken::new(text("access_token").map_err(D::Error::custom)?),
            id: Secret::new(text("id_token").map_err(D::Error::custom)?),
        })
    }
}

/// The trait asks for it, nobody does it.
impl Serialize for Tokens {
    fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
        Err(S::Error::custom("tokens are not written"))
    }
}

impl OAuth2TokenResponse for Tokens {
    type TokenType = CoreTokenType;

    fn access_token(&self) -> &AccessToken {
        &self.access
    }
    fn token_type(&self) -> &CoreTokenType {
        &CoreTokenType::Bearer
    }
    fn expires_in(&self) -> Option<Duration> {
        None
    }
    fn refresh_token(&self) -> Option<&RefreshToken> {
        None
    }
    fn scopes(&self) -> Option<&Vec<Scope>> {
        None
    }
}

impl
    TokenResponse<
        EmptyAdditionalClaims,
        CoreGenderClaim,
        CoreJweContentEncryptionAlgorithm,
        CoreJwsSigningAlgorithm,
    > for Tokens
{
    /// Ours is a text, read by `id_token`.
    fn id_token(
        &self,
    ) -> Option<
        &IdToken<
            EmptyAdditionalClaims,
            CoreGenderClaim,
            CoreJweContentEncryptionAlgorithm,
            CoreJwsSigningAlgorithm,
        >,
    > {
        None
    }
}
