//! What a wire format keeps of an error of any slice: its row, its text, and the cause of an outage for the
//! log.

use actix_web::{
    HttpResponse, HttpResponseBuilder,
    http::{StatusCode, header},
};
use gatewright_domain::{Class, Classify, ErrorKind};

use super::{REASON, RETRY_AFTER_OUTAGE, retry_after};

/// An error of any slice.
#[derive(Debug)]
pub struct Classified {
    /// Its row; the outage is apart.
    pub(super) class: Class<'static>,
    /// Its text for people.
    pub(super) message: String,
    outage: Option<Outage>,
}

#[derive(Debug)]
struct Outage {
    dependency: &'static str,
    cause: String,
}

impl<E: Classify> From<E> for Classified {
    fn from(error: E) -> Self {
        let class = error.class();
        let outage = class.outage.map(|unavailable| Outage {
            dependency: unavailable.dependency,
            cause: unavailable.source.to_string(),
        });
        Self {
            class: Class {
                outage: None,
                ..class
            },
            message: error.to_string(),
            outage,
        }
    }
}

impl Classified {
    /// The status of its kind.
    pub(super) fn status(&self) -> StatusCode {
        status_of(self.class.kind)
    }

    /// Whether a dependency failed, so that its text is nobody's business.
    pub(super) fn is_outage(&self) -> bool {
        self.outage.is_some()
    }

    /// The word for [`REASON`].
    pub(super) fn reason(&self) -> &'static str {
        self.class.reason.unwrap_or(self.class.code)
    }

    /// Begins the answer: the status, and the headers that every format has. 401 and 403 say why.
    pub(super) fn builder(&self) -> HttpResponseBuilder {
        let status = self.status();
        let mut builder = HttpResponse::build(status);
        let is_refusal = matches!(status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN);
        if is_refusal || self.class.reason.is_some() {
            builder.insert_header((REASON, self.reason()));
        }
        if let Some(challenge) = self.class.challenge {
            builder.insert_header((header::WWW_AUTHENTICATE, challenge));
        }
        let wait = (status == StatusCode::SERVICE_UNAVAILABLE).then_some(RETRY_AFTER_OUTAGE);
        if let Some(seconds) = self.class.retry_after.or(wait) {
            retry_after(&mut builder, seconds);
        }
        builder
    }

    /// Logs the cause of an outage, once: whoever answers calls it.
    pub(super) fn log(&self) {
        if let Some(Outage { dependency, cause }) = &self.outage {
            tracing::error!(
                event = "http.dependency_failed",
                dependency,
                cause = %cause,
                "a dependency failed; answered 503"
            );
        }
    }

    /// Its text, but for an outage, which is told in the words of the format.
    pub(super) fn text(&self, of_outage: &'static str) -> &str {
        if self.is_outage() {
            of_outage
        } else {
            &self.message
        }
    }
}

/// The one table from kinds to statuses.
pub fn status_of(kind: ErrorKind) -> StatusCode {
    match kind {
        ErrorKind::Invalid => StatusCode::BAD_REQUEST,
        ErrorKind::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        ErrorKind::UnsupportedType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
        ErrorKind::Unauthenticated => StatusCode::UNAUTHORIZED,
        ErrorKind::Forbidden => StatusCode::FORBIDDEN,
        ErrorKind::NotFound => StatusCode::NOT_FOUND,
        ErrorKind::Conflict => StatusCode::CONFLICT,
        ErrorKind::Precondition => StatusCode::PRECONDITION_FAILED,
        ErrorKind::RateLimited => StatusCode::TOO_MANY_REQUESTS,
        ErrorKind::Upstream => StatusCode::BAD_GATEWAY,
        ErrorKind::Unavailable | ErrorKind::Internal => StatusCode::SERVICE_UNAVAILABLE,
    }
}
