//! The [`Ctx`] that the middleware made.

use std::{
    future::{Ready, ready},
    ops::Deref,
    sync::Arc,
};

use actix_web::{
    FromRequest, HttpMessage as _, HttpRequest, dev::Payload, error::ErrorInternalServerError,
};
use gatewright_usecase_kit::Ctx;

/// The request's context. Cheap to clone.
#[derive(Clone)]
pub struct RequestCtx(Arc<Ctx>);

impl RequestCtx {
    /// Of a request that went through the middleware.
    ///
    /// # Errors
    /// Without it: 500, which the outer layer answers as 503.
    pub fn of(request: &HttpRequest) -> Result<Self, actix_web::Error> {
        let ctx = request.extensions().get::<Arc<Ctx>>().cloned();
        ctx.map(Self)
            .ok_or_else(|| ErrorInternalServerError("the middleware did not run"))
    }
}

impl Deref for RequestCtx {
    type Target = Ctx;

    fn deref(&self) -> &Ctx {
        &self.0
    }
}

impl FromRequest for RequestCtx {
    type Error = actix_web::Error;
    type Future = Ready<Result<Self, actix_web::Error>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Self::of(request))
    }
}
