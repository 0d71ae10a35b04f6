//! One provider: the way out, and everything that is checked on the way back.

use std::{error::Error, sync::Arc, time::Duration};

use chrono::{DateTime, Utc};
use gatewright_auth::sso::{
    Answer, AuthenticatedPerson, IdentityProvider, Pending, ProviderError, ProviderName,
    Redirection, RoundTrip,
};
use gatewright_domain::{Clock, external_subject::ExternalSubject};
use gatewright_outbound::{Outbound, OutboundError};
use http::header;
use openidconnect::{
    AuthorizationCode, Client, ClientId, ClientSecret, CsrfToken, EmptyAdditionalClaims,
    EndpointNotSet, EndpointSet, IssuerUrl, Nonce, PkceCodeChallenge, PkceCodeVerifier,
    RedirectUrl, RequestTokenError, Scope, StandardErrorResponse,
    core::{
        CoreAuthDisplay, CoreAuthPrompt, CoreAuthenticationFlow, CoreErrorResponseType,
        CoreGenderClaim, CoreJsonWebKey, CoreJweContentEncryptionAlgorithm, CoreRevocableToken,
        CoreRevocationErrorResponse, CoreTokenIntrospectionResponse,
    },
};

use crate::{
    about::About,
    claims::Claims,
    discovery::{Discovery, Metadata, Step},
    exchange::{get, token_client},
    id_token::{Expected, verify, verify_userinfo},
    settings::OidcProviderSettings,
    token::Tokens,
};

/// The exchanges that somebody who comes back may wait for, one after the other: what is published,
/// the code, the keys once more, userinfo.
const EXCHANGES: u32 = 4;

/// An OpenID Connect provider.
pub struct OidcProvider {
    settings: OidcProviderSettings,
    issuer: IssuerUrl,
    discovery: Discovery,
    http: Outbound,
    /// For one exchange.
    budget: Duration,
    clock: Arc<dyn Clock>,
}

/// openidconnect's client, with our reading of the token endpoint's answer.
type OurClient = Client<
    EmptyAdditionalClaims,
    CoreAuthDisplay,
    CoreGenderClaim,
    CoreJweContentEncryptionAlgorithm,
    CoreJsonWebKey,
    CoreAuthPrompt,
    StandardErrorResponse<CoreErrorResponseType>,
    Tokens,
    CoreTokenIntrospectionResponse,
    CoreRevocableToken,
    CoreRevocationErrorResponse,
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointSet,
    EndpointNotSet,
>;

fn not_proved(error: impl Into<Box<dyn Error + Send + Sync>>) -> ProviderError {
    ProviderError::NotProved(error.into())
}

