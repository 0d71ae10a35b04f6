//! Which apps a route is for.

use gatewright_usecase_apps::App;

use super::NotRun;

/// A route for apps of mode `workflow`.
///
/// # Errors
/// For any other.
pub fn require_workflow(app: &App) -> Result<(), NotRun> {
    match app.mode.as_str() {
        "workflow" => Ok(()),
        _ => Err(NotRun::NotWorkflow),
    }
}

/// A route for apps of conversations.
///
/// # Errors
/// For any other.
pub fn require_chat(app: &App) -> Result<(), NotRun> {
    match app.mode.as_str() {
        "advanced-chat" | "chat" | "agent-chat" => Ok(()),
        _ => Err(NotRun::NotChat),
    }
}

/// Those without a graph do not run yet.
///
/// # Errors
/// For those.
pub fn require_runnable(app: &App) -> Result<(), NotRun> {
    match app.mode.as_str() {
        "advanced-chat" => Ok(()),
        _ => Err(NotRun::NotYet),
    }
}
