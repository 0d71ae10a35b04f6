//! Somebody can write to Redis. That must not make them somebody else.

use gatewright_auth::{bearer::TokenHash, digest::sha256_hex};
use gatewright_domain::Clock as _;
use gatewright_kv::{CachedBearer, RedisSettings};
use gatewright_test_db::TestDb;

use super::contract::{Ground, device_code, unique, user_code};
use crate::support::{Harness, basic_account};

const ACCOUNT: &str = "/openapi/v1/account";

/// Whoever writes to Redis.
struct Writer {
    connection: redis::aio::MultiplexedConnection,
    prefix: String,
}

impl Writer {
    async fn to(db: &TestDb) -> Self {
        let client = redis::Client::open(db.redis_url.as_str()).unwrap();
        Self {
            connection: client.get_multiplexed_async_connection().await.unwrap(),
            prefix: db.key_prefix.clone(),
        }
    }

    async fn run<T: redis::FromRedisValue>(&mut self, command: &[&str]) -> T {
        let mut words = command.iter();
        let mut all = redis::cmd(words.next().unwrap());
        words.for_each(|word| {
            all.arg(word);
        });
        all.query_async(&mut self.connection).await.unwrap()
    }

    async fn keys(&mut self, family: &str) -> Vec<String> {
        let pattern = format!("{}:gw:{family}:*", self.prefix);
        self.run(&["KEYS", &pattern]).await
    }

    async fn get(&mut self, key: &str) -> String {
        self.run(&["GET", key]).await
    }

    async fn put(&mut self, key: &str, value: &str) {
        let _: () = self.run(&["SET", key, value, "EX", "600"]).await;
    }
}

#[actix_web::test]
async fn b8_a_cache_entry_written_by_somebody_else_makes_no_invented_bearer_valid() {
    let h = Harness::start().await;
    let mut browser = basic_account(&h).await;
    let token = h.token(&mut browser, "x").await;
    h.with_bearer("GET", ACCOUNT, &token).await.expect(200);
    let mut writer = Writer::to(&h.db).await;
    let genuine_key = format!("{}:gw:bearer:{{{}}}", h.db.key_prefix, sha256_hex(&token));
    let genuine = writer.get(&genuine_key).await;
    let veiled = genuine.splitn(4, ':').nth(3).unwrap().to_owned();
    // Moved to the hash of an invented bearer; bare, as it was before there were seals; sealed anew by
    // somebody who has no key.
    for forged in [
        genuine.clone(),
        veiled.clone(),
        format!("2:4102444800000:{}:{veiled}", "0".repeat(64)),
        bare_entry(&h).await,
    ] {
        let invented = format!("dfoa_{}", "A".repeat(43));
        let key = format!(
            "{}:gw:bearer:{{{}}}",
            h.db.key_prefix,
            sha256_hex(&invented)
        );
        writer.put(&key, &forged).await;
        let answer = h.with_bearer("GET", ACCOUNT, &invented).await;
        assert_eq!(answer.status, 401, "{forged}");
    }
    h.with_bearer("GET", ACCOUNT, &token).await.expect(200);
}

/// The owner's entry as it would stand there without seal and veil.
async fn bare_entry(h: &Harness) -> String {
    let rows = h.db.query(
        "SELECT json_build_object('id', id, 'prefix', prefix, 'account_id', account_id, \
         'subject_email', subject_email, 'subject_issuer', subject_issuer, 'client_id', client_id, \
         'device_label', device_label, 'created_at', created_at, 'expires_at', expires_at, \
         'last_used_at', NULL)::text FROM oauth_access_tokens",
    );
    rows.await.remove(0)
}

#[actix_web::test]
async fn b8_an_entry_put_back_after_the_revocation_lives_no_longer_than_it_would_have() {
    let h = Harness::start().await;
    let mut browser = basic_account(&h).await;
    let token = h.token(&mut browser, "x").await;
    h.with_bearer("GET", ACCOUNT, &token).await.expect(200);
    let mut writer = Writer::to(&h.db).await;
    let key = format!("{}:gw:bearer:{{{}}}", h.db.key_prefix, sha256_hex(&token));
    let genuine = writer.get(&key).await;
    h.with_bearer("DELETE", "/openapi/v1/account/sessions/self", &token)
        .await
        .expect(200);
    h.with_bearer("GET", ACCOUNT, &token).await.expect(401);
    writer.put(&key, &genuine).await;
    h.clock.advance_seconds(61);
    h.with_bearer("GET", ACCOUNT, &token).await.expect(401);
}

/// The kind: every value that carries authority, forged in each way.
#[tokio::test]
async fn b8_no_store_takes_a_value_that_was_changed_moved_or_made_up() {
    let db = TestDb::create().await;
    let ground = Ground::new(&RedisSettings {
        url: Some(db.redis_url.clone().into()),
        key_prefix: db.key_prefix.clone(),
        ..RedisSettings::default()
    });
    let mut writer = Writer::to(&db).await;
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
