//! One extractor after the other. A tuple of extractors runs them in no promised order; this pair
//! does not look at the second before the first has succeeded.

use std::{future::Future, pin::Pin};

use actix_web::{FromRequest, HttpRequest, dev::Payload};

/// First `A`, then `B`.
pub struct Then<A, B>(pub A, pub B);

impl<A, B> FromRequest for Then<A, B>
where
    A: FromRequest + 'static,
    B: FromRequest + 'static,
{
    type Error = actix_web::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self, actix_web::Error>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let request = request.clone();
        let mut payload = payload.take();
        Box::pin(async move {
            let first = A::from_request(&request, &mut payload)
                .await
                .map_err(Into::into)?;
            let second = B::from_request(&request, &mut payload)
                .await
                .map_err(Into::into)?;
            Ok(Self(first, second))
        })
    }
}
