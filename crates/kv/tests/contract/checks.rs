//! What every store promises, as a list of checks over any Redis: here over the one of the tests, and by the tests
//! of the whole over each kind of Redis, and after each way to break a connection. A new store adds its line to
//! [`CHECKS`].

use std::sync::Arc;

use chrono::{DateTime, TimeDelta};
use futures_util::future::LocalBoxFuture;
use gatewright_auth::{
    bearer::{RateLimiter as _, TokenHash},
    envelope::TokenText,
    keys::{HmacKey, KeyRing},
    limits::{Limit, Rate},
};
use gatewright_domain::{
    Clock as _, IdGen as _, RandomIds,
    bearer_token::BearerToken,
    device_grant::{Decision, DeviceCode, DeviceGrant, GRANT_LIFETIME, PollPace, UserCode},
    error::ChargeError,
    ids::GrantId,
    one_time::{CodeSeed, OneTimeGrant, OneTimePurpose},
    throttle::{FREE_FAILURES, Slope},
};
use gatewright_kv::{
    BearerCache, CachedBearer, DeviceGrants, Kv, OneTimeGrants, RateLimits, RedisSettings,
    RunMirrors, Seals, Spending, SpentNonces, Swap, Throttles, WindowClock,
};
use gatewright_test_support::ManualClock;

/// As sign-ins have it.
pub(super) const SLOPE: Slope = Slope {
    free: FREE_FAILURES,
    memory: TimeDelta::hours(1),
};

/// A Redis, and names that nobody else uses there.
pub(super) struct Ground {
    pub(super) kv: Kv,
    pub(super) clock: ManualClock,
}

type Check = for<'a> fn(&'a Ground) -> LocalBoxFuture<'a, ()>;

pub(super) const CHECKS: [(&str, Check); 9] = [
    ("readiness", |ground| Box::pin(readiness(ground))),
    ("limits", |ground| Box::pin(limits(ground))),
    ("limits in blocks", |ground| {
        Box::pin(limits_in_blocks(ground))
    }),
    ("bearers", |ground| Box::pin(bearers(ground))),
    ("device grants", |ground| Box::pin(device_grants(ground))),
    ("one-time grants", |ground| {
        Box::pin(one_time_grants(ground))
    }),
    ("throttles", |ground| Box::pin(throttles(ground))),
    ("nonces", |ground| Box::pin(nonces(ground))),
    ("mirrors of runs", |ground| Box::pin(run_mirrors(ground))),
];

pub(super) fn digest_key() -> HmacKey {
    HmacKey::new("test", b"a key for digests in tests, 32 bytes")
}

pub(super) fn unique() -> String {
    RandomIds.new_uuid().simple().to_string()
}

fn seals(clock: &ManualClock) -> Seals {
    let key = HmacKey::new("test", b"a key for seals in tests, 32 bytes");
    Seals::new(KeyRing::fixed(key, []), Arc::new(clock.clone()))
}

impl Ground {
    pub(super) fn new(settings: &RedisSettings) -> Self {
        Self {
            kv: Kv::new(settings).unwrap(),
            clock: ManualClock::new(),
        }
    }

    /// All of them.
    pub(super) async fn check_all(&self) {
        for (name, check) in CHECKS {
            println!("-- {name}");
            check(self).await;
        }
    }

    pub(super) fn bearer_cache(&self) -> BearerCache {
        BearerCache::new(self.kv.clone(), seals(&self.clock))
    }

    pub(super) fn device_grants(&self) -> DeviceGrants {
        let ring = KeyRing::fixed(digest_key(), []);
        DeviceGrants::new(self.kv.clone(), ring, seals(&self.clock))
    }

    pub(super) fn one_time_grants(&self) -> OneTimeGrants {
        OneTimeGrants::new(self.kv.clone(), seals(&self.clock))
    }

    pub(super) fn rate_limits(&self) -> RateLimits {
        RateLimits::new(
            self.kv.clone(),
            digest_key(),
            Arc::new(RandomIds),
            Arc::new(self.clock.clone()),
            WindowClock::Process,
        )
    }

    pub(super) fn run_mirrors(&self) -> RunMirrors {
        RunMirrors::new(self.kv.clone(), seals(&self.clock))
    }

    pub(super) fn throttles(&self) -> Throttles {
        Throttles::new(self.kv.clone(), digest_key(), TimeDelta::hours(1))
    }

    #[allow(clippy::unused_self, reason = "beside what else a test arranges")]
    pub(super) fn bearer(&self) -> BearerToken {
        BearerToken {
            id: "00000000-0000-7000-8000-000000000000".parse().unwrap(),
            prefix: "dfoa_".into(),
            account_id: None,
            subject_email: "a@b.co".into(),
            subject_issuer: None,
            client_id: "difyctl".into(),
            device_label: "x".into(),
            created_at: DateTime::UNIX_EPOCH,
            expires_at: DateTime::UNIX_EPOCH,
            last_used_at: None,
        }
    }

