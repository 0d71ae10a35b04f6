//! `audit` and `audit_log`: chains that hold together, reading them, and cutting their oldest part.

use gatewright_domain::{
    audit::{AuditAction, AuditEvent},
    ids::{AccountId, AuditEventId, WorkspaceId},
};
use gatewright_storage_identity::{
    audit,
    audit_log::{self, AuditFilter, Base},
};
use gatewright_storage_kit::Tx;
use uuid::Uuid;

use crate::ground::{Ground, id};

async fn insert(tx: &mut Tx, ground: &Ground, event: AuditEvent, minutes: i64) {
    let (id, at) = (AuditEventId(id()), ground.minutes(minutes));
    audit::insert(tx, id, &event, "request", at).await.unwrap();
}

fn event(action: AuditAction, workspace: WorkspaceId) -> AuditEvent {
    let mut event = AuditEvent::new(action);
    event.workspace = Some(workspace);
    event
}

/// Three events in a workspace, a minute apart; the second by somebody.
async fn three_events(ground: &Ground, workspace: WorkspaceId, actor: AccountId) {
    let mut tx = ground.begin().await;
    for (action, minutes) in [
        (AuditAction::LoginSucceeded, 0),
        (AuditAction::LoggedOut, 1),
        (AuditAction::LoginSucceeded, 2),
    ] {
        let mut event = event(action, workspace);
        event.actor = (minutes == 1).then_some(actor);
        insert(&mut tx, ground, event, minutes).await;
    }
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn audit_events_of_a_workspace_are_one_chain_of_hashes() {
    let ground = Ground::new().await;
    let workspace = WorkspaceId(id());
    three_events(&ground, workspace, AccountId(id())).await;
    let mut conn = ground.conn().await;
    let rows = audit_log::list_chain(&mut conn, workspace.0, 0, 10).await;
    let mut previous = String::new();
    for (row, seq) in rows.unwrap().iter().zip(1..) {
        assert_eq!((row.seq, row.tenant_id), (seq, Some(workspace.0)));
        assert_eq!(row.hash, row.hash_after(&previous));
        previous.clone_from(&row.hash);
    }
    let heads = audit_log::list_heads(&mut conn).await.unwrap();
    assert_eq!(heads.len(), 1);
    assert_eq!((heads[0].seq, &heads[0].hash), (3, &previous));
    assert_eq!((heads[0].base.seq, heads[0].base.before), (0, None));
}

#[tokio::test]
async fn audit_hash_changes_with_every_field() {
    let ground = Ground::new().await;
    let workspace = WorkspaceId(id());
    three_events(&ground, workspace, AccountId(id())).await;
    let mut conn = ground.conn().await;
    let rows = audit_log::list_chain(&mut conn, workspace.0, 0, 1).await;
    let row = rows.unwrap().remove(0);
    let edits: [fn(&mut audit::AuditRow); 7] = [
        |row| row.seq += 1,
        |row| row.action.push('x'),
        |row| row.tenant_id = None,
        |row| row.ip = Some("192.0.2.1".into()),
        |row| row.user_agent = Some(String::new()),
        |row| row.request_id = None,
        |row| row.details["x"] = "y".into(),
    ];
    for (number, edit) in edits.iter().enumerate() {
        let mut changed = row.clone();
        edit(&mut changed);
        assert_ne!(changed.hash_after(""), row.hash, "edit {number}");
    }
    assert_ne!(row.hash_after("another before it"), row.hash);
}

#[tokio::test]
async fn audit_event_of_no_workspace_goes_to_a_chain_of_the_installation() {
    let ground = Ground::new().await;
    let mut tx = ground.begin().await;
    for _ in 0..4 {
        let event = AuditEvent::new(AuditAction::LoginFailed);
        insert(&mut tx, &ground, event, 0).await;
    }
    let heads = audit_log::list_heads(&mut tx).await.unwrap();
    let last = Uuid::from_u128(u128::from(audit::INSTALLATION_CHAINS));
    assert!(heads.iter().all(|head| head.chain < last), "{heads:?}");
    assert_eq!(heads.iter().map(|head| head.seq).sum::<i64>(), 4);
}

#[tokio::test]
async fn audit_insert_of_a_rolled_back_act_leaves_nothing() {
    let ground = Ground::new().await;
    let workspace = WorkspaceId(id());
    let mut tx = ground.begin().await;
    let logged_out = event(AuditAction::LoggedOut, workspace);
    insert(&mut tx, &ground, logged_out, 0).await;
    tx.rollback().await.unwrap();
    let mut conn = ground.conn().await;
    assert!(audit_log::list_heads(&mut conn).await.unwrap().is_empty());
    assert!(ground.db.audit_actions().await.is_empty());
}

#[tokio::test]
async fn audit_list_chain_begins_after_a_place_and_ends_at_its_limit() {
    let ground = Ground::new().await;
    let workspace = WorkspaceId(id());
    three_events(&ground, workspace, AccountId(id())).await;
    let mut conn = ground.conn().await;
    for (chain, after, most, expected) in [
        (workspace.0, 0, 10, vec![1, 2, 3]),
        (workspace.0, 1, 1, vec![2]),
        (workspace.0, 3, 10, vec![]),
        (id(), 0, 10, vec![]),
    ] {
        let rows = audit_log::list_chain(&mut conn, chain, after, most).await;
        let seqs: Vec<_> = rows.unwrap().iter().map(|row| row.seq).collect();
        assert_eq!(seqs, expected, "after {after}");
    }
}

#[tokio::test]
async fn audit_list_for_workspace_is_bound_to_it_and_filters_latest_first() {
    let ground = Ground::new().await;
    let (workspace, actor) = (WorkspaceId(id()), AccountId(id()));
    three_events(&ground, workspace, actor).await;
    three_events(&ground, WorkspaceId(id()), actor).await;
    let mut conn = ground.conn().await;
    let all = || AuditFilter {
        most: 10,
        ..AuditFilter::default()
    };
    let action = Some(AuditAction::LoginSucceeded.as_str().to_owned());
    let (first, last) = (Some(ground.minutes(1)), Some(ground.minutes(2)));
    for (name, filter, expected) in [
        ("all", all(), vec![3, 2, 1]),
        ("a page", AuditFilter { most: 2, ..all() }, vec![3, 2]),
        (
            "the next",
            AuditFilter {
                before: Some(2),
                ..all()
            },
            vec![1],
        ),
        ("an action", AuditFilter { action, ..all() }, vec![3, 1]),
        (
            "an actor",
            AuditFilter {
                actor: Some(actor.0),
                ..all()
            },
            vec![2],
        ),
        (
            "from",
            AuditFilter {
                from: first,
                ..all()
            },
            vec![3, 2],
        ),
        (
            "until",
            AuditFilter {
                until: last,
                ..all()
            },
            vec![2, 1],
        ),
    ] {
        let rows = audit_log::list_for_workspace(&mut conn, workspace, &filter).await;
        let seqs: Vec<_> = rows.unwrap().iter().map(|row| row.seq).collect();
        assert_eq!(seqs, expected, "{name}");
    }
}

#[tokio::test]
async fn audit_lock_head_blocks_events_of_that_chain_only() {
    let ground = Ground::new().await;
    let (here, there) = (WorkspaceId(id()), WorkspaceId(id()));
    three_events(&ground, here, AccountId(id())).await;
    three_events(&ground, there, AccountId(id())).await;
    let mut holder = ground.begin().await;
    let head = audit_log::lock_head(&mut holder, here.0).await.unwrap();
    assert_eq!(head.unwrap().seq, 3);
    let none = audit_log::lock_head(&mut holder, id()).await.unwrap();
    assert_eq!(none, None);
    for (workspace, expected) in [(here, true), (there, false)] {
        let logged_out = event(AuditAction::LoggedOut, workspace);
        let at = ground.now();
        let writes = async |tx: &mut Tx| {
            audit::insert(tx, AuditEventId(id()), &logged_out, "request", at).await
        };
        assert_eq!(ground.is_blocked(writes).await, expected);
    }
}

#[tokio::test]
async fn audit_move_base_removes_what_stands_up_to_it_and_signs_the_rest() {
    let ground = Ground::new().await;
    let (here, there) = (WorkspaceId(id()), WorkspaceId(id()));
    three_events(&ground, here, AccountId(id())).await;
    three_events(&ground, there, AccountId(id())).await;
    let mut tx = ground.begin().await;
    let rows = audit_log::list_chain(&mut tx, here.0, 0, 2).await.unwrap();
    let base = Base {
        seq: 2,
        hash: rows[1].hash.clone(),
        before: Some(ground.minutes(2)),
    };
    audit_log::move_base(&mut tx, here.0, &base, "signature")
        .await
        .unwrap();
    let head = audit_log::lock_head(&mut tx, here.0).await.unwrap();
    let head = head.unwrap();
    assert_eq!((head.seq, head.base), (3, base));
    assert_eq!(head.base_signature.as_deref(), Some("signature"));
    let left = audit_log::list_chain(&mut tx, here.0, 0, 10).await.unwrap();
    assert_eq!(left.iter().map(|row| row.seq).collect::<Vec<_>>(), [3]);
    let other = audit_log::list_chain(&mut tx, there.0, 0, 10).await;
    assert_eq!(other.unwrap().len(), 3);
}

#[tokio::test]
async fn audit_list_headless_names_chains_whose_head_is_gone() {
    let ground = Ground::new().await;
    let (here, there) = (WorkspaceId(id()), WorkspaceId(id()));
    three_events(&ground, here, AccountId(id())).await;
    three_events(&ground, there, AccountId(id())).await;
    let mut conn = ground.conn().await;
    assert!(
        audit_log::list_headless(&mut conn)
            .await
            .unwrap()
            .is_empty()
    );
    let delete = format!("DELETE FROM gatewright_audit_heads WHERE chain = '{here}'");
    ground.db.execute(&delete).await;
    assert_eq!(audit_log::list_headless(&mut conn).await.unwrap(), [here.0]);
}

#[tokio::test]
async fn audit_delete_unchained_spares_chains_and_what_is_younger_up_to_its_limit() {
    let ground = Ground::new().await;
    three_events(&ground, WorkspaceId(id()), AccountId(id())).await;
    for minutes in [-3, -2, -1, 0] {
        let insert = format!(
            "INSERT INTO gatewright_audit_events (id, occurred_at, action) VALUES ('{}', '{}', 'x')",
            id(),
            ground.minutes(minutes)
        );
        ground.db.execute(&insert).await;
    }
    let mut conn = ground.conn().await;
    let before = ground.now();
    for (most, expected) in [(2, 2), (10, 1), (10, 0)] {
        let gone = audit_log::delete_unchained(&mut conn, before, most).await;
        assert_eq!(gone.unwrap(), expected);
    }
    assert_eq!(ground.db.audit_actions().await.len(), 4);
}
