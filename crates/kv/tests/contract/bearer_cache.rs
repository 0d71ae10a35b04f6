//! `BearerCache`: a row for a minute, a tombstone for two; a live entry never covers a tombstone.

use gatewright_auth::bearer::TokenHash;
use gatewright_kv::CachedBearer;

use crate::{checks::unique, redis::here};

#[tokio::test]
async fn bearer_entry_lives_for_a_minute_and_a_tombstone_for_two() {
    let here = here();
    let (cache, mut writer) = (here.ground.bearer_cache(), here.writer().await);
    let hash = TokenHash::from_column(unique());
    let bearer = here.ground.bearer();
    cache.insert_live(&hash, &bearer).await.unwrap();
    assert_eq!(writer.ttls("bearer").await, [60]);
    cache.deny(&hash).await.unwrap();
    assert_eq!(writer.ttls("bearer").await, [120]);
    cache.insert_live(&hash, &bearer).await.unwrap();
    assert_eq!(writer.ttls("bearer").await, [120], "it stays dead");
}

#[tokio::test]
async fn bearer_that_is_not_known_leaves_nothing_behind() {
    let here = here();
    let (cache, mut writer) = (here.ground.bearer_cache(), here.writer().await);
    let hash = TokenHash::from_column(unique());
    assert_eq!(cache.find(&hash).await.unwrap(), CachedBearer::Unknown);
    assert!(writer.keys("bearer").await.is_empty());
}

#[tokio::test]
async fn bearer_entry_stays_the_first_that_was_inserted() {
    let here = here();
    let (cache, hash) = (here.ground.bearer_cache(), TokenHash::from_column(unique()));
    let first = here.ground.bearer();
    let mut second = first.clone();
    second.device_label = "another".into();
    for bearer in [&first, &second] {
        cache.insert_live(&hash, bearer).await.unwrap();
    }
    let found = cache.find(&hash).await.unwrap();
    assert_eq!(found, CachedBearer::Live(Box::new(first)));
}

/// The clock of Redis may be behind: the seal ends by ours.
#[tokio::test]
async fn bearer_entry_is_over_after_a_minute_though_redis_still_has_it() {
    let here = here();
    let (cache, hash) = (here.ground.bearer_cache(), TokenHash::from_column(unique()));
    cache
        .insert_live(&hash, &here.ground.bearer())
        .await
        .unwrap();
    here.ground.clock.advance_seconds(59);
    let found = cache.find(&hash).await.unwrap();
    assert!(matches!(found, CachedBearer::Live(_)), "{found:?}");
    here.ground.clock.advance_seconds(1);
    assert_eq!(cache.find(&hash).await.unwrap(), CachedBearer::Unknown);
}

#[tokio::test]
async fn bearer_entry_names_nobody_in_clear() {
    let here = here();
    let (cache, mut writer) = (here.ground.bearer_cache(), here.writer().await);
    let hash = TokenHash::from_column(unique());
    let bearer = here.ground.bearer();
    cache.insert_live(&hash, &bearer).await.unwrap();
    let keys = writer.keys("bearer").await;
    let value = writer.get(&keys[0]).await;
    assert!(!value.contains(&bearer.subject_email), "{value}");
}
