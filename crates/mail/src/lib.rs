//! Mails to people: which there are, what they say in two languages, and how they leave.
//!
//! The templates are jinja, one file per mail and language, whose first line is the subject; the
//! same file gives the HTML and the plain text. Operators may put their own beside them.

mod diagnose;
mod domain;
mod form_text;
mod free_text;
mod kind;
mod settings;
mod template;
mod transport;

pub use diagnose::{Finding, diagnose, explain};
pub use form_text::FormText;
pub use kind::{MailKind, MailLanguage};
pub use settings::{MailSettings, MailType, Security};
pub use template::{Rendered, TemplateError, Templates};
pub use transport::{Mail, MailError, Mailer};
