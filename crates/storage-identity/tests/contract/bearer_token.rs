//! `bearer_token`: found by hash while it is not revoked, one per device, owned by an account or by somebody without.

use gatewright_auth::bearer::TokenHash;
use gatewright_domain::{
    bearer_token::BearerToken,
    ids::{AccountId, TokenId},
};
use gatewright_storage_identity::bearer_token::{self, Owner, Revocation};
use gatewright_storage_kit::{StorageError, Tx};

use crate::ground::{Ground, email, id};

/// A token of an account (or of somebody without) on a device; good for ten minutes.
fn token(ground: &Ground, account: Option<AccountId>, device: &str) -> BearerToken {
    let issuer = account.is_none().then(|| "https://idp.example".to_owned());
    BearerToken {
        id: TokenId(id()),
        prefix: "dfoa_".into(),
        account_id: account,
        subject_email: email("ann"),
        subject_issuer: issuer.or_else(|| Some("dify:account".into())),
        client_id: "difyctl".into(),
        device_label: device.into(),
        created_at: ground.now(),
        expires_at: ground.minutes(10),
        last_used_at: None,
    }
}

fn hash_of(token: &BearerToken) -> TokenHash {
    TokenHash::from_column(token.id.to_string())
}

async fn insert(ground: &Ground, token: &BearerToken) {
    let mut conn = ground.conn().await;
    bearer_token::insert(&mut conn, token, &hash_of(token))
        .await
        .unwrap();
}

async fn is_found(ground: &Ground, token: &BearerToken) -> bool {
    let mut conn = ground.conn().await;
    let found = bearer_token::find(&mut conn, &hash_of(token)).await;
    found.unwrap().is_some()
}

#[tokio::test]
async fn bearer_is_found_as_it_was_inserted_until_it_is_revoked() {
    let ground = Ground::new().await;
    let ann = ground.account("ann").await;
    let token = token(&ground, Some(ann), "laptop");
    insert(&ground, &token).await;
    let mut conn = ground.conn().await;
    let found = bearer_token::find(&mut conn, &hash_of(&token)).await;
    assert_eq!(found.unwrap(), Some(token.clone()));
    for expected in [true, false] {
        let revoked = bearer_token::revoke(&mut conn, token.id, ground.now()).await;
        assert_eq!(revoked.unwrap(), expected);
        assert!(!is_found(&ground, &token).await);
    }
    let kept = "SELECT count(*) FROM oauth_access_tokens WHERE token_hash IS NOT NULL";
    assert_eq!(ground.count(kept).await, 0, "the hash is forgotten");
}

#[tokio::test]
async fn bearer_that_expired_is_still_found() {
    let ground = Ground::new().await;
    let ann = ground.account("ann").await;
    let expired = BearerToken {
        expires_at: ground.minutes(-1),
        ..token(&ground, Some(ann), "laptop")
    };
    insert(&ground, &expired).await;
    assert!(
        is_found(&ground, &expired).await,
        "it is refused by who looks"
    );
}

#[tokio::test]
async fn bearer_insert_refuses_a_second_live_one_of_a_device_and_a_known_hash() {
    let ground = Ground::new().await;
    let ann = ground.account("ann").await;
    let first = token(&ground, Some(ann), "laptop");
    insert(&ground, &first).await;
    let mut conn = ground.conn().await;
    let same_device = token(&ground, Some(ann), "laptop");
    let same_hash = token(&ground, Some(ann), "phone");
    for (second, hash, constraint) in [
        (
            &same_device,
            hash_of(&same_device),
            "uq_oauth_active_per_device",
        ),
        (
            &same_hash,
            hash_of(&first),
            "oauth_access_tokens_token_hash_key",
        ),
    ] {
        let refused = bearer_token::insert(&mut conn, second, &hash).await;
        assert!(
            matches!(&refused, Err(StorageError::Duplicate(name)) if name == constraint),
            "{refused:?}"
        );
    }
}

