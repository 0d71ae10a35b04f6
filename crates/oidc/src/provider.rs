//! One provider: the way out, and everything that is checked on the way back.

use std::{error::Error, sync::Arc, time::Duration};

use chrono::{DateTime, TimeDelta, Utc};
use gatewright_auth::{
    claims::LEEWAY,
    sso::{
        Answer, AuthenticatedPerson, IdentityProvider, Pending, ProviderError, ProviderName,
        Redirection, RoundTrip,
    },
};
use gatewright_domain::{Clock, external_subject::ExternalSubject};
use gatewright_outbound::{Outbound, OutboundError};
use openidconnect::{
    AccessToken, AuthType, AuthorizationCode, ClaimsVerificationError, ClientId, ClientSecret,
    CsrfToken, EndUserEmail, EndpointMaybeSet, EndpointNotSet, EndpointSet, IssuerUrl, Nonce,
    OAuth2TokenResponse as _, PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, RequestTokenError,
    Scope, TokenResponse as _,
    core::{
        CoreAuthenticationFlow, CoreClient, CoreClientAuthMethod, CoreIdTokenClaims,
        CoreJwsSigningAlgorithm as Alg, CoreTokenResponse, CoreUserInfoClaims,
    },
};

use crate::{
    discovery::{Discovery, Metadata, exchange},
    settings::OidcProviderSettings,
};

/// One exchange, the way out, and the way back with all its exchanges.
const EXCHANGE_BUDGET: Duration = Duration::from_millis(1600);
const BEGIN_BUDGET: Duration = Duration::from_millis(1700);
const FINISH_BUDGET: Duration = Duration::from_millis(2600);

/// Signatures that only the provider can make. No `none`, and no HMAC: a client secret is no proof
/// of who signed.
const SIGNATURES: [Alg; 9] = [
    Alg::RsaSsaPkcs1V15Sha256,
    Alg::RsaSsaPkcs1V15Sha384,
    Alg::RsaSsaPkcs1V15Sha512,
    Alg::RsaSsaPssSha256,
    Alg::RsaSsaPssSha384,
    Alg::RsaSsaPssSha512,
    Alg::EcdsaP256Sha256,
    Alg::EcdsaP384Sha384,
    Alg::EdDsa,
];

/// An OpenID Connect provider.
pub struct OidcProvider {
    settings: OidcProviderSettings,
    issuer: IssuerUrl,
    discovery: Discovery,
    http: Outbound,
    clock: Arc<dyn Clock>,
}

type Client = CoreClient<
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointMaybeSet,
    EndpointMaybeSet,
>;

fn unavailable(error: impl Into<Box<dyn Error + Send + Sync>>) -> ProviderError {
    ProviderError::Unavailable(error.into())
}

fn not_proved(error: impl Into<Box<dyn Error + Send + Sync>>) -> ProviderError {
    ProviderError::NotProved(error.into())
}