    pub(super) fn device_grant(&self, grants: &DeviceGrants, code: &UserCode) -> DeviceGrant {
        DeviceGrant {
            id: GrantId(RandomIds.new_uuid()),
            user_code_digest: grants.user_code_digest(code),
            client_id: "difyctl".parse().unwrap(),
            device_label: "laptop".parse().unwrap(),
            created_at: self.clock.now(),
            created_ip: [127, 0, 0, 1].into(),
            expires_at: self.clock.now() + GRANT_LIFETIME,
            pace: PollPace::new(),
            decision: Decision::Pending,
        }
    }

    pub(super) fn one_time_grant(&self) -> OneTimeGrant {
        OneTimeGrant {
            purpose: OneTimePurpose::ResetPassword,
            is_verified: false,
            account: None,
            era: gatewright_domain::era::Era::default(),
            has_code: true,
            email: "a@b.co".into(),
            old_email: None,
            workspace: None,
            seed: CodeSeed {
                kid: "k".into(),
                seed: "s".into(),
            },
            expires_at: self.clock.now() + TimeDelta::minutes(5),
        }
    }
}

/// A device code that nobody has.
pub(super) fn device_code() -> DeviceCode {
    format!("dc_{}", unique()).parse().unwrap()
}

/// A user code: rarely one that another check has, and then the store says so.
pub(super) fn user_code() -> UserCode {
    const ALPHABET: &[u8] = UserCode::ALPHABET;
    let bytes = *RandomIds.new_uuid().as_bytes();
    let mails = bytes[..4].iter().chain(&bytes[12..]);
    let text: String = mails
        .map(|byte| char::from(ALPHABET[usize::from(*byte) % ALPHABET.len()]))
        .collect();
    text.parse().unwrap()
}

async fn readiness(ground: &Ground) {
    ground.kv.ping().await.unwrap();
    let facts = ground.kv.facts().await.unwrap();
    assert!(
        facts.version.is_some_and(|version| version >= (6, 2)),
        "{facts:?}"
    );
    assert_eq!(facts.policy.as_deref(), Some("noeviction"));
    assert!(facts.now.timestamp() > 1_700_000_000);
}

async fn limits(ground: &Ground) {
    let limiter = ground.rate_limits();
    let limit = Limit {
        name: "SMALL",
        rate: Rate::new(3, 60),
    };
    let who = unique();
    let charges = (0..8).map(|_| limiter.charge(&limit, &who));
    let outcomes = futures_util::future::join_all(charges).await;
    let admitted = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
    assert_eq!(admitted, 3, "of eight at once");
    ground.clock.advance_seconds(61);
    let ticket = limiter.charge_refundable(&limit, &who).await.unwrap();
    limiter.refund(&ticket).await.unwrap();
    for _ in 0..3 {
        limiter.charge(&limit, &who).await.unwrap();
    }
    let refused = limiter.charge_refundable(&limit, &who).await;
    assert!(
        matches!(refused, Err(ChargeError::RateLimited(_))),
        "{refused:?}"
    );
}

async fn limits_in_blocks(ground: &Ground) {
    let limiter = ground.rate_limits();
    let limit = Limit {
        name: "LARGE",
        rate: Rate::new(1000, 60),
    };
    let who = unique();
    let mut admitted = 0;
    for _ in 0..1_100 {
        admitted += u32::from(limiter.charge(&limit, &who).await.is_ok());
    }
    assert_eq!(admitted, 1000);
}

async fn bearers(ground: &Ground) {
    let (cache, token) = (ground.bearer_cache(), ground.bearer());
    let hash = TokenHash::from_column(unique());
    assert_eq!(cache.find(&hash).await.unwrap(), CachedBearer::Unknown);
    cache.insert_live(&hash, &token).await.unwrap();
    let live = CachedBearer::Live(Box::new(token.clone()));
    assert_eq!(cache.find(&hash).await.unwrap(), live);
    cache.deny(&hash).await.unwrap();
    cache.insert_live(&hash, &token).await.unwrap();
    assert_eq!(cache.find(&hash).await.unwrap(), CachedBearer::Dead);
    cache.lift_denial(&hash).await.unwrap();
    assert_eq!(cache.find(&hash).await.unwrap(), CachedBearer::Unknown);
}

