//! Mails: asked for in the transaction that causes them, sent by a worker.

mod form;
mod queue;
mod recipients;
mod sender;

pub use form::SendFormMail;
pub use queue::{MailQueue, OutgoingMail, SendMail};
pub use recipients::Recipients;
pub use sender::{MailSender, invitation_path};
