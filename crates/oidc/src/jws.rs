//! What a provider signed: an ID token, or the answer of a userinfo endpoint. The signatures are
//! openidconnect's; its reader of claims is not used, because it refuses a token for the type of a
//! claim that nobody asks for.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use gatewright_auth::sso::ProviderError;
use openidconnect::{
    AccessToken, AccessTokenHash, JsonWebKey as _,
    core::{CoreJsonWebKey, CoreJsonWebKeySet, CoreJwsSigningAlgorithm as Alg},
};

use crate::claims::{Claims, MalformedClaim};

/// Signatures that only the provider can make. No `none`, and no HMAC: a client secret is no proof
/// of who signed.
const SIGNATURES: [(&str, Alg); 9] = [
    ("RS256", Alg::RsaSsaPkcs1V15Sha256),
    ("RS384", Alg::RsaSsaPkcs1V15Sha384),
    ("RS512", Alg::RsaSsaPkcs1V15Sha512),
    ("PS256", Alg::RsaSsaPssSha256),
    ("PS384", Alg::RsaSsaPssSha384),
    ("PS512", Alg::RsaSsaPssSha512),
    ("ES256", Alg::EcdsaP256Sha256),
    ("ES384", Alg::EcdsaP384Sha384),
    ("EdDSA", Alg::EdDsa),
];

/// Why nothing that was signed can be read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum JwsError {
    /// It is not what it should be.
    #[error(transparent)]
    Malformed(#[from] MalformedClaim),
    /// The header asks for something that we do not do.
    #[error("the token's header {0}")]
    Header(&'static str),
    /// No key of the provider made this signature. Perhaps the keys are new.
    #[error("Signature verification failed")]
    Signature,
}

impl From<JwsError> for ProviderError {
    fn from(error: JwsError) -> Self {
        match error {
            JwsError::Malformed(claim) => Self::Malformed(claim.into()),
            other => Self::NotProved(other.into()),
        }
    }
}

/// Claims under a good signature.
#[derive(Debug)]
pub(crate) struct Signed<'k> {
    /// What was signed.
    pub(crate) claims: Claims,
    alg: Alg,
    key: &'k CoreJsonWebKey,
}

impl Signed<'_> {
    /// The hash that `at_hash` is of an access token (OpenID Connect Core §3.1.3.6); none when the
    /// algorithm has none.
    pub(crate) fn access_token_hash(&self, token: &AccessToken) -> Option<AccessTokenHash> {
        AccessTokenHash::from_token(token, &self.alg, self.key).ok()
    }
}

/// Checks header and signature of a compact JWS; `what` is its name in errors.
pub(crate) fn open<'k>(
    what: &'static str,
    text: &str,
    keys: &'k CoreJsonWebKeySet,
) -> Result<Signed<'k>, JwsError> {
    let shape = || MalformedClaim::new(what, "is not a signed token of three parts");
    let decode = |part: &str| URL_SAFE_NO_PAD.decode(part).map_err(|_| shape());
    let (message, signature) = text.rsplit_once('.').ok_or_else(shape)?;
    let (header, payload) = message.split_once('.').ok_or_else(shape)?;
    let header = Claims::read(what, &decode(header)?)?;
    let alg = algorithm(&header)?;
    let (payload, signature) = (decode(payload)?, decode(signature)?);
    let kid = header.text("kid")?;
    // Every key that may have signed is tried: some providers send no `kid`, or one for two keys.
    let mut named = keys
        .keys()
        .iter()
        .filter(|key| kid.is_none() || kid == key.key_id().map(|id| id.as_str()));
    let key = named
        .find(|key| {
            key.verify_signature(&alg, message.as_bytes(), &signature)
                .is_ok()
        })
        .ok_or(JwsError::Signature)?;
    Ok(Signed {
        claims: Claims::read(what, &payload)?,
        alg,
        key,
    })
}

/// The algorithm, when the header says nothing that would change how the token is read (RFC 7515
/// §4.1.11), and is not that of another kind of token (RFC 8725 §3.11).
fn algorithm(header: &Claims) -> Result<Alg, JwsError> {
    let kind = header.text("typ")?.map(str::to_ascii_lowercase);
    let usual = ["jwt", "application/jwt", "jose", "application/jose"];
    if kind.is_some_and(|kind| !usual.contains(&kind.as_str())) {
        return Err(JwsError::Header("says that it is another kind of token"));
    }
    if header.has("crit") || header.has("cty") || header.has("b64") {
        return Err(JwsError::Header("asks for an extension"));
    }
    let name = header.need_text("alg")?;
    let found = SIGNATURES.iter().find(|(known, _)| *known == name);
    found
        .map(|(_, alg)| alg.clone())
        .ok_or(JwsError::Header("names a signature that is no proof"))
}
