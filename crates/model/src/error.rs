//! How calls of models fail, by the names that apps branch on.

/// The most of a vendor's body that is kept, in bytes.
pub const MAX_BODY_BYTES: usize = 16 * 1024;

/// What kind of failure. `error_type` in a failing node's outputs is [`InvokeErrorKind::class_name`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InvokeErrorKind {
    /// The vendor could not be reached, or hung up in the middle.
    Connection,
    /// It answers, and cannot work (5xx).
    ServerUnavailable,
    /// It wants to be asked less often (429).
    RateLimit,
    /// It does not know the key (401, 403).
    Authorization,
    /// It does not like the request (other 4xx), or answers what nobody understands.
    BadRequest,
    /// Nobody has given a key for this provider.
    NotInitialized,
    /// What had been paid for is used up (402).
    QuotaExceeded,
    /// The model cannot do what is asked of it.
    ModelNotSupported,
}

impl InvokeErrorKind {
    /// The name of Dify's exception class.
    pub fn class_name(self) -> &'static str {
        match self {
            Self::Connection => "InvokeConnectionError",
            Self::ServerUnavailable => "InvokeServerUnavailableError",
            Self::RateLimit => "InvokeRateLimitError",
            Self::Authorization => "InvokeAuthorizationError",
            Self::BadRequest => "InvokeBadRequestError",
            Self::NotInitialized => "ProviderTokenNotInitError",
            Self::QuotaExceeded => "QuotaExceededError",
            Self::ModelNotSupported => "ModelCurrentlyNotSupportError",
        }
    }

    /// The code of the answer or error event, where the call was the whole request (classic apps). Its status
    /// is 400 for each.
    pub fn code(self) -> &'static str {
        match self {
            Self::NotInitialized => "provider_not_initialize",
            Self::QuotaExceeded => "provider_quota_exceeded",
            Self::ModelNotSupported => "model_currently_not_support",
            Self::Connection
            | Self::ServerUnavailable
            | Self::RateLimit
            | Self::Authorization
            | Self::BadRequest => "completion_request_error",
        }
    }

    /// Whether the same call may succeed a little later.
    pub fn may_pass(self) -> bool {
        matches!(
            self,
            Self::Connection | Self::ServerUnavailable | Self::RateLimit
        )
    }

    /// Of an HTTP status that is no success.
    pub fn of_status(status: u16) -> Self {
        match status {
            401 | 403 => Self::Authorization,
            402 => Self::QuotaExceeded,
            429 => Self::RateLimit,
            500.. => Self::ServerUnavailable,
            _ => Self::BadRequest,
        }
    }
}

/// What the vendor answered, for whoever looks into it. Not for clients.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VendorAnswer {
    /// Its HTTP status; 200 when the error came in a stream.
    pub status: u16,
    /// Its body, the first [`MAX_BODY_BYTES`] bytes.
    pub body: String,
}

/// A call that failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct InvokeError {
    /// Which class of error it is, as apps see it.
    pub kind: InvokeErrorKind,
    /// For people: what the vendor said, or what happened. Never a key.
    pub message: String,
    /// The vendor's own words, if it had any. Boxed: errors are rare, results are moved often.
    pub vendor: Option<Box<VendorAnswer>>,
}

impl InvokeError {
    /// Without an answer of the vendor's.
    pub fn new(kind: InvokeErrorKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
            vendor: None,
        }
    }

    /// With the vendor's answer, cut at [`MAX_BODY_BYTES`].
    #[must_use]
    pub fn answered(mut self, status: u16, body: &str) -> Self {
        let mut end = body.len().min(MAX_BODY_BYTES);
        while !body.is_char_boundary(end) {
            end -= 1;
        }
        self.vendor = Some(Box::new(VendorAnswer {
            status,
            body: body[..end].to_owned(),
        }));
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statuses_have_the_class_names_and_codes_of_the_reference() {
        for (status, class_name, code) in [
            (400, "InvokeBadRequestError", "completion_request_error"),
            (401, "InvokeAuthorizationError", "completion_request_error"),
            (402, "QuotaExceededError", "provider_quota_exceeded"),
            (403, "InvokeAuthorizationError", "completion_request_error"),
            (404, "InvokeBadRequestError", "completion_request_error"),
            (418, "InvokeBadRequestError", "completion_request_error"),
            (429, "InvokeRateLimitError", "completion_request_error"),
            (
                500,
                "InvokeServerUnavailableError",
                "completion_request_error",
            ),
            (
                529,
                "InvokeServerUnavailableError",
                "completion_request_error",
            ),
        ] {
            let kind = InvokeErrorKind::of_status(status);
            assert_eq!(
                (kind.class_name(), kind.code()),
                (class_name, code),
                "{status}"
            );
        }
        let unset = InvokeErrorKind::NotInitialized;
        assert_eq!(unset.code(), "provider_not_initialize");
    }

    #[test]
    fn body_over_the_limit_is_cut_between_characters() {
        let body = "ä".repeat(MAX_BODY_BYTES);
        let error = InvokeError::new(InvokeErrorKind::BadRequest, "no").answered(400, &body[..]);
        let kept = error.vendor.unwrap().body;
        assert_eq!(kept.len(), MAX_BODY_BYTES);
        assert!(body.starts_with(&kept));
    }
}
