//! Bodies: bounded, JSON or (on the protocol routes) a form, read as a serde type. Which envelope a bad
//! one is answered in is part of the type.

use std::{future::Future, marker::PhantomData, pin::Pin};

use actix_web::{
    FromRequest, HttpMessage as _, HttpRequest, ResponseError, dev::Payload, web::BytesMut,
};
use futures_util::StreamExt as _;
use gatewright_auth::unique_json::UniqueObject;
use gatewright_usecase_device::device::SsoError;

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::{
    error::{BootstrapFailure, ConsoleFailure, OAuthFailure, OpenApiFailure, SsoFailure},
    input::{self, FieldProblem, object_of},
    operation::Facts,
};

/// Why a body could not even be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unreadable {
    /// Larger than the operation takes.
    TooLarge,
    /// Of a media type that is not read here.
    MediaType,
    /// Not JSON, not a form, or nested too deep.
    Syntax,
    /// A field comes twice (RFC 6749 §3.2: parameters must not be included more than once).
    Repeated,
}

const FORM: &str = "application/x-www-form-urlencoded";

/// How a family of routes takes bodies and answers bad ones.
pub trait BodyFormat {
    /// Whether `application/x-www-form-urlencoded` is taken too.
    const TAKES_FORMS: bool;
    /// The envelope.
    type Failure: ResponseError + 'static;
    fn unreadable(problem: Unreadable) -> Self::Failure;
    fn invalid(problems: Vec<FieldProblem>) -> Self::Failure;
}

/// A body that was read as a `T`.
pub struct Body<T, F>(T, PhantomData<F>);

impl<T, F> Body<T, F> {
    /// What was read.
    pub fn into_inner(self) -> T {
        self.0
    }
}

impl<T: DeserializeOwned + 'static, F: BodyFormat + 'static> FromRequest for Body<T, F> {
    type Error = actix_web::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self, actix_web::Error>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let media_type = request.content_type().trim().to_ascii_lowercase();
        let body = (payload.take(), Facts::max_body(request));
        Box::pin(async move {
            let object = object(&media_type, body, F::TAKES_FORMS)
                .await
                .map_err(F::unreadable)?;
            let value = input::read(object).map_err(F::invalid)?;
            Ok(Self(value, PhantomData))
        })
    }
}

async fn object(
    media_type: &str,
    (payload, limit): (Payload, usize),
    takes_forms: bool,
) -> Result<Map<String, Value>, Unreadable> {
    let is_json = media_type == "application/json"
        || (media_type.starts_with("application/") && media_type.ends_with("+json"));
    if takes_forms && media_type == FORM {
        let pairs = form_pairs(media_type, (payload, limit)).await?;
        return Ok(object_of(pairs));
    }
    if !is_json {
        return Err(Unreadable::MediaType);
    }
    let bytes = collect(payload, limit).await?;
    serde_json::from_slice::<UniqueObject>(&bytes)
        .map(|object| object.0)
        .map_err(|_| Unreadable::Syntax)
}

/// The pairs of a form of at most `limit` bytes, each name once.
pub async fn form_pairs(
    media_type: &str,
    (payload, limit): (Payload, usize),
) -> Result<Vec<(String, String)>, Unreadable> {
    if media_type != FORM {
        return Err(Unreadable::MediaType);
    }
    let bytes = collect(payload, limit).await?;
    let pairs: Vec<(String, String)> =
        serde_urlencoded::from_bytes(&bytes).map_err(|_| Unreadable::Syntax)?;
    let mut names: Vec<&str> = pairs.iter().map(|(name, _)| name.as_str()).collect();
    names.sort_unstable();
    if names.windows(2).any(|two| two[0] == two[1]) {
        return Err(Unreadable::Repeated);
    }
    Ok(pairs)
}

async fn collect(mut payload: Payload, limit: usize) -> Result<BytesMut, Unreadable> {
    let mut bytes = BytesMut::new();
    while let Some(chunk) = payload.next().await {
        let chunk = chunk.map_err(|_| Unreadable::Syntax)?;
        if bytes.len() + chunk.len() > limit {
            return Err(Unreadable::TooLarge);
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

/// `/console/api`.
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

/// Set-up and init.
pub struct BootstrapFormat;

impl BodyFormat for BootstrapFormat {
    const TAKES_FORMS: bool = false;
    type Failure = BootstrapFailure;

    fn unreadable(problem: Unreadable) -> BootstrapFailure {
        match problem {
            Unreadable::TooLarge => BootstrapFailure::TooLarge,
            _ => Self::invalid(vec![not_an_object()]),
        }
    }
    fn invalid(problems: Vec<FieldProblem>) -> BootstrapFailure {
        BootstrapFailure::Validation {
            parameter: "payload",
            problems,
        }
    }
}

/// `POST code`.
pub struct ProtocolFormat;

impl BodyFormat for ProtocolFormat {
    const TAKES_FORMS: bool = true;
    type Failure = OpenApiFailure;

    fn unreadable(problem: Unreadable) -> OpenApiFailure {
        match problem {
            Unreadable::TooLarge => OpenApiFailure::TooLarge,
            _ => Self::invalid(vec![not_an_object()]),
        }
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
        match problem {
            Unreadable::TooLarge => OpenApiFailure::TooLarge,
            _ => Self::invalid(vec![not_an_object()]),
        }
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
        ProtocolFormat::unreadable(problem)
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

fn not_an_object() -> FieldProblem {
    FieldProblem::new(
        "model_type",
        "",
        "The body must be a JSON object sent as application/json",
    )
}
