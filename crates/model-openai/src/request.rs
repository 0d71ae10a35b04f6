//! What every call has: where it goes, and who asks.

use gatewright_model::{InvokeError, InvokeErrorKind, endpoint_file::Endpoint};
use http::{Request, header, request::Builder};
use serde_json::{Map, Value};

/// The type of most bodies.
pub(crate) const JSON: &str = "application/json";

/// The head of a call of a path below the endpoint's address.
pub(crate) fn head(endpoint: &Endpoint, path: &str) -> Result<Builder, InvokeError> {
    let url = endpoint.base_url.join(path);
    let url = url.map_err(|error| wrong(error.to_string()))?;
    let mut head = Request::post(url.as_str());
    if !endpoint.api_key.is_empty() {
        let bearer = format!("Bearer {}", endpoint.api_key.expose());
        head = head.header(header::AUTHORIZATION, bearer);
    }
    for (key, value) in &endpoint.headers {
        head = head.header(key, value.expose());
    }
    Ok(head)
}

/// The whole call.
pub(crate) fn with(head: Builder, body: Vec<u8>) -> Result<Request<Vec<u8>>, InvokeError> {
    head.body(body).map_err(|error| wrong(error.to_string()))
}

/// Puts the operator's members over those of a call; a null of theirs takes a member out.
pub(crate) fn put_over(body: &mut Map<String, Value>, own: &Map<String, Value>) {
    for (name, value) in own {
        if value.is_null() {
            body.remove(name);
        } else {
            body.insert(name.clone(), value.clone());
        }
    }
}

fn wrong(problem: String) -> InvokeError {
    InvokeError::new(InvokeErrorKind::BadRequest, problem)
}
