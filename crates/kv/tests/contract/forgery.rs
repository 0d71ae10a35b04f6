//! Somebody can write to Redis. That must not make them somebody else.

use gatewright_auth::bearer::TokenHash;
use gatewright_domain::Clock as _;
use gatewright_kv::CachedBearer;

use crate::{
    checks::{device_code, unique, user_code},
    redis::here,
};

/// The kind: every value that carries authority, forged in each way.
#[tokio::test]
async fn b8_every_store_refuses_a_value_that_was_changed_moved_or_forged() {
    let here = here();
    let (ground, mut writer) = (&here.ground, here.writer().await);
    let now = ground.clock.now();
    let (cache, grants, tokens) = (
        ground.bearer_cache(),
        ground.device_grants(),
        ground.one_time_grants(),
    );
    let hashes = [unique(), unique()].map(TokenHash::from_column);
    let devices = [device_code(), device_code()];
    let one_time = [unique(), unique()];
    for n in 0..2 {
        cache
            .insert_live(&hashes[n], &ground.bearer())
            .await
            .unwrap();
        let grant = ground.device_grant(&grants, &user_code());
        assert!(grants.insert(&grant, &devices[n], now).await.unwrap());
        tokens
            .issue(&one_time[n], &unique(), &ground.one_time_grant(), now)
            .await
            .unwrap();
    }
    let live = async || {
        let mut found = [0; 3];
        for n in 0..2 {
            let bearer = cache.find(&hashes[n]).await.unwrap();
            found[0] += u32::from(matches!(bearer, CachedBearer::Live(_)));
            let grant = grants.find_by_device_code(&devices[n]).await.unwrap();
            found[1] += u32::from(grant.is_some());
            found[2] += u32::from(tokens.find(&one_time[n], now).await.unwrap().is_some());
        }
        found
    };
    assert_eq!(live().await, [2, 2, 2], "as they were written");
    let mut all = vec![];
    for family in ["bearer", "dg:state", "one-time"] {
        for key in writer
            .keys(family)
            .await
            .into_iter()
            .filter(|key| !key.contains(":latest:"))
        {
            let value = writer.get(&key).await;
            all.push((family, key, value));
        }
    }
    assert_eq!(all.len(), 6);
    let forge = |of: &str, how: &str| match how {
        "changed" => {
            let last = if of.ends_with('A') { 'Q' } else { 'A' };
            format!("{}{last}", &of[..of.len() - 1])
        }
        "made up" => {
            let veiled = of.rsplit_once(':').map(|(_, veiled)| veiled.to_owned());
            veiled.unwrap_or_default()
        }
        _ => of.to_owned(),
    };
    for how in ["changed", "made up", "moved"] {
        for (n, (_, key, value)) in all.iter().enumerate() {
            // The neighbour is of the same family.
            let source = if how == "moved" { &all[n ^ 1].2 } else { value };
            writer.put(key, &forge(source, how)).await;
        }
        assert_eq!(live().await, [0, 0, 0], "{how}");
        for (_, key, value) in &all {
            writer.put(key, value).await;
        }
        assert_eq!(live().await, [2, 2, 2], "put back as they were");
    }
}