#[tokio::test]
async fn bearer_revoke_predecessors_ends_those_of_the_same_subject_client_and_device() {
    let ground = Ground::new().await;
    let ann = ground.account("ann").await;
    let same = token(&ground, Some(ann), "laptop");
    let others = [
        token(&ground, Some(ann), "phone"),
        token(&ground, None, "laptop"),
        BearerToken {
            client_id: "another".into(),
            ..token(&ground, Some(ann), "laptop")
        },
        BearerToken {
            subject_email: email("bob"),
            ..token(&ground, Some(ann), "laptop")
        },
    ];
    insert(&ground, &same).await;
    for other in &others {
        insert(&ground, other).await;
    }
    let successor = token(&ground, Some(ann), "laptop");
    let mut tx = ground.begin().await;
    for expected in [vec![hash_of(&same)], vec![]] {
        let ended = bearer_token::revoke_predecessors(&mut tx, &successor, ground.now()).await;
        assert_eq!(ended.unwrap(), expected);
    }
    tx.commit().await.unwrap();
    assert!(!is_found(&ground, &same).await);
    for other in &others {
        assert!(is_found(&ground, other).await, "{other:?}");
    }
}

#[tokio::test]
async fn bearer_revoke_predecessors_blocks_the_same_device_even_without_a_row() {
    let ground = Ground::new().await;
    let laptop = token(&ground, None, "laptop");
    let phone = token(&ground, None, "phone");
    let now = ground.now();
    let mut holder = ground.begin().await;
    bearer_token::revoke_predecessors(&mut holder, &laptop, now)
        .await
        .unwrap();
    for (device, expected) in [(&laptop, true), (&phone, false)] {
        let logs_in = async |tx: &mut Tx| bearer_token::revoke_predecessors(tx, device, now).await;
        assert_eq!(ground.is_blocked(logs_in).await, expected);
    }
}

#[tokio::test]
async fn bearer_list_for_owner_pages_live_tokens_newest_first_and_counts_them() {
    let ground = Ground::new().await;
    let (ann, bob) = (ground.account("ann").await, ground.account("bob").await);
    let at = |minutes: i64, token: BearerToken| BearerToken {
        created_at: ground.minutes(minutes),
        ..token
    };
    let mut ids = vec![];
    for minutes in 0..3 {
        let device = format!("device {minutes}");
        let live = at(minutes, token(&ground, Some(ann), &device));
        insert(&ground, &live).await;
        ids.insert(0, live.id);
    }
    let expired = BearerToken {
        expires_at: ground.now(),
        ..token(&ground, Some(ann), "expired")
    };
    let (revoked, external) = (
        token(&ground, Some(ann), "revoked"),
        token(&ground, None, "external"),
    );
    for other in [
        &expired,
        &revoked,
        &external,
        &token(&ground, Some(bob), "bob's"),
    ] {
        insert(&ground, other).await;
    }
    let mut conn = ground.conn().await;
    let ended = bearer_token::revoke(&mut conn, revoked.id, ground.now()).await;
    assert!(ended.unwrap());
    let somebody = |issuer: &str| Owner::External {
        email: email("ann"),
        issuer: issuer.into(),
    };
    for (owner, page, expected, total) in [
        (Owner::Account(ann), (0, 10), ids.clone(), 3),
        (Owner::Account(ann), (1, 1), vec![ids[1]], 3),
        (Owner::Account(ann), (3, 10), vec![], 3),
        (
            somebody("https://idp.example"),
            (0, 10),
            vec![external.id],
            1,
        ),
        (somebody("https://other.example"), (0, 10), vec![], 0),
    ] {
        let listed =
            bearer_token::list_for_owner(&mut conn, &owner, ground.now(), page.0, page.1).await;
        let (tokens, all) = listed.unwrap();
        let listed: Vec<_> = tokens.iter().map(|token| token.id).collect();
        assert_eq!((listed, all), (expected, total), "{owner:?} {page:?}");
    }
}

