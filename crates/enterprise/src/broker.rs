//! The calls.

use std::{sync::Arc, time::Duration};

use chrono::{DateTime, Utc};
use gatewright_auth::sso::{Begun, Broker, BrokerError, Licence, Pending, ProviderName};
use gatewright_domain::{Clock, interval::elapsed};
use gatewright_outbound::{Outbound, OutboundError};
use http::{Method, Request, header};
use serde::Deserialize;
use tokio::sync::Mutex;
use url::Url;

use crate::settings::EnterpriseSettings;

/// How long the licence is remembered, good or bad.
const LICENCE_MEMORY: Duration = Duration::from_secs(5);
/// A licence that cannot be had by then counts as closed.
const LICENCE_BUDGET: Duration = Duration::from_secs(1);
const BEGIN_BUDGET: Duration = Duration::from_millis(1700);

/// The enterprise product.
pub struct EnterpriseBroker {
    base: String,
    secret: String,
    quick: Outbound,
    slow: Outbound,
    clock: Arc<dyn Clock>,
    /// The answer and when it was asked for. One caller asks, the others wait for the answer.
    licence: Mutex<Option<(DateTime<Utc>, Licence)>>,
}

#[derive(Debug, thiserror::Error)]
enum CallError {
    #[error(transparent)]
    Outbound(#[from] OutboundError),
    #[error("the enterprise product answered {0}")]
    Status(u16),
    #[error("the answer is not what was asked for")]
    Answer(#[source] serde_json::Error),
    #[error("the request cannot be written")]
    Request(#[from] http::Error),
}

#[derive(Deserialize)]
struct Info {
    #[serde(rename = "License")]
    license: InfoLicence,
}

#[derive(Deserialize)]
struct InfoLicence {
    status: String,
}

#[derive(Deserialize)]
struct InitiateAnswer {
    #[serde(default)]
    url: Option<String>,
}

impl EnterpriseBroker {
    /// `None` when no enterprise product is configured.
    ///
    /// # Errors
    /// When no HTTP client can be made.
    pub fn new(
        settings: &EnterpriseSettings,
        clock: Arc<dyn Clock>,
    ) -> Result<Option<Self>, OutboundError> {
        let Some(url) = &settings.url else {
            return Ok(None);
        };
        Ok(Some(Self {
            base: url.as_str().to_owned(),
            secret: settings.secret.expose().to_owned(),
            quick: Outbound::new(LICENCE_BUDGET)?,
            slow: Outbound::new(BEGIN_BUDGET)?,
            clock,
            licence: Mutex::new(None),
        }))
    }

    async fn call<T: serde::de::DeserializeOwned>(
        &self,
        client: &Outbound,
        method: Method,
        path: &str,
        body: Vec<u8>,
    ) -> Result<T, CallError> {
        let request = Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.base))
            .header(header::CONTENT_TYPE, "application/json")
            .header("Enterprise-Api-Secret-Key", &self.secret)
            .body(body)?;
        let answer = client.send(request).await?;
        if !answer.status().is_success() {
            return Err(CallError::Status(answer.status().as_u16()));
        }
        serde_json::from_slice(answer.body()).map_err(CallError::Answer)
    }

    async fn ask_licence(&self) -> Licence {
        match self
            .call::<Info>(&self.quick, Method::GET, "/info", vec![])
            .await
        {
            Ok(info) if matches!(info.license.status.as_str(), "active" | "expiring") => {
                Licence::Open
            }
            Ok(info) => {
                tracing::warn!(
                    event = "sso.licence_inactive",
                    status = ?info.license.status,
                    "the licence closes the SSO branch"
                );
                Licence::Closed
            }
            Err(error) => {
                tracing::warn!(
                    event = "sso.licence_unavailable",
                    %error,
                    "no licence information: the SSO branch is closed"
                );
                Licence::Closed
            }
        }
    }
}

/// A browser is sent to http or https addresses with a host and nothing else.
fn is_sendable(text: &str) -> bool {
    let plain = text.chars().all(|c| c.is_ascii_graphic());
    plain
        && Url::parse(text).is_ok_and(|url| {
            matches!(url.scheme(), "http" | "https") && url.has_host() && url.username().is_empty()
        })
}

impl Broker for EnterpriseBroker {
    fn licence(&self) -> Pending<'_, Licence> {
        Box::pin(async move {
            let mut memory = self.licence.lock().await;
            let now = self.clock.now();
            if let Some((asked_at, licence)) = *memory
                && elapsed(asked_at, now).is_ok_and(|age| age < LICENCE_MEMORY)
            {
                return licence;
            }
            let licence = self.ask_licence().await;
            *memory = Some((now, licence));
            licence
        })
    }

    fn begin<'a>(
        &'a self,
        signed_state: &'a str,
        _: Option<&'a ProviderName>,
    ) -> Pending<'a, Result<Begun, BrokerError>> {
        Box::pin(async move {
            let body = serde_json::json!({"signed_state": signed_state}).to_string();
            let answer: InitiateAnswer = self
                .call(
                    &self.slow,
                    Method::POST,
                    "/device-flow/sso-initiate",
                    body.into_bytes(),
                )
                .await
                .map_err(|error| BrokerError::Failed(error.into()))?;
            match answer.url.filter(|url| !url.is_empty()) {
                None => Err(BrokerError::MissingUrl),
                Some(url) if is_sendable(&url) => Ok(Begun { url }),
                Some(_) => Err(BrokerError::Failed(
                    "the answer names something else than an http(s) address".into(),
                )),
            }
        })
    }

    fn protocol(&self) -> &'static str {
        "oidc"
    }
}

#[cfg(test)]
mod tests {
    use super::is_sendable;

    #[test]
    fn sec_105_broker_url_that_is_not_http_is_refused() {
        assert!(is_sendable("https://idp.example/login?x=1"));
        assert!(is_sendable("http://127.0.0.1:8080/"));
        for bad in [
            "",
            "/relative",
            "//idp.example",
            "javascript:alert(1)",
            "data:text/html,x",
            "ftp://idp.example",
            "https://user@idp.example",
            "https://idp.example/\r\nX: y",
            "https://",
            "file:///etc/passwd",
        ] {
            assert!(!is_sendable(bad), "{bad:?}");
        }
    }
}
