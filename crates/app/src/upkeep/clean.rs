//! The job that deletes what has outlived its use, in batches: whatever stops it, the next run goes on.

use chrono::{DateTime, TimeDelta, Utc};
use gatewright_domain::{
    audit::{AuditAction, AuditEvent},
    client_address::ClientAddress,
    error::Unavailable,
    ids::WorkspaceId,
};
use gatewright_jobs::{Job, JobError, QueueName, Running};
use gatewright_storage::{Pool, audit_log, retention, retention::Expired};
use serde::{Deserialize, Serialize};

use super::settings::UpkeepSettings;
use crate::{
    ambient::{Ambient, Ctx},
    audit::record,
};

/// Rows in a batch (console.md §10.7).
const BATCH: i64 = 500;

/// What is swept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sweep {
    /// Dead bearers.
    Bearers,
    /// Ended console sessions, redemptions, records of mails.
    Sessions,
    /// Expired invitations and who never came.
    Invitations,
    /// Dead letters.
    DeadLetters,
    /// Old events of the audit trail.
    Audit,
}

/// The job.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct CleanUp {
    /// What.
    pub sweep: Sweep,
}

impl Job for CleanUp {
    const KIND: &'static str = "clean_up";
    const QUEUE: QueueName = QueueName::Retention;
    const MAX_ATTEMPTS: i32 = 3;
}

/// Deletes.
pub struct Cleaner {
    /// Where.
    pub pool: Pool,
    /// How long things are kept.
    pub settings: UpkeepSettings,
    /// For the audit trail.
    pub ambient: Ambient,
}

impl Cleaner {
    /// Does the job. Returns how many rows went.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn run(&self, running: Running, job: CleanUp) -> Result<usize, JobError> {
        let swept = self.sweep(job.sweep, running.now).await?;
        tracing::info!(sweep = ?job.sweep, swept, "swept");
        Ok(swept)
    }

    /// Sweeps, as of `now`.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn sweep(&self, sweep: Sweep, now: DateTime<Utc>) -> Result<usize, Unavailable> {
        let keep = |days: u32| now - TimeDelta::days(i64::from(days));
        let settings = &self.settings;
        let (kinds, before): (&[Expired], _) = match sweep {
            Sweep::Bearers => (&[Expired::Bearers], keep(settings.bearer_days)),
            Sweep::Sessions => (
                &[
                    Expired::Sessions,
                    Expired::DeviceRedemptions,
                    Expired::MailDeliveries,
                ],
                keep(settings.session_days),
            ),
            Sweep::Invitations => (
                &[Expired::Invitations, Expired::PendingAccounts],
                keep(settings.invitation_days),
            ),
            Sweep::DeadLetters => (&[Expired::DeadJobs], keep(settings.dead_letter_days)),
            Sweep::Audit => return self.sweep_audit(keep(settings.audit_days), now).await,
        };
        let mut swept = 0;
        for kind in kinds {
            loop {
                let mut conn = self.pool.get().await?;
                let gone = retention::delete(&mut conn, *kind, before, BATCH).await?;
                swept += gone;
                if gone < usize::try_from(BATCH).unwrap_or_default() {
                    break;
                }
            }
        }
        Ok(swept)
    }

    async fn sweep_audit(
        &self,
        before: DateTime<Utc>,
        now: DateTime<Utc>,
    ) -> Result<usize, Unavailable> {
        let heads = {
            let mut conn = self.pool.get().await?;
            audit_log::list_heads(&mut conn).await?
        };
        let mut swept = 0;
        for head in heads {
            let mut of_chain = 0;
            loop {
                let mut tx = self.pool.begin().await?;
                let gone = audit_log::cut(&mut tx, head.chain, before, BATCH).await?;
                of_chain += gone;
                let is_done = gone < usize::try_from(BATCH).unwrap_or_default();
                if is_done && of_chain > 0 {
                    self.note(&mut tx, &head, of_chain, now).await?;
                }
                tx.commit().await?;
                if is_done {
                    break;
                }
            }
            swept += of_chain;
        }
        let mut conn = self.pool.get().await?;
        Ok(swept + audit_log::delete_unchained(&mut conn, before, BATCH).await?)
    }

    /// That the trail was cut is an event of the trail.
    async fn note(
        &self,
        tx: &mut gatewright_storage::Tx,
        head: &audit_log::ChainHead,
        count: usize,
        now: DateTime<Utc>,
    ) -> Result<(), Unavailable> {
        let is_workspace = head.chain.as_u128() > u128::from(u8::MAX);
        let ctx = system_ctx(now, "retention");
        let event = AuditEvent::new(AuditAction::AuditCut)
            .within(is_workspace.then_some(WorkspaceId(head.chain)))
            .with("events", count);
        Ok(record(tx, &self.ambient, &ctx, event).await?)
    }
}

/// For acts that no request causes.
pub(crate) fn system_ctx(now: DateTime<Utc>, what: &str) -> Ctx {
    Ctx {
        now,
        address: ClientAddress::from_peer(std::net::Ipv4Addr::LOCALHOST.into()),
        user_agent: None,
        request_id: what.to_owned(),
    }
}