impl OidcProvider {
    /// Nothing is fetched before the first sign-in. Each exchange takes at most `budget`.
    ///
    /// # Errors
    /// When no HTTP client can be made.
    pub fn new(
        settings: OidcProviderSettings,
        budget: Duration,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, OutboundError> {
        let http = Outbound::new(budget)?;
        let issuer = IssuerUrl::new(settings.issuer.as_str().to_owned())
            .map_err(|error| OutboundError::Malformed(error.into()))?;
        Ok(Self {
            discovery: Discovery::new(issuer.clone(), http.clone(), budget),
            settings,
            issuer,
            http,
            budget,
            clock,
        })
    }

    /// Whether the provider says who it is, and is who the settings say.
    ///
    /// # Errors
    /// Why not.
    pub async fn probe(&self) -> Result<(), ProviderError> {
        let now = self.clock.now();
        self.discovery.metadata(Step::Begin, now).await.map(drop)
    }

    fn client(&self, metadata: &Metadata, redirect_uri: &str) -> Result<OurClient, ProviderError> {
        let redirect_uri = RedirectUrl::new(redirect_uri.to_owned());
        let id = ClientId::new(self.settings.client_id.clone());
        let client = Client::new(id, self.issuer.clone(), metadata.keys.clone())
            .set_auth_uri(metadata.authorization.clone())
            .set_token_uri(metadata.token.clone())
            .set_auth_type(metadata.auth_type.clone())
            .set_redirect_uri(redirect_uri.map_err(|e| ProviderError::Unavailable(e.into()))?);
        Ok(match &self.settings.client_secret {
            Some(secret) => client.set_client_secret(ClientSecret::new(secret.expose().to_owned())),
            None => client,
        })
    }

    async fn redirection(
        &self,
        trip: &RoundTrip,
        redirect_uri: &str,
    ) -> Result<Redirection, ProviderError> {
        let now = self.clock.now();
        let metadata = self.discovery.metadata(Step::Begin, now).await?;
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
        let mut metadata = self.discovery.metadata(Step::Finish, now).await?;
        self.require_issuer(&metadata, answer.issuer.as_deref())?;
        let client = self.client(&metadata, redirect_uri)?;
        let tokens = self.exchange_code(&client, trip, &answer).await?;
        let mut claims = verify(&tokens, self.expected(trip, &metadata, now));
        if claims
            .as_ref()
            .is_err_and(super::id_token::IdTokenError::is_about_keys)
        {
            // Perhaps the provider has changed its keys since we looked.
            metadata = self.discovery.newer_than(&metadata, now).await?;
            claims = verify(&tokens, self.expected(trip, &metadata, now));
        }
        self.identify(&metadata, &claims?, &tokens).await
    }

    fn expected<'a>(
        &'a self,
        trip: &'a RoundTrip,
        metadata: &'a Metadata,
        now: DateTime<Utc>,
    ) -> Expected<'a> {
        Expected {
            settings: &self.settings,
            keys: &metadata.keys,
            nonce: &trip.nonce,
            now,
        }
    }

    /// RFC 9207: an `iss` must be the right one, and must be there when the provider says it sends it.
    fn require_issuer(
        &self,
        metadata: &Metadata,
        issuer: Option<&str>,
    ) -> Result<(), ProviderError> {
        match issuer {
            Some(issuer) if issuer == self.issuer.as_str() => Ok(()),
            Some(_) => Err(not_proved("another issuer answered")),
            None if metadata.says_who_answers => {
                Err(not_proved("the answer does not say who answers"))
            }
            None => Ok(()),
        }
    }

    async fn exchange_code(
        &self,
        client: &OurClient,
        trip: &RoundTrip,
        answer: &Answer,
    ) -> Result<Tokens, ProviderError> {
        let code = AuthorizationCode::new(answer.code.expose().to_owned());
        let verifier = PkceCodeVerifier::new(trip.pkce_verifier.expose().to_owned());
        client
            .exchange_code(code)
            .set_pkce_verifier(verifier)
            .request_async(&token_client(&self.http))
            .await
            .map_err(|error| match error {
                RequestTokenError::ServerResponse(refusal) => {
                    ProviderError::Refused(refusal.error().to_string())
                }
                RequestTokenError::Request(outage) => outage.into(),
                // Never the answer itself: it may hold tokens.
                RequestTokenError::Parse(error, _) => {
                    ProviderError::Malformed(format!("the token answer: {}", error.inner()).into())
                }
                RequestTokenError::Other(problem) => {
                    ProviderError::Malformed(format!("the token answer: {problem}").into())
                }
            })
    }

    /// Address and name from the ID token, or, when they are not in it, from the userinfo endpoint.
    async fn identify(
        &self,
        metadata: &Metadata,
        claims: &Claims,
        tokens: &Tokens,
    ) -> Result<AuthenticatedPerson, ProviderError> {
        let mut about = About::read(claims)?;
        let subject = claims.need_text("sub")?;
        if let Some(url) = &metadata.userinfo
            && about.is_incomplete()
        {
            let told = self.userinfo(metadata, url.as_str(), tokens).await?;
            // §5.3.2: a userinfo answer about somebody else must not be used.
            if told.need_text("sub")? != subject {
                return Err(not_proved("the userinfo answer is about somebody else"));
            }
            about = about.completed_by(About::read(&told)?);
        }
        Ok(AuthenticatedPerson {
            subject: ExternalSubject {
                email: about.verified_email()?,
                issuer: self.settings.issuer.clone(),
            },
            provider_subject: subject.to_owned(),
            name: about.name,
        })
    }

    async fn userinfo(
        &self,
        metadata: &Metadata,
        url: &str,
        tokens: &Tokens,
    ) -> Result<Claims, ProviderError> {
        let what = "the userinfo answer";
        let answer = get(&self.http, what, url, Some(tokens.access.secret())).await?;
        let kind = answer.headers().get(header::CONTENT_TYPE);
        let kind = kind.and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        if !kind.to_ascii_lowercase().starts_with("application/jwt") {
            return Ok(Claims::read(what, answer.body())?);
        }
        let text = std::str::from_utf8(answer.body()).unwrap_or_default();
        Ok(verify_userinfo(text, &self.settings, &metadata.keys)?)
    }
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

    fn timeout(&self) -> Duration {
        self.budget * EXCHANGES
    }

    fn begin<'a>(
        &'a self,
        trip: &'a RoundTrip,
        redirect_uri: &'a str,
    ) -> Pending<'a, Result<Redirection, ProviderError>> {
        Box::pin(self.redirection(trip, redirect_uri))
    }

    fn finish<'a>(
        &'a self,
        trip: &'a RoundTrip,
        redirect_uri: &'a str,
        answer: Answer,
    ) -> Pending<'a, Result<AuthenticatedPerson, ProviderError>> {
        Box::pin(self.person(trip, redirect_uri, answer))
    }
}
