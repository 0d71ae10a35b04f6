//! Settings of mail, with Dify's names (console.md §11.1).

use std::path::PathBuf;

use gatewright_domain::{
    Secret, settings,
    settings::{SettingError, SettingValue},
};
use lettre::message::Mailbox;

/// How mails leave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MailType {
    /// `smtp`: to a mail server.
    Smtp,
    /// Into a folder, for development.
    File,
}

impl SettingValue for MailType {
    fn parse_setting(text: &str) -> Result<Self, String> {
        match text.trim().to_ascii_lowercase().as_str() {
            "smtp" => Ok(Self::Smtp),
            "file" => Ok(Self::File),
            "resend" | "sendgrid" => Err(format!(
                "`{text}` is spoken to by SMTP here: set MAIL_TYPE=smtp and SMTP_SERVER to its SMTP host"
            )),
            _ => Err(format!("`{text}` is neither smtp nor file")),
        }
    }
    fn show(&self) -> String {
        match self {
            Self::Smtp => "smtp".into(),
            Self::File => "file".into(),
        }
    }
}

/// How a connection to the mail server is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Security {
    /// Not at all.
    None,
    /// TLS from the first byte.
    Tls,
    /// A clear beginning, then STARTTLS; without it no mail leaves.
    StartTls,
}

settings! {
    /// How mails leave: settings of the mail server and the sender.
    pub struct MailSettings {
        /// `smtp`, or `file` for development; empty: no mail is sent.
        MAIL_TYPE => mail_type: Option<MailType> = None, "smtp";
        /// Sender of all mails, an address with or without a name.
        MAIL_DEFAULT_SEND_FROM => from: Option<String> = None, "no-reply <no-reply@example.com>";
        /// The mail server.
        SMTP_SERVER => server: Option<String> = None, "smtp.example.com";
        /// Its port: 465 with TLS, 587 with STARTTLS, 25 without.
        SMTP_PORT => port: u16 = 465, "587";
        /// The name to sign in with; empty: nobody signs in.
        SMTP_USERNAME => username: Option<String> = None, "gatewright";
        /// The password to sign in with.
        SMTP_PASSWORD => password: Option<Secret> = None, "the-password-of-the-mailbox";
        /// Whether the connection is encrypted.
        SMTP_USE_TLS => use_tls: bool = false, "true";
        /// With `SMTP_USE_TLS`: begin in clear, then STARTTLS.
        SMTP_OPPORTUNISTIC_TLS => starttls: bool = false, "true";
        /// The name we greet the mail server with; empty: the machine's.
        SMTP_LOCAL_HOSTNAME => local_hostname: Option<String> = None, "api.example.com";
        /// A PEM file of a certificate authority that the mail server's certificate may come from, beside the system's.
        GATEWRIGHT_SMTP_CA_FILE => ca_file: Option<PathBuf> = None, "/etc/ssl/company-ca.pem";
        /// Where `MAIL_TYPE=file` puts mails.
        GATEWRIGHT_MAIL_FOLDER => folder: PathBuf = PathBuf::from(".dev/mail"), ".dev/mail";
        /// Templates that replace built-in ones: `<folder>/en-US/<name>.jinja`; see `api-server mail preview`.
        GATEWRIGHT_MAIL_TEMPLATES => templates: Option<PathBuf> = None, "/etc/gatewright/mail";
    }
}

impl MailSettings {
    fn validate(&self) -> Result<(), SettingError> {
        let fail = |name, problem: String, example| {
            Err(SettingError {
                name,
                problem,
                example,
            })
        };
        if self.starttls && !self.use_tls {
            return fail(
                "SMTP_OPPORTUNISTIC_TLS",
                "needs SMTP_USE_TLS=true beside it".into(),
                "false",
            );
        }
        if self.mail_type.is_some() {
            match self.from.as_deref().map(str::parse::<Mailbox>) {
                None => {
                    let problem = "must be set when MAIL_TYPE is".into();
                    return fail(
                        "MAIL_DEFAULT_SEND_FROM",
                        problem,
                        "no-reply <no-reply@example.com>",
                    );
                }
                Some(Err(_)) => {
                    let problem = "is not `Name <address>` or an address; a name with a comma, a dot or \
                                   another sign of its own needs quotes around it: \"Acme, Inc.\" <a@example.com>";
                    return fail(
                        "MAIL_DEFAULT_SEND_FROM",
                        problem.into(),
                        "\"Acme, Inc.\" <no-reply@example.com>",
                    );
                }
                Some(Ok(_)) => {}
            }
        }
        if self.mail_type == Some(MailType::Smtp) && self.server.is_none() {
            return fail(
                "SMTP_SERVER",
                "must be set when MAIL_TYPE=smtp".into(),
                "smtp.example.com",
            );
        }
        Ok(())
    }

    /// How connections are protected.
    pub fn security(&self) -> Security {
        match (self.use_tls, self.starttls) {
            (false, _) => Security::None,
            (true, false) => Security::Tls,
            (true, true) => Security::StartTls,
        }
    }

    /// Whether mails leave at all.
    pub fn is_set_up(&self) -> bool {
        self.mail_type.is_some()
    }
}
