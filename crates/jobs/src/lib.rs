//! A small queue on PostgreSQL. A job is enqueued in the transaction that causes it, so it exists
//! exactly when its cause does. Workers claim jobs under a lease (`FOR UPDATE SKIP LOCKED`); attempts
//! count when a job is claimed, so that one which kills its worker becomes a dead letter too. What a worker leaves
//! behind is claimed again when its lease ends: every job runs at least once and has to bear it twice.
//!
//! Why it is ours: each library at hand lost work, or brought a second driver and with it no shared
//! transaction.

mod counts;
mod dead;
mod job;
mod queue;
mod runner;
mod schedule;
mod store;

pub use counts::{JobCount, JobCounts};
pub use dead::{DeadJob, discard_dead, list_dead, replay_dead};
pub use job::{Handler, Handlers, Job, JobError, JobId, Running};
pub use queue::{QueueName, UnknownQueue};
pub use runner::{Connections, Runner, RunnerSettings};
pub use schedule::{Schedule, ScheduleError, Scheduler};
pub use store::{CHANNEL, Depth, QueueState, depths, enqueue, is_under_way, queue_states};
