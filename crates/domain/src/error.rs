//! How errors say what they are, so that each edge translates them without knowing whose they are: every
//! slice's error has one table, with a row ([`Class`]) per variant.

/// What went wrong, from the caller's point of view.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ErrorKind {
    /// The request is malformed or breaks a rule of its own.
    Invalid,
    /// What was sent is larger than it may be.
    TooLarge,
    /// What was sent is of a type that is not taken here.
    UnsupportedType,
    /// The caller did not prove who they are.
    Unauthenticated,
    /// The caller is known and may not.
    Forbidden,
    /// There is no such thing, or not for this caller.
    NotFound,
    /// The thing is in another state than the request needs.
    Conflict,
    /// The request can never succeed again: what it is about was done, or its time is over (RFC 9110 §15.5.13).
    Precondition,
    /// Too many requests of this sort.
    RateLimited,
    /// Somebody else's server, which is asked on the caller's behalf, did not do its part; or it cannot be
    /// asked, because nothing says where it would answer to.
    Upstream,
    /// Something that we depend on did not answer; trying again later is right.
    Unavailable,
    /// A fault of ours.
    Internal,
}

/// The row of an error in the table of its slice: what a wire format needs to know to answer it. The text is
/// what the error displays.
#[derive(Debug, Clone, Copy)]
pub struct Class<'a> {
    /// What decides the status.
    pub kind: ErrorKind,
    /// The stable code that clients may compare.
    pub code: &'static str,
    /// Seconds after which the same request may succeed.
    pub retry_after: Option<u64>,
    /// Why, in one word, for whoever looks after the server: more than the code, where the code must not
    /// say it.
    pub reason: Option<&'static str>,
    /// The next step, for whoever looks after the server.
    pub hint: Option<&'static str>,
    /// How a caller may prove who they are (RFC 9110 §11.6.1), where they are asked to.
    pub challenge: Option<&'static str>,
    /// One more member of the body and its value, where stock clients look at one.
    pub extra: Option<(&'static str, &'static str)>,
    /// An outcome of the OAuth protocol, not of the API: told as `{"error": code}` (RFC 6749 §5.2) also where
    /// other errors are told otherwise.
    pub is_protocol: bool,
    /// The dependency that failed, for the log; never in a body.
    pub outage: Option<&'a Unavailable>,
}

impl Class<'static> {
    /// A row with a kind and a code, and nothing else.
    pub const fn new(kind: ErrorKind, code: &'static str) -> Self {
        Self {
            kind,
            code,
            retry_after: None,
            reason: None,
            hint: None,
            challenge: None,
            extra: None,
            is_protocol: false,
            outage: None,
        }
    }

    /// A row of [`ErrorKind::Invalid`] with this stable code.
    pub const fn invalid(code: &'static str) -> Self {
        Self::new(ErrorKind::Invalid, code)
    }

    /// A row of [`ErrorKind::Unauthenticated`] with this stable code.
    pub const fn unauthenticated(code: &'static str) -> Self {
        Self::new(ErrorKind::Unauthenticated, code)
    }

    /// A row of [`ErrorKind::Forbidden`] with this stable code.
    pub const fn forbidden(code: &'static str) -> Self {
        Self::new(ErrorKind::Forbidden, code)
    }

    /// A row of [`ErrorKind::NotFound`] with this stable code.
    pub const fn not_found(code: &'static str) -> Self {
        Self::new(ErrorKind::NotFound, code)
    }

    /// A row of [`ErrorKind::Conflict`] with this stable code.
    pub const fn conflict(code: &'static str) -> Self {
        Self::new(ErrorKind::Conflict, code)
    }

    /// [`ErrorKind::RateLimited`], with the seconds to wait.
    pub const fn rate_limited(code: &'static str, retry_after: u64) -> Self {
        Self::new(ErrorKind::RateLimited, code).retry_after(retry_after)
    }

    /// A row of [`ErrorKind::Upstream`] with this stable code.
    pub const fn upstream(code: &'static str) -> Self {
        Self::new(ErrorKind::Upstream, code)
    }

    /// [`ErrorKind::Unavailable`] because of the configuration: no dependency failed.
    pub const fn unavailable(code: &'static str) -> Self {
        Self::new(ErrorKind::Unavailable, code)
    }
}

