//! Races made certain: two callers hold the same version of what is stored, and one is slower.

use chrono::{DateTime, TimeDelta, Utc};
use gatewright_auth::envelope::TokenText;
use gatewright_domain::{
    device_grant::{
        Approval, Decision, DeviceCode, DeviceGrant, GRANT_LIFETIME, PollPace, Subject, UserCode,
    },
    external_subject::ExternalSubject,
    ids::GrantId,
    throttle::{FREE_FAILURES, Refusal, Slope, Wait},
};
use gatewright_kv::{BeginError, DeviceGrants, StoredGrant, Swap};

use crate::redis::here;

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

fn approved(grant: DeviceGrant) -> DeviceGrant {
    let subject = ExternalSubject {
        email: "ext@partner.example".parse().unwrap(),
        issuer: "https://idp.example".parse().unwrap(),
    };
    let approval = Approval {
        subject: Subject::External(subject),
        era: gatewright_domain::era::Era::default(),
        workspace_id: None,
        at: now(),
    };
    grant.approve(approval).unwrap()
}

#[tokio::test]
async fn sec_100_stale_approval_spends_no_nonce_and_spent_nonce_changes_no_grant() {
    let grants = here().ground.device_grants();
    let nonce: TokenText = "a-nonce".parse().unwrap();
    let until = now() + GRANT_LIFETIME;
    let codes = [
        ("KWAL-UY7B", "dc_9wbPx2VUjNd0mD_WEz31WUvljJMAlHhH"),
        ("ABCD-EFGH", "dc_9wbPx2VUjNd0mD_WEz31WUvljJMAlHhX"),
    ];
    let mut stored = vec![];
    for (user_code, device_code) in codes {
        let (user_code, device_code) = (user_code.parse().unwrap(), device_code.parse().unwrap());
        let fresh = grant(&grants, &user_code);
        grants.insert(&fresh, &device_code, now()).await.unwrap();
        stored.push(grants.find_by_user_code(&user_code).await.unwrap().unwrap());
    }
    let [first, second] = stored.try_into().unwrap();
    // Somebody denies between the reading and the approval.
    let refusal = first.grant.clone().deny(now()).unwrap();
    assert!(grants.replace(&first, &refusal, now()).await.unwrap());
    let approve = async |of: &StoredGrant| {
        let next = approved(of.grant.clone());
        grants
            .replace_spending(of, &next, &nonce, until, now())
            .await
            .unwrap()
    };
    assert_eq!(approve(&first).await, Swap::Changed, "the refusal stands");
    let code: UserCode = codes[0].0.parse().unwrap();
    let after = grants.find_by_user_code(&code).await.unwrap().unwrap();
    assert_eq!(after.grant.decision, Decision::Denied);
    // A nonce belongs to one grant; there it is good once.
    assert_eq!(approve(&second).await, Swap::Done);
    assert_eq!(approve(&second).await, Swap::Spent);
}

#[tokio::test]
async fn sec_058_grant_update_from_a_stale_read_changes_nothing() {
    let grants = here().ground.device_grants();
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
async fn throttle_guesses_in_parallel_are_all_counted() {
    let throttles = here().ground.throttles();
    let slope = Slope {
        free: FREE_FAILURES,
        memory: TimeDelta::hours(1),
    };
    let begin = || throttles.begin("a@b.co", slope, now());
    let attempts = futures_util::future::join_all((0..40).map(|_| begin())).await;
    let (mut open, mut refused) = (vec![], 0);
    for attempt in attempts {
        match attempt {
            Ok(attempt) => open.push(attempt),
            Err(BeginError::Refused(Refusal::Busy)) => refused += 1,
            Err(error) => panic!("nobody failed yet: {error:?}"),
        }
    }
    assert_eq!(
        (open.len(), refused),
        (6, 34),
        "five free failures and the one that starts the delay"
    );
    let wrong = open.iter().map(|attempt| throttles.fail(attempt, now()));
    for failed in futures_util::future::join_all(wrong).await {
        failed.unwrap();
    }
    let refused = begin().await;
    let wait = Wait { seconds: 15 };
    assert!(
        matches!(refused, Err(BeginError::Refused(Refusal::Wait(w))) if w == wait),
        "{refused:?}"
    );
}
