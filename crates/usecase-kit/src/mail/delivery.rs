//! How a job's mail leaves: once, as far as that can be known. What was recorded is not sent again; what was sent and not recorded (its
//! worker ended in between) is, with the same `Message-ID`.

use gatewright_jobs::{JobError, Running};
use gatewright_mail::{Mail, MailError, Mailer};
use gatewright_storage_identity::mail_delivery;
use gatewright_storage_kit::{Pool, StorageError};

/// The way out, and the record of what left.
pub struct MailDelivery {
    /// Where deliveries are recorded.
    pub pool: Pool,
    /// The way out; none: mails wait until there is one.
    pub mailer: Option<Mailer>,
}

impl MailDelivery {
    /// Sends what `write` gives, unless the job's mail is recorded already; records it as `template`.
    ///
    /// # Errors
    /// When the mail did not leave, or could not be written.
    pub async fn send_once(
        &self,
        running: Running,
        template: &str,
        write: impl FnOnce() -> Result<Mail, JobError> + Send,
    ) -> Result<(), JobError> {
        if self.is_recorded(running).await? {
            return Ok(());
        }
        let mail = write()?;
        let mailer = self.mailer.as_ref();
        let mailer = mailer.ok_or_else(|| JobError::Retry("MAIL_TYPE is not set".into()))?;
        mailer.send(mail).await.map_err(|error| match error {
            MailError::Transient(text) => JobError::Retry(text),
            MailError::Permanent(text) => JobError::Permanent(text),
        })?;
        let mut conn = self.pool.get().await?;
        let kept = mail_delivery::record(&mut conn, running.id.0, template, running.now);
        kept.await.map_err(retry)
    }

    async fn is_recorded(&self, running: Running) -> Result<bool, JobError> {
        let mut conn = self.pool.get().await?;
        let recorded = mail_delivery::is_recorded(&mut conn, running.id.0);
        recorded.await.map_err(retry)
    }
}

/// What a store that cannot answer means for a job of mail.
fn retry(error: StorageError) -> JobError {
    JobError::Retry(error.to_string())
}
