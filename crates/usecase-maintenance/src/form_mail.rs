//! The job that tells one person of one form by mail. A form that does not wait any more is no reason to write.

use std::sync::Arc;

use gatewright_auth::{form_token::FormKeys, origin::PublicUrls};
use gatewright_jobs::{JobError, Running};
use gatewright_mail::{FormText, Mail, MailLanguage, Templates};
use gatewright_storage_kit::{Pool, StorageError};
use gatewright_storage_runs::form_recipient::{self, Addressee};
use gatewright_usecase_kit::mail::{MailDelivery, SendFormMail};
use serde_json::Value;

/// What stands in an author's text where the link goes.
const URL_MARK: &str = "{{#url#}}";
/// As what deliveries are recorded.
const RECORDED_AS: &str = "human_input_mail_template";

/// Does the jobs.
pub struct FormMailer {
    /// Where forms are.
    pub pool: Pool,
    /// How mails leave.
    pub delivery: Arc<MailDelivery>,
    /// What stands around the author's text.
    pub templates: Templates,
    /// Computes the token of the link again: it is not stored.
    pub keys: FormKeys,
    /// Where links point.
    pub urls: PublicUrls,
}

impl FormMailer {
    /// Does the job.
    ///
    /// # Errors
    /// When the mail did not leave.
    pub async fn send(&self, running: Running, job: SendFormMail) -> Result<(), JobError> {
        let mut conn = self.pool.get().await?;
        let found = form_recipient::find_addressee(&mut conn, job.recipient);
        let found = found.await.map_err(retry)?;
        let Some(addressee) = found.filter(|one| one.status == "waiting") else {
            tracing::info!(
                event = "mail.form_is_over",
                job = %running.id,
                "the form does not wait any more; not sent"
            );
            return Ok(());
        };
        drop(conn);
        let write = || self.write(running, job, &addressee);
        self.delivery.send_once(running, RECORDED_AS, write).await
    }

    fn write(
        &self,
        running: Running,
        job: SendFormMail,
        addressee: &Addressee,
    ) -> Result<Mail, JobError> {
        let token = self.keys.token_again(job.recipient, &addressee.digest);
        let token =
            token.ok_or_else(|| JobError::Permanent("the token's key was retired".into()))?;
        let url = self.urls.form_in_mail(token.expose());
        let url = url.map_err(|_| JobError::Retry("set APP_WEB_URL or CONSOLE_API_URL".into()))?;
        let recipient: Value = serde_json::from_str(&addressee.recipient).unwrap_or_default();
        let delivery: Value = serde_json::from_str(&addressee.delivery).unwrap_or_default();
        let to = recipient["email"].as_str().unwrap_or_default();
        let body = delivery["body"].as_str().unwrap_or_default();
        let body = body.replace(URL_MARK, &url);
        let text = FormText {
            subject: delivery["subject"].as_str().unwrap_or_default(),
            html: gatewright_markdown::to_html(&body),
            text: &body,
        };
        let language = MailLanguage::of(addressee.language.as_deref());
        let content = self.templates.render_form(language, to, &text);
        Ok(Mail {
            id: running.id.to_string(),
            to: to.to_owned(),
            content: content.map_err(|error| JobError::Retry(error.to_string()))?,
        })
    }
}

fn retry(error: StorageError) -> JobError {
    JobError::Retry(error.to_string())
}
