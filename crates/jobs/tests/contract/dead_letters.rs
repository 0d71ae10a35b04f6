//! Jobs that ran out of attempts: until somebody replays or discards them.

use std::sync::Arc;

use chrono::TimeDelta;
use gatewright_domain::{Clock as _, IdGen as _, RandomIds};
use gatewright_jobs::{Handlers, JobError, JobId, QueueName, discard_dead, list_dead, replay_dead};

use crate::ground::{Ground, Knock, run};

/// Three dead jobs, the first of which died last; and one that waits.
async fn dead_jobs() -> (Ground, [JobId; 3]) {
    let ground = Ground::new().await;
    let mut dead = [JobId(RandomIds.new_uuid()); 3];
    for (id, minutes) in dead.iter_mut().zip([0, -1, -2]) {
        let died_at = ground.clock.now() + TimeDelta::minutes(minutes);
        *id = ground.knock(0).await;
        let die = format!(
            "UPDATE gatewright_jobs SET attempts = 3, last_error = 'no', \
             dead_at = '{died_at}' WHERE id = '{id}'"
        );
        ground.db.execute(&die).await;
    }
    ground.knock(0).await;
    (ground, dead)
}

#[tokio::test]
async fn failed_job_is_retried_and_becomes_a_dead_letter_after_its_last_attempt() {
    let ground = Ground::new().await;
    let worker = ground.worker(&[QueueName::Mail]);
    ground.knock(1).await;
    let permanent = ground.knock(99).await;
    assert_eq!(run(&worker).await, 2);
    assert_eq!(run(&worker).await, 0, "not at once");
    for _ in 0..4 {
        ground.clock.advance(TimeDelta::minutes(2));
        run(&worker).await;
    }
    assert_eq!(ground.knocks(), 2 + 3);
    let mut conn = ground.conn().await;
    let dead = list_dead(conn.as_mut(), 10).await.unwrap();
    assert_eq!(dead.len(), 1);
    assert_eq!((dead[0].id, dead[0].attempts), (permanent.0, 3));
    assert_eq!(dead[0].last_error.as_deref(), Some("not at home"));
}

#[tokio::test]
async fn job_that_no_attempt_can_do_is_dead_after_the_first() {
    let ground = Ground::new().await;
    let handlers = Handlers::default()
        .with(|_, _: Knock| async { Err(JobError::Permanent("nobody lives there".into())) });
    let worker = Arc::new(ground.runner(&[QueueName::Mail], 1, handlers));
    ground.knock(0).await;
    assert_eq!(run(&worker).await, 1);
    let mut conn = ground.conn().await;
    let dead = list_dead(conn.as_mut(), 10).await.unwrap();
    assert_eq!((dead.len(), dead[0].attempts), (1, 1));
    assert_eq!(dead[0].dead_at, ground.clock.now());
}

#[tokio::test]
async fn dead_letters_are_listed_latest_first_up_to_a_limit() {
    let (ground, dead) = dead_jobs().await;
    let mut conn = ground.conn().await;
    for (most, expected) in [(10, &dead[..]), (2, &dead[..2]), (0, &[])] {
        let listed = list_dead(conn.as_mut(), most).await.unwrap();
        let ids: Vec<_> = listed.iter().map(|job| JobId(job.id)).collect();
        assert_eq!(ids, expected, "{most}");
    }
}

#[tokio::test]
async fn dead_letter_that_is_replayed_has_all_its_attempts_again() {
    let (ground, dead) = dead_jobs().await;
    ground
        .db
        .execute(
            r#"UPDATE gatewright_jobs SET payload = '{"fails": 99}' WHERE dead_at IS NOT NULL"#,
        )
        .await;
    let worker = ground.worker(&[QueueName::Mail]);
    assert_eq!(run(&worker).await, 1, "a dead letter waits for nobody");
    let (mut conn, now) = (ground.conn().await, ground.clock.now());
    for (id, expected) in [(dead[0], 1), (dead[0], 0), (JobId(RandomIds.new_uuid()), 0)] {
        let replayed = replay_dead(conn.as_mut(), Some(id.0), now).await;
        assert_eq!(replayed.unwrap(), expected);
    }
    let mut attempts = 0;
    for _ in 0..5 {
        attempts += run(&worker).await;
        ground.clock.advance(TimeDelta::minutes(2));
    }
    assert_eq!(attempts, 3);
    let all = replay_dead(conn.as_mut(), None, ground.clock.now()).await;
    assert_eq!(all.unwrap(), 3, "without an id: all of them");
    assert!(list_dead(conn.as_mut(), 10).await.unwrap().is_empty());
}

#[tokio::test]
async fn dead_letters_are_discarded_one_by_one_or_all_and_the_living_stay() {
    let (ground, dead) = dead_jobs().await;
    let mut conn = ground.conn().await;
    for (id, expected) in [
        (Some(dead[0].0), 1),
        (Some(dead[0].0), 0),
        (None, 2),
        (None, 0),
    ] {
        let discarded = discard_dead(conn.as_mut(), id).await;
        assert_eq!(discarded.unwrap(), expected, "{id:?}");
    }
    let living = ground.rows("id::text").await;
    let mut conn = ground.conn().await;
    let of_the_living = discard_dead(conn.as_mut(), Some(living[0].parse().unwrap())).await;
    assert_eq!(of_the_living.unwrap(), 0);
    assert_eq!(ground.rows("kind").await, ["knock"]);
}
