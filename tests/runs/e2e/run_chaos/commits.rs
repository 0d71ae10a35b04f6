//! A process is killed at each commit of a run.

use super::world::{ALL, World};
use crate::support::{
    commits::{CommitRelay, Cut},
    events::data,
    process::signal,
};

/// When a run is kept, in the order in which the app of these tests comes to it.
const COMMITS: [&str; 4] = [
    "it begins",
    "an answer came, and what must not be done twice is about to begin",
    "an answer came that must not be asked for twice",
    "it ends",
];

#[tokio::test]
async fn run_killed_at_each_of_its_commits_ends_elsewhere_and_does_nothing_kept_again() {
    let world = World::answering(ALL).await;
    let whole = CommitRelay::to(&world.db.database_url, 0, Cut::After).await;
    let undisturbed = world.another_by(&whole.url, &world.db.redis_url).await;
    let stream = world.begin(&undisturbed, "whole").await.unwrap();
    assert_eq!(data(&stream).last().unwrap()["event"], "workflow_finished");
    assert_eq!(
        whole.seen(),
        COMMITS.len(),
        "a commit has no line in the list"
    );
    drop(undisturbed);

    let mut killed = vec![];
    for at in 1..=COMMITS.len() {
        for cut in [Cut::Before, Cut::After] {
            let name = format!("{cut:?}{at}");
            let relay = CommitRelay::to(&world.db.database_url, at, cut).await;
            let mut dies = world.another_by(&relay.url, &world.db.redis_url).await;
            let client = world.begin(&dies, &name);
            relay.reached().await;
            signal(dies.child.id(), "KILL");
            dies.child.wait().unwrap();
            world.settles().await;
            let told = client.await.unwrap();
            let kept = at - usize::from(cut == Cut::Before);
            killed.push((name, kept, told));
        }
    }
    let mut readers = vec![];
    for (name, kept, told) in &killed {
        let Some(run) = world.run(name).await else {
            assert_eq!(*kept, 0, "{name}: the run is gone");
            assert_eq!(told, "", "{name}: nobody hears of what is not kept");
            continue;
        };
        // Of what its client was told of nodes that asked, everything is kept.
        let ended = world.ended_nodes(&run).await;
        for event in data(told)
            .iter()
            .filter(|event| event["event"] == "node_finished")
        {
            let node = event["data"]["node_id"].as_str().unwrap();
            assert!(
                node == "start" || ended.iter().any(|one| one == node),
                "{name}: {node}"
            );
        }
        let before: Vec<usize> = ["a", "b", "c"]
            .map(|node| world.asked.times(node, name))
            .into();
        let reader = world.attach(&world.stays, &run);
        readers.push((name, ended, before, reader));
    }
    world.let_leases_lapse().await;
    world.all_end().await;
    for (name, ended, before, reader) in readers {
        for (node, before) in ["a", "b", "c"].into_iter().zip(before) {
            let times = world.asked.times(node, name);
            let is_kept = ended.iter().any(|one| one == node);
            assert!(
                !is_kept || times == before,
                "{name}: {node} was kept and is done again"
            );
            assert!(
                times <= if node == "b" { 1 } else { 2 },
                "{name}: {node} {times}"
            );
        }
        let end = world.end_of(name).await;
        if ["After2", "Before3"].contains(&name.as_str()) {
            // What must not be done twice was to begin: nobody knows whether it was done.
            assert!(end.starts_with("failed "), "{name}: {end}");
        } else {
            assert_eq!(end, "succeeded ", "{name}");
        }
        let read = data(&reader.await.unwrap());
        let last = read.last().unwrap();
        assert_eq!(last["event"], "workflow_finished", "{name}");
        assert_eq!(
            last["data"]["status"],
            end.split(' ').next().unwrap(),
            "{name}"
        );
        if read.len() > 1 {
            let goes_on = read
                .iter()
                .position(|event| event["data"]["reason"] == "resumption");
            let snapshot = &read[..goes_on.expect("it goes on")];
            for node in &ended {
                let shown = snapshot.iter().any(|event| {
                    event["event"] == "node_finished" && event["data"]["node_id"] == node.as_str()
                });
                assert!(shown, "{name}: {node} is not in {snapshot:?}");
            }
        }
    }
    world.everything_is_kept_once().await;
}
