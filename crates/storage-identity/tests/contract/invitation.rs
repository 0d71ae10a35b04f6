//! `invitation`: one per address and workspace, accepted once, bound to its workspace.

use gatewright_domain::{
    account::AccountStatus,
    era::Era,
    ids::{AccountId, InvitationId, WorkspaceId},
    workspace::Role,
};
use gatewright_storage_identity::{
    account,
    invitation::{self, Invitation},
};

use crate::ground::{Ground, email, id};

/// An invitation from `made_in` minutes on, for an hour.
async fn invite(ground: &Ground, workspace: WorkspaceId, name: &str, made_in: i64) -> InvitationId {
    let new = Invitation {
        id: InvitationId(id()),
        workspace,
        email: email(name),
        role: Role::Editor,
        accepted_by: None,
        invited_by: AccountId(id()),
        inviter_era: Era(id()),
        created_at: ground.minutes(made_in),
        expires_at: ground.minutes(made_in + 60),
    };
    let mut conn = ground.conn().await;
    invitation::insert(&mut conn, &new).await.unwrap();
    new.id
}

fn ids(invitations: Vec<Invitation>) -> Vec<InvitationId> {
    invitations.into_iter().map(|one| one.id).collect()
}

#[tokio::test]
async fn invitation_insert_ends_those_of_the_address_to_the_same_workspace() {
    let ground = Ground::new().await;
    let (here, there) = (WorkspaceId(id()), WorkspaceId(id()));
    let earlier = invite(&ground, here, "ann", 0).await;
    let elsewhere = invite(&ground, there, "ann", 0).await;
    let of_bob = invite(&ground, here, "bob", 0).await;
    let latest = invite(&ground, here, "ann", 1).await;
    let mut conn = ground.conn().await;
    for (id, is_there) in [
        (earlier, false),
        (elsewhere, true),
        (of_bob, true),
        (latest, true),
    ] {
        let found = invitation::find(&mut conn, id).await.unwrap();
        assert_eq!(found.is_some(), is_there);
    }
    let found = invitation::find(&mut conn, latest).await.unwrap().unwrap();
    assert_eq!((found.workspace, found.email), (here, email("ann")));
    assert_eq!((found.role, found.accepted_by), (Role::Editor, None));
}

#[tokio::test]
async fn invitation_lists_hold_the_open_ones_of_a_workspace_or_of_an_address() {
    let ground = Ground::new().await;
    let (here, there) = (WorkspaceId(id()), WorkspaceId(id()));
    let later = invite(&ground, here, "ann", 0).await;
    let earlier = invite(&ground, here, "bob", -10).await;
    let elsewhere = invite(&ground, there, "ann", -5).await;
    let _expired_now = invite(&ground, here, "eve", -60).await;
    let accepted = invite(&ground, here, "joe", 0).await;
    let mut conn = ground.conn().await;
    invitation::accept(&mut conn, accepted, AccountId(id()))
        .await
        .unwrap();
    let now = ground.now();
    for (workspace, expected) in [(here, vec![earlier, later]), (there, vec![elsewhere])] {
        let open = invitation::list_open(&mut conn, workspace, now).await;
        assert_eq!(ids(open.unwrap()), expected);
    }
    for (name, expected) in [
        ("ann", vec![later, elsewhere]),
        ("bob", vec![earlier]),
        ("eve", vec![]),
        ("joe", vec![]),
    ] {
        let open = invitation::list_for_email(&mut conn, &email(name), now).await;
        assert_eq!(ids(open.unwrap()), expected, "{name}");
    }
}

#[tokio::test]
async fn invitation_accept_names_the_role_to_the_first_caller_only() {
    let ground = Ground::new().await;
    let (ann, bob) = (AccountId(id()), AccountId(id()));
    let invited = invite(&ground, WorkspaceId(id()), "ann", 0).await;
    let mut conn = ground.conn().await;
    for (account, expected) in [(ann, Some(Role::Editor)), (bob, None), (ann, None)] {
        let role = invitation::accept(&mut conn, invited, account).await;
        assert_eq!(role.unwrap(), expected);
    }
    let found = invitation::find(&mut conn, invited).await.unwrap();
    assert_eq!(found.unwrap().accepted_by, Some(ann));
}

