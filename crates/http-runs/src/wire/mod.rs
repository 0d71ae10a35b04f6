//! What `/v1` and `/api` have in common: members of requests, bodies of answers, and what is refused how. Whoever calls, an app and its
//! user come out of it.

mod app;
mod failure;
mod form;
mod input;
mod mode;
mod run;
pub mod speech;
mod success;

pub use app::{AppMeta, AppParameters, AppSite, icon_url, parameters_of};
pub use failure::NotRun;
pub use form::NoForm;
pub use input::{ConversationName, LIMIT, MaybeId, Rating, SortBy, Words, new_name, opinion};
pub use mode::{require_chat, require_runnable, require_workflow};
pub use run::{Listener, ResponseMode, answer};
pub use success::Success;
