//! Reading the audit trail, and checking that nobody changed it.

use chrono::{DateTime, Utc};
use gatewright_domain::{
    audit::{AuditAction, AuditEvent},
    error::Unavailable,
    ids::WorkspaceId,
};
pub use gatewright_storage_identity::audit_log::AuditFilter;
use gatewright_storage_identity::{
    audit::AuditRow,
    audit_log::{self, Base, ChainHead},
};
use gatewright_storage_kit::{Conn, Pool, StorageError};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use gatewright_usecase_kit::{AuditBaseKeys, BaseState, Ctx, Env, record};

/// Events that are read at a time.
const PAGE: i64 = 2000;

/// The audit trail.
pub struct AuditLog {
    pool: Pool,
    bases: AuditBaseKeys,
    env: Env,
}

/// What is wrong with a chain, at the first place where it shows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Tampering {
    /// Which chain: a workspace's id, or one of the installation's (`00000000-…-00NN`).
    pub chain: Uuid,
    /// The place of the event.
    pub seq: i64,
    /// The event, when there is one at that place.
    pub event: Option<Uuid>,
    /// What was done to it.
    pub problem: String,
}

/// The end of a chain, to be kept elsewhere: whoever rewrites a whole chain cannot rewrite that.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Anchor {
    /// The chain's id: the workspace, or one of the installation's.
    pub chain: Uuid,
    /// The last event's place.
    pub seq: i64,
    /// The hash of that event, in hexadecimal digits.
    pub hash: String,
    /// When it happened. Not in anchors of before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub occurred_at: Option<DateTime<Utc>>,
}

/// What a verification found.
#[derive(Debug, Clone, Serialize)]
pub struct Verification {
    /// Events that were read.
    pub events: usize,
    /// Where each chain ends.
    pub anchors: Vec<Anchor>,
    /// The first fault of each chain that has one.
    pub faults: Vec<Tampering>,
}

impl AuditLog {
    /// In this database.
    pub fn new(pool: Pool, bases: AuditBaseKeys, env: Env) -> Self {
        Self { pool, bases, env }
    }

    /// Signs the beginning of each chain that has none of ours, as it stands: for whoever knows that an
    /// earlier version's retention, or a restored backup, left it so. That is an event of the trail. Says
    /// how many.
    pub async fn accept_bases(&self) -> Result<usize, Unavailable> {
        let heads = {
            let mut conn = self.pool.get().await?;
            audit_log::list_heads(&mut conn).await?
        };
        let ctx = Ctx::of_system(self.env.clock.now(), "command-line");
        let mut accepted = 0;
        for head in heads {
            let mut tx = self.pool.begin().await?;
            let head = audit_log::lock_head(&mut tx, head.chain).await?;
            let unsigned = head.filter(|head| self.bases.state(head) == BaseState::Unsigned);
            let Some(ChainHead { chain, base, .. }) = unsigned else {
                continue;
            };
            let base = Base {
                before: Some(ctx.now),
                ..base
            };
            let signature = self.bases.sign(chain, &base);
            audit_log::move_base(&mut tx, chain, &base, &signature).await?;
            let event = AuditEvent::new(AuditAction::AuditCut)
                .with("chain", chain)
                .with("accepted_up_to", base.seq);
            record(&mut tx, &self.env, &ctx, event).await?;
            tx.commit().await?;
            accepted += 1;
        }
        Ok(accepted)
    }

    /// The events of a workspace, the latest first.
    pub async fn list(
        &self,
        workspace: WorkspaceId,
        filter: &AuditFilter,
    ) -> Result<Vec<AuditRow>, Unavailable> {
        let mut conn = self.pool.get().await?;
        Ok(audit_log::list_for_workspace(&mut conn, workspace, filter).await?)
    }

    /// Reads every chain and says where the first fault of each is. `kept` are anchors from an
    /// earlier verification.
    pub async fn verify(&self, kept: &[Anchor]) -> Result<Verification, Unavailable> {
        let mut conn = self.pool.get().await?;
        let heads = audit_log::list_heads(&mut conn).await?;
        let mut found = Verification {
            events: 0,
            anchors: vec![],
            faults: vec![],
        };
        for chain in audit_log::list_headless(&mut conn).await? {
            found
                .faults
                .push(fault(chain, 0, None, "the chain has lost its head"));
        }
        for anchor in kept {
            if !heads.iter().any(|head| head.chain == anchor.chain) {
                let problem = "the whole chain was removed";
                found
                    .faults
                    .push(fault(anchor.chain, anchor.seq, None, problem));
            }
        }
        for head in heads {
            let anchor = kept.iter().find(|anchor| anchor.chain == head.chain);
            let state = self.bases.state(&head);
            let mut walk = Walk::new(&head, anchor);
            let outcome = walk.reach_head(state, &mut conn).await;
            found.events += walk.events;
            let last = walk.occurred_at;
            match outcome {
                Ok(()) => {}
                Err(WalkError::Tampering(tampering)) => found.faults.push(tampering),
                Err(WalkError::Unavailable(error)) => return Err(error),
            }
            found.anchors.push(Anchor {
                chain: head.chain,
                seq: head.seq,
                hash: head.hash,
                occurred_at: last,
            });
        }
        Ok(found)
    }
}

/// What ends a walk early.
enum WalkError {
    Tampering(Tampering),
    Unavailable(Unavailable),
}

impl From<Tampering> for WalkError {
    fn from(tampering: Tampering) -> Self {
        Self::Tampering(tampering)
    }
}

