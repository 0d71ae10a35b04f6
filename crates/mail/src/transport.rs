//! How a mail leaves: by SMTP with checked certificates, or into a file.

use std::{path::PathBuf, time::Duration};

use gatewright_private_file::{make_folder, replace};
use lettre::{
    AsyncSmtpTransport, AsyncTransport as _, Message, Tokio1Executor,
    message::{Mailbox, MultiPart},
    transport::smtp::{
        authentication::Credentials,
        client::{Certificate, Tls, TlsParameters},
        extension::ClientId,
    },
};

use crate::{
    domain::{host_in_ascii, in_ascii},
    settings::{MailSettings, MailType, Security},
    template::Rendered,
};

/// To connect and for each answer.
const TIMEOUT: Duration = Duration::from_secs(10);

/// A mail with its addressee. The id makes its name: the same in every attempt.
#[derive(Debug, Clone)]
pub struct Mail {
    /// Part of the `Message-ID`, so that a second attempt can be recognised as the same mail.
    pub id: String,
    /// The recipient's mail address.
    pub to: String,
    /// What it says.
    pub content: Rendered,
}

/// A mail did not leave.
#[derive(Debug, thiserror::Error)]
pub enum MailError {
    /// Worth another attempt.
    #[error("{0}")]
    Transient(String),
    /// No attempt will succeed: the server refused the mail for good, or there is no such address.
    #[error("{0}")]
    Permanent(String),
}

enum Transport {
    Smtp(AsyncSmtpTransport<Tokio1Executor>),
    File(PathBuf),
}

/// Sends mails by the configured transport.
pub struct Mailer {
    from: Mailbox,
    transport: Transport,
}

impl Mailer {
    /// From the settings; `None` when no mail is configured. Nothing is connected yet.
    ///
    /// # Errors
    /// When the settings cannot be used, in words for whoever wrote them.
    pub fn new(settings: &MailSettings) -> Result<Option<Self>, String> {
        let Some(mail_type) = settings.mail_type else {
            return Ok(None);
        };
        let from = settings.from.as_deref().unwrap_or_default();
        let mut from: Mailbox = from
            .parse()
            .map_err(|_| "MAIL_DEFAULT_SEND_FROM is not an address".to_owned())?;
        from.email = in_ascii(&from.email)
            .ok_or("the domain of MAIL_DEFAULT_SEND_FROM is no domain".to_owned())?;
        let transport = match mail_type {
            MailType::Smtp => Transport::Smtp(smtp(settings)?),
            MailType::File => Transport::File(settings.folder.clone()),
        };
        Ok(Some(Self { from, transport }))
    }

    /// Sends a mail.
    ///
    /// # Errors
    /// When it did not leave.
    pub async fn send(&self, mail: Mail) -> Result<(), MailError> {
        let message = self.message(&mail)?;
        match &self.transport {
            Transport::Smtp(smtp) => match smtp.send(message).await {
                Ok(_) => Ok(()),
                Err(error) => Err(classify(&error)),
            },
            Transport::File(folder) => {
                let (folder, id) = (folder.clone(), mail.id.clone());
                let readable = format!(
                    "To: {}\nSubject: {}\n\n{}",
                    mail.to, mail.content.subject, mail.content.text
                );
                let written = tokio::task::spawn_blocking(move || {
                    // They hold codes and links: whoever reads them can be their addressee.
                    make_folder(&folder)?;
                    replace(&folder.join(format!("{id}.txt")), readable.as_bytes())?;
                    replace(&folder.join(format!("{id}.eml")), &message.formatted())
                });
                match written.await {
                    Ok(Ok(())) => Ok(()),
                    Ok(Err(error)) => Err(MailError::Transient(error.to_string())),
                    Err(error) => Err(MailError::Transient(error.to_string())),
                }
            }
        }
    }

    fn message(&self, mail: &Mail) -> Result<Message, MailError> {
        let unusable = |error: &dyn std::fmt::Display| MailError::Permanent(error.to_string());
        let to: lettre::Address = mail.to.parse().map_err(|e| unusable(&e))?;
        let to = in_ascii(&to).ok_or_else(|| unusable(&"the address has no domain"))?;
        let host = self.from.email.domain();
        Message::builder()
            .from(self.from.clone())
            .to(Mailbox::new(None, to))
            .subject(&mail.content.subject)
            .message_id(Some(format!("<{}@{host}>", mail.id)))
            .multipart(MultiPart::alternative_plain_html(
                mail.content.text.clone(),
                mail.content.html.clone(),
            ))
            .map_err(|e| unusable(&e))
    }
}

