//! Who keeps a request waiting: the client that sends its body slowly, or something that we depend on.
//! The first is a 408 and the client's own affair; the second a 503 that somebody must look at.

use std::{
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll},
};

use actix_web::{
    HttpMessage as _,
    dev::{Payload, ServiceRequest},
    error::PayloadError,
    http::header,
    web::Bytes,
};
use futures_util::Stream;

/// Whether a handler waits for the rest of a body just now.
#[derive(Debug, Clone, Default)]
pub(crate) struct BodyWatch(Arc<AtomicBool>);

impl BodyWatch {
    /// Watches the body of a request, if it has one.
    pub(crate) fn over(request: &mut ServiceRequest) -> Self {
        let watch = Self::default();
        let headers = request.headers();
        let has_body = headers.contains_key(header::CONTENT_LENGTH)
            || headers.contains_key(header::TRANSFER_ENCODING);
        if has_body {
            let watched = Watched {
                body: request.take_payload(),
                watch: watch.clone(),
            };
            request.set_payload(Payload::Stream {
                payload: Box::pin(watched),
            });
        }
        watch
    }

    /// Whether the client still owes a part of the body that somebody waits for.
    pub(crate) fn is_waiting(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

struct Watched {
    body: Payload,
    watch: BodyWatch,
}

impl Stream for Watched {
    type Item = Result<Bytes, PayloadError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let polled = Pin::new(&mut self.body).poll_next(cx);
        self.watch.0.store(polled.is_pending(), Ordering::Relaxed);
        polled
    }
}