impl From<StorageError> for WalkError {
    fn from(error: StorageError) -> Self {
        Self::Unavailable(error.into())
    }
}

fn fault(chain: Uuid, seq: i64, event: Option<Uuid>, problem: &str) -> Tampering {
    Tampering {
        chain,
        seq,
        event,
        problem: problem.to_owned(),
    }
}

/// From the base of a chain to its head.
struct Walk<'a> {
    head: &'a ChainHead,
    anchor: Option<&'a Anchor>,
    seq: i64,
    hash: String,
    occurred_at: Option<DateTime<Utc>>,
    events: usize,
}

impl<'a> Walk<'a> {
    fn new(head: &'a ChainHead, anchor: Option<&'a Anchor>) -> Self {
        Self {
            head,
            anchor,
            seq: head.base.seq,
            hash: head.base.hash.clone(),
            occurred_at: None,
            events: 0,
        }
    }

    /// Whether the chain may begin where it does: nothing was removed but by retention, which signed for
    /// it, and only what was old enough.
    fn start_at_base(&self, state: BaseState) -> Result<(), Tampering> {
        let (chain, base) = (self.head.chain, &self.head.base);
        let at_base = |problem| Err(fault(chain, base.seq, None, problem));
        if base.seq < 0 || base.seq > self.head.seq {
            return at_base("the chain begins where it has no event");
        }
        let anchor = self.anchor.filter(|anchor| anchor.seq <= base.seq);
        if anchor.is_some_and(|anchor| anchor.seq == base.seq && anchor.hash != base.hash) {
            return at_base("the chain was rewritten up to here: the kept anchor has another hash");
        }
        if state == BaseState::Unsigned {
            return at_base(
                "the events up to here were removed, and no signed record of retention says that it did so",
            );
        }
        let was_too_young = anchor
            .and_then(|anchor| anchor.occurred_at)
            .is_some_and(|at| base.before.is_none_or(|before| at >= before));
        if was_too_young {
            return at_base(
                "the events up to here were removed before their time: the kept anchor is of one that was not old enough",
            );
        }
        Ok(())
    }

    /// From the base to the end of the chain, or to its first fault.
    async fn reach_head(&mut self, state: BaseState, conn: &mut Conn) -> Result<(), WalkError> {
        self.start_at_base(state)?;
        loop {
            let rows = audit_log::list_chain(conn, self.head.chain, self.seq, PAGE).await?;
            let is_last = rows.len() < usize::try_from(PAGE).unwrap_or(usize::MAX);
            for row in &rows {
                self.step(row)?;
            }
            if is_last {
                return Ok(self.finish()?);
            }
        }
    }

    fn step(&mut self, row: &AuditRow) -> Result<(), Tampering> {
        let chain = self.head.chain;
        let expected = self.seq + 1;
        if row.seq != expected {
            return Err(fault(chain, expected, None, "the event was removed"));
        }
        if row.seq > self.head.seq {
            return Err(fault(
                chain,
                row.seq,
                Some(row.id),
                "the event was put in behind the end",
            ));
        }
        if row.hash_after(&self.hash) != row.hash {
            let problem = "the event was altered, or put in another's place";
            return Err(fault(chain, row.seq, Some(row.id), problem));
        }
        if self
            .anchor
            .is_some_and(|a| a.seq == row.seq && a.hash != row.hash)
        {
            let problem = "the chain was rewritten up to here: the kept anchor has another hash";
            return Err(fault(chain, row.seq, Some(row.id), problem));
        }
        self.seq = row.seq;
        self.hash.clone_from(&row.hash);
        self.occurred_at = Some(row.occurred_at);
        self.events += 1;
        Ok(())
    }

    fn finish(&self) -> Result<(), Tampering> {
        let chain = self.head.chain;
        if self.seq < self.head.seq {
            return Err(fault(
                chain,
                self.seq + 1,
                None,
                "the events from here to the end were removed",
            ));
        }
        if self.hash != self.head.hash {
            return Err(fault(
                chain,
                self.seq,
                None,
                "the head of the chain was altered",
            ));
        }
        if self.anchor.is_some_and(|anchor| anchor.seq > self.head.seq) {
            return Err(fault(
                chain,
                self.seq + 1,
                None,
                "the chain is shorter than the kept anchor",
            ));
        }
        Ok(())
    }
}

/// An event as one line of an export.
#[derive(Debug, Clone, Serialize)]
pub struct ExportedEvent {
    /// Primary key of the event.
    pub id: Uuid,
    /// The place in the workspace's chain.
    pub seq: i64,
    /// When it happened, in UTC.
    pub occurred_at: DateTime<Utc>,
    /// What happened, as the text of an audit action.
    pub action: String,
    /// Who did it.
    pub actor_account_id: Option<Uuid>,
    /// From which address.
    pub ip: Option<String>,
    /// The `User-Agent` of the request; none where there was none.
    pub user_agent: Option<String>,
    /// Joins log lines and events.
    pub request_id: Option<String>,
    /// What else belongs to the event, a JSON object.
    pub details: serde_json::Value,
    /// Of this event and all before it.
    pub hash: String,
}

impl From<AuditRow> for ExportedEvent {
    fn from(row: AuditRow) -> Self {
        Self {
            id: row.id,
            seq: row.seq,
            occurred_at: row.occurred_at,
            action: row.action,
            actor_account_id: row.actor_account_id,
            ip: row.ip,
            user_agent: row.user_agent,
            request_id: row.request_id,
            details: row.details,
            hash: row.hash,
        }
    }
}
