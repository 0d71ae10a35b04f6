//! What a provider publishes about itself, and the memory of it.

use std::{sync::Arc, time::Duration};

use chrono::{DateTime, Utc};
use gatewright_auth::sso::ProviderError;
use gatewright_domain::interval::elapsed;
use gatewright_outbound::Outbound;
use openidconnect::{
    AuthType, AuthUrl, IssuerUrl, JsonWebKeySetUrl, TokenUrl, UserInfoUrl, core::CoreJsonWebKeySet,
};
use tokio::sync::Mutex;
use url::Url;

use crate::{
    claims::{Claims, MalformedClaim},
    exchange::get,
};

/// How long what was discovered is used to begin a sign-in.
const MEMORY: Duration = Duration::from_hours(1);
/// Somebody who comes back does not wait for it to be fetched again.
const LONGER_MEMORY: Duration = Duration::from_hours(2);
/// OpenID Connect Discovery §4.
const PATH: &str = "/.well-known/openid-configuration";

/// What is used of what a provider publishes. Anything else in it may look as it likes.
pub(crate) struct Metadata {
    pub(crate) authorization: AuthUrl,
    pub(crate) token: TokenUrl,
    pub(crate) userinfo: Option<UserInfoUrl>,
    pub(crate) auth_type: AuthType,
    /// RFC 9207 §3.
    pub(crate) says_who_answers: bool,
    pub(crate) keys: CoreJsonWebKeySet,
}

/// Discovery document and keys of one provider.
pub(crate) struct Discovery {
    issuer: IssuerUrl,
    http: Outbound,
    /// For both exchanges together, and for waiting for somebody else's.
    budget: Duration,
    /// One caller fetches, the others wait for what comes.
    known: Mutex<Option<(DateTime<Utc>, Arc<Metadata>)>>,
}

/// For what it is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    Begin,
    Finish,
}

impl Discovery {
    pub(crate) fn new(issuer: IssuerUrl, http: Outbound, budget: Duration) -> Self {
        Self {
            issuer,
            http,
            budget,
            known: Mutex::new(None),
        }
    }

    /// From memory, or fetched.
    pub(crate) async fn metadata(
        &self,
        step: Step,
        now: DateTime<Utc>,
    ) -> Result<Arc<Metadata>, ProviderError> {
        let memory = match step {
            Step::Begin => MEMORY,
            Step::Finish => LONGER_MEMORY,
        };
        self.unless(now, |fetched_at, _| {
            elapsed(fetched_at, now).is_ok_and(|age| age < memory)
        })
        .await
    }

    /// Fetched again, because `stale` does not know the key of a token. Whoever waited for somebody
    /// else's fetch takes that one's result.
    pub(crate) async fn newer_than(
        &self,
        stale: &Arc<Metadata>,
        now: DateTime<Utc>,
    ) -> Result<Arc<Metadata>, ProviderError> {
        self.unless(now, |_, known| !Arc::ptr_eq(known, stale))
            .await
    }

    /// Fetched, unless what is known will do. Whoever waits for somebody else's fetch waits no longer for
    /// it and for their own than for one.
    async fn unless(
        &self,
        now: DateTime<Utc>,
        will_do: impl Fn(DateTime<Utc>, &Arc<Metadata>) -> bool,
    ) -> Result<Arc<Metadata>, ProviderError> {
        let found = async {
            let mut known = self.known.lock().await;
            if let Some((fetched_at, metadata)) = &*known
                && will_do(*fetched_at, metadata)
            {
                return Ok(Arc::clone(metadata));
            }
            let metadata = Arc::new(self.fetch().await?);
            *known = Some((now, Arc::clone(&metadata)));
            Ok(metadata)
        };
        tokio::time::timeout(self.budget, found)
            .await
            .unwrap_or_else(|late| Err(ProviderError::Unavailable(late.into())))
    }

    async fn fetch(&self) -> Result<Metadata, ProviderError> {
        let address = format!("{}{PATH}", self.issuer.as_str().trim_end_matches('/'));
        let what = "the discovery document";
        let answer = get(&self.http, what, &address, None).await?;
        let document = Claims::read(what, answer.body())?;
        if document.need_text("issuer")? != self.issuer.as_str() {
            return Err(ProviderError::Malformed(
                "the discovery document is of another issuer".into(),
            ));
        }
        let keys = JsonWebKeySetUrl::from_url(self.endpoint(&document, "jwks_uri")?);
        let keys = get(&self.http, "the keys", keys.as_str(), None).await?;
        let keys = serde_json::from_slice(keys.body())
            .map_err(|_| MalformedClaim::new("jwks_uri", "leads to no set of keys"))?;
        let userinfo = if document.has("userinfo_endpoint") {
            let url = self.endpoint(&document, "userinfo_endpoint")?;
            Some(UserInfoUrl::from_url(url))
        } else {
            None
        };
        Ok(Metadata {
            authorization: AuthUrl::from_url(self.endpoint(&document, "authorization_endpoint")?),
            token: TokenUrl::from_url(self.endpoint(&document, "token_endpoint")?),
            userinfo,
            auth_type: auth_type(&document),
            says_who_answers: document
                .truth("authorization_response_iss_parameter_supported")?
                .unwrap_or(false),
            keys,
        })
    }

    /// An address out of the document. A provider with https must not send secrets or browsers to
    /// http.
    fn endpoint(&self, document: &Claims, name: &'static str) -> Result<Url, MalformedClaim> {
        let is_protected = self.issuer.url().scheme() == "https";
        let url = Url::parse(document.need_text(name)?)
            .map_err(|_| MalformedClaim::new(name, "is not an address"))?;
        match url.scheme() {
            "https" => Ok(url),
            "http" if !is_protected => Ok(url),
            _ => Err(MalformedClaim::new(name, "is without https")),
        }
    }
}

/// HTTP Basic unless the provider takes the secret in the body only.
fn auth_type(document: &Claims) -> AuthType {
    let methods = document.list_if_any("token_endpoint_auth_methods_supported");
    let is_post_only = methods.is_some_and(|methods| {
        !methods.contains(&"client_secret_basic") && methods.contains(&"client_secret_post")
    });
    if is_post_only {
        AuthType::RequestBody
    } else {
        AuthType::BasicAuth
    }
}
