//! `member`: bound to a workspace, in the order of joining.

use gatewright_domain::{
    account::AccountStatus,
    ids::{AccountId, MembershipId, WorkspaceId},
    workspace::Role,
};
use gatewright_storage_identity::{member, workspace, workspace::NewMember};
use gatewright_storage_kit::StorageError;

use crate::ground::{Ground, email, id};

/// Two workspaces of Ann's: Bob is an admin of the first, Eve an editor of both.
struct Members {
    ground: Ground,
    first: WorkspaceId,
    second: WorkspaceId,
    ann: AccountId,
    bob: AccountId,
    eve: AccountId,
}

async fn members() -> Members {
    let ground = Ground::new().await;
    let [ann, bob, eve] = [
        ground.account("ann").await,
        ground.account("bob").await,
        ground.account("eve").await,
    ];
    let first = ground.workspace(ann, 0).await;
    let second = ground.workspace(ann, 1).await;
    ground.member(first, eve, Role::Editor, 10).await;
    ground.member(first, bob, Role::Admin, 5).await;
    ground.member(second, eve, Role::Editor, 5).await;
    Members {
        ground,
        first,
        second,
        ann,
        bob,
        eve,
    }
}

#[tokio::test]
async fn member_list_is_of_one_workspace_in_the_order_of_joining() {
    let m = members().await;
    let mut conn = m.ground.conn().await;
    for (workspace, expected) in [
        (
            m.first,
            vec![
                (m.ann, Role::Owner),
                (m.bob, Role::Admin),
                (m.eve, Role::Editor),
            ],
        ),
        (m.second, vec![(m.ann, Role::Owner), (m.eve, Role::Editor)]),
        (WorkspaceId(id()), vec![]),
    ] {
        let listed = member::list(&mut conn, workspace).await.unwrap();
        let listed: Vec<_> = listed
            .iter()
            .map(|member| (member.id, member.role))
            .collect();
        assert_eq!(listed, expected);
        let count = member::count(&mut conn, workspace).await.unwrap();
        assert_eq!(usize::try_from(count).unwrap(), expected.len());
    }
}

#[tokio::test]
async fn member_list_shows_an_empty_avatar_as_none() {
    let m = members().await;
    let set = format!(
        "UPDATE accounts SET avatar = CASE id WHEN '{}' THEN '' ELSE 'x' END",
        m.ann
    );
    m.ground.db.execute(&set).await;
    let mut conn = m.ground.conn().await;
    let listed = member::list(&mut conn, m.second).await.unwrap();
    let avatars: Vec<_> = listed
        .iter()
        .map(|member| member.avatar.as_deref())
        .collect();
    assert_eq!(avatars, [None, Some("x")]);
}

#[tokio::test]
async fn member_role_is_of_one_workspace() {
    let m = members().await;
    let mut conn = m.ground.conn().await;
    for (workspace, account, expected) in [
        (m.first, m.bob, Some(Role::Admin)),
        (m.second, m.bob, None),
        (m.second, m.ann, Some(Role::Owner)),
        (WorkspaceId(id()), m.ann, None),
    ] {
        let role = member::find_role(&mut conn, workspace, account).await;
        assert_eq!(role.unwrap(), expected);
    }
}

#[tokio::test]
async fn member_of_an_address_is_found_in_any_spelling_unless_never_used() {
    let m = members().await;
    let active = AccountStatus::Active;
    let joe = m
        .ground
        .account_as("Joe@Example.test", active, Some("p"), 0);
    let joe = joe.await;
    m.ground.member(m.first, joe, Role::Normal, 0).await;
    let pending = AccountStatus::Pending;
    let unused = m.ground.account_as(&email("sue"), pending, None, 0).await;
    m.ground.member(m.first, unused, Role::Normal, 0).await;
    let mut conn = m.ground.conn().await;
    for (workspace, name, expected) in [
        (m.first, "joe", Some(joe)),
        (m.second, "joe", None),
        (m.first, "bob", Some(m.bob)),
        (m.first, "sue", None),
    ] {
        let found = member::find_by_email(&mut conn, workspace, &email(name)).await;
        assert_eq!(found.unwrap(), expected, "{name}");
    }
}

#[tokio::test]
async fn member_insert_refuses_a_second_membership() {
    let m = members().await;
    let mut conn = m.ground.conn().await;
    let again = NewMember {
        id: MembershipId(id()),
        account: m.bob,
        role: Role::Normal,
        is_current: false,
    };
    let at = m.ground.now();
    let refused = workspace::insert_member(&mut conn, m.first, again, at).await;
    assert!(
        matches!(&refused, Err(StorageError::Duplicate(name)) if name == "unique_tenant_account_join"),
        "{refused:?}"
    );
}

#[tokio::test]
async fn member_changes_leave_other_workspaces_and_members_alone() {
    let m = members().await;
    let mut conn = m.ground.conn().await;
    member::update_role(&mut conn, m.first, m.eve, Role::Normal, m.ground.now())
        .await
        .unwrap();
    member::delete(&mut conn, m.first, m.bob).await.unwrap();
    member::delete(&mut conn, m.second, m.bob).await.unwrap();
    for (workspace, account, expected) in [
        (m.first, m.ann, Some(Role::Owner)),
        (m.first, m.bob, None),
        (m.first, m.eve, Some(Role::Normal)),
        (m.second, m.eve, Some(Role::Editor)),
    ] {
        let role = member::find_role(&mut conn, workspace, account).await;
        assert_eq!(role.unwrap(), expected);
    }
    for (account, expected) in [(m.ann, 2), (m.bob, 0), (m.eve, 2)] {
        let count = member::count_of_account(&mut conn, account).await;
        assert_eq!(count.unwrap(), expected);
    }
}
