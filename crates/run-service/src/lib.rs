//! Runs of published apps. [`RunService`] begins a run for whoever a surface let in; [`PostgresRuns`] keeps what happens, many runs in
//! one transaction, each fenced by its lease; [`LeaseKeeper`] keeps the leases of this process and gives them back when it leaves.
//!
//! It stands above `usecase-runs`, which knows neither apps nor PostgreSQL, and `usecase-apps`, which knows no runs.

mod active;
mod attach;
mod awaited;
mod conversation;
mod detail;
mod end_users;
mod ends;
mod error;
mod form_answers;
mod form_check;
mod form_rows;
mod forms;
mod history;
mod inputs;
mod judges;
mod known_models;
mod large_values;
mod lease_watch;
mod leases;
mod look;
mod messages;
mod moderation;
mod namer;
mod past;
mod pauses;
mod preset;
mod question;
mod remote;
mod rows;
mod service;
mod stop;
mod store;
mod stored_forms;
mod system;
mod takeover;
mod visitors;

pub use active::{ActiveCount, ActiveLimits};
pub use attach::{AttachRun, Attached};
pub use detail::RunDetail;
pub use error::RunServiceError;
pub use form_answers::{FormAnswer, FormError, FormSurface, OpenForm};
pub use form_check::{Misfit, field_name};
pub use form_rows::FormWriter;
pub use forms::FormTokens;
pub use gatewright_storage_runs::{
    message_file::MessageFile,
    node::Node,
    run::{Creator, Run, RunLine, RunsOf},
};
pub use gatewright_usecase_runs::Surface;
pub use gatewright_variables::inputs::{InputError, InputField, InputKind, Problem};
pub use history::{Histories, PastRound};
pub use judges::{
    Case as JudgedCase, InputVerdict, JudgedBy, Judges, NotJudged, OutputVerdict, Told,
};
pub use known_models::KnownModels;
pub use large_values::LargeValues;
pub use leases::LeaseKeeper;
pub use look::{RunTrace, Talk};
pub use namer::{Namer, NewConversation};
pub use past::StoredPast;
pub use question::{Asked, UnknownConversation};
pub use remote::RemoteRuns;
pub use service::{Caller, People, Process, RunService, StartRun};
pub use store::PostgresRuns;
pub use visitors::{Shown, VisitError, Visitor, Visitors};

/// Seconds that a process owns its runs without a word: then others go on with them.
pub const LEASE_SECONDS: f64 = 15.0;
/// How often it says one: three times in that time.
pub const RENEW_SECONDS: f64 = LEASE_SECONDS / 3.0;
