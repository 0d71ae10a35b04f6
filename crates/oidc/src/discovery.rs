//! What a provider publishes about itself, and the memory of it.

use std::{sync::Arc, time::Duration};

use chrono::{DateTime, Utc};
use gatewright_auth::sso::ProviderError;
use gatewright_domain::interval::elapsed;
use gatewright_outbound::{Outbound, OutboundError};
use http::{Request, Response};
use openidconnect::{
    AdditionalProviderMetadata, IssuerUrl, ProviderMetadata, TokenUrl, UserInfoUrl,
    core::{
        CoreAuthDisplay, CoreClaimName, CoreClaimType, CoreClientAuthMethod, CoreGrantType,
        CoreJsonWebKey, CoreJweContentEncryptionAlgorithm, CoreJweKeyManagementAlgorithm,
        CoreResponseMode, CoreResponseType, CoreSubjectIdentifierType,
    },
};
use serde::{Deserialize, Serialize};
use tokio::sync::Mutex;

/// How long what was discovered is used.
const MEMORY: Duration = Duration::from_secs(3600);

/// RFC 9207 §3.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct ResponseIssuer {
    #[serde(default)]
    pub(crate) authorization_response_iss_parameter_supported: bool,
}

impl AdditionalProviderMetadata for ResponseIssuer {}

pub(crate) type Metadata = ProviderMetadata<
    ResponseIssuer,
    CoreAuthDisplay,
    CoreClientAuthMethod,
    CoreClaimName,
    CoreClaimType,
    CoreGrantType,
    CoreJweContentEncryptionAlgorithm,
    CoreJweKeyManagementAlgorithm,
    CoreJsonWebKey,
    CoreResponseMode,
    CoreResponseType,
    CoreSubjectIdentifierType,
>;

/// Discovery document and keys of one provider.
pub(crate) struct Discovery {
    issuer: IssuerUrl,
    http: Outbound,
    /// One caller fetches, the others wait for what comes.
    known: Mutex<Option<(DateTime<Utc>, Arc<Metadata>)>>,
}

impl Discovery {
    pub(crate) fn new(issuer: IssuerUrl, http: Outbound) -> Self {
        Self {
            issuer,
            http,
            known: Mutex::new(None),
        }
    }

    /// From memory, or fetched.
    pub(crate) async fn metadata(
        &self,
        now: DateTime<Utc>,
    ) -> Result<Arc<Metadata>, ProviderError> {
        let mut known = self.known.lock().await;
        if let Some((fetched_at, metadata)) = &*known
            && elapsed(*fetched_at, now).is_ok_and(|age| age < MEMORY)
        {
            return Ok(Arc::clone(metadata));
        }
        self.fetch(&mut known, now).await
    }

    /// Fetched again, because `stale` does not know the key of a token. Whoever waited for somebody
    /// else's fetch takes that one's result.
    pub(crate) async fn newer_than(
        &self,
        stale: &Arc<Metadata>,
        now: DateTime<Utc>,
    ) -> Result<Arc<Metadata>, ProviderError> {
        let mut known = self.known.lock().await;
        match &*known {
            Some((_, metadata)) if !Arc::ptr_eq(metadata, stale) => Ok(Arc::clone(metadata)),
            _ => self.fetch(&mut known, now).await,
        }
    }

    async fn fetch(
        &self,
        known: &mut Option<(DateTime<Utc>, Arc<Metadata>)>,
        now: DateTime<Utc>,
    ) -> Result<Arc<Metadata>, ProviderError> {
        let http = exchange(&self.http);
        let metadata = Metadata::discover_async(self.issuer.clone(), &http)
            .await
            .map_err(|error| ProviderError::Unavailable(error.into()))?;
        require_protected(&self.issuer, &metadata)?;
        let metadata = Arc::new(metadata);
        *known = Some((now, Arc::clone(&metadata)));
        Ok(metadata)
    }
}

/// Our client in the shape that openidconnect takes.
pub(crate) fn exchange(
    http: &Outbound,
) -> impl Fn(Request<Vec<u8>>) -> Exchange + Send + Sync + 'static {
    let http = http.clone();
    move |request| {
        let http = http.clone();
        Box::pin(async move { http.send(request).await })
    }
}

type Exchange =
    std::pin::Pin<Box<dyn Future<Output = Result<Response<Vec<u8>>, OutboundError>> + Send>>;

/// A provider with https must not send secrets or browsers to http.
fn require_protected(issuer: &IssuerUrl, metadata: &Metadata) -> Result<(), ProviderError> {
    let protected = issuer.url().scheme() == "https";
    let endpoints = [
        Some(metadata.authorization_endpoint().url()),
        metadata.token_endpoint().map(TokenUrl::url),
        metadata.userinfo_endpoint().map(UserInfoUrl::url),
        Some(metadata.jwks_uri().url()),
    ];
    let sound = endpoints
        .into_iter()
        .flatten()
        .all(|url| url.scheme() == "https" || (!protected && url.scheme() == "http"));
    if sound {
        Ok(())
    } else {
        Err(ProviderError::Unavailable(
            "the discovery document names an endpoint without https".into(),
        ))
    }
}
