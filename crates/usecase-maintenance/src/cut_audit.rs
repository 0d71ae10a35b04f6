//! Cutting the oldest part of the audit trail. Only a beginning of a chain goes, only what is as it was
//! written, and where the chain begins afterwards is signed: a beginning that is not is a fault, and is
//! left for `audit verify` to find.

use chrono::{DateTime, Utc};
use gatewright_domain::{
    audit::{AuditAction, AuditEvent},
    error::Unavailable,
    ids::WorkspaceId,
};
use gatewright_storage_identity::{
    audit::AuditRow,
    audit_log::{self, Base, ChainHead},
};
use gatewright_storage_kit::Tx;
use uuid::Uuid;

use super::clean::{BATCH, Cleaner};
use gatewright_usecase_kit::{BaseState, Ctx, record};

/// What a batch did.
enum Cut {
    /// So many events went, and there may be more.
    Some(usize),
    /// So many events went, and that was all.
    Last(usize),
}

impl Cleaner {
    /// Removes what is older than `before` from every chain.
    pub(super) async fn purge_audit(
        &self,
        before: DateTime<Utc>,
        now: DateTime<Utc>,
    ) -> Result<usize, Unavailable> {
        let heads = {
            let mut conn = self.pool.get().await?;
            audit_log::list_heads(&mut conn).await?
        };
        let mut purged = 0;
        for head in heads {
            let mut of_chain = 0;
            loop {
                let mut tx = self.pool.begin().await?;
                let cut = self.cut(&mut tx, head.chain, before).await?;
                let (Cut::Some(gone) | Cut::Last(gone)) = cut;
                of_chain += gone;
                let is_done = matches!(cut, Cut::Last(_));
                if is_done && of_chain > 0 {
                    self.note(&mut tx, head.chain, of_chain, now).await?;
                }
                tx.commit().await?;
                if is_done {
                    break;
                }
            }
            purged += of_chain;
        }
        let mut conn = self.pool.get().await?;
        Ok(purged + audit_log::delete_unchained(&mut conn, before, BATCH).await?)
    }

    async fn cut(
        &self,
        tx: &mut Tx,
        chain: Uuid,
        before: DateTime<Utc>,
    ) -> Result<Cut, Unavailable> {
        let Some(head) = audit_log::lock_head(tx, chain).await? else {
            return Ok(Cut::Last(0));
        };
        let state = self.bases.state(&head);
        if state == BaseState::Unsigned {
            tracing::error!(
                event = "audit.base_contradicted",
                %chain,
                "the audit trail begins where retention did not leave it; nothing of it is removed until `audit verify` is content"
            );
            return Ok(Cut::Last(0));
        }
        let rows = audit_log::list_chain(tx, chain, head.base.seq, BATCH).await?;
        let Some((base, gone)) = oldest_part(&head, &rows, before) else {
            tracing::error!(
                event = "audit.chain_contradicted",
                %chain,
                "the oldest part of the audit trail is not as it was written; nothing of it is removed until `audit verify` is content"
            );
            return Ok(Cut::Last(0));
        };
        if gone > 0 || state == BaseState::SignedBefore {
            let signature = self.bases.sign(chain, &base);
            audit_log::move_base(tx, chain, &base, &signature).await?;
        }
        let is_full = gone == usize::try_from(BATCH).unwrap_or_default();
        Ok(if is_full {
            Cut::Some(gone)
        } else {
            Cut::Last(gone)
        })
    }

    /// That the trail was cut is an event of the trail.
    async fn note(
        &self,
        tx: &mut Tx,
        chain: Uuid,
        count: usize,
        now: DateTime<Utc>,
    ) -> Result<(), Unavailable> {
        let is_workspace = chain.as_u128() > u128::from(u8::MAX);
        let ctx = Ctx::of_system(now, "retention");
        let event = AuditEvent::new(AuditAction::AuditCut)
            .within(is_workspace.then_some(WorkspaceId(chain)))
            .with("events", count);
        Ok(record(tx, &self.env, &ctx, event).await?)
    }
}

/// The base behind the events that are older than `before`, and how many they are; `None` when they are
/// not as they were written.
fn oldest_part(
    head: &ChainHead,
    rows: &[AuditRow],
    before: DateTime<Utc>,
) -> Option<(Base, usize)> {
    let (mut base, mut gone) = (head.base.clone(), 0);
    for row in rows.iter().take_while(|row| row.occurred_at < before) {
        let follows = row.seq == base.seq + 1 && row.hash == row.hash_after(&base.hash);
        if !follows || row.seq > head.seq {
            return None;
        }
        base = Base {
            seq: row.seq,
            hash: row.hash.clone(),
            before: Some(before),
        };
        gone += 1;
    }
    Some((base, gone))
}
