//! Bodies of this surface. Whom the caller acts for is looked at before everything else in them, as clients know it.

use std::{future::Future, pin::Pin};

use actix_web::{
    FromRequest, HttpRequest,
    dev::Payload,
    http::{Version, header},
};
use gatewright_http_kit::{
    error::ServiceFailure,
    extract::{Body, ServiceFormat},
    input::{self, text::Limited},
};
use gatewright_usecase_apps::App;
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::key::KeyedApp;

/// Longest name of an end user, in characters: what `end_users.session_id` holds.
const MAX_USER_CHARS: usize = 255;

/// What the holder of an app's key asks in somebody's name: the app, and the body as a `T`, which has a member `user`.
pub(crate) struct ForUser<T> {
    /// The app that the key opens.
    pub(crate) app: App,
    /// What the body says.
    pub(crate) body: T,
}

impl<T: DeserializeOwned + 'static> FromRequest for ForUser<T> {
    type Error = actix_web::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self, actix_web::Error>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let request = request.clone();
        let mut payload = payload.take();
        Box::pin(async move {
            let KeyedApp(app) = KeyedApp::from_request(&request, &mut payload).await?;
            let members =
                Body::<Map<String, Value>, ServiceFormat>::from_request(&request, &mut payload);
            let members = with_user(members.await?.into_inner())?;
            let body = input::read(members).map_err(ServiceFailure::Fields)?;
            Ok(Self { app, body })
        })
    }
}

/// The same where nobody need be named: then it is asked for nobody in particular. A request without a body has an empty one.
pub(crate) struct ForAnyUser<T> {
    /// The app that the key opens.
    pub(crate) app: App,
    /// What the body says.
    pub(crate) body: T,
}

impl<T: DeserializeOwned + 'static> FromRequest for ForAnyUser<T> {
    type Error = actix_web::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self, actix_web::Error>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let request = request.clone();
        let mut payload = payload.take();
        Box::pin(async move {
            let KeyedApp(app) = KeyedApp::from_request(&request, &mut payload).await?;
            let members = if has_body(&request) {
                let members =
                    Body::<Map<String, Value>, ServiceFormat>::from_request(&request, &mut payload);
                members.await?.into_inner()
            } else {
                Map::new()
            };
            let body = input::read(with_text(members)).map_err(ServiceFailure::Fields)?;
            Ok(Self { app, body })
        })
    }
}

/// Some clients say of what type the body is that they do not send.
fn has_body(request: &HttpRequest) -> bool {
    let headers = request.headers();
    match headers.get(header::CONTENT_LENGTH) {
        Some(length) => length != "0",
        None => {
            headers.contains_key(header::TRANSFER_ENCODING)
                || (request.version() == Version::HTTP_2
                    && headers.contains_key(header::CONTENT_TYPE))
        }
    }
}

/// The same body, whose user is a text where it is a number, and absent where it is empty.
fn with_text(mut members: Map<String, Value>) -> Map<String, Value> {
    match members.get("user") {
        Some(Value::Number(number)) => {
            let text = number.to_string();
            members.insert("user".to_owned(), text.into());
        }
        Some(Value::String(text)) if text.is_empty() => {
            members.remove("user");
        }
        _ => {}
    }
    members
}

/// The same body, whose user is there and a text.
fn with_user(mut members: Map<String, Value>) -> Result<Map<String, Value>, ServiceFailure> {
    let user = match members.get("user") {
        Some(Value::Number(number)) => Some(Value::String(number.to_string())),
        Some(Value::String(text)) if !text.is_empty() => None,
        Some(Value::Null | Value::String(_)) | None => {
            return Err(ServiceFailure::invalid_param("Arg user must be provided."));
        }
        Some(_) => None,
    };
    if let Some(user) = user {
        members.insert("user".to_owned(), user);
    }
    Ok(members)
}

/// Whom the caller acts for: a name of the caller's own, 1 to 255 characters.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(try_from = "Limited")]
#[schema(value_type = String, min_length = 1, max_length = 255)]
pub(crate) struct EndUserName(String);

impl EndUserName {
    /// The name as it is stored.
    pub(crate) fn into_inner(self) -> String {
        self.0
    }

    /// The name of whoever is named; empty where nobody is.
    pub(crate) fn of(named: Option<Self>) -> String {
        named.map(Self::into_inner).unwrap_or_default()
    }
}

impl TryFrom<Limited> for EndUserName {
    type Error = String;

    fn try_from(text: Limited) -> Result<Self, String> {
        let name = text.without_nul()?;
        if name.chars().count() > MAX_USER_CHARS {
            return Err(format!("must have at most {MAX_USER_CHARS} characters"));
        }
        Ok(Self(name))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn user_of_a_body_is_a_text_or_a_number_that_becomes_one() {
        for (user, expected) in [
            (json!("ada"), Some(json!("ada"))),
            (json!(7), Some(json!("7"))),
            (json!([]), Some(json!([]))),
            (json!(""), None),
            (json!(null), None),
        ] {
            let members = Map::from_iter([("user".to_owned(), user.clone())]);
            let found = with_user(members).ok();
            let found = found.and_then(|mut members| members.remove("user"));
            assert_eq!(found, expected, "{user}");
        }
        assert!(with_user(Map::new()).is_err());
    }

    #[test]
    fn end_user_s_name_fits_its_column() {
        for (name, fits) in [
            ("ü".repeat(255), true),
            ("ü".repeat(256), false),
            ("a\0b".to_owned(), false),
        ] {
            let read: Result<EndUserName, _> = serde_json::from_value(json!(name));
            assert_eq!(read.is_ok(), fits, "{name}");
        }
    }
}
