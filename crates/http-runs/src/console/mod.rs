//! `/console/api/apps/{app_id}/…`: what became of an app, for members of its workspace.

mod annotation_import;
mod annotations;
mod app_here;
mod audio;
mod completion_body;
mod completions;
mod conversation_body;
mod conversations;
mod days;
mod empty_lists;
mod failure;
mod feedback_export;
mod feedback_file;
mod logs;
mod message_body;
mod messages;
mod rows;
mod run_body;
mod runs;
mod statistics;

use gatewright_http_kit::{
    operation::{Facts, Operations},
    operations,
};

/// All of the surface that is about what became of apps.
pub(crate) fn operations() -> Operations {
    operations!["runs of apps": runs::list, runs::list_chat, runs::count, runs::count_chat, runs::detail, runs::nodes, runs::stop,
        logs::list]
    .and(operations!["conversations of apps": conversations::list, conversations::open, conversations::delete, messages::list,
        messages::detail, messages::rate, messages::variables])
    .and(operations!["annotations of apps": annotations::list, annotations::create, annotations::change, annotations::delete,
        annotations::delete_many, annotations::count, annotations::export => Facts::SLOW, annotations::hits,
        annotation_import::import => Facts::UPLOAD, annotation_import::state])
    .and(operations!["feedback of apps": feedback_export::export => Facts::SLOW])
    .and(operations!["completions of apps": completions::list, completions::open, completions::delete])
    .and(operations!["later slices": empty_lists::tracing, empty_lists::triggers, empty_lists::server,
        empty_lists::annotation_setting])
    .and(operations!["speech of apps": audio::transcribe => Facts::UPLOAD, audio::speak => Facts::MODEL, audio::voices])
    .and(operations!["statistics": statistics::daily_messages, statistics::daily_conversations,
        statistics::daily_end_users, statistics::token_costs,
        statistics::average_session_interactions, statistics::user_satisfaction_rate,
        statistics::average_response_time, statistics::tokens_per_second,
        statistics::workflow_runs, statistics::workflow_terminals,
        statistics::workflow_tokens, statistics::workflow_interactions])
}
