//! Conversations of apps after the fact: listed, named, rated, deleted, with what they remember; logs of runs, and end users. Runs
//! themselves are in `run-service`, which knows nothing of what is here.
//!
//! It stands where `run-service` stands: above the use-cases of apps and of files, which do not see each other.

mod annotations;
mod asked_forms;
mod conversations;
mod delete;
mod end_user;
mod error;
mod feedback;
mod list;
mod logs;
mod messages;
mod model;
mod naming;
mod pattern;
mod pins;
mod rename;
mod saved;
mod suggest;
mod variables;

pub use annotations::{AnnotationPage, AnnotationText};
pub use conversations::{Conversations, SERVICE_API, Talker, WEB_APP, Window};
pub use error::ConversationError;
pub use feedback::Opinion;
pub use gatewright_storage_runs::{
    annotation::Annotation,
    conversation_list::{Listed as ConversationRow, SortTime},
    end_user::EndUser,
    message_feedback::Feedback,
    run::Creator,
    run_log::Log,
};
pub use list::ListRequest;
pub use logs::{LogFilter, LogPage};
pub use messages::{MessageRow, ShownFile};
pub use rename::NewName;
pub use variables::{VariableList, VariableRow};
