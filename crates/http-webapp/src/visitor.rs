//! Who calls: a visitor of the page of an app.

use std::{future::Future, pin::Pin};

use actix_web::{FromRequest, HttpRequest, dev::Payload, web::Data};
use gatewright_conversation_service::Talker;
use gatewright_http_kit::{error::ServiceFailure, extract::RequestCtx, request_span};
use gatewright_run_service::{Shown, Visitor, Visitors};

/// The visitor whom the passport of the request lets in.
pub(crate) struct Visiting(pub(crate) Visitor);

impl Visiting {
    /// Whose conversations with which app.
    pub(crate) fn talker(&self) -> Talker {
        Talker::visitor(&self.0.app, self.0.id)
    }
}

impl FromRequest for Visiting {
    type Error = actix_web::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self, actix_web::Error>>>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move {
            let ctx = RequestCtx::of(&request)?;
            let visitors = Data::<Visitors>::extract(&request).await?;
            let visitor = visitors.admit(&ctx, shown(&request)).await;
            let visitor = visitor.map_err(ServiceFailure::from)?;
            request_span::of_workspace(visitor.app.workspace);
            Ok(Self(visitor))
        })
    }
}

/// What a request shows of its visitor. No cookie counts: a page elsewhere could have it sent.
pub(crate) fn shown(request: &HttpRequest) -> Shown<'_> {
    Shown {
        code: header(request, "x-app-code"),
        passport: header(request, "x-app-passport"),
    }
}

/// The one value of a header; an empty one is none.
fn header<'a>(request: &'a HttpRequest, name: &str) -> Option<&'a str> {
    let mut values = request.headers().get_all(name);
    let value = values.next()?.to_str().ok()?;
    (values.next().is_none() && !value.is_empty()).then_some(value)
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    #[test]
    fn header_that_comes_twice_or_is_empty_counts_for_nothing() {
        for (values, expected) in [
            (vec!["a"], Some("a")),
            (vec![""], None),
            (vec!["a", "b"], None),
            (vec![], None),
        ] {
            let mut request = TestRequest::get();
            for value in &values {
                request = request.append_header(("x-app-passport", *value));
            }
            let request = request.to_http_request();
            assert_eq!(shown(&request).passport, expected, "{values:?}");
        }
    }
}
