//! Asking for a mail that tells somebody of a form. The job has no text and no token: what the mail says is stored with the form, and
//! the token of its link is computed when it is written.

use gatewright_jobs::{Job, QueueName};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The job that tells one person of one form.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct SendFormMail {
    /// Primary key of `human_input_form_recipients`.
    pub recipient: Uuid,
}

impl Job for SendFormMail {
    const KIND: &'static str = "send_form_mail";
    const QUEUE: QueueName = QueueName::Mail;
}
