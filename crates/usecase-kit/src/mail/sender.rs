//! Sending a mail: the job's side.

use std::sync::Arc;

use gatewright_auth::{
    account::{CodeKeys, InvitationKeys},
    origin::PublicUrls,
};
use gatewright_jobs::{JobError, Running};
use gatewright_mail::{Mail, Templates};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::{MailDelivery, queue::SendMail};

/// Does the jobs that send mails.
pub struct MailSender {
    /// How mails leave.
    pub delivery: Arc<MailDelivery>,
    /// What mails say.
    pub templates: Templates,
    /// Computes the codes again that a mail has to show: they are not stored.
    pub codes: CodeKeys,
    /// Computes the links of invitations again: they are not stored.
    pub invitations: InvitationKeys,
    /// Where links point.
    pub urls: PublicUrls,
}

impl MailSender {
    /// Does the job.
    ///
    /// # Errors
    /// When the mail did not leave.
    pub async fn send(&self, running: Running, job: SendMail) -> Result<(), JobError> {
        if job.expires_at.is_some_and(|at| at <= running.now) {
            tracing::warn!(
                event = "mail.expired",
                job = %running.id,
                mail = job.kind.template(),
                "too late to be of use; not sent"
            );
            return Ok(());
        }
        let template = job.kind.template();
        let write = || self.write(running, &job);
        self.delivery.send_once(running, template, write).await
    }

    fn write(&self, running: Running, job: &SendMail) -> Result<Mail, JobError> {
        let mut variables = job.variables.clone();
        if let Some(seed) = &job.code {
            let code = self.codes.code(seed);
            let code =
                code.ok_or_else(|| JobError::Permanent("the code's key was retired".into()))?;
            variables.insert("code".into(), code.expose().to_owned());
        }
        if let Some(id) = job.invitation {
            let token = self.invitations.token(id);
            let url = invitation_path(&job.to, token.expose());
            let url = self
                .urls
                .page_in_mail(&url)
                .map_err(|_| JobError::Retry("set CONSOLE_WEB_URL or CONSOLE_API_URL".into()))?;
            variables.insert("url".into(), url);
        }
        let content = self
            .templates
            .render(job.kind, job.language, &job.to, &variables);
        Ok(Mail {
            id: running.id.to_string(),
            to: job.to.clone(),
            content: content.map_err(|error| JobError::Retry(error.to_string()))?,
        })
    }
}

/// What stands in a query as it is (RFC 3986 §2.3); everything else is encoded.
const QUERY_VALUE: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// `/activate` with what it needs (console.md §11.3).
pub fn invitation_path(email: &str, token: &str) -> String {
    let email = utf8_percent_encode(email, QUERY_VALUE);
    format!("/activate?email={email}&token={token}")
}
