//! Somebody can write to Redis. That must not make them somebody else.

use gatewright_auth::digest::sha256_hex;
use gatewright_test_db::TestDb;

use crate::support::{Harness, basic_account};

const ACCOUNT: &str = "/openapi/v1/account";

/// Whoever writes to Redis.
struct Writer {
    connection: redis::aio::MultiplexedConnection,
}

impl Writer {
    async fn to(db: &TestDb) -> Self {
        let client = redis::Client::open(db.redis_url.as_str()).unwrap();
        Self {
            connection: client.get_multiplexed_async_connection().await.unwrap(),
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

    async fn get(&mut self, key: &str) -> String {
        self.run(&["GET", key]).await
    }

    async fn put(&mut self, key: &str, value: &str) {
        let _: () = self.run(&["SET", key, value, "EX", "600"]).await;
    }
}

#[actix_web::test]
async fn b8_forged_cache_entry_makes_no_bearer_valid() {
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
async fn b8_cache_entry_restored_after_revocation_keeps_its_original_expiry() {
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
