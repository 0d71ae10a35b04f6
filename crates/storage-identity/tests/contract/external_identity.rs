//! `external_identity`: an identity is one account's, and an account has one per issuer.

use gatewright_domain::external_subject::ExternalSubject;
use gatewright_storage_identity::external_identity as identities;
use gatewright_storage_kit::Tx;

use crate::ground::{Ground, email};

fn subject(issuer: &str) -> ExternalSubject {
    ExternalSubject {
        email: email("ann").parse().unwrap(),
        issuer: issuer.parse().unwrap(),
    }
}

#[tokio::test]
async fn identity_insert_answers_false_when_it_or_another_of_the_issuer_is_tied() {
    let ground = Ground::new().await;
    let (ann, bob) = (ground.account("ann").await, ground.account("bob").await);
    let (one, other) = (
        subject("https://one.example"),
        subject("https://other.example"),
    );
    let mut conn = ground.conn().await;
    for (identity, account, expected) in [
        ((&one, "1"), ann, true),
        ((&one, "1"), bob, false),
        ((&one, "2"), ann, false),
        ((&one, "2"), bob, true),
        ((&other, "1"), ann, true),
    ] {
        let tied =
            identities::insert(&mut conn, identity.0, identity.1, account, ground.now()).await;
        assert_eq!(tied.unwrap(), expected, "{identity:?}");
    }
    for (issuer, provider_subject, expected) in [
        (&one.issuer, "1", Some(ann)),
        (&one.issuer, "2", Some(bob)),
        (&other.issuer, "2", None),
    ] {
        let found = identities::find_account(&mut conn, issuer, provider_subject).await;
        assert_eq!(found.unwrap(), expected, "{issuer} {provider_subject}");
    }
}

#[tokio::test]
async fn identity_insert_waits_for_one_that_has_not_committed() {
    let ground = Ground::new().await;
    let (ann, bob) = (ground.account("ann").await, ground.account("bob").await);
    let (subject, now) = (subject("https://one.example"), ground.now());
    let mut holder = ground.begin().await;
    let tied = identities::insert(&mut holder, &subject, "1", ann, now).await;
    assert!(tied.unwrap());
    let second = async |tx: &mut Tx| identities::insert(tx, &subject, "1", bob, now).await;
    assert!(ground.is_blocked(second).await);
}

#[tokio::test]
async fn identities_of_an_account_are_listed_oldest_first_and_untied_one_by_one() {
    let ground = Ground::new().await;
    let (ann, bob) = (ground.account("ann").await, ground.account("bob").await);
    let mut conn = ground.conn().await;
    for (issuer, minutes) in [("https://younger.example", 1), ("https://older.example", 0)] {
        let identity = subject(issuer);
        let at = ground.minutes(minutes);
        let tied = identities::insert(&mut conn, &identity, "1", ann, at).await;
        assert!(tied.unwrap());
    }
    let listed = identities::list_for_account(&mut conn, ann).await.unwrap();
    let issuers: Vec<_> = listed
        .iter()
        .map(|identity| identity.issuer.as_str())
        .collect();
    assert_eq!(
        issuers,
        ["https://older.example", "https://younger.example"]
    );
    assert_eq!(listed[0].email, Some(email("ann")));
    assert_eq!(listed[0].created_at, ground.now());
    for (account, issuer, expected) in [
        (bob, "https://older.example", false),
        (ann, "https://no.example", false),
        (ann, "https://older.example", true),
        (ann, "https://older.example", false),
    ] {
        let untied = identities::delete(&mut conn, account, issuer).await;
        assert_eq!(untied.unwrap(), expected, "{issuer}");
    }
    let left = identities::list_for_account(&mut conn, ann).await.unwrap();
    assert_eq!(left.len(), 1);
}
