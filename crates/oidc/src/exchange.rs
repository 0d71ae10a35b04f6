//! One exchange with a provider, in the shape that openidconnect takes; and whether what came is an
//! answer or an outage.

use std::pin::Pin;

use gatewright_auth::sso::ProviderError;
use gatewright_outbound::{Outbound, OutboundError};
use http::{Request, Response, StatusCode, header};

/// No answer that says anything.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ExchangeError {
    /// Not reached, not in time, too large.
    #[error(transparent)]
    Outbound(#[from] OutboundError),
    /// It says itself that it cannot answer now: a failure of the server, or too many requests.
    #[error("the provider answered {0}")]
    Outage(StatusCode),
}

impl From<ExchangeError> for ProviderError {
    fn from(error: ExchangeError) -> Self {
        Self::Unavailable(error.into())
    }
}

/// Sends it. Whatever comes back with a status that is not an outage is an answer, right or wrong.
pub(crate) async fn send(
    http: &Outbound,
    request: Request<Vec<u8>>,
) -> Result<Response<Vec<u8>>, ExchangeError> {
    let answer = http.send(request).await?;
    let status = answer.status();
    if status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS {
        return Err(ExchangeError::Outage(status));
    }
    Ok(answer)
}

type Exchange = Pin<Box<dyn Future<Output = Result<Response<Vec<u8>>, ExchangeError>> + Send>>;

/// Our client for the token endpoint. An answer's content decides what it is, not what its header
/// calls it: providers are found that send JSON as text.
pub(crate) fn token_client(
    http: &Outbound,
) -> impl Fn(Request<Vec<u8>>) -> Exchange + Send + Sync + 'static {
    let http = http.clone();
    move |request| {
        let http = http.clone();
        Box::pin(async move {
            let mut answer = send(&http, request).await?;
            answer.headers_mut().remove(header::CONTENT_TYPE);
            Ok(answer)
        })
    }
}

/// A GET; anything but 200 is not what was asked for.
///
/// # Errors
/// [`ProviderError::Unavailable`] when there is no answer, [`ProviderError::Malformed`] when it has
/// another status.
pub(crate) async fn get(
    http: &Outbound,
    what: &'static str,
    url: &str,
    bearer: Option<&str>,
) -> Result<Response<Vec<u8>>, ProviderError> {
    let mut request = Request::get(url).header(header::ACCEPT, "application/json");
    if let Some(token) = bearer {
        request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
    }
    let unusable = |error: http::Error| ProviderError::Malformed(error.into());
    let answer = send(http, request.body(vec![]).map_err(unusable)?).await?;
    if answer.status() == StatusCode::OK {
        Ok(answer)
    } else {
        let text = format!("{what}: the provider answered {}", answer.status());
        Err(ProviderError::Malformed(text.into()))
    }
}
