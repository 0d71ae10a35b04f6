//! Settings of the flows that go through a mail.

use chrono::TimeDelta;
use gatewright_domain::{one_time::OneTimePurpose, settings, settings::SettingError};

settings! {
    /// Accounts: codes by mail, invitations.
    pub struct AccountSettings {
        /// Life of a code to set a new password, in minutes, 1 to 10.
        RESET_PASSWORD_TOKEN_EXPIRY_MINUTES => reset_password: u32 = 5, "5";
        /// Life of a code to register, in minutes, 1 to 10.
        EMAIL_REGISTER_TOKEN_EXPIRY_MINUTES => email_register: u32 = 5, "5";
        /// Life of a code to sign in, in minutes, 1 to 10.
        EMAIL_CODE_LOGIN_TOKEN_EXPIRY_MINUTES => email_code_login: u32 = 5, "5";
        /// Life of a code to change the address, in minutes, 1 to 10.
        CHANGE_EMAIL_TOKEN_EXPIRY_MINUTES => change_email: u32 = 5, "5";
        /// Life of a code to give a workspace away, in minutes, 1 to 10.
        OWNER_TRANSFER_TOKEN_EXPIRY_MINUTES => owner_transfer: u32 = 5, "5";
        /// Life of a code to delete an account, in minutes, 1 to 10.
        ACCOUNT_DELETION_TOKEN_EXPIRY_MINUTES => account_deletion: u32 = 5, "5";
        /// Life of an invitation in hours, 1 to 720.
        INVITE_EXPIRY_HOURS => invite_hours: u32 = 72, "72";
        /// Whether people may change their address.
        ENABLE_CHANGE_EMAIL => change_email_enabled: bool = true, "true";
        /// Most members of a workspace, invited ones too; 0 is any number.
        GATEWRIGHT_MAX_MEMBERS => max_members: u32 = 0, "200";
    }
}

impl AccountSettings {
    fn validate(&self) -> Result<(), SettingError> {
        let lives = [
            ("RESET_PASSWORD_TOKEN_EXPIRY_MINUTES", self.reset_password),
            ("EMAIL_REGISTER_TOKEN_EXPIRY_MINUTES", self.email_register),
            (
                "EMAIL_CODE_LOGIN_TOKEN_EXPIRY_MINUTES",
                self.email_code_login,
            ),
            ("CHANGE_EMAIL_TOKEN_EXPIRY_MINUTES", self.change_email),
            ("OWNER_TRANSFER_TOKEN_EXPIRY_MINUTES", self.owner_transfer),
            (
                "ACCOUNT_DELETION_TOKEN_EXPIRY_MINUTES",
                self.account_deletion,
            ),
        ];
        // Six digits are guessed in the end: ten minutes is the most that they may live (ASVS 6.5.5).
        if let Some((name, _)) = lives.into_iter().find(|(_, life)| !(1..=10).contains(life)) {
            return Err(SettingError {
                name,
                problem: "must be from 1 to 10".into(),
                example: "5",
            });
        }
        if !(1..=720).contains(&self.invite_hours) {
            return Err(SettingError {
                name: "INVITE_EXPIRY_HOURS",
                problem: "must be from 1 to 720".into(),
                example: "72",
            });
        }
        Ok(())
    }

    /// How long a code lives.
    pub fn lifetime(&self, purpose: OneTimePurpose) -> TimeDelta {
        let minutes = match purpose {
            OneTimePurpose::ResetPassword => self.reset_password,
            OneTimePurpose::EmailRegister => self.email_register,
            OneTimePurpose::EmailCodeLogin => self.email_code_login,
            OneTimePurpose::ChangeEmailOld | OneTimePurpose::ChangeEmailNew => self.change_email,
            OneTimePurpose::OwnerTransfer => self.owner_transfer,
            OneTimePurpose::AccountDeletion => self.account_deletion,
        };
        TimeDelta::minutes(i64::from(minutes))
    }

    /// How long an invitation lives.
    pub fn invitation_lifetime(&self) -> TimeDelta {
        TimeDelta::hours(i64::from(self.invite_hours))
    }
}
