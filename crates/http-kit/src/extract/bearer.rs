//! `Authorization: Bearer …` and the scope that a route needs, in the handler's signature.

use std::{future::Future, marker::PhantomData, pin::Pin};

use actix_web::{FromRequest, HttpRequest, dev::Payload, http::header, web::Data};
use gatewright_auth::bearer::Scope;
use gatewright_usecase_device::bearer::{BearerRouteError, Bearers, Caller, Identity};

use super::context::RequestCtx;
use crate::error::OpenApiFailure;

/// A scope as a type.
pub trait RequiredScope {
    /// The scope that the bearer must have.
    const SCOPE: Scope;
}

/// The scope `full`, as a type.
pub struct FullScope;

impl RequiredScope for FullScope {
    const SCOPE: Scope = Scope::Full;
}

/// The scope `workspace:read`, as a type.
pub struct WorkspaceReadScope;

impl RequiredScope for WorkspaceReadScope {
    const SCOPE: Scope = Scope::WorkspaceRead;
}

/// The scope `workspace:write`, as a type.
pub struct WorkspaceWriteScope;

impl RequiredScope for WorkspaceWriteScope {
    const SCOPE: Scope = Scope::WorkspaceWrite;
}

/// The scope `apps:read`, as a type.
pub struct AppsReadScope;

impl RequiredScope for AppsReadScope {
    const SCOPE: Scope = Scope::AppsRead;
}

/// `apps:run`.
pub struct AppsRunScope;

impl RequiredScope for AppsRunScope {
    const SCOPE: Scope = Scope::AppsRun;
}

/// The caller, who has the scope.
pub struct Require<S> {
    /// The bearer's principal, its account and the account's workspaces.
    pub identity: Identity,
    scope: PhantomData<S>,
}

impl<S: RequiredScope + 'static> FromRequest for Require<S> {
    type Error = actix_web::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self, actix_web::Error>>>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move {
            let ctx = RequestCtx::of(&request)?;
            let bearers = Data::<Bearers>::extract(&request).await?;
            let token = presented(&request).map_err(OpenApiFailure::from)?;
            let identity = bearers
                .authenticate(&ctx, token, S::SCOPE, request.path())
                .await
                .map_err(OpenApiFailure::from)?;
            Ok(Self {
                identity,
                scope: PhantomData,
            })
        })
    }
}

/// The caller of a route that serves accounts and people without one.
pub struct AnySubject(pub Caller);

impl FromRequest for AnySubject {
    type Error = actix_web::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self, actix_web::Error>>>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move {
            let ctx = RequestCtx::of(&request)?;
            let bearers = Data::<Bearers>::extract(&request).await?;
            let token = presented(&request).map_err(OpenApiFailure::from)?;
            let caller = bearers.authenticate_any(&ctx, token).await;
            Ok(Self(caller.map_err(OpenApiFailure::from)?))
        })
    }
}

/// The token of the one `Authorization` header; `None` when there is none or of another scheme.
///
/// # Errors
/// When there are several of these headers, or one that is no text.
pub fn presented(request: &HttpRequest) -> Result<Option<&str>, BearerRouteError> {
    let mut headers = request.headers().get_all(header::AUTHORIZATION);
    let Some(value) = headers.next() else {
        return Ok(None);
    };
    if headers.next().is_some() {
        return Err(BearerRouteError::Malformed);
    }
    let value = value.to_str().map_err(|_| BearerRouteError::Malformed)?;
    let Some((scheme, token)) = value.split_once(' ') else {
        return Ok(None);
    };
    if !scheme.eq_ignore_ascii_case("bearer") {
        return Ok(None);
    }
    let token = token.trim();
    Ok((!token.is_empty()).then_some(token))
}
