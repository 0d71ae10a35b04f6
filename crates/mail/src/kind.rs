//! Which mails there are (console.md §11.3), and what each has to be told.

use serde::{Deserialize, Serialize};

/// A mail. Its names on disk are Dify's, where it has the mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MailKind {
    /// A code to set a new password.
    ResetPassword,
    /// There is no account, and registration is open.
    ResetNoAccount,
    /// There is no account, and registration is closed.
    ResetNoAccountClosed,
    /// A code to register.
    Register,
    /// Somebody who has an account registers.
    RegisterExists,
    /// A code to sign in.
    LoginCode,
    /// There is no account to sign in to.
    LoginNoAccount,
    /// An invitation to a workspace.
    Invite,
    /// A code to the present address.
    ChangeEmailOld,
    /// A code to the new address.
    ChangeEmailNew,
    /// To the new address, when it is done.
    ChangeEmailDone,
    /// To the address before, when it is done.
    ChangeEmailNotice,
    /// A code to transfer a workspace.
    TransferConfirm,
    /// To who was the owner.
    TransferOldOwner,
    /// To who is the owner now.
    TransferNewOwner,
    /// A code to delete an account.
    DeleteAccountCode,
    /// The last mail.
    DeleteAccountDone,
    /// Somebody let a device in. Ours.
    DeviceConnected,
    /// An identity at a provider was connected. Ours.
    IdentityConnected,
    /// Identities at providers were disconnected. Ours.
    IdentityDisconnected,
    /// An account that had no password has one now. Ours.
    FirstPassword,
    /// The password was changed, or set anew by a code. Ours.
    PasswordChanged,
    /// A workflow asks for an answer. Its text is the author's.
    HumanInput,
    /// `api-server mail test`.
    Test,
}

impl MailKind {
    /// All of them.
    pub const ALL: [Self; 24] = [
        Self::ResetPassword,
        Self::ResetNoAccount,
        Self::ResetNoAccountClosed,
        Self::Register,
        Self::RegisterExists,
        Self::LoginCode,
        Self::LoginNoAccount,
        Self::Invite,
        Self::ChangeEmailOld,
        Self::ChangeEmailNew,
        Self::ChangeEmailDone,
        Self::ChangeEmailNotice,
        Self::TransferConfirm,
        Self::TransferOldOwner,
        Self::TransferNewOwner,
        Self::DeleteAccountCode,
        Self::DeleteAccountDone,
        Self::DeviceConnected,
        Self::IdentityConnected,
        Self::IdentityDisconnected,
        Self::FirstPassword,
        Self::PasswordChanged,
        Self::HumanInput,
        Self::Test,
    ];

    /// The template's base name.
    pub fn template(self) -> &'static str {
        match self {
            Self::ResetPassword => "reset_password_mail_template",
            Self::ResetNoAccount => "reset_password_mail_when_account_not_exist_template",
            Self::ResetNoAccountClosed => {
                "reset_password_mail_when_account_not_exist_no_register_template"
            }
            Self::Register => "register_email_template",
            Self::RegisterExists => "register_email_when_account_exist_template",
            Self::LoginCode => "email_code_login_mail_template",
            Self::LoginNoAccount => "email_code_login_no_account_template",
            Self::Invite => "invite_member_mail_template",
            Self::ChangeEmailOld => "change_mail_confirm_old_template",
            Self::ChangeEmailNew => "change_mail_confirm_new_template",
            Self::ChangeEmailDone => "change_mail_completed_template",
            Self::ChangeEmailNotice => "change_mail_notice_template",
            Self::TransferConfirm => "transfer_workspace_owner_confirm_template",
            Self::TransferOldOwner => "transfer_workspace_old_owner_notify_template",
            Self::TransferNewOwner => "transfer_workspace_new_owner_notify_template",
            Self::DeleteAccountCode => "delete_account_code_email_template",
            Self::DeleteAccountDone => "delete_account_success_template",
            Self::DeviceConnected => "device_connected_template",
            Self::IdentityConnected => "identity_connected_template",
            Self::IdentityDisconnected => "identity_disconnected_template",
            Self::FirstPassword => "first_password_template",
            Self::PasswordChanged => "password_changed_template",
            Self::HumanInput => "human_input_mail_template",
            Self::Test => "test_mail_template",
        }
    }

    /// What it is told beside `to`, `language`, `application_title` and `branding_enabled`.
    pub fn variables(self) -> &'static [&'static str] {
        match self {
            Self::ResetPassword
            | Self::Register
            | Self::LoginCode
            | Self::ChangeEmailOld
            | Self::ChangeEmailNew
            | Self::DeleteAccountCode => &["code", "minutes"],
            Self::ResetNoAccount => &["sign_up_url"],
            Self::ResetNoAccountClosed
            | Self::LoginNoAccount
            | Self::ChangeEmailNotice
            | Self::Test => &[],
            Self::RegisterExists => &["login_url", "reset_password_url", "account_name"],
            Self::Invite => &["inviter_name", "workspace_name", "url"],
            Self::ChangeEmailDone | Self::DeleteAccountDone => &["email"],
            Self::TransferConfirm => &["code", "minutes", "WorkspaceName"],
            Self::TransferOldOwner => &["WorkspaceName", "NewOwnerEmail"],
            Self::TransferNewOwner => &["WorkspaceName"],
            Self::IdentityConnected => &["provider", "identity", "address", "when", "url"],
            Self::IdentityDisconnected => &["providers", "address", "when", "url"],
            Self::FirstPassword => &["address", "when", "url"],
            Self::PasswordChanged => &["address", "when"],
            Self::HumanInput => &["body"],
            Self::DeviceConnected => &["device_label", "client_id", "address", "when", "url"],
        }
    }
}

/// What is told that is not chosen by anybody: codes, times, our own addresses, and addresses of mailboxes,
/// whose form is checked.
const OURS: [&str; 10] = [
    "code",
    "minutes",
    "when",
    "address",
    "url",
    "sign_up_url",
    "login_url",
    "reset_password_url",
    "email",
    "NewOwnerEmail",
];

/// Whether what a mail is told under this name is free text of somebody's.
pub(crate) fn is_free_text(variable: &str) -> bool {
    !OURS.contains(&variable)
}

/// The languages that mails are written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum MailLanguage {
    /// English, and everybody whose language we do not write.
    #[serde(rename = "en-US")]
    English,
    /// Simplified Chinese, `zh-CN`.
    #[serde(rename = "zh-CN")]
    Chinese,
}

impl MailLanguage {
    /// Both languages that every template has.
    pub const ALL: [Self; 2] = [Self::English, Self::Chinese];

    /// The folder of its templates, and the `lang` of its HTML.
    pub fn tag(self) -> &'static str {
        match self {
            Self::English => "en-US",
            Self::Chinese => "zh-CN",
        }
    }

    /// `zh-Hans` selects Chinese, everything else English (console.md §11.2).
    pub fn of(interface_language: Option<&str>) -> Self {
        if interface_language == Some("zh-Hans") {
            Self::Chinese
        } else {
            Self::English
        }
    }
}
