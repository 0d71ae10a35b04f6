//! Schedules: each tick fires once, whoever looks.

use chrono::{DateTime, TimeDelta, TimeZone as _, Utc};
use gatewright_domain::RandomIds;
use gatewright_jobs::{Schedule, Scheduler};

use crate::ground::{Ground, Knock};

fn every(name: &'static str, times: &str) -> Schedule {
    Schedule::new(name, times, chrono_tz::UTC, Knock { fails: 0 }).unwrap()
}

fn at(hour: u32, minute: u32, second: u32) -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, 3, 29, hour, minute, second)
        .unwrap()
}

async fn tick(ground: &Ground, scheduler: &Scheduler, now: DateTime<Utc>) -> Vec<&'static str> {
    let mut conn = ground.conn().await;
    scheduler
        .tick(conn.as_mut(), &RandomIds, now)
        .await
        .unwrap()
}

/// Ten minutes, second by second, with two schedulers that look at the same time.
#[tokio::test]
async fn two_schedulers_fire_each_tick_once() {
    let ground = Ground::new().await;
    let start = at(0, 55, 0);
    let scheduler = || {
        Scheduler::new(vec![
            every("minutely", "0 * * * * *"),
            every("odd", "30 */3 * * * *"),
        ])
    };
    let (one, two) = (scheduler(), scheduler());
    let (mut first, mut second) = (ground.conn().await, ground.conn().await);
    let mut fired = vec![];
    // The first look fires what was missed; that is not what is counted.
    tick(&ground, &one, start - TimeDelta::seconds(1)).await;
    for second_of in 0..600 {
        let now = start + TimeDelta::seconds(second_of);
        // One of them is late by a second.
        let (a, b) = tokio::join!(
            one.tick(first.as_mut(), &RandomIds, now),
            two.tick(second.as_mut(), &RandomIds, now - TimeDelta::seconds(1)),
        );
        fired.extend(a.unwrap());
        fired.extend(b.unwrap());
    }
    let count = |name: &str| fired.iter().filter(|fired| **fired == name).count();
    assert_eq!((count("minutely"), count("odd")), (10, 3), "{fired:?}");
    assert_eq!(
        ground.rows("kind").await.len(),
        15,
        "13, and the two that were missed before"
    );
}

#[tokio::test]
async fn schedule_fires_the_latest_of_the_ticks_that_were_missed() {
    let ground = Ground::new().await;
    let scheduler = Scheduler::new(vec![every("minutely", "0 * * * * *")]);
    for (now, expected) in [
        (at(0, 10, 5), vec!["minutely"]),
        (at(0, 10, 59), vec![]),
        (at(0, 20, 0), vec!["minutely"]),
        (at(0, 15, 0), vec![]),
        (at(0, 21, 0), vec!["minutely"]),
    ] {
        assert_eq!(tick(&ground, &scheduler, now).await, expected, "{now}");
    }
    assert_eq!(ground.rows("kind").await, ["knock"; 3]);
}

#[tokio::test]
async fn schedule_keeps_few_ticks_of_the_past() {
    let ground = Ground::new().await;
    let scheduler = Scheduler::new(vec![every("daily", "0 0 5 * * *")]);
    for days in 0..6 {
        tick(&ground, &scheduler, at(5, 0, 0) + TimeDelta::days(days)).await;
    }
    let kept = "SELECT count(*) FROM gatewright_schedule_ticks";
    assert_eq!(ground.db.query(kept).await, ["3"]);
}

#[test]
fn schedules_follow_their_time_zone() {
    let zone = chrono_tz::Europe::Zurich;
    let daily = Schedule::new("daily", "0 0 5 */1 * *", zone, Knock { fails: 0 }).unwrap();
    for (month, expected) in [(7, "03:00"), (12, "04:00")] {
        let day = Utc.with_ymd_and_hms(2026, month, 1, 0, 0, 0).unwrap();
        let next = daily.next(day).unwrap().format("%H:%M").to_string();
        assert_eq!(next, expected);
    }
    assert!(Schedule::new("bad", "never", zone, Knock { fails: 0 }).is_err());
}
