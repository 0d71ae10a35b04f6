//! Conversations of apps after the fact: listed, named, rated, deleted, with what they remember; logs of runs, and end users. Runs
//! themselves are in `run-service`, which knows nothing of what is here.
//!
//! It stands where `run-service` stands: above the use-cases of apps and of files, which do not see each other.

mod annotation_csv;
mod annotations;
mod asked_forms;
mod conversations;
mod days;
mod delete;
mod end_user;
mod error;
mod feedback;
mod feedback_export;
mod list;
mod logs;
mod messages;
mod model;
mod naming;
mod owner_annotations;
mod owner_completions;
mod owner_list;
mod owner_messages;
mod owner_runs;
mod pattern;
mod pins;
mod rename;
mod saved;
mod speech;
mod statistics;
mod suggest;
mod variables;

pub use annotation_csv::MAX_FILE_BYTES as MAX_ANNOTATION_FILE_BYTES;
pub use annotations::{AnnotationPage, AnnotationText};
pub use conversations::{Conversations, Models, SERVICE_API, Talker, WEB_APP, Window};
pub use days::Days;
pub use error::ConversationError;
pub use feedback::Opinion;
pub use feedback_export::ExportFilter;
pub use gatewright_storage_runs::{
    annotation::Annotation,
    conversation_list::{Listed as ConversationRow, SortTime},
    end_user::EndUser,
    feedback_export::ExportedFeedback,
    first_message::FirstMessage,
    message_feedback::Feedback,
    owner_annotation::Hit,
    owner_conversation::{BegunWith, OwnerConversation},
    owner_message::{MessageAnnotation, MessageCost, MessageHit, MessageOpinion},
    people::{By, ByUser},
    run::Creator,
    run_list::{ListedRun, StatusCount, WholeRun},
    run_log::Log,
    statistic::{Day, Statistic},
};
pub use list::ListRequest;
pub use logs::{LogFilter, LogPage};
pub use messages::{MessageRow, ShownFile};
pub use owner_annotations::HitPage;
pub use owner_completions::{CompletionPage, OpenedCompletion, OwnerCompletion};
pub use owner_list::{OwnerList, OwnerPage};
pub use owner_messages::{MAX_VARIABLES as MAX_OWNER_VARIABLES, OwnerMessage};
pub use owner_runs::{RunFilter, ShownNode, ShownRun, WholeValues};
pub use rename::NewName;
pub use speech::{Edition, Hearing, MAX_RECORDING_BYTES, ReadOut, SpeechError};
pub use variables::{VariableList, VariableRow};
