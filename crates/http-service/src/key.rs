//! Who calls: whoever holds a key of an app.

use std::{future::Future, pin::Pin};

use actix_web::{FromRequest, HttpRequest, dev::Payload, http::header, web::Data};
use gatewright_domain::Secret;
use gatewright_http_kit::{error::ServiceFailure, extract::RequestCtx};
use gatewright_usecase_apps::{App, AppKeyError, Apps};

/// The app that the key of the request opens.
pub(crate) struct KeyedApp(pub(crate) App);

impl FromRequest for KeyedApp {
    type Error = actix_web::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self, actix_web::Error>>>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move {
            let ctx = RequestCtx::of(&request)?;
            let apps = Data::<Apps>::extract(&request).await?;
            let key = presented(&request).map_err(ServiceFailure::from)?;
            let app = apps.open_by_key(&ctx, &key).await;
            Ok(Self(app.map_err(ServiceFailure::from)?))
        })
    }
}

/// The key in the one `Authorization` header.
fn presented(request: &HttpRequest) -> Result<Secret, AppKeyError> {
    let mut headers = request.headers().get_all(header::AUTHORIZATION);
    let (Some(value), None) = (headers.next(), headers.next()) else {
        return Err(AppKeyError::Missing);
    };
    let value = value.to_str().map_err(|_| AppKeyError::Missing)?;
    let (scheme, key) = value.split_once(' ').ok_or(AppKeyError::Missing)?;
    if !scheme.eq_ignore_ascii_case("bearer") {
        return Err(AppKeyError::Missing);
    }
    Ok(Secret::new(key.trim()))
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    #[test]
    fn key_is_the_token_of_the_one_bearer_header() {
        for (values, expected) in [
            (vec!["Bearer app-x"], Some("app-x")),
            (vec!["bearer  app-x "], Some("app-x")),
            (vec!["Basic app-x"], None),
            (vec!["app-x"], None),
            (vec!["Bearer a", "Bearer b"], None),
            (vec![], None),
        ] {
            let mut request = TestRequest::get();
            for value in &values {
                request = request.append_header((header::AUTHORIZATION, *value));
            }
            let found = presented(&request.to_http_request()).ok();
            let found = found.as_ref().map(Secret::expose);
            assert_eq!(found, expected, "{values:?}");
        }
    }
}
