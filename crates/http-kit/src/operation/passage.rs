//! What the outer layer and the route say to each other about one request: which operation it came to, and
//! whether its body is still on its way.

use std::{cell::OnceCell, fmt, pin::pin, rc::Rc, sync::Arc};

use actix_web::{
    HttpMessage as _, HttpRequest, HttpResponse, ResponseError,
    body::MessageBody,
    dev::{ServiceRequest, ServiceResponse},
    http::StatusCode,
    middleware::Next,
};

use super::facts::Facts;
use crate::{error::ours, slow_body::BodyWatch};

/// One request on its way through.
#[derive(Default)]
pub(crate) struct Passage {
    operation: OnceCell<(Arc<str>, Facts)>,
    body: BodyWatch,
}

impl Passage {
    /// Begins: watches the body, if there is one.
    pub(crate) fn begin(request: &mut ServiceRequest) -> Rc<Self> {
        let passage = Rc::new(Self {
            operation: OnceCell::new(),
            body: BodyWatch::over(request),
        });
        request.extensions_mut().insert(Rc::clone(&passage));
        passage
    }

    /// Of a request that went through the middleware.
    pub(super) fn of(request: &HttpRequest) -> Option<Rc<Self>> {
        request.extensions().get::<Rc<Self>>().cloned()
    }

    /// The path of the operation as it was declared; none before a route was found.
    pub(crate) fn pattern(&self) -> Option<&Arc<str>> {
        self.operation.get().map(|(pattern, _)| pattern)
    }

    pub(super) fn facts(&self) -> Option<Facts> {
        self.operation.get().map(|(_, facts)| *facts)
    }
}

/// Answers within the time that the operation's facts give it, or says why it did not.
pub(super) async fn bound<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
    pattern: Arc<str>,
    facts: Facts,
) -> Result<ServiceResponse<B>, actix_web::Error> {
    let Some(passage) = Passage::of(request.request()) else {
        return next.call(request).await;
    };
    let time = facts.time(request.request());
    // Only the first counts: a route within a resource has nothing to add.
    let _ = passage.operation.set((pattern, facts));
    let mut answer = pin!(next.call(request));
    match tokio::time::timeout(time, &mut answer).await {
        Ok(answered) => return answered,
        Err(_) if passage.body.is_waiting() => return Err(Late::SlowBody.into()),
        Err(_) => {}
    }
    let waits = facts.waits.ok_or(Late::NoAnswer)?;
    let answered = tokio::time::timeout(waits, answer).await;
    answered.unwrap_or_else(|_| Err(Late::NoAnswer.into()))
}

/// Why an operation was not answered in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Late {
    /// The client did not send the rest of its body.
    SlowBody,
    /// A dependency hangs.
    NoAnswer,
}

impl fmt::Display for Late {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the operation was not answered in time")
    }
}

/// The outer layer answers in the format of the path; this is for who mounts our routes without it.
impl ResponseError for Late {
    fn error_response(&self) -> HttpResponse {
        ours(HttpResponse::new(match self {
            Self::SlowBody => StatusCode::REQUEST_TIMEOUT,
            Self::NoAnswer => StatusCode::SERVICE_UNAVAILABLE,
        }))
    }
}
