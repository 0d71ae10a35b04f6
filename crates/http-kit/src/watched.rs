//! The body of an answer that goes on: it is counted, and its request has not ended, until its last byte was written or nobody reads it
//! any more.

use std::{
    pin::Pin,
    task::{Context, Poll},
};

use actix_web::body::{BodySize, BoxBody, EitherBody, MessageBody};
use bytes::Bytes;
use gatewright_observe::metrics::OpenStream;
use tracing::Span;

struct Watched {
    body: BoxBody,
    request: Span,
    _stream: OpenStream,
}

/// The same body, of the request that is answered now.
pub(crate) fn watched<B: MessageBody + 'static>(
    body: EitherBody<B>,
    stream: OpenStream,
) -> EitherBody<B> {
    let watched = Watched {
        body: body.boxed(),
        request: Span::current(),
        _stream: stream,
    };
    EitherBody::right(watched.boxed())
}

impl MessageBody for Watched {
    type Error = Box<dyn std::error::Error>;

    fn size(&self) -> BodySize {
        self.body.size()
    }

    fn poll_next(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Self::Error>>> {
        let this = self.get_mut();
        let _within = this.request.enter();
        Pin::new(&mut this.body).poll_next(context)
    }
}
