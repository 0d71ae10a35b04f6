//! The job that deletes what has outlived its use, in batches: whatever stops it, the next run goes on.

use chrono::{DateTime, TimeDelta, Utc};
use gatewright_domain::error::Unavailable;
use gatewright_jobs::{Job, JobError, QueueName, Running};
use gatewright_storage_identity::{retention, retention::Expired};
use gatewright_storage_kit::Pool;
use gatewright_storage_runs::erasure::Aged;
use serde::{Deserialize, Serialize};

use super::{
    batches,
    eraser::Eraser,
    retention::{EndUsers, Messages, Old, Runs, Uploads},
    retention_settings::RetentionSettings,
    settings::MaintenanceSettings,
};
use gatewright_usecase_kit::{AuditBaseKeys, Ctx, Env};

/// Rows in a batch (console.md §10.7).
pub(super) const BATCH: i64 = 500;

/// What is purged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Purge {
    /// Bearers that expired or were revoked.
    Bearers,
    /// Ended console sessions, redemptions, records of mails.
    Sessions,
    /// Expired invitations and who never came.
    Invitations,
    /// Jobs that became dead letters.
    DeadLetters,
    /// Old events of the audit trail.
    Audit,
    /// Imports that nobody confirmed, dependencies that nobody looks at any more, apps whose workspace is gone.
    Apps,
    /// Old messages, and conversations of which nothing is left.
    Messages,
    /// Old runs, by the settings of run logs.
    RunLogs,
    /// Old runs, of all workflows.
    Runs,
    /// Old files of end users that no message has.
    Files,
    /// End users of whom nothing is left.
    EndUsers,
    /// What crashes left of runs and files.
    Leftovers,
}

/// The job of one purge.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct CleanUp {
    /// What is deleted. `sweep` on the wire of the queue, where builds of before read it.
    #[serde(rename = "sweep")]
    pub purge: Purge,
}

impl Job for CleanUp {
    const KIND: &'static str = "clean_up";
    const QUEUE: QueueName = QueueName::Retention;
    const MAX_ATTEMPTS: i32 = 3;
}

/// Does the jobs of purges.
pub struct Cleaner {
    /// The pool of connections to PostgreSQL.
    pub pool: Pool,
    /// How long things are kept.
    pub settings: MaintenanceSettings,
    /// How long what apps and their users leave behind is kept.
    pub retention: RetentionSettings,
    /// Signs where the audit trail begins.
    pub bases: AuditBaseKeys,
    /// For the audit trail.
    pub env: Env,
}

impl Cleaner {
    /// Does the job, unless another worker is at it. Returns how many rows went.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn run(&self, running: Running, job: CleanUp) -> Result<usize, JobError> {
        let mut conn = self.pool.get().await?;
        let is_under_way =
            gatewright_jobs::is_under_way(conn.as_mut(), running.id, &job, running.now).await?;
        drop(conn);
        if is_under_way {
            tracing::info!(event = "maintenance.under_way", purge = ?job.purge, "the purge before is not over; left to it");
            return Ok(0);
        }
        let purged = self.purge(job.purge, running.now).await?;
        tracing::info!(event = "maintenance.purged", purge = ?job.purge, purged, "purged");
        Ok(purged)
    }

    /// Purges, as of `now`.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn purge(&self, purge: Purge, now: DateTime<Utc>) -> Result<usize, Unavailable> {
        let keep = |days: u32| now - TimeDelta::days(i64::from(days));
        let settings = &self.settings;
        let (kinds, before): (&[Expired], _) = match purge {
            Purge::Bearers => (&[Expired::Bearers], keep(settings.bearer_days)),
            Purge::Sessions => (
                &[
                    Expired::Sessions,
                    Expired::DeviceRedemptions,
                    Expired::MailDeliveries,
                ],
                keep(settings.session_days),
            ),
            Purge::Invitations => (
                &[Expired::Invitations, Expired::PendingAccounts],
                keep(settings.invitation_days),
            ),
            Purge::DeadLetters => (&[Expired::DeadJobs], keep(settings.dead_letter_days)),
            Purge::Audit => return self.purge_audit(keep(settings.audit_days), now).await,
            Purge::Apps => return self.purge_apps(now).await,
            other => return self.purge_old(other, now).await,
        };
        let mut purged = 0;
        for kind in kinds {
            loop {
                let mut conn = self.pool.get().await?;
                let gone = retention::delete(&mut conn, *kind, before, BATCH).await?;
                purged += gone;
                if gone < usize::try_from(BATCH).unwrap_or_default() {
                    break;
                }
            }
        }
        Ok(purged)
    }

    /// Purges what apps and their users left behind.
    async fn purge_old(&self, purge: Purge, now: DateTime<Utc>) -> Result<usize, Unavailable> {
        let settings = &self.retention;
        let (days, pace) = match purge {
            Purge::RunLogs => (settings.run_log_days, settings.run_log_pace()),
            _ => (settings.days, settings.pace()),
        };
        let before = now - TimeDelta::days(i64::from(days));
        match purge {
            Purge::Messages => {
                let mut old = self.old(Messages, before, now);
                batches::run(&mut old, pace, "messages").await
            }
            Purge::RunLogs => {
                let mut old = self.old(Runs(settings.workflows()), before, now);
                batches::run(&mut old, pace, "run_logs").await
            }
            Purge::Runs => {
                let mut old = self.old(Runs(vec![]), before, now);
                batches::run(&mut old, pace, "runs").await
            }
            Purge::Files => {
                let mut old = self.old(Uploads, before, now);
                batches::run(&mut old, pace, "files").await
            }
            Purge::EndUsers => {
                let mut old = self.old(EndUsers, before, now);
                batches::run(&mut old, pace, "end_users").await
            }
            _ => self.purge_leftovers(now).await,
        }
    }

    fn old<Kind>(&self, kind: Kind, before: DateTime<Utc>, now: DateTime<Utc>) -> Old<Kind> {
        Old {
            eraser: self.eraser(),
            ctx: Ctx::of_system(now, "retention"),
            before,
            after: Aged::FIRST,
            kind,
        }
    }

    /// Deletes rows with what hangs on them.
    pub(super) fn eraser(&self) -> Eraser {
        Eraser {
            pool: self.pool.clone(),
            env: self.env.clone(),
        }
    }
}
