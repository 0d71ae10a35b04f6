//! Mails: asked for in the transaction that causes them, sent by a worker.

mod delivery;
mod form;
mod queue;
mod recipients;
mod sender;

pub use delivery::MailDelivery;
pub use form::SendFormMail;
pub use queue::{MailQueue, OutgoingMail, SendMail};
pub use recipients::Recipients;
pub use sender::{MailSender, invitation_path};
