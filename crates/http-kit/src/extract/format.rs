//! How each family of routes takes bodies, and which envelope a bad one is answered in.

use actix_web::ResponseError;
use gatewright_usecase_device::device::SsoError;

use super::body::Unreadable;
use crate::{
    error::{
        BootstrapFailure, ConsoleFailure, OAuthFailure, OpenApiFailure, ServiceFailure, SsoFailure,
    },
    input::FieldProblem,
};

/// How a family of routes takes bodies and answers bad ones.
pub trait BodyFormat {
    /// Whether `application/x-www-form-urlencoded` is taken too.
    const TAKES_FORMS: bool;
    /// Whether JSON that claims to be plain text is taken too.
    const TAKES_TEXT: bool = false;
    /// The error type that writes the envelope of this family.
    type Failure: ResponseError + 'static;
    /// What a body is answered with that could not be read.
    fn unreadable(problem: Unreadable) -> Self::Failure;
    /// What a body or query is answered with whose members are wrong.
    fn invalid(problems: Vec<FieldProblem>) -> Self::Failure;
}

/// Bodies of `/console/api`.
pub struct ConsoleFormat;

impl BodyFormat for ConsoleFormat {
    const TAKES_FORMS: bool = false;
    type Failure = ConsoleFailure;

    fn unreadable(problem: Unreadable) -> ConsoleFailure {
        match problem {
            Unreadable::TooLarge => ConsoleFailure::TooLarge,
            Unreadable::MediaType => ConsoleFailure::NotJson,
            Unreadable::Syntax | Unreadable::Repeated => ConsoleFailure::Malformed,
        }
    }
    fn invalid(problems: Vec<FieldProblem>) -> ConsoleFailure {
        ConsoleFailure::Fields(problems)
    }
}

/// Bodies of `/v1`.
pub struct ServiceFormat;

impl BodyFormat for ServiceFormat {
    const TAKES_FORMS: bool = false;
    type Failure = ServiceFailure;

    fn unreadable(problem: Unreadable) -> ServiceFailure {
        match problem {
            Unreadable::TooLarge => ServiceFailure::TooLarge,
            Unreadable::MediaType => ServiceFailure::NotJson,
            Unreadable::Syntax | Unreadable::Repeated => ServiceFailure::Malformed,
        }
    }
    fn invalid(problems: Vec<FieldProblem>) -> ServiceFailure {
        ServiceFailure::Fields(problems)
    }
}

/// Set-up and init.
pub struct BootstrapFormat;

impl BodyFormat for BootstrapFormat {
    const TAKES_FORMS: bool = false;
    type Failure = BootstrapFailure;

    fn unreadable(problem: Unreadable) -> BootstrapFailure {
        unreadable_object::<Self>(problem, BootstrapFailure::TooLarge)
    }
    fn invalid(problems: Vec<FieldProblem>) -> BootstrapFailure {
        BootstrapFailure::Validation {
            parameter: "payload",
            problems,
        }
    }
}

/// Bodies of the protocol routes of the device flow.
pub struct ProtocolFormat;

impl BodyFormat for ProtocolFormat {
    const TAKES_FORMS: bool = true;
    type Failure = OpenApiFailure;

    fn unreadable(problem: Unreadable) -> OpenApiFailure {
        unreadable_object::<Self>(problem, OpenApiFailure::TooLarge)
    }
    fn invalid(problems: Vec<FieldProblem>) -> OpenApiFailure {
        OpenApiFailure::Body(problems)
    }
}

/// Bodies of the API: JSON, and 422 when a member is wrong.
pub struct ApiFormat;

impl BodyFormat for ApiFormat {
    const TAKES_FORMS: bool = false;
    type Failure = OpenApiFailure;

    fn unreadable(problem: Unreadable) -> OpenApiFailure {
        unreadable_object::<Self>(problem, OpenApiFailure::TooLarge)
    }
    fn invalid(problems: Vec<FieldProblem>) -> OpenApiFailure {
        OpenApiFailure::Query(problems)
    }
}

/// `POST approve` and `POST deny`: JSON alone, which a foreign page cannot send without asking.
pub struct DecisionFormat;

impl BodyFormat for DecisionFormat {
    const TAKES_FORMS: bool = false;
    type Failure = OpenApiFailure;

    fn unreadable(problem: Unreadable) -> OpenApiFailure {
        unreadable_object::<Self>(problem, OpenApiFailure::TooLarge)
    }
    fn invalid(problems: Vec<FieldProblem>) -> OpenApiFailure {
        OpenApiFailure::Body(problems)
    }
}

/// `POST approve-external`: JSON alone.
pub struct SsoFormat;

impl BodyFormat for SsoFormat {
    const TAKES_FORMS: bool = false;
    type Failure = SsoFailure;

    fn unreadable(_: Unreadable) -> SsoFailure {
        SsoError::UserCodeMismatch.into()
    }
    fn invalid(_: Vec<FieldProblem>) -> SsoFailure {
        SsoError::UserCodeMismatch.into()
    }
}

/// `POST token` and `POST revoke`.
pub struct PollFormat;

impl BodyFormat for PollFormat {
    const TAKES_FORMS: bool = true;
    type Failure = OAuthFailure;

    fn unreadable(_: Unreadable) -> OAuthFailure {
        OAuthFailure::Malformed
    }
    fn invalid(_: Vec<FieldProblem>) -> OAuthFailure {
        OAuthFailure::Malformed
    }
}

/// For the envelopes that list what is wrong with members: all but a body that is too large is a member that is
/// wrong, namely the whole.
fn unreadable_object<F: BodyFormat>(problem: Unreadable, too_large: F::Failure) -> F::Failure {
    match problem {
        Unreadable::TooLarge => too_large,
        Unreadable::MediaType | Unreadable::Syntax | Unreadable::Repeated => {
            F::invalid(vec![not_an_object()])
        }
    }
}

fn not_an_object() -> FieldProblem {
    FieldProblem::new(
        "model_type",
        "",
        "The body must be a JSON object sent as application/json",
    )
}
