//! A caller who may run the app in the path: checked before the body is looked at.

use std::{future::Future, pin::Pin};

use actix_web::{FromRequest, HttpRequest, dev::Payload, web::Data};
use gatewright_domain::member::Capability;
use gatewright_http_kit::{
    error::OpenApiFailure,
    extract::{AppsRunScope, Require},
    request_span,
};
use gatewright_run_service::Caller;
use gatewright_usecase_apps::{Apps, OpenApp, ReachableApp};
use gatewright_usecase_device::bearer::Identity;

use crate::failure::NotRun;

/// Who calls, and the app of the path.
pub(crate) struct Reached {
    pub(super) identity: Identity,
    pub(super) target: ReachableApp,
}

impl Reached {
    /// On whose behalf runs of this caller are.
    pub(super) fn as_caller(&self) -> Caller {
        let account = &self.identity.account;
        Caller::Account {
            id: account.id.0,
            name: account.name.clone(),
            email: account.email.clone(),
        }
    }
}

impl FromRequest for Reached {
    type Error = actix_web::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self, actix_web::Error>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let caller = Require::<AppsRunScope>::from_request(request, payload);
        let apps = Data::<Apps>::from_request(request, payload);
        let id = request.match_info().get("app_id").map(str::to_owned);
        Box::pin(async move {
            let identity = caller.await?.identity;
            let open = OpenApp {
                needed: Some(Capability::BeMember),
            };
            let id = id.unwrap_or_default();
            let target = apps.await?.reach(&identity.workspaces, &id, open).await;
            let target = target.map_err(NotRun::from).map_err(OpenApiFailure::from)?;
            request_span::of_workspace(target.app.workspace);
            Ok(Self { identity, target })
        })
    }
}
