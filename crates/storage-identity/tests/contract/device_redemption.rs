//! `device_redemption`: a grant is claimed once, whoever comes at the same time.

use std::net::{IpAddr, Ipv4Addr};

use gatewright_domain::ids::{GrantId, TokenId};
use gatewright_storage_identity::device_redemption as redemptions;
use gatewright_storage_kit::Tx;

use crate::ground::{Ground, id};

const IP: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1));

#[tokio::test]
async fn redemption_of_a_grant_answers_true_once() {
    let ground = Ground::new().await;
    let (grant, other) = (GrantId(id()), GrantId(id()));
    let mut conn = ground.conn().await;
    for (grant, expected) in [(grant, true), (grant, false), (other, true)] {
        let token = (TokenId(id()), IP);
        let claimed = redemptions::insert(&mut conn, grant, token.0, token.1, ground.now()).await;
        assert_eq!(claimed.unwrap(), expected);
    }
}

#[tokio::test]
async fn redemption_waits_for_one_that_has_not_committed_and_takes_over_when_it_fails() {
    let ground = Ground::new().await;
    let (grant, now) = (GrantId(id()), ground.now());
    let mut holder = ground.begin().await;
    let first = redemptions::insert(&mut holder, grant, TokenId(id()), IP, now).await;
    assert!(first.unwrap());
    let claims = async |tx: &mut Tx| redemptions::insert(tx, grant, TokenId(id()), IP, now).await;
    assert!(ground.is_blocked(claims).await);
    holder.rollback().await.unwrap();
    let mut conn = ground.conn().await;
    let second = redemptions::insert(&mut conn, grant, TokenId(id()), IP, now).await;
    assert!(second.unwrap());
}

#[tokio::test]
async fn redemption_addresses_are_of_the_asked_tokens_where_known() {
    let ground = Ground::new().await;
    let [known, older, unknown, not_asked] = [(); 4].map(|()| TokenId(id()));
    let mut conn = ground.conn().await;
    for token in [known, older, not_asked] {
        let grant = GrantId(id());
        redemptions::insert(&mut conn, grant, token, IP, ground.now())
            .await
            .unwrap();
    }
    let forget =
        format!("UPDATE gatewright_device_redemptions SET ip = NULL WHERE token_id = '{older}'");
    ground.db.execute(&forget).await;
    let found = redemptions::find_addresses(&mut conn, &[known, older, unknown]).await;
    let found: Vec<_> = found.unwrap().into_iter().collect();
    assert_eq!(found, [(known, "192.0.2.1".to_owned())]);
}
