//! A signed-in member of the workspace that the session works in, whose role lets them do what the
//! handler's signature says.

use std::{future::Future, marker::PhantomData, pin::Pin};

use actix_web::{FromRequest, HttpRequest, dev::Payload};
use gatewright_domain::{member::Capability, workspace::MemberWorkspace};
use gatewright_usecase_identity::{console::ConsoleError, member::MemberError};
use gatewright_usecase_kit::ConsoleIdentity;

use super::session::SignedIn;
use crate::{error::ConsoleFailure, request_span};

/// A capability as a type.
pub trait Needed {
    /// The capability that the member's role must have.
    const WHAT: Capability;

    /// What somebody hears whose role does not suffice.
    fn refusal() -> ConsoleFailure {
        ConsoleFailure::from(ConsoleError::RoleInsufficient)
    }
}

macro_rules! needed {
    ($($(#[$doc:meta])* $name:ident => $what:ident;)+) => {$(
        $(#[$doc])*
        pub struct $name;

        impl Needed for $name {
            const WHAT: Capability = Capability::$what;
        }
    )+};
}

needed! {
    /// Any member of the workspace.
    WorkspaceMember => BeMember;
    /// Invite, remove, change roles.
    ManagesMembers => ManageMembers;
    /// A member who may rename the workspace.
    ChangesWorkspace => ChangeWorkspace;
    /// Make API keys.
    CreatesKeys => CreateApiKeys;
    /// Delete API keys.
    DeletesKeys => DeleteApiKeys;
    /// Make, rename, bind tags.
    EditsTags => EditTags;
    /// A member who may delete tags.
    DeletesTags => DeleteTags;
    /// Make, import, export, change, publish and delete apps.
    EditsApps => EditApps;
    /// Open apps to programs, give their sites new addresses.
    AdministersApps => AdministerApps;
    /// Read the audit trail.
    ReadsAudit => ReadAudit;
}

/// Give the workspace away. The console tells one who may not by a code of its own.
pub struct OwnsWorkspace;

impl Needed for OwnsWorkspace {
    const WHAT: Capability = Capability::TransferOwnership;

    fn refusal() -> ConsoleFailure {
        ConsoleFailure::from(MemberError::NotOwner)
    }
}

/// Who, and where.
pub struct InWorkspace<N> {
    /// The session's account and its workspaces.
    pub identity: ConsoleIdentity,
    /// The account's current workspace, and its role there.
    pub workspace: MemberWorkspace,
    needed: PhantomData<N>,
}

impl<N: Needed + 'static> FromRequest for InWorkspace<N> {
    type Error = actix_web::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self, actix_web::Error>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let signed_in = SignedIn::from_request(request, payload);
        Box::pin(async move {
            let identity = signed_in.await?.0;
            let workspace = identity.current_workspace().cloned();
            let workspace = workspace
                .ok_or(ConsoleError::NoAccount)
                .map_err(ConsoleFailure::from)?;
            if !workspace.role.may(N::WHAT) {
                return Err(N::refusal().into());
            }
            request_span::of_workspace(workspace.id);
            Ok(Self {
                identity,
                workspace,
                needed: PhantomData,
            })
        })
    }
}
