//! Maintenance: what is deleted when, the schedules of it, and the handlers of every job of the worker.

mod batches;
mod clean;
mod clean_apps;
mod cut_audit;
mod delete_app;
mod delete_contents;
mod delete_conversation;
mod end_forms;
pub mod end_user;
mod eraser;
mod form_mail;
mod leftovers;
mod retention;
mod retention_settings;
mod settings;
mod worker;

pub use clean::{CleanUp, Cleaner, Purge};
pub use delete_contents::Emptier;
pub use end_forms::EndForms;
pub use form_mail::FormMailer;
pub use retention_settings::RetentionSettings;
pub use settings::MaintenanceSettings;
pub use worker::{JobConnections, handlers, schedules};
