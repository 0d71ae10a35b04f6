//! `api-server mail`: does mail work, and what do mails look like?

use std::{collections::BTreeMap, path::PathBuf};

use anyhow::{Context as _, anyhow};
use clap::Subcommand;
use gatewright_domain::account::Email;
use gatewright_mail::{
    Finding, Mail, MailKind, MailLanguage, MailSettings, Mailer, Templates, diagnose, explain,
};

/// What to do with mail.
#[derive(Debug, Subcommand)]
pub enum MailCommand {
    /// Send a test mail; when it does not leave, say why and which setting to change. Exits 1 then.
    Test {
        /// Mail address that the test mail goes to.
        address: Email,
    },
    /// Write every mail, in both languages, as HTML and text, with made-up content.
    Preview {
        /// Folder that the mails are written to.
        #[arg(long, default_value = "mail-preview", value_name = "FOLDER")]
        output_dir: PathBuf,
    },
}

/// What came of a test.
pub enum Tested {
    /// The server took it.
    Sent,
    /// What is wrong.
    Failed(Finding),
}

/// Sends a test mail.
///
/// # Errors
/// When the settings or templates cannot be used.
pub async fn test(settings: &MailSettings, address: &Email, id: String) -> anyhow::Result<Tested> {
    if let Err(finding) = diagnose(settings).await {
        return Ok(Tested::Failed(finding));
    }
    let mailer = Mailer::new(settings).map_err(|text| anyhow!(text))?;
    let mailer = mailer.context("MAIL_TYPE is not set")?;
    let templates = Templates::load(settings.templates.as_deref())?;
    let to = address.as_str();
    let content = templates.render(MailKind::Test, MailLanguage::English, to, &BTreeMap::new())?;
    let mail = Mail {
        id,
        to: to.to_owned(),
        content,
    };
    Ok(match mailer.send(mail).await {
        Ok(()) => Tested::Sent,
        Err(error) => Tested::Failed(explain(settings, &error.to_string())),
    })
}

/// Writes all mails. Returns the folder's files.
///
/// # Errors
/// When a template or the folder cannot be used.
pub fn preview(settings: &MailSettings, folder: &std::path::Path) -> anyhow::Result<Vec<PathBuf>> {
    let templates = Templates::load(settings.templates.as_deref())?;
    std::fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let mut files = vec![];
    for kind in MailKind::ALL {
        for language in MailLanguage::ALL {
            let mail = templates.render(kind, language, "ada@example.com", &example(kind))?;
            let base = format!("{}.{}", kind.template(), language.tag());
            for (ending, text) in [
                ("html", mail.html),
                ("txt", format!("Subject: {}\n\n{}", mail.subject, mail.text)),
            ] {
                let file = folder.join(format!("{base}.{ending}"));
                std::fs::write(&file, text)
                    .with_context(|| format!("cannot write {}", file.display()))?;
                files.push(file);
            }
        }
    }
    Ok(files)
}

fn example(kind: MailKind) -> BTreeMap<String, String> {
    let value = |name: &str| match name {
        "code" => "123456",
        "minutes" => "5",
        "inviter_name" | "account_name" => "Ada Lovelace",
        "workspace_name" | "WorkspaceName" => "Analytical Engines",
        "email" | "NewOwnerEmail" | "identity" => "grace@example.com",
        "provider" | "providers" => "Corporate login",
        "device_label" => "difyctl on lovelace",
        "client_id" => "difyctl",
        "address" => "192.0.2.7",
        "when" => "2026-11-24 10:30 UTC",
        _ => "https://dify.example.com/page",
    };
    let names = kind.variables().iter();
    names
        .map(|name| ((*name).to_owned(), value(name).to_owned()))
        .collect()
}
