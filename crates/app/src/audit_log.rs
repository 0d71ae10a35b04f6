//! Reading the audit trail, and checking that nobody changed it.

use chrono::{DateTime, Utc};
use gatewright_domain::{error::Unavailable, ids::WorkspaceId};
pub use gatewright_storage::audit_log::AuditFilter;
use gatewright_storage::{
    Conn, Pool,
    audit::AuditRow,
    audit_log::{self, ChainHead},
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Events that are read at a time.
const PAGE: i64 = 2000;

/// The audit trail.
pub struct AuditLog {
    pool: Pool,
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
    /// Which chain.
    pub chain: Uuid,
    /// The last event's place.
    pub seq: i64,
    /// Its hash.
    pub hash: String,
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
    pub fn new(pool: Pool) -> Self {
        Self { pool }
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
            let mut walk = Walk::new(&head, anchor);
            let outcome = walk.finish_at_head(&mut conn).await?;
            found.events += walk.events;
            if let Err(tampering) = outcome {
                found.faults.push(tampering);
            }
            found.anchors.push(Anchor {
                chain: head.chain,
                seq: head.seq,
                hash: head.hash,
            });
        }
        Ok(found)
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
    events: usize,
}

impl<'a> Walk<'a> {
    fn new(head: &'a ChainHead, anchor: Option<&'a Anchor>) -> Self {
        Self {
            head,
            anchor,
            seq: head.base_seq,
            hash: head.base_hash.clone(),
            events: 0,
        }
    }

    async fn finish_at_head(
        &mut self,
        conn: &mut Conn,
    ) -> Result<Result<(), Tampering>, Unavailable> {
        loop {
            let rows = audit_log::list_chain(conn, self.head.chain, self.seq, PAGE).await?;
            let is_last = rows.len() < usize::try_from(PAGE).unwrap_or(usize::MAX);
            for row in &rows {
                if let Err(tampering) = self.step(row) {
                    return Ok(Err(tampering));
                }
            }
            if is_last {
                return Ok(self.finish());
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
    /// Which.
    pub id: Uuid,
    /// The place in the workspace's chain.
    pub seq: i64,
    /// UTC.
    pub occurred_at: DateTime<Utc>,
    /// What happened.
    pub action: String,
    /// Who did it.
    pub actor_account_id: Option<Uuid>,
    /// From which address.
    pub ip: Option<String>,
    /// With what.
    pub user_agent: Option<String>,
    /// Joins log lines and events.
    pub request_id: Option<String>,
    /// Anything else.
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
