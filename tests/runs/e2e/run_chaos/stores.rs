//! Redis or PostgreSQL is gone in mid-run.

use super::world::{ALL, World};
use crate::support::{
    events::data,
    process::wait_until,
    relay::{Relay, Target},
};

/// Where the Redis of the tests is.
fn redis_of(url: &str) -> Target {
    let info: redis::ConnectionInfo = redis::IntoConnectionInfo::into_connection_info(url).unwrap();
    match info.addr() {
        redis::ConnectionAddr::Tcp(host, port) => {
            Target::Tcp(format!("{host}:{port}").parse().unwrap())
        }
        redis::ConnectionAddr::Unix(path) => Target::Unix(path.clone()),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn run_and_its_reader_go_on_without_redis_and_readers_elsewhere_are_told_to_come_back() {
    let world = World::answering(0).await;
    let relay = Relay::to(redis_of(&world.db.redis_url)).await;
    let url = format!("redis://{}", relay.address);
    let without = world.another_by(&world.db.database_url, &url).await;
    let client = world.begin(&without, "here");
    let elsewhere = world.begin(&world.stays, "there");
    wait_until("both ask", async || world.asked.total() == 2).await;
    relay.swallow_new(true);
    relay.forget();
    let run = world.run("there").await.unwrap();
    let path = format!("/openapi/v1/apps/{}/tasks/{run}/events", world.app);
    wait_until("readers of runs elsewhere are refused", async || {
        let answer = without.get(&path, &world.token).await.unwrap();
        answer.status() == 503 && answer.headers().contains_key("retry-after")
    })
    .await;
    world.asked.answer(ALL);
    for stream in [client, elsewhere] {
        let told = data(&stream.await.unwrap());
        assert_eq!(told.last().unwrap()["data"]["status"], "succeeded");
    }
    world.everything_is_kept_once().await;
}

#[tokio::test]
async fn run_whose_process_loses_postgres_for_a_moment_goes_on() {
    let world = World::answering(0).await;
    let relay = Relay::to_postgres(&world.db.database_url).await;
    let url = relay.postgres_url(&world.db.database_url);
    let loses = world.another_by(&url, &world.db.redis_url).await;
    let client = world.begin(&loses, "here");
    wait_until("it asks", async || world.asked.total() == 1).await;
    relay.swallow_new(true);
    relay.forget();
    world.asked.answer(ALL);
    wait_until("its process has noticed", async || {
        loses.log().contains("run.batch_not_kept")
    })
    .await;
    relay.swallow_new(false);
    let told = data(&client.await.unwrap());
    assert_eq!(told.last().unwrap()["data"]["status"], "succeeded");
    for node in ["a", "b", "c"] {
        assert_eq!(world.asked.times(node, "here"), 1, "{node}");
    }
    world.everything_is_kept_once().await;
}

#[tokio::test]
async fn reader_of_a_process_that_is_cut_off_from_postgres_hears_how_its_run_ended_elsewhere() {
    let world = World::answering(0).await;
    let relay = Relay::to_postgres(&world.db.database_url).await;
    let url = relay.postgres_url(&world.db.database_url);
    let loses = world.another_by(&url, &world.db.redis_url).await;
    let client = world.begin(&loses, "here");
    wait_until("it asks", async || world.asked.total() == 1).await;
    relay.swallow_new(true);
    relay.forget();
    world.let_leases_lapse().await;
    wait_until("the run is taken over", async || world.asked.total() == 2).await;
    world.asked.answer(ALL);
    world.all_end().await;
    relay.swallow_new(false);
    let told = data(&client.await.unwrap());
    let last = told.last().unwrap();
    assert_eq!(
        (&last["event"], &last["data"]["status"]),
        (&"workflow_finished".into(), &"succeeded".into())
    );
    let ends = told
        .iter()
        .filter(|one| one["event"] == "workflow_finished");
    assert_eq!(ends.count(), 1);
    assert_eq!(world.asked.times("b", "here"), 1);
    world.everything_is_kept_once().await;
}

#[tokio::test]
async fn end_that_was_kept_without_a_word_is_told_as_it_was_kept() {
    let world = World::answering(2).await;
    let relay = Relay::to_postgres(&world.db.database_url).await;
    let url = relay.postgres_url(&world.db.database_url);
    let loses = world.another_by(&url, &world.db.redis_url).await;
    let client = world.begin(&loses, "here");
    wait_until("the last node asks", async || world.asked.total() == 3).await;
    relay.mute_next_commit();
    world.asked.answer(ALL);
    let told = data(&client.await.unwrap());
    assert_eq!(told.last().unwrap()["data"]["status"], "succeeded");
    assert!(loses.log().contains("run.batch_not_kept"), "nobody heard");
    world.everything_is_kept_once().await;
}
