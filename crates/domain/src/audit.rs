//! What the audit trail records: who did what to which object, from where, with which outcome.

use std::net::IpAddr;

use crate::ids::{AccountId, WorkspaceId};

macro_rules! audit_actions {
    ($($(#[$doc:meta])* $name:ident => $text:literal,)+) => {
        /// Names of the events, as operators search for them. The `oauth.*` names are Dify's
        /// (device-flow.md §15); the others are ours.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum AuditAction {
            $($(#[$doc])* $name,)+
        }

        impl AuditAction {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$name,)+];

            /// The stable name.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)+
                }
            }
        }
    };
}

audit_actions! {
    /// A device code was issued.
    DeviceCodeIssued => "oauth.device_code_issued",
    /// Somebody let a device in.
    DeviceFlowApproved => "oauth.device_flow_approved",
    /// Somebody refused a device.
    DeviceFlowDenied => "oauth.device_flow_denied",
    /// An approval or refusal was turned away.
    DeviceFlowRejected => "oauth.device_flow_rejected",
    /// An approved code was exchanged for a token.
    DeviceCodeRedeemed => "oauth.device_code_redeemed",
    /// An already redeemed code came back.
    DeviceCodeReplayed => "oauth.device_code_replayed",
    /// A code was redeemed from another address than it was requested from.
    DeviceCodeCrossIpPoll => "oauth.device_code_cross_ip_poll",
    /// A token was revoked by its owner.
    TokenRevoked => "oauth.token_revoked",
    /// A token met its expiry.
    TokenExpired => "oauth.token_expired",
    /// A token of one kind knocked at a route for another.
    WrongSurfaceDenied => "openapi.wrong_surface_denied",
    /// Somebody came back from an identity provider with an assertion that does not hold.
    AssertionRefused => "oauth.sso_assertion_refused",
    /// A sign-in at the console through an identity provider was refused.
    ExternalLoginRefused => "console.external_login_refused",
    /// An identity at a provider was tied to an account.
    IdentityLinked => "console.identity_linked",
    /// An identity at a provider was untied from an account.
    IdentityUnlinked => "console.identity_unlinked",
    /// The installation was set up.
    SetupCompleted => "console.setup_completed",
    /// A sign-in at the console.
    LoginSucceeded => "console.login_succeeded",
    /// A failed sign-in at the console.
    LoginFailed => "console.login_failed",
    /// Somebody signed out of the console.
    LoggedOut => "console.logged_out",
    /// A spent refresh token came back; the session ended.
    RefreshReused => "console.refresh_reused",
    /// An account moved to another workspace.
    WorkspaceSwitched => "console.workspace_switched",
    /// A password was set by a code from a mail.
    PasswordReset => "account.password_reset",
    /// A password was changed by whoever knew the old one.
    PasswordChanged => "account.password_changed",
    /// An address was changed.
    EmailChanged => "account.email_changed",
    /// Somebody made an account by registering.
    AccountRegistered => "account.registered",
    /// An invited person took up an invitation.
    AccountActivated => "account.activated",
    /// An account was deleted by its owner.
    AccountDeleted => "account.deleted",
    /// A code from a mail was wrong.
    CodeRefused => "account.code_refused",
    /// An administrator made an account.
    AccountCreated => "admin.account_created",
    /// An administrator lifted a lock.
    AccountUnlocked => "admin.account_unlocked",
    /// An administrator ended the sessions or tokens of an account.
    SessionsRevoked => "admin.sessions_revoked",
    /// A workspace was made.
    WorkspaceCreated => "workspace.created",
    /// A workspace was renamed.
    WorkspaceRenamed => "workspace.renamed",
    /// A workspace went with its only member.
    WorkspaceDeleted => "workspace.deleted",
    /// Somebody was invited.
    MemberInvited => "workspace.member_invited",
    /// Somebody became a member.
    MemberJoined => "workspace.member_joined",
    /// A member was removed, or left.
    MemberRemoved => "workspace.member_removed",
    /// A member's role was changed.
    MemberRoleChanged => "workspace.member_role_changed",
    /// A workspace got another owner.
    OwnershipTransferred => "workspace.ownership_transferred",
    /// An API key was made.
    ApiKeyCreated => "workspace.api_key_created",
    /// An app was created, by hand or from a file.
    AppCreated => "app.created",
    /// An app was overwritten from a file.
    AppOverwritten => "app.overwritten",
    /// An app was exported with its secrets.
    AppSecretsExported => "app.secrets_exported",
    /// A version of an app's workflow was published.
    AppPublished => "app.published",
    /// An app was opened to programs or users, or closed.
    AppAccessChanged => "app.access_changed",
    /// An app was deleted with everything that hung on it.
    AppDeleted => "app.deleted",
    /// What is kept of an end user was exported.
    EndUserExported => "end_user.exported",
    /// What was kept of an end user was erased.
    EndUserErased => "end_user.erased",
    /// An API key was deleted.
    ApiKeyDeleted => "workspace.api_key_deleted",
    /// Retention removed the oldest events of a chain.
    AuditCut => "audit.cut",
}

/// One event. Details are short named texts; no secret is ever among them.
#[derive(Debug, Clone)]
pub struct AuditEvent {
    /// What happened; its text is what the audit trail stores.
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
