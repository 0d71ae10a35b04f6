//! `pending_import` and `app_dependency`: what waits, for whom, and until when.

use gatewright_domain::ids::{AccountId, AppId, ImportId, WorkspaceId};
use gatewright_storage_apps::{
    app_dependency,
    pending_import::{self, Importer},
};

use crate::ground::{Ground, id, minutes};

fn importer() -> Importer {
    Importer {
        workspace: WorkspaceId(id()),
        account: AccountId(id()),
    }
}

#[tokio::test]
async fn pending_import_is_taken_once_by_who_began_it_until_it_expires() {
    let ground = Ground::new().await;
    let mut conn = ground.conn().await;
    let (mine, import) = (importer(), ImportId(id()));
    pending_import::insert(&mut conn, import, mine, "text", minutes(10))
        .await
        .unwrap();
    let colleague = Importer {
        account: AccountId(id()),
        ..mine
    };
    let elsewhere = Importer {
        workspace: WorkspaceId(id()),
        ..mine
    };
    let take = async |conn: &mut _, who: Importer, at: i64| {
        pending_import::take(conn, import, who, minutes(at))
            .await
            .unwrap()
    };
    assert_eq!(take(&mut conn, colleague, 1).await, None);
    assert_eq!(take(&mut conn, elsewhere, 1).await, None);
    assert_eq!(take(&mut conn, mine, 10).await, None, "it expired");
    assert_eq!(take(&mut conn, mine, 9).await.as_deref(), Some("text"));
    assert_eq!(take(&mut conn, mine, 9).await, None, "it was taken");
    pending_import::insert(&mut conn, import, mine, "text", minutes(10))
        .await
        .unwrap();
    assert_eq!(
        pending_import::delete_expired(&mut conn, minutes(9))
            .await
            .unwrap(),
        0
    );
    assert_eq!(
        pending_import::delete_expired(&mut conn, minutes(10))
            .await
            .unwrap(),
        1
    );
}

#[tokio::test]
async fn dependencies_of_an_app_are_the_latest_until_they_expire() {
    let ground = Ground::new().await;
    let mut conn = ground.conn().await;
    let (here, app) = (WorkspaceId(id()), AppId(id()));
    app_dependency::insert(&mut conn, here, app, "[1]", minutes(10))
        .await
        .unwrap();
    app_dependency::insert(&mut conn, here, app, "[2]", minutes(20))
        .await
        .unwrap();
    let find = async |conn: &mut _, workspace: WorkspaceId, at: i64| {
        app_dependency::find(conn, workspace, app, minutes(at))
            .await
            .unwrap()
    };
    assert_eq!(find(&mut conn, here, 19).await.as_deref(), Some("[2]"));
    assert_eq!(find(&mut conn, here, 20).await, None);
    assert_eq!(find(&mut conn, WorkspaceId(id()), 1).await, None);
    assert_eq!(
        app_dependency::delete_expired(&mut conn, minutes(20))
            .await
            .unwrap(),
        1
    );
}
