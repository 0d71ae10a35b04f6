//! Asking for a letter. What is stored has no secret: codes and links are computed when it is sent.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use gatewright_auth::origin::{OriginUnset, PublicUrls};
use gatewright_domain::{error::Unavailable, ids::InvitationId, one_time::CodeSeed};
use gatewright_jobs::{Job, JobId, QueueName, enqueue};
use gatewright_mail::{LetterKind, MailLanguage};
use gatewright_storage_kit::Tx;
use serde::{Deserialize, Serialize};

use crate::env::{Ambient, Ctx};

/// The job.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SendLetter {
    /// Which letter.
    pub kind: LetterKind,
    /// In which language.
    pub language: MailLanguage,
    /// To whom.
    pub to: String,
    /// What it is told.
    pub told: BTreeMap<String, String>,
    /// The code in it.
    pub code: Option<CodeSeed>,
    /// The invitation that its link opens.
    pub invitation: Option<InvitationId>,
    /// After this nobody can use it, so it is not sent.
    pub expires_at: Option<DateTime<Utc>>,
}

impl Job for SendLetter {
    const KIND: &'static str = "send_letter";
    const QUEUE: QueueName = QueueName::Mail;
}

/// A letter being put together.
#[derive(Debug, Clone)]
pub struct Letter(SendLetter);

impl Letter {
    /// To somebody, in the language of their interface.
    pub fn new(kind: LetterKind, to: &str, interface_language: Option<&str>) -> Self {
        Self(SendLetter {
            kind,
            language: MailLanguage::of(interface_language),
            to: to.to_owned(),
            told: BTreeMap::new(),
            code: None,
            invitation: None,
            expires_at: None,
        })
    }

    /// Tells it something.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl ToString) -> Self {
        self.0.told.insert(name.to_owned(), value.to_string());
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

/// Takes letters. Without mail it takes them and does nothing, as the reference does.
#[derive(Clone)]
pub struct Post {
    is_set_up: bool,
    urls: PublicUrls,
    ambient: Ambient,
}

impl Post {
    /// Puts the parts together.
    pub fn new(is_set_up: bool, urls: PublicUrls, ambient: Ambient) -> Self {
        Self {
            is_set_up,
            urls,
            ambient,
        }
    }

    /// Whether letters are sent.
    pub fn is_set_up(&self) -> bool {
        self.is_set_up
    }

    /// A page for a letter's link.
    ///
    /// # Errors
    /// When no public address is configured.
    pub fn page(&self, path: &str) -> Result<String, OriginUnset> {
        self.urls.page_in_letters(path)
    }

    /// Has a letter sent once the transaction commits.
    pub async fn send(&self, tx: &mut Tx, ctx: &Ctx, letter: Letter) -> Result<(), Unavailable> {
        if !self.is_set_up {
            return Ok(());
        }
        let id = JobId::generate(self.ambient.ids.as_ref());
        enqueue(tx.as_mut(), id, &letter.0, ctx.now, ctx.now).await
    }
}
