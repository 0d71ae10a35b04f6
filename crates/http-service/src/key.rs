//! Who calls: whoever holds a key of an app.

use std::{future::Future, pin::Pin};

use actix_web::{FromRequest, HttpRequest, dev::Payload, web::Data};
use gatewright_domain::Secret;
use gatewright_http_kit::{
    error::ServiceFailure,
    extract::{RequestCtx, presented},
    request_span,
};
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
            let key = key(&request).map_err(ServiceFailure::from)?;
            let app = apps.open_by_key(&ctx, &key).await;
            let app = app.map_err(ServiceFailure::from)?;
            request_span::of_workspace(app.workspace);
            Ok(Self(app))
        })
    }
}

/// The key in the one `Authorization` header.
fn key(request: &HttpRequest) -> Result<Secret, AppKeyError> {
    let key = presented(request).ok().flatten();
    key.map(Secret::new).ok_or(AppKeyError::Missing)
}

#[cfg(test)]
mod tests {
    use actix_web::{http::header, test::TestRequest};

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
            let found = key(&request.to_http_request()).ok();
            let found = found.as_ref().map(Secret::expose);
            assert_eq!(found, expected, "{values:?}");
        }
    }
}