impl<'a> Class<'a> {
    /// [`ErrorKind::Unavailable`]: a dependency of ours failed.
    pub const fn outage(code: &'static str, outage: &'a Unavailable) -> Self {
        let mut class: Self = Class::new(ErrorKind::Unavailable, code);
        class.outage = Some(outage);
        class
    }

    /// With the seconds to wait.
    #[must_use]
    pub const fn retry_after(mut self, seconds: u64) -> Self {
        self.retry_after = Some(seconds);
        self
    }

    /// With the reason in one word.
    #[must_use]
    pub const fn because(mut self, reason: &'static str) -> Self {
        self.reason = Some(reason);
        self
    }

    /// With the next step.
    #[must_use]
    pub const fn hint(mut self, hint: &'static str) -> Self {
        self.hint = Some(hint);
        self
    }

    /// With a challenge.
    #[must_use]
    pub const fn challenge(mut self, challenge: &'static str) -> Self {
        self.challenge = Some(challenge);
        self
    }

    /// With one more member of the body.
    #[must_use]
    pub const fn with(mut self, name: &'static str, value: &'static str) -> Self {
        self.extra = Some((name, value));
        self
    }

    /// As an outcome of the OAuth protocol.
    #[must_use]
    pub const fn protocol(mut self) -> Self {
        self.is_protocol = true;
        self
    }
}

/// An error that has a table.
pub trait Classify: std::error::Error {
    /// The row of this error in the table: its kind, its stable code, what comes with it.
    fn class(&self) -> Class<'_>;

    /// The kind, which decides the status.
    fn kind(&self) -> ErrorKind {
        self.class().kind
    }

    /// The stable code that clients may compare.
    fn code(&self) -> &'static str {
        self.class().code
    }

    /// Seconds after which the same request may succeed, where that is known.
    fn retry_after(&self) -> Option<u64> {
        self.class().retry_after
    }
}

/// A dependency (PostgreSQL, Redis) failed or did not answer in time. Answered as 503.
#[derive(Debug, thiserror::Error)]
#[error("{dependency} is unavailable")]
pub struct Unavailable {
    /// Which one, for the log.
    pub dependency: &'static str,
    /// The cause, for the log; never in a body.
    #[source]
    pub source: Box<dyn std::error::Error + Send + Sync>,
}

impl Unavailable {
    /// Wraps the cause of a failure of `dependency`.
    pub fn new(
        dependency: &'static str,
        source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> Self {
        Self {
            dependency,
            source: source.into(),
        }
    }
}

/// More requests than a limit admits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("rate_limited")]
pub struct RateLimited {
    /// Whole seconds until the next one would fit, at least 1.
    pub retry_after: u64,
}

impl RateLimited {
    /// Its row, with the code of a slice.
    pub const fn class(self, code: &'static str) -> Class<'static> {
        Class::rate_limited(code, self.retry_after)
    }
}

/// Why something was not charged to a limit.
#[derive(Debug, thiserror::Error)]
pub enum ChargeError {
    /// It does not fit, and was not counted.
    #[error(transparent)]
    RateLimited(#[from] RateLimited),
    /// The limiter did not answer. Fails closed.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

impl ChargeError {
    /// As the error of a slice, which says itself what a refusal is.
    pub fn or<E: From<Unavailable>>(self, refused: impl FnOnce(RateLimited) -> E) -> E {
        match self {
            Self::RateLimited(limited) => refused(limited),
            Self::Unavailable(unavailable) => unavailable.into(),
        }
    }
}

/// `?` on a charge, for errors of slices that take a [`RateLimited`](crate::error::RateLimited) and an
/// [`Unavailable`](crate::error::Unavailable) by `#[from]`.
#[macro_export]
macro_rules! from_charge {
    ($($error:ty),+ $(,)?) => {$(
        impl From<$crate::error::ChargeError> for $error {
            fn from(error: $crate::error::ChargeError) -> Self {
                error.or(Self::from)
            }
        }
    )+};
}

impl Classify for Unavailable {
    fn class(&self) -> Class<'_> {
        Class::outage("service_unavailable", self)
    }
}
