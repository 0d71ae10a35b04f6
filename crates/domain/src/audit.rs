//! What the audit trail records: who did what to which object, from where, with which outcome.

use std::net::IpAddr;

use crate::ids::{AccountId, WorkspaceId};

/// Names of the events, as operators search for them. The `oauth.*` names are the reference's
/// (device-flow.md §15); the others are ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AuditAction {
    /// A device code was issued.
    DeviceCodeIssued,
    /// Somebody let a device in.
    DeviceFlowApproved,
    /// Somebody refused a device.
    DeviceFlowDenied,
    /// An approval or refusal was turned away.
    DeviceFlowRejected,
    /// An approved code was exchanged for a token.
    DeviceCodeRedeemed,
    /// An already redeemed code came back.
    DeviceCodeReplayed,
    /// A code was redeemed from another address than it was requested from.
    DeviceCodeCrossIpPoll,
    /// A token was revoked by its owner.
    TokenRevoked,
    /// A token met its expiry.
    TokenExpired,
    /// A token of one kind knocked at a route for another.
    WrongSurfaceDenied,
    /// Somebody came back from an identity provider with an assertion that does not hold.
    AssertionRefused,
    /// A sign-in at the console through an identity provider was refused.
    ExternalLoginRefused,
    /// An identity at a provider was tied to an account.
    IdentityLinked,
    /// The installation was set up.
    SetupCompleted,
    /// A sign-in at the console.
    LoginSucceeded,
    /// A failed sign-in at the console.
    LoginFailed,
    /// A sign-out.
    LoggedOut,
    /// A spent refresh token came back; the session ended.
    RefreshReused,
    /// An account moved to another workspace.
    WorkspaceSwitched,
    /// A password was set by a code from a mail.
    PasswordReset,
    /// A password was changed by whoever knew the old one.
    PasswordChanged,
    /// An address was changed.
    EmailChanged,
    /// Somebody registered.
    AccountRegistered,
    /// An invited person took up an invitation.
    AccountActivated,
    /// An account was deleted by its owner.
    AccountDeleted,
    /// A code from a mail was wrong.
    CodeRefused,
    /// An administrator made an account.
    AccountCreated,
    /// An administrator lifted a lock.
    AccountUnlocked,
    /// An administrator ended the sessions or tokens of an account.
    SessionsRevoked,
    /// A workspace was made.
    WorkspaceCreated,
    /// A workspace was renamed.
    WorkspaceRenamed,
    /// A workspace went with its only member.
    WorkspaceDeleted,
    /// Somebody was invited.
    MemberInvited,
    /// Somebody became a member.
    MemberJoined,
    /// A member was removed, or left.
    MemberRemoved,
    /// A member's role was changed.
    MemberRoleChanged,
    /// A workspace got another owner.
    OwnershipTransferred,
    /// An API key was made.
    ApiKeyCreated,
    /// An API key was deleted.
    ApiKeyDeleted,
    /// Retention removed the oldest events of a chain.
    AuditCut,
}

impl AuditAction {
    /// The stable name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::DeviceCodeIssued => "oauth.device_code_issued",
            Self::DeviceFlowApproved => "oauth.device_flow_approved",
            Self::DeviceFlowDenied => "oauth.device_flow_denied",
            Self::DeviceFlowRejected => "oauth.device_flow_rejected",
            Self::DeviceCodeRedeemed => "oauth.device_code_redeemed",
            Self::DeviceCodeReplayed => "oauth.device_code_replayed",
            Self::DeviceCodeCrossIpPoll => "oauth.device_code_cross_ip_poll",
            Self::TokenRevoked => "oauth.token_revoked",
            Self::TokenExpired => "oauth.token_expired",
            Self::WrongSurfaceDenied => "openapi.wrong_surface_denied",
            Self::AssertionRefused => "oauth.sso_assertion_refused",
            Self::ExternalLoginRefused => "console.external_login_refused",
            Self::IdentityLinked => "console.identity_linked",
            Self::SetupCompleted => "console.setup_completed",
            Self::LoginSucceeded => "console.login_succeeded",
            Self::LoginFailed => "console.login_failed",
            Self::LoggedOut => "console.logged_out",
            Self::RefreshReused => "console.refresh_reused",
            Self::WorkspaceSwitched => "console.workspace_switched",
            Self::PasswordReset => "account.password_reset",
            Self::PasswordChanged => "account.password_changed",
            Self::EmailChanged => "account.email_changed",
            Self::AccountRegistered => "account.registered",
            Self::AccountActivated => "account.activated",
            Self::AccountDeleted => "account.deleted",
            Self::CodeRefused => "account.code_refused",
            Self::AccountCreated => "admin.account_created",
            Self::AccountUnlocked => "admin.account_unlocked",
            Self::SessionsRevoked => "admin.sessions_revoked",
            Self::WorkspaceCreated => "workspace.created",
            Self::WorkspaceRenamed => "workspace.renamed",
            Self::WorkspaceDeleted => "workspace.deleted",
            Self::MemberInvited => "workspace.member_invited",
            Self::MemberJoined => "workspace.member_joined",
            Self::MemberRemoved => "workspace.member_removed",
            Self::MemberRoleChanged => "workspace.member_role_changed",
            Self::OwnershipTransferred => "workspace.ownership_transferred",
            Self::ApiKeyCreated => "workspace.api_key_created",
            Self::ApiKeyDeleted => "workspace.api_key_deleted",
            Self::AuditCut => "audit.cut",
        }
    }
}

/// One event. Details are short named texts; no secret is ever among them.
#[derive(Debug, Clone)]
pub struct AuditEvent {
    /// What happened.
    pub action: AuditAction,
    /// Who did it, when that is an account.
    pub actor: Option<AccountId>,
    /// Where, when it happened in a workspace.
    pub workspace: Option<WorkspaceId>,
    /// From which address.
    pub ip: Option<IpAddr>,
    /// With what software, as it calls itself; cut to 255 characters.
    pub user_agent: Option<String>,
    /// Anything else that helps to understand the event.
    pub details: Vec<(&'static str, String)>,
}

impl AuditEvent {
    /// An event without actor or place; fill in with struct update syntax or [`Self::with`].
    pub fn new(action: AuditAction) -> Self {
        Self {
            action,
            actor: None,
            workspace: None,
            ip: None,
            user_agent: None,
            details: vec![],
        }
    }

    /// Names the acting account.
    #[must_use]
    pub fn by(mut self, actor: AccountId) -> Self {
        self.actor = Some(actor);
        self
    }

    /// Names the workspace.
    #[must_use]
    pub fn within(mut self, workspace: Option<WorkspaceId>) -> Self {
        self.workspace = workspace;
        self
    }

    /// Adds a detail.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl ToString) -> Self {
        self.details.push((name, value.to_string()));
        self
    }
}
