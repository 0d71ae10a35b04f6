//! Asking for a mail. What is stored has no secret: codes and links are computed when it is sent.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use gatewright_auth::origin::{OriginUnset, PublicUrls};
use gatewright_domain::{error::Unavailable, ids::InvitationId, one_time::CodeSeed};
use gatewright_jobs::{Job, JobId, QueueName, enqueue};
use gatewright_mail::{MailKind, MailLanguage};
use gatewright_storage_kit::Tx;
use serde::{Deserialize, Serialize};

use crate::env::{Ctx, Env};

/// The job that sends one mail.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SendMail {
    /// Which template the mail is rendered from.
    pub kind: MailKind,
    /// In which language.
    pub language: MailLanguage,
    /// The mail address of the recipient.
    pub to: String,
    /// What its template is given. `told` on the wire of the queue, where builds of before read it.
    #[serde(rename = "told")]
    pub variables: BTreeMap<String, String>,
    /// The code in it.
    pub code: Option<CodeSeed>,
    /// The invitation that its link opens.
    pub invitation: Option<InvitationId>,
    /// After this nobody can use it, so it is not sent.
    pub expires_at: Option<DateTime<Utc>>,
}

impl Job for SendMail {
    /// As queued by every build since the first: mails wait across upgrades.
    const KIND: &'static str = "send_letter";
    const QUEUE: QueueName = QueueName::Mail;
}

/// A mail being put together.
#[derive(Debug, Clone)]
pub struct OutgoingMail(SendMail);

impl OutgoingMail {
    /// To somebody, in the language of their interface.
    pub fn new(kind: MailKind, to: &str, interface_language: Option<&str>) -> Self {
        Self(SendMail {
            kind,
            language: MailLanguage::of(interface_language),
            to: to.to_owned(),
            variables: BTreeMap::new(),
            code: None,
            invitation: None,
            expires_at: None,
        })
    }

    /// Tells it something.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl ToString) -> Self {
        self.0.variables.insert(name.to_owned(), value.to_string());
        self
    }

    /// Puts a code into it, which lives so many minutes.
    #[must_use]
    pub fn with_code(mut self, seed: &CodeSeed, minutes: i64, expires_at: DateTime<Utc>) -> Self {
        self.0.code = Some(seed.clone());
        self.0.expires_at = Some(expires_at);
        self.with("minutes", minutes)
    }

    /// Puts the link of an invitation into it.
    #[must_use]
    pub fn with_invitation(mut self, id: InvitationId, expires_at: DateTime<Utc>) -> Self {
        self.0.invitation = Some(id);
        self.0.expires_at = Some(expires_at);
        self
    }
}

/// Takes mails. Without mail it takes them and does nothing, as Dify does.
#[derive(Clone)]
pub struct MailQueue {
    is_set_up: bool,
    urls: PublicUrls,
    env: Env,
}

impl MailQueue {
    /// Puts the parts together.
    pub fn new(is_set_up: bool, urls: PublicUrls, env: Env) -> Self {
        Self {
            is_set_up,
            urls,
            env,
        }
    }

    /// Whether mails are sent.
    pub fn is_set_up(&self) -> bool {
        self.is_set_up
    }

    /// A page for a mail's link.
    ///
    /// # Errors
    /// When no public address is configured.
    pub fn page(&self, path: &str) -> Result<String, OriginUnset> {
        self.urls.page_in_mail(path)
    }

    /// Has a mail sent once the transaction commits.
    pub async fn send(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        mail: OutgoingMail,
    ) -> Result<(), Unavailable> {
        if !self.is_set_up {
            return Ok(());
        }
        let id = JobId::generate(self.env.ids.as_ref());
        enqueue(tx.as_mut(), id, &mail.0, ctx.now, ctx.now).await
    }
}