async fn device_grants(ground: &Ground) {
    let (grants, now) = (ground.device_grants(), ground.clock.now());
    let (user, device) = (user_code(), device_code());
    let grant = ground.device_grant(&grants, &user);
    assert!(grants.insert(&grant, &device, now).await.unwrap());
    assert!(
        !grants.insert(&grant, &device_code(), now).await.unwrap(),
        "the code is taken"
    );
    let one = grants.find_by_device_code(&device).await.unwrap().unwrap();
    let other = grants.find_by_user_code(&user).await.unwrap().unwrap();
    let denied = one.grant.clone().deny(now).unwrap();
    let nonce: TokenText = unique().parse().unwrap();
    let until = now + GRANT_LIFETIME;
    assert!(grants.replace(&one, &denied, now).await.unwrap());
    assert!(
        !grants.replace(&other, &denied, now).await.unwrap(),
        "not twice"
    );
    let swap = grants
        .replace_spending(&other, &denied, &nonce, until, now)
        .await;
    assert_eq!(swap.unwrap(), Swap::Changed);
    let now_stored = grants.find_by_device_code(&device).await.unwrap().unwrap();
    assert_eq!(now_stored.grant.decision, Decision::Denied);
    let swap = grants
        .replace_spending(&now_stored, &denied, &nonce, until, now)
        .await;
    assert_eq!(swap.unwrap(), Swap::Done);
    let swap = grants
        .replace_spending(&now_stored, &denied, &nonce, until, now)
        .await;
    assert_eq!(swap.unwrap(), Swap::Spent);
}

async fn one_time_grants(ground: &Ground) {
    let (grants, now) = (ground.one_time_grants(), ground.clock.now());
    let (first, second, third, who) = (unique(), unique(), unique(), unique());
    let grant = ground.one_time_grant();
    grants.issue(&first, &who, &grant, now).await.unwrap();
    grants.issue(&second, &who, &grant, now).await.unwrap();
    assert_eq!(
        grants.find(&first, now).await.unwrap(),
        None,
        "a newer one ends it"
    );
    assert_eq!(
        grants.find(&second, now).await.unwrap(),
        Some(grant.clone())
    );
    for _ in 0..5 {
        assert!(grants.attempt(&second, now).await.unwrap().is_some());
    }
    let next = OneTimeGrant {
        is_verified: true,
        ..grant.clone()
    };
    assert!(
        grants
            .advance(&second, &grant, &third, &next, now)
            .await
            .unwrap()
    );
    assert!(
        !grants
            .advance(&second, &grant, &third, &next, now)
            .await
            .unwrap(),
        "once"
    );
    let takers = (0..4).map(|_| grants.consume(&third, &next));
    let taken = futures_util::future::join_all(takers).await;
    let takers = taken.iter().filter(|taken| *taken.as_ref().unwrap());
    assert_eq!(takers.count(), 1, "of any number one is told yes");
}

async fn throttles(ground: &Ground) {
    let (throttles, now, who) = (ground.throttles(), ground.clock.now(), unique());
    let attempts = (0..20).map(|_| throttles.begin(&who, SLOPE, now));
    let outcomes = futures_util::future::join_all(attempts).await;
    let admitted = outcomes.iter().filter(|one| one.is_ok());
    assert_eq!(
        admitted.count(),
        6,
        "parallel guesses share no look at the counter"
    );
    for attempt in outcomes.into_iter().filter_map(Result::ok) {
        throttles.refund(&attempt).await.unwrap();
    }
    let next = throttles.begin(&who, SLOPE, now).await.unwrap();
    throttles.fail(&next, now).await.unwrap();
    throttles.charge_anyway(&who, SLOPE, now).await.unwrap();
    assert_eq!(throttles.wait(&who, now).await.unwrap(), None);
    throttles.reset(&who).await.unwrap();
    assert_eq!(throttles.resets(&who).await.unwrap(), 1);
}

async fn nonces(ground: &Ground) {
    let (nonces, now) = (SpentNonces::new(ground.kv.clone()), ground.clock.now());
    let (one, other): (TokenText, TokenText) =
        (unique().parse().unwrap(), unique().parse().unwrap());
    let spending = |nonce| Spending {
        kind: "test",
        nonce,
        until: now + TimeDelta::minutes(5),
    };
    assert!(nonces.spend(&[spending(&one)], now).await.unwrap());
    let both = [spending(&one), spending(&other)];
    assert!(!nonces.spend(&both, now).await.unwrap(), "all or none");
    assert!(nonces.spend(&[spending(&other)], now).await.unwrap());
}

async fn run_mirrors(ground: &Ground) {
    let mirrors = ground.run_mirrors();
    let run = RandomIds.new_uuid();
    assert_eq!(mirrors.last(run).await.unwrap(), None);
    for part in ["a", "b"] {
        mirrors.append(run, part).await.unwrap();
    }
    let parts = mirrors.read(run, None).await.unwrap();
    let texts: Vec<_> = parts.iter().map(|part| part.text.as_str()).collect();
    assert_eq!(texts, ["a", "b"]);
    assert_eq!(
        mirrors.last(run).await.unwrap().as_ref(),
        Some(&parts[1].id)
    );
    let behind = mirrors.read(run, Some(&parts[0].id)).await.unwrap();
    assert_eq!(behind, parts[1..]);
}
