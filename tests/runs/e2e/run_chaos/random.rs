//! Processes are killed, held, and told to leave, at any moment.

use futures_util::future::join_all;
use gatewright_domain::{IdGen as _, RandomIds};

use super::world::{ALL, World};
use crate::support::{
    events::data,
    process::{signal, wait_until},
};

/// Runs of one process. More, twenty at a time, by `GATEWRIGHT_CHAOS_RUNS=200`.
const RUNS: usize = 20;

fn names(count: usize) -> Vec<String> {
    (0..count).map(|number| format!("r{number}")).collect()
}

/// So many runs of a process that is killed when a random number of calls was answered.
async fn killed_at_a_random_moment(count: usize) {
    let [.., random] = RandomIds.new_uuid().into_bytes();
    let answered = usize::from(random) % (3 * count);
    let world = World::answering(answered).await;
    let mut dies = world.another().await;
    let names = names(count);
    let clients: Vec<_> = names.iter().map(|name| world.begin(&dies, name)).collect();
    wait_until("so many calls were answered", async || {
        world.asked.left() == 0 && world.asked.total() >= count.max(answered)
    })
    .await;
    signal(dies.child.id(), "KILL");
    dies.child.wait().unwrap();
    world.settles().await;
    let told = join_all(clients).await;
    let mut readers = vec![];
    for (name, told) in names.iter().zip(told) {
        let Some(run) = world.run(name).await else {
            assert_eq!(
                told.unwrap(),
                "",
                "{answered}: {name}: nobody hears of what is not kept"
            );
            continue;
        };
        let ended = world.ended_nodes(&run).await;
        let before = ["a", "b", "c"].map(|node| world.asked.times(node, name));
        readers.push((name, ended, before, world.attach(&world.stays, &run)));
    }
    world.asked.answer(ALL);
    world.let_leases_lapse().await;
    world.all_end().await;
    for (name, ended, before, reader) in readers {
        let read = data(&reader.await.unwrap());
        let last = read.last().unwrap();
        assert_eq!(last["event"], "workflow_finished", "{answered}: {name}");
        for (node, before) in ["a", "b", "c"].into_iter().zip(before) {
            let times = world.asked.times(node, name);
            let is_kept = ended.iter().any(|one| one == node);
            assert!(
                !is_kept || times == before,
                "{answered}: {name}: {node} is done again"
            );
            assert!(
                times <= if node == "b" { 1 } else { 2 },
                "{answered}: {name}: {node}"
            );
        }
        // What must not be done twice was about to begin, or under way: nobody knows whether it was done.
        let is_kept = |node: &str| ended.iter().any(|one| one == node);
        let was_in_b = is_kept("a") && !is_kept("b");
        let end = world.end_of(name).await;
        let expected = if was_in_b { "failed " } else { "succeeded " };
        assert!(end.starts_with(expected), "{answered}: {name}: {end}");
    }
    world.everything_is_kept_once().await;
}

#[tokio::test]
async fn twenty_runs_end_once_although_their_process_is_killed_at_a_random_moment() {
    let asked = std::env::var("GATEWRIGHT_CHAOS_RUNS").ok();
    let runs = asked.map_or(RUNS, |count| count.parse().expect("how many runs"));
    for _ in 0..runs.div_ceil(RUNS) {
        killed_at_a_random_moment(RUNS).await;
    }
}

#[tokio::test]
async fn former_owner_that_was_only_held_changes_nothing_when_it_wakes_up() {
    let world = World::answering(0).await;
    let held = world.another().await;
    let names = names(3);
    for name in &names {
        drop(world.begin(&held, name));
    }
    wait_until("all runs ask", async || world.asked.total() == names.len()).await;
    signal(held.child.id(), "STOP");
    world.let_leases_lapse().await;
    wait_until("all runs ask again", async || {
        world.asked.total() == 2 * names.len()
    })
    .await;
    world.asked.answer(ALL);
    world.all_end().await;
    let rows = async || {
        let mut rows = vec![];
        for table in [
            "workflow_runs",
            "workflow_node_executions",
            "workflow_app_logs",
        ] {
            let query = format!("SELECT md5(string_agg(t::text, '' ORDER BY id)) FROM {table} t");
            rows.extend(world.db.query(&query).await);
        }
        rows
    };
    let before = rows().await;
    signal(held.child.id(), "CONT");
    wait_until("the former owner has noticed", async || {
        let log = held.log();
        log.matches("a run leaves this process").count() >= names.len()
    })
    .await;
    assert_eq!(rows().await, before);
    for name in &names {
        assert_eq!(world.end_of(name).await, "succeeded ");
        assert_eq!(world.asked.times("b", name), 1);
    }
    world.everything_is_kept_once().await;
}

#[tokio::test]
async fn runs_of_a_process_that_is_told_to_leave_go_on_elsewhere_and_lose_nothing() {
    let world = World::answering(10).await;
    let mut leaves = world.another().await;
    let names = names(20);
    let clients: Vec<_> = names
        .iter()
        .map(|name| world.begin(&leaves, name))
        .collect();
    wait_until("some calls were answered, others wait", async || {
        world.asked.left() == 0 && world.asked.total() >= 20
    })
    .await;
    signal(leaves.child.id(), "TERM");
    wait_until("it takes no more", async || {
        leaves.log().contains("server.stopping")
    })
    .await;
    // Calls that must not be done twice are waited for.
    world.asked.answer(ALL);
    wait_until("it has left", async || {
        leaves.child.try_wait().unwrap().is_some()
    })
    .await;
    join_all(clients).await;
    world.all_end().await;
    for name in &names {
        assert_eq!(world.end_of(name).await, "succeeded ", "{name}");
        assert_eq!(world.asked.times("b", name), 1, "{name}");
    }
    world.everything_is_kept_once().await;
}
