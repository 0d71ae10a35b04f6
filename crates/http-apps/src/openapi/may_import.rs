//! A caller who may change the apps of the workspace in the path: checked before the body is looked at.

use std::{future::Future, pin::Pin};

use actix_web::{FromRequest, HttpRequest, dev::Payload};
use gatewright_domain::{member::Capability, workspace::MemberWorkspace};
use gatewright_http_kit::{
    error::OpenApiFailure,
    extract::{Require, WorkspaceWriteScope},
};
use gatewright_usecase_device::bearer::Identity;

use super::workspace;

/// Who calls, and the workspace of the path.
pub(crate) struct MayImport {
    pub(super) identity: Identity,
    pub(super) home: MemberWorkspace,
}

impl FromRequest for MayImport {
    type Error = actix_web::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self, actix_web::Error>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let caller = Require::<WorkspaceWriteScope>::from_request(request, payload);
        let id = request.match_info().get("workspace_id").map(str::to_owned);
        Box::pin(async move {
            let identity = caller.await?.identity;
            let id = id.unwrap_or_default();
            let home = workspace(&identity, &id, Capability::EditApps)
                .map_err(OpenApiFailure::from)?
                .clone();
            Ok(Self { identity, home })
        })
    }
}