impl OidcProvider {
    /// Nothing is fetched before the first sign-in.
    ///
    /// # Errors
    /// When no HTTP client can be made.
    pub fn new(
        settings: OidcProviderSettings,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, OutboundError> {
        let http = Outbound::new(EXCHANGE_BUDGET)?;
        let issuer = IssuerUrl::new(settings.issuer.as_str().to_owned())
            .map_err(|error| OutboundError::Malformed(error.into()))?;
        Ok(Self {
            discovery: Discovery::new(issuer.clone(), http.clone()),
            settings,
            issuer,
            http,
            clock,
        })
    }

    /// Whether the provider says who it is, and is who the settings say.
    ///
    /// # Errors
    /// Why not.
    pub async fn probe(&self) -> Result<(), ProviderError> {
        self.discovery.metadata(self.clock.now()).await.map(drop)
    }

    fn client(&self, metadata: &Metadata, redirect_uri: &str) -> Result<Client, ProviderError> {
        let secret = self.settings.client_secret.as_ref();
        let client = CoreClient::from_provider_metadata(
            metadata.clone(),
            ClientId::new(self.settings.client_id.clone()),
            secret.map(|secret| ClientSecret::new(secret.expose().to_owned())),
        )
        .set_redirect_uri(RedirectUrl::new(redirect_uri.to_owned()).map_err(unavailable)?);
        Ok(client.set_auth_type(auth_type(metadata)))
    }

    async fn redirection(
        &self,
        trip: &RoundTrip,
        redirect_uri: &str,
    ) -> Result<Redirection, ProviderError> {
        let metadata = self.discovery.metadata(self.clock.now()).await?;
        let client = self.client(&metadata, redirect_uri)?;
        let verifier = PkceCodeVerifier::new(trip.pkce_verifier.expose().to_owned());
        let (state, nonce) = (
            trip.state.expose().to_owned(),
            trip.nonce.expose().to_owned(),
        );
        let (url, _, _) = client
            .authorize_url(
                CoreAuthenticationFlow::AuthorizationCode,
                move || CsrfToken::new(state),
                move || Nonce::new(nonce),
            )
            .add_scopes(self.settings.scopes.iter().cloned().map(Scope::new))
            .set_pkce_challenge(PkceCodeChallenge::from_code_verifier_sha256(&verifier))
            .url();
        Ok(Redirection { url: url.into() })
    }

    async fn person(
        &self,
        trip: &RoundTrip,
        redirect_uri: &str,
        answer: Answer,
    ) -> Result<AuthenticatedPerson, ProviderError> {
        let now = self.clock.now();
        let metadata = self.discovery.metadata(now).await?;
        self.require_issuer(&metadata, answer.issuer.as_deref())?;
        let client = self.client(&metadata, redirect_uri)?;
        let tokens = self.exchange_code(&client, trip, &answer).await?;
        let claims = match verify(&client, &tokens, trip, now) {
            Err(ClaimsVerificationError::SignatureVerification(_)) => {
                // Perhaps the provider has changed its keys since we looked.
                let newer = self.discovery.newer_than(&metadata, now).await?;
                let client = self.client(&newer, redirect_uri)?;
                verify(&client, &tokens, trip, now)
            }
            outcome => outcome,
        }
        .map_err(not_proved)?;
        self.identify(&client, &claims, tokens.access_token()).await
    }

    /// RFC 9207: an `iss` must be the right one, and must be there when the provider says it sends it.
    fn require_issuer(
        &self,
        metadata: &Metadata,
        issuer: Option<&str>,
    ) -> Result<(), ProviderError> {
        let announced = metadata
            .additional_metadata()
            .authorization_response_iss_parameter_supported;
        match issuer {
            Some(issuer) if issuer == self.issuer.as_str() => Ok(()),
            Some(_) => Err(not_proved("another issuer answered")),
            None if announced => Err(not_proved("the answer does not say who answers")),
            None => Ok(()),
        }
    }

    async fn exchange_code(
        &self,
        client: &Client,
        trip: &RoundTrip,
        answer: &Answer,
    ) -> Result<CoreTokenResponse, ProviderError> {
        let code = AuthorizationCode::new(answer.code.expose().to_owned());
        let verifier = PkceCodeVerifier::new(trip.pkce_verifier.expose().to_owned());
        client
            .exchange_code(code)
            .map_err(unavailable)?
            .set_pkce_verifier(verifier)
            .request_async(&exchange(&self.http))
            .await
            .map_err(|error| match error {
                RequestTokenError::ServerResponse(refusal) => {
                    tracing::warn!(provider = %self.settings.name, error = %refusal.error(), "the provider refused the code");
                    ProviderError::Refused
                }
                other => unavailable(other.to_string()),
            })
    }

    /// Address and name from the ID token, or, when they are not in it, from the userinfo endpoint.
    async fn identify(
        &self,
        client: &Client,
        claims: &CoreIdTokenClaims,
        access_token: &AccessToken,
    ) -> Result<AuthenticatedPerson, ProviderError> {
        let mut email = verified(claims.email(), claims.email_verified());
        let mut name = claims.name().and_then(|name| name.get(None)).cloned();
        if claims.email().is_none() {
            let about: CoreUserInfoClaims = client
                .user_info(access_token.clone(), Some(claims.subject().clone()))
                .map_err(|_| ProviderError::EmailNotVerified)?
                .request_async(&exchange(&self.http))
                .await
                .map_err(|error| unavailable(error.to_string()))?;
            email = verified(about.email(), about.email_verified());
            name = name.or(about.name().and_then(|name| name.get(None)).cloned());
        }
        let email = email.and_then(|email| email.as_str().parse().ok());
        let subject = claims.subject().as_str();
        if !(1..=255).contains(&subject.len()) {
            return Err(not_proved("`sub` is not 1 to 255 characters"));
        }
        Ok(AuthenticatedPerson {
            subject: ExternalSubject {
                email: email.ok_or(ProviderError::EmailNotVerified)?,
                issuer: self.settings.issuer.clone(),
            },
            provider_subject: subject.to_owned(),
            name: name.map(|name| name.as_str().to_owned()),
        })
    }
}

fn verified(email: Option<&EndUserEmail>, is_verified: Option<bool>) -> Option<EndUserEmail> {
    email.filter(|_| is_verified == Some(true)).cloned()
}

/// HTTP Basic unless the provider takes the secret in the body only.
fn auth_type(metadata: &Metadata) -> AuthType {
    let post_only = metadata
        .token_endpoint_auth_methods_supported()
        .is_some_and(|methods| {
            !methods.contains(&CoreClientAuthMethod::ClientSecretBasic)
                && methods.contains(&CoreClientAuthMethod::ClientSecretPost)
        });
    if post_only {
        AuthType::RequestBody
    } else {
        AuthType::BasicAuth
    }
}

/// Signature, issuer, audience, nonce, and times with [`LEEWAY`] on both sides.
fn verify(
    client: &Client,
    tokens: &CoreTokenResponse,
    trip: &RoundTrip,
    now: DateTime<Utc>,
) -> Result<CoreIdTokenClaims, ClaimsVerificationError> {
    let token = tokens
        .id_token()
        .ok_or_else(|| ClaimsVerificationError::Other("there is no ID token".into()))?;
    let nonce = Nonce::new(trip.nonce.expose().to_owned());
    let verifier = client
        .id_token_verifier()
        .set_allowed_algs(SIGNATURES)
        .set_time_fn(move || now - LEEWAY)
        .set_issue_time_verifier_fn(move |issued_at| {
            if issued_at > now + LEEWAY {
                Err("issued in the future".into())
            } else if issued_at < now - TimeDelta::minutes(30) {
                Err("issued long ago".into())
            } else {
                Ok(())
            }
        });
    token.claims(&verifier, &nonce).cloned()
}

async fn within<T>(
    budget: Duration,
    work: impl Future<Output = Result<T, ProviderError>>,
) -> Result<T, ProviderError> {
    tokio::time::timeout(budget, work)
        .await
        .unwrap_or_else(|late| Err(unavailable(late)))
}

impl IdentityProvider for OidcProvider {
    fn name(&self) -> &ProviderName {
        &self.settings.name
    }

    fn issuer(&self) -> &str {
        self.issuer.as_str()
    }

    fn label(&self) -> &str {
        &self.settings.label
    }

    fn begin<'a>(
        &'a self,
        trip: &'a RoundTrip,
        redirect_uri: &'a str,
    ) -> Pending<'a, Result<Redirection, ProviderError>> {
        Box::pin(within(BEGIN_BUDGET, self.redirection(trip, redirect_uri)))
    }

    fn finish<'a>(
        &'a self,
        trip: &'a RoundTrip,
        redirect_uri: &'a str,
        answer: Answer,
    ) -> Pending<'a, Result<AuthenticatedPerson, ProviderError>> {
        Box::pin(within(
            FINISH_BUDGET,
            self.person(trip, redirect_uri, answer),
        ))
    }
}
