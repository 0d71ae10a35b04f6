//! What can go wrong at the console.

use gatewright_auth::console::CsrfFailure;
use gatewright_domain::{
    Class, Classify,
    account::PasswordPolicyViolation,
    error::{RateLimited, Unavailable},
    from_charge,
};
use gatewright_storage_kit::StorageError;

/// How one proves who one is at the console (RFC 6750 §3).
pub const CHALLENGE: &str = r#"Bearer realm="api""#;

/// Why a console request is refused.
#[derive(Debug, thiserror::Error)]
pub enum ConsoleError {
    /// Nobody has set the installation up.
    #[error(
        "Dify has not been initialized and installed yet. Please proceed with the initialization and installation process first."
    )]
    NotSetup,
    /// The same, and the init password has to be given first.
    #[error(
        "Init validation has not been completed yet. Please proceed with the init validation process first."
    )]
    NotInitValidated,
    /// No access token, or one that is good for nothing. The reason goes into a header.
    #[error("{}", unauthorized(.0))]
    Unauthorized(&'static str),
    /// The account of the token is gone or has no workspace.
    #[error("Unauthorized.")]
    NoAccount,
    /// The account is locked out.
    #[error("Account is banned.")]
    Banned,
    /// The CSRF check failed.
    #[error("CSRF token is missing or invalid.")]
    Csrf(CsrfFailure),
    /// The account has to be initialised first.
    #[error(
        "The account has not been initialized yet. Please proceed with the initialization process first."
    )]
    NotInitialized,
    /// Password sign-in is switched off.
    #[error("You don't have the permission to access the requested resource.")]
    PasswordLoginDisabled,
    /// Wrong address or password.
    #[error("Invalid email or password.")]
    AuthenticationFailed,
    /// Right password, locked account.
    #[error("Account is banned.")]
    AccountBanned,
    /// The invitation is somebody else's.
    #[error("The email address is not the invited one.")]
    InvitedSomebodyElse,
    /// A first password that is too weak.
    #[error(transparent)]
    Policy(#[from] PasswordPolicyViolation),
    /// The role in the workspace does not suffice.
    #[error("You don't have the permission to access the requested resource.")]
    RoleInsufficient,
    /// There is no such thing in this workspace.
    #[error("Not found.")]
    NotFound,
    /// Too many failed sign-ins.
    #[error("Too many incorrect password attempts. Please try again later.")]
    LoginThrottled {
        /// Seconds to wait.
        retry_after: u64,
    },
    /// Too many requests.
    #[error("Too many requests. Please try again later.")]
    RateLimited(#[from] RateLimited),
    /// No such workspace, or not the caller's, or archived.
    #[error("Account not link tenant")]
    AccountNotLinkTenant,
    /// A store did not answer.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

/// A token that cannot be verified is told from none, as Dify does.
fn unauthorized(reason: &str) -> &'static str {
    match reason {
        "invalid_session" => "Invalid token.",
        _ => "Invalid Authorization token.",
    }
}

from_charge!(ConsoleError);

impl From<StorageError> for ConsoleError {
    fn from(error: StorageError) -> Self {
        Self::Unavailable(error.into())
    }
}

impl Classify for ConsoleError {
    fn class(&self) -> Class<'_> {
        match self {
            Self::NotSetup => challenged("not_setup"),
            Self::NotInitValidated => challenged("not_init_validated"),
            Self::Unauthorized(reason) => challenged("unauthorized").because(reason),
            Self::NoAccount => Class::unauthenticated("unauthorized").because("no_account"),
            Self::Banned => challenged("unauthorized").because("account_banned"),
            Self::Csrf(failure) => challenged("unauthorized").because(failure.code()),
            Self::NotInitialized => Class::invalid("account_not_initialized"),
            Self::PasswordLoginDisabled => {
                Class::forbidden("forbidden").because("feature_disabled")
            }
            Self::AuthenticationFailed => challenged("authentication_failed"),
            Self::AccountBanned => Class::invalid("account_banned"),
            Self::InvitedSomebodyElse => Class::invalid("invalid_email"),
            Self::Policy(_) => Class::invalid("invalid_param"),
            Self::RoleInsufficient => Class::forbidden("forbidden").because("role_insufficient"),
            Self::NotFound => Class::not_found("not_found"),
            Self::LoginThrottled { retry_after } => {
                Class::rate_limited("email_code_login_limit", *retry_after)
            }
            Self::RateLimited(limited) => limited.class("too_many_requests"),
            Self::AccountNotLinkTenant => Class::forbidden("account_not_link_tenant"),
            Self::Unavailable(error) => error.class(),
        }
    }
}

/// A refusal that says how to prove who one is.
const fn challenged(code: &'static str) -> Class<'static> {
    Class::unauthenticated(code).challenge(CHALLENGE)
}