/// The server's own words, without what it was told.
fn classify(error: &lettre::transport::smtp::Error) -> MailError {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(inner) = cause {
        let inner_text = inner.to_string();
        if !text.contains(&inner_text) {
            text = format!("{text}: {inner_text}");
        }
        cause = inner.source();
    }
    // A refused sign-in or an unusable certificate is for the operator to mend: mails wait for it.
    let is_about_the_mail = error
        .status()
        .is_some_and(|code| matches!(u16::from(code), 550..=556) && u16::from(code) != 554);
    if error.is_permanent() && is_about_the_mail {
        MailError::Permanent(text)
    } else {
        MailError::Transient(text)
    }
}

fn smtp(settings: &MailSettings) -> Result<AsyncSmtpTransport<Tokio1Executor>, String> {
    let server = host_in_ascii(settings.server.as_deref().unwrap_or_default())
        .ok_or("SMTP_SERVER is no host name")?;
    let server = server.as_str();
    let tls = match settings.security() {
        Security::None => Tls::None,
        Security::Tls => Tls::Wrapper(tls_parameters(settings, server)?),
        Security::StartTls => Tls::Required(tls_parameters(settings, server)?),
    };
    let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(server)
        .port(settings.port)
        .tls(tls)
        .timeout(Some(TIMEOUT));
    if let (Some(name), Some(password)) = (&settings.username, &settings.password) {
        builder = builder.credentials(Credentials::new(name.clone(), password.expose().to_owned()));
    }
    if let Some(name) = &settings.local_hostname {
        builder = builder.hello_name(ClientId::Domain(name.clone()));
    }
    Ok(builder.build())
}

fn tls_parameters(settings: &MailSettings, server: &str) -> Result<TlsParameters, String> {
    let mut builder = TlsParameters::builder(server.to_owned());
    if let Some(file) = &settings.ca_file {
        let problem = |error: &dyn std::fmt::Display| {
            format!("GATEWRIGHT_SMTP_CA_FILE {}: {error}", file.display())
        };
        let pem = std::fs::read(file).map_err(|e| problem(&e))?;
        let certificate = Certificate::from_pem(&pem).map_err(|e| problem(&e))?;
        builder = builder.add_root_certificate(certificate);
    }
    builder
        .build_rustls()
        .map_err(|error| format!("TLS: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn f_mail_domain_with_umlauts_is_sent_as_punycode() {
        let settings = MailSettings {
            mail_type: Some(MailType::File),
            from: Some("Gatewright <no-reply@straße.example>".to_owned()),
            ..plain()
        };
        let mailer = Mailer::new(&settings).unwrap().unwrap();
        let mail = Mail {
            id: "1".into(),
            to: "Ada@München.example".into(),
            content: Rendered {
                subject: "Hello".into(),
                html: "<p>Hello".into(),
                text: "Hello".into(),
            },
        };
        let message = mailer.message(&mail).unwrap();
        let envelope = message.envelope();
        assert_eq!(envelope.to()[0].to_string(), "Ada@xn--mnchen-3ya.example");
        let from = envelope.from().map(ToString::to_string);
        assert_eq!(from.as_deref(), Some("no-reply@xn--strae-oqa.example"));
        let text = String::from_utf8(message.formatted()).unwrap();
        assert!(text.is_ascii(), "{text}");
        assert!(text.contains("<1@xn--strae-oqa.example>"), "{text}");
    }

    #[tokio::test]
    async fn mail_files_are_readable_by_their_owner_only() {
        use std::os::unix::fs::PermissionsExt as _;
        let parent = tempfile::tempdir().unwrap();
        let folder = parent.path().join("mail");
        let settings = MailSettings {
            mail_type: Some(MailType::File),
            from: Some("no-reply@example.com".to_owned()),
            folder: folder.clone(),
            ..plain()
        };
        let mailer = Mailer::new(&settings).unwrap().unwrap();
        let mail = Mail {
            id: "1".into(),
            to: "ada@example.com".into(),
            content: Rendered {
                subject: "Code".into(),
                html: "<p>123456".into(),
                text: "123456".into(),
            },
        };
        mailer.send(mail).await.unwrap();
        let mode = |path: PathBuf| path.metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(folder.clone()), 0o700);
        for name in ["1.txt", "1.eml"] {
            assert_eq!(mode(folder.join(name)), 0o600, "{name}");
        }
    }

    fn plain() -> MailSettings {
        use gatewright_domain::settings::Settings as _;
        MailSettings::load(&|_: &str| None::<String>).unwrap()
    }
}
