//! Bodies: bounded, JSON or (on the protocol routes) a form, read as a serde type. Which envelope a bad
//! one is answered in is part of the type: see [`BodyFormat`].

use std::{future::Future, marker::PhantomData, pin::Pin};

use actix_web::{FromRequest, HttpMessage as _, HttpRequest, dev::Payload, web::BytesMut};
use futures_util::StreamExt as _;
use gatewright_auth::unique_json::UniqueObject;

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::format::BodyFormat;
use crate::{
    input::{self, object_of},
    operation::Facts,
};

/// Why a body could not even be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unreadable {
    /// Larger than the operation takes.
    TooLarge,
    /// Of a media type that is not read here.
    MediaType,
    /// Not JSON, not a form, or nested too deep.
    Syntax,
    /// A field comes twice (RFC 6749 §3.2: parameters must not be included more than once).
    Repeated,
}

const JSON: &str = "application/json";
const FORM: &str = "application/x-www-form-urlencoded";

/// A body that was read as a `T`.
pub struct Body<T, F>(T, PhantomData<F>);

impl<T, F> Body<T, F> {
    /// What was read.
    pub fn into_inner(self) -> T {
        self.0
    }
}

impl<T: DeserializeOwned + 'static, F: BodyFormat + 'static> FromRequest for Body<T, F> {
    type Error = actix_web::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self, actix_web::Error>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let media_type = request.content_type().trim().to_ascii_lowercase();
        let (payload, limit) = (payload.take(), Facts::max_body(request));
        Box::pin(async move {
            let is_text = F::TAKES_TEXT && media_type == "text/plain";
            let media_type = if is_text { JSON } else { &media_type };
            let object = object(media_type, payload, limit, F::TAKES_FORMS)
                .await
                .map_err(F::unreadable)?;
            let value = input::read(object).map_err(F::invalid)?;
            Ok(Self(value, PhantomData))
        })
    }
}

async fn object(
    media_type: &str,
    payload: Payload,
    limit: usize,
    takes_forms: bool,
) -> Result<Map<String, Value>, Unreadable> {
    let is_json = media_type == JSON
        || (media_type.starts_with("application/") && media_type.ends_with("+json"));
    if takes_forms && media_type == FORM {
        let pairs = form_pairs(media_type, payload, limit).await?;
        return Ok(object_of(pairs));
    }
    if !is_json {
        return Err(Unreadable::MediaType);
    }
    let bytes = collect(payload, limit).await?;
    serde_json::from_slice::<UniqueObject>(&bytes)
        .map(|object| object.0)
        .map_err(|_| Unreadable::Syntax)
}

/// The pairs of a form of at most `limit` bytes, each name once.
pub async fn form_pairs(
    media_type: &str,
    payload: Payload,
    limit: usize,
) -> Result<Vec<(String, String)>, Unreadable> {
    if media_type != FORM {
        return Err(Unreadable::MediaType);
    }
    let bytes = collect(payload, limit).await?;
    let pairs: Vec<(String, String)> =
        serde_urlencoded::from_bytes(&bytes).map_err(|_| Unreadable::Syntax)?;
    let mut names: Vec<&str> = pairs.iter().map(|(name, _)| name.as_str()).collect();
    names.sort_unstable();
    if names.windows(2).any(|two| two[0] == two[1]) {
        return Err(Unreadable::Repeated);
    }
    Ok(pairs)
}

async fn collect(mut payload: Payload, limit: usize) -> Result<BytesMut, Unreadable> {
    let mut bytes = BytesMut::new();
    while let Some(chunk) = payload.next().await {
        let chunk = chunk.map_err(|_| Unreadable::Syntax)?;
        if bytes.len() + chunk.len() > limit {
            return Err(Unreadable::TooLarge);
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;
    use serde_json::json;

    use super::*;

    async fn sent(
        media_type: &str,
        body: impl Into<actix_web::web::Bytes>,
    ) -> Result<Map<String, Value>, Unreadable> {
        let request = TestRequest::post().set_payload(body.into());
        let (_, payload) = request.to_http_parts();
        object(media_type, payload, 1024, true).await
    }

    #[actix_web::test]
    async fn body_is_json_or_a_form_with_unique_names() {
        let json = "application/json";
        assert_eq!(
            sent(json, r#"{"a":[1]}"#).await.map(Value::Object),
            Ok(json!({"a": [1]}))
        );
        assert!(sent("application/problem+json", "{}").await.is_ok());
        assert_eq!(
            sent(FORM, "a=1&b=x+y").await.map(Value::Object),
            Ok(json!({"a": "1", "b": "x y"}))
        );
        assert_eq!(sent(FORM, "a=1&a=1").await, Err(Unreadable::Repeated));
        assert_eq!(sent("text/plain", "{}").await, Err(Unreadable::MediaType));
        for bad in ["", "[]", "7", r#"{"a":1,"a":1}"#, "{\"a\":1"] {
            assert_eq!(sent(json, bad).await, Err(Unreadable::Syntax), "{bad}");
        }
    }

    #[actix_web::test]
    async fn body_over_the_depth_or_size_limit_is_refused() {
        let deep = |depth: usize| format!("{{\"a\":{}{}}}", "[".repeat(depth), "]".repeat(depth));
        let json = "application/json";
        assert!(sent(json, deep(100)).await.is_ok());
        assert_eq!(sent(json, deep(200)).await, Err(Unreadable::Syntax));
        let large = "x".repeat(1025);
        assert_eq!(sent(json, large.clone()).await, Err(Unreadable::TooLarge));
        assert_eq!(sent(FORM, large).await, Err(Unreadable::TooLarge));
    }
}
