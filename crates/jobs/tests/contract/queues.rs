//! How queues stand, for whoever watches them.

use chrono::TimeDelta;
use gatewright_domain::Clock as _;
use gatewright_jobs::{JobCount, QueueName, queue_states};

use crate::ground::{Ground, Sort, run};

#[tokio::test]
async fn state_of_a_queue_tells_what_waits_what_failed_what_is_dead_and_how_long_the_oldest_is_due()
{
    let ground = Ground::new().await;
    let worker = ground.worker(&[QueueName::Mail]);
    // Done, tried again, given up; then one that is due and one that is not yet.
    for fails in [0, 1] {
        ground.knock(fails).await;
    }
    let dead = ground.knock(0).await;
    let now = ground.clock.now();
    let die = format!("UPDATE gatewright_jobs SET dead_at = '{now}' WHERE id = '{dead}'");
    ground.db.execute(&die).await;
    assert_eq!(run(&worker).await, 2);
    let due = ground.clock.now();
    ground.knock(0).await;
    ground.put(&Sort, 60).await;
    ground.clock.advance(TimeDelta::seconds(1));
    let mut conn = ground.conn().await;
    let states = queue_states(conn.as_mut(), ground.clock.now())
        .await
        .unwrap();
    let rows: Vec<_> = states
        .iter()
        .map(|one| {
            (
                one.queue.as_str(),
                [one.waiting, one.retrying, one.dead],
                one.oldest,
            )
        })
        .collect();
    assert_eq!(
        rows,
        [
            ("mail", [2, 1, 1], Some(due)),
            ("retention", [1, 0, 0], None)
        ]
    );
    let counts = worker.handlers.counts().read();
    assert_eq!(counts["knock"], JobCount { done: 1, failed: 1 });
}