#[tokio::test]
async fn invitation_changes_answer_false_outside_of_its_workspace() {
    let ground = Ground::new().await;
    let (here, there) = (WorkspaceId(id()), WorkspaceId(id()));
    let invited = invite(&ground, here, "ann", 0).await;
    let mut conn = ground.conn().await;
    for (workspace, expected) in [(there, false), (here, true)] {
        let changed = invitation::update_role(&mut conn, workspace, invited, Role::Admin).await;
        assert_eq!(changed.unwrap(), expected);
    }
    let found = invitation::find(&mut conn, invited).await.unwrap();
    assert_eq!(found.unwrap().role, Role::Admin);
    for (workspace, expected) in [(there, false), (here, true), (here, false)] {
        let gone = invitation::delete(&mut conn, workspace, invited).await;
        assert_eq!(gone.unwrap(), expected);
    }
}

#[tokio::test]
async fn invitation_that_was_accepted_keeps_its_role() {
    let ground = Ground::new().await;
    let workspace = WorkspaceId(id());
    let invited = invite(&ground, workspace, "ann", 0).await;
    let mut conn = ground.conn().await;
    invitation::accept(&mut conn, invited, AccountId(id()))
        .await
        .unwrap();
    let changed = invitation::update_role(&mut conn, workspace, invited, Role::Admin).await;
    assert!(!changed.unwrap());
}

#[tokio::test]
async fn invitation_delete_for_ends_those_of_one_address_to_one_workspace() {
    let ground = Ground::new().await;
    let (here, there) = (WorkspaceId(id()), WorkspaceId(id()));
    let gone = invite(&ground, here, "ann", 0).await;
    let stay = [
        invite(&ground, there, "ann", 0).await,
        invite(&ground, here, "bob", 0).await,
    ];
    let mut conn = ground.conn().await;
    invitation::delete_for(&mut conn, here, &email("ann"))
        .await
        .unwrap();
    assert!(invitation::find(&mut conn, gone).await.unwrap().is_none());
    for id in stay {
        assert!(invitation::find(&mut conn, id).await.unwrap().is_some());
    }
}

/// As the original, and older versions, invited: an account and a membership that nobody ever used.
#[tokio::test]
async fn invitation_takes_the_place_of_an_account_that_was_never_used() {
    let ground = Ground::new().await;
    let owner = ground.account("owner").await;
    let workspace = ground.workspace(owner, 0).await;
    let pending = AccountStatus::Pending;
    let unused = ground
        .account_as("Ann@example.test", pending, None, 0)
        .await;
    ground.member(workspace, unused, Role::Admin, 0).await;
    let used = ground.account("bob").await;
    ground.member(workspace, used, Role::Normal, 0).await;
    let mut tx = ground.begin().await;
    let span = (ground.now(), ground.minutes(60));
    for name in ["ann", "bob"] {
        invitation::dissolve_unused(&mut tx, &email(name), span.0, span.1)
            .await
            .unwrap();
    }
    assert!(account::find(&mut tx, unused).await.unwrap().is_none());
    assert!(account::find(&mut tx, used).await.unwrap().is_some());
    let open = invitation::list_open(&mut tx, workspace, ground.now()).await;
    let open: Vec<_> = open
        .unwrap()
        .into_iter()
        .map(|one| (one.email, one.role))
        .collect();
    assert_eq!(open, [(email("ann"), Role::Admin)]);
}

#[tokio::test]
async fn invitation_without_a_role_takes_that_of_the_membership_it_stood_for() {
    let ground = Ground::new().await;
    let owner = ground.account("owner").await;
    let workspace = ground.workspace(owner, 0).await;
    let pending = AccountStatus::Pending;
    let unused = ground.account_as(&email("ann"), pending, None, 0).await;
    ground.member(workspace, unused, Role::Admin, 0).await;
    let older = InvitationId(id());
    let insert = format!(
        "INSERT INTO gatewright_invitations (id, tenant_id, account_id, email, invited_by, created_at, expires_at) \
         VALUES ('{older}', '{workspace}', '{unused}', '{}', '{owner}', '{}', '{}')",
        email("ann"),
        ground.now(),
        ground.minutes(30)
    );
    ground.db.execute(&insert).await;
    let mut tx = ground.begin().await;
    let before = invitation::find(&mut tx, older).await.unwrap().unwrap();
    assert_eq!((before.role, before.accepted_by), (Role::Normal, None));
    let span = (ground.now(), ground.minutes(60));
    invitation::dissolve_unused(&mut tx, &email("ann"), span.0, span.1)
        .await
        .unwrap();
    let open = invitation::list_open(&mut tx, workspace, ground.now()).await;
    let open = open.unwrap();
    assert_eq!(
        (open.len(), open[0].id, open[0].role),
        (1, older, Role::Admin)
    );
    assert_eq!(open[0].expires_at, ground.minutes(30), "as long as it was");
}
