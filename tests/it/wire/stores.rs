//! Races made certain: two callers hold the same version of what is stored, and one is slower.

use chrono::{DateTime, TimeDelta, Utc};
use gatewright_auth::keys::{HmacKey, KeyRing};
use gatewright_domain::{
    device_grant::{Decision, DeviceCode, DeviceGrant, GRANT_LIFETIME, PollPace, UserCode},
    ids::GrantId,
};
use gatewright_kv::{DeviceGrants, Kv, LoginThrottles, RedisSettings};
use gatewright_test_db::TestDb;

fn kv(db: &TestDb) -> Kv {
    let settings = RedisSettings {
        url: Some(db.redis_url.clone().into()),
        key_prefix: db.key_prefix.clone(),
        ..RedisSettings::default()
    };
    Kv::new(&settings).unwrap()
}

fn key() -> HmacKey {
    HmacKey::new("test", b"a key for digests in tests, 32 bytes")
}

fn ring() -> KeyRing {
    KeyRing::fixed(key(), [])
}

fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000, 0).unwrap()
}

fn grant(grants: &DeviceGrants, code: &UserCode) -> DeviceGrant {
    DeviceGrant {
        id: GrantId(uuid::Uuid::nil()),
        user_code_digest: grants.user_code_digest(code),
        client_id: "difyctl".parse().unwrap(),
        device_label: "laptop".parse().unwrap(),
        created_at: now(),
        created_ip: [127, 0, 0, 1].into(),
        expires_at: now() + GRANT_LIFETIME,
        pace: PollPace::new(),
        decision: Decision::Pending,
    }
}

#[tokio::test]
async fn sec_058_who_read_before_a_change_changes_nothing() {
    let db = TestDb::create().await;
    let grants = DeviceGrants::new(kv(&db), ring());
    let user_code: UserCode = "KWAL-UY7B".parse().unwrap();
    let device_code: DeviceCode = "dc_9wbPx2VUjNd0mD_WEz31WUvljJMAlHhH".parse().unwrap();
    let first = grant(&grants, &user_code);
    assert!(grants.insert(&first, &device_code, now()).await.unwrap());
    assert!(
        !grants.insert(&first, &device_code, now()).await.unwrap(),
        "the code is taken"
    );
    let approver = grants
        .find_by_device_code(&device_code)
        .await
        .unwrap()
        .unwrap();
    let denier = grants.find_by_user_code(&user_code).await.unwrap().unwrap();
    let refusal = denier.grant.clone().deny(now()).unwrap();
    let (_, polled) = approver.grant.clone().poll(now());
    assert!(grants.replace(&denier, &refusal, now()).await.unwrap());
    assert!(
        !grants
            .replace(&approver, &polled.unwrap(), now())
            .await
            .unwrap(),
        "a stale poll"
    );
    assert!(
        !grants.replace(&denier, &refusal, now()).await.unwrap(),
        "not twice either"
    );
    let stored = grants
        .find_by_device_code(&device_code)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(stored.grant.decision, Decision::Denied);
}

#[tokio::test]
async fn parallel_guesses_do_not_share_one_look_at_the_counter() {
    let db = TestDb::create().await;
    let throttles = LoginThrottles::new(kv(&db), key(), TimeDelta::days(1));
    let attempts =
        futures_util::future::join_all((0..40).map(|_| throttles.begin("a@b.co", now()))).await;
    let admitted = attempts
        .into_iter()
        .filter(|attempt| attempt.as_ref().unwrap().is_ok())
        .count();
    assert_eq!(
        admitted, 6,
        "five free failures and the one that starts the delay"
    );
    throttles.forget("a@b.co").await.unwrap();
    assert!(throttles.begin("a@b.co", now()).await.unwrap().is_ok());
}