#[tokio::test]
async fn bearer_is_revocable_by_its_owner_once() {
    let ground = Ground::new().await;
    let (ann, bob) = (ground.account("ann").await, ground.account("bob").await);
    let (of_ann, external) = (
        token(&ground, Some(ann), "laptop"),
        token(&ground, None, "laptop"),
    );
    insert(&ground, &of_ann).await;
    insert(&ground, &external).await;
    let outside = Owner::External {
        email: email("ann"),
        issuer: "https://idp.example".into(),
    };
    let mut tx = ground.begin().await;
    for (token, owner, expected) in [
        (
            of_ann.id,
            Owner::Account(ann),
            Revocation::Revoked(hash_of(&of_ann)),
        ),
        (of_ann.id, Owner::Account(bob), Revocation::Unknown),
        (of_ann.id, outside.clone(), Revocation::Unknown),
        (
            external.id,
            outside,
            Revocation::Revoked(hash_of(&external)),
        ),
        (external.id, Owner::Account(ann), Revocation::Unknown),
        (TokenId(id()), Owner::Account(ann), Revocation::Unknown),
    ] {
        let found = bearer_token::find_revocable(&mut tx, token, &owner).await;
        assert_eq!(found.unwrap(), expected, "{owner:?}");
    }
    let ended = bearer_token::revoke(&mut tx, of_ann.id, ground.now()).await;
    assert!(ended.unwrap());
    let again = bearer_token::find_revocable(&mut tx, of_ann.id, &Owner::Account(ann)).await;
    assert_eq!(again.unwrap(), Revocation::AlreadyRevoked);
}

#[tokio::test]
async fn bearer_find_revocable_blocks_a_second_revocation() {
    let ground = Ground::new().await;
    let ann = ground.account("ann").await;
    let (token, owner) = (token(&ground, Some(ann), "laptop"), Owner::Account(ann));
    insert(&ground, &token).await;
    let mut holder = ground.begin().await;
    bearer_token::find_revocable(&mut holder, token.id, &owner)
        .await
        .unwrap();
    let revokes = async |tx: &mut Tx| bearer_token::find_revocable(tx, token.id, &owner).await;
    assert!(ground.is_blocked(revokes).await);
    holder.rollback().await.unwrap();
    assert!(!ground.is_blocked(revokes).await);
}

#[tokio::test]
async fn bearer_last_use_is_noted_at_most_once_a_minute() {
    let ground = Ground::new().await;
    let ann = ground.account("ann").await;
    let token = token(&ground, Some(ann), "laptop");
    insert(&ground, &token).await;
    let mut conn = ground.conn().await;
    let second = |seconds| ground.now() + chrono::TimeDelta::seconds(seconds);
    for (used_at, noted) in [(0, 0), (60, 0), (61, 61), (90, 61)] {
        bearer_token::update_last_used(&mut conn, token.id, second(used_at))
            .await
            .unwrap();
        let found = bearer_token::find(&mut conn, &hash_of(&token)).await;
        let last_used_at = found.unwrap().unwrap().last_used_at;
        assert_eq!(last_used_at, Some(second(noted)), "used at {used_at} s");
    }
}

#[tokio::test]
async fn bearer_revoke_all_ends_those_of_one_account_and_revoke_everything_the_rest() {
    let ground = Ground::new().await;
    let (ann, bob) = (ground.account("ann").await, ground.account("bob").await);
    let of_ann = [
        token(&ground, Some(ann), "laptop"),
        token(&ground, Some(ann), "phone"),
    ];
    let of_bob = BearerToken {
        subject_email: email("bob"),
        ..token(&ground, Some(bob), "laptop")
    };
    let external = token(&ground, None, "laptop");
    for token in of_ann.iter().chain([&of_bob, &external]) {
        insert(&ground, token).await;
    }
    let sorted = |mut hashes: Vec<TokenHash>| {
        hashes.sort_by(|a, b| a.as_str().cmp(b.as_str()));
        hashes
    };
    let mut conn = ground.conn().await;
    let ended = bearer_token::revoke_all(&mut conn, ann, ground.now()).await;
    assert_eq!(sorted(ended.unwrap()), of_ann.each_ref().map(hash_of));
    assert!(is_found(&ground, &of_bob).await && is_found(&ground, &external).await);
    for expected in [vec![hash_of(&of_bob), hash_of(&external)], vec![]] {
        let ended = bearer_token::revoke_everything(&mut conn, ground.now()).await;
        assert_eq!(sorted(ended.unwrap()), expected);
    }
}
