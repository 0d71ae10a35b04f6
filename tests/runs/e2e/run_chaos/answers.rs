//! A process is killed at each commit of an answer that a model gives in a conversation.

use serde_json::json;

use super::world::{ALL, Asked, World};
use crate::{
    chatflows::{file, memory, model, says},
    support::{
        commits::{CommitRelay, Cut},
        events::data,
        model_server::ModelServer,
        process::signal,
    },
};

/// When such a run is kept, in the order in which it comes to it.
const COMMITS: [&str; 2] = [
    "it begins, with its message and its conversation",
    "the model has answered, and it ends",
];

#[tokio::test]
async fn answer_of_a_model_killed_at_each_of_its_commits_is_given_elsewhere_and_counts_once() {
    let models = ModelServer::start().await;
    let file = file(&[model(&memory(0)), says("{{#llm.text#}}")]);
    let world = World::running(&file, Asked::answering(ALL).await, models.endpoints()).await;
    let ask = |name: &str| json!({"inputs": {}, "query": name});
    let times = |name: &str| {
        let asked = format!("user: {name}");
        let heard = models.heard();
        heard.iter().filter(|call| call.contains(&asked)).count()
    };
    let whole = CommitRelay::to(&world.db.database_url, 0, Cut::After).await;
    let undisturbed = world.another_by(&whole.url, &world.db.redis_url).await;
    let stream = world.send(&undisturbed, &ask("whole")).await.unwrap();
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
            let client = world.send(&dies, &ask(&name));
            relay.reached().await;
            signal(dies.child.id(), "KILL");
            dies.child.wait().unwrap();
            world.settles().await;
            killed.push((name, at - usize::from(cut == Cut::Before), client.await));
        }
    }
    world.let_leases_lapse().await;
    world.all_end().await;
    for (name, kept, told) in killed {
        let rows = format!(
            "SELECT m.answer || '|' || m.status || '|' || m.answer_tokens || '|' || c.dialogue_count || '|' || r.status FROM messages m \
             JOIN conversations c ON c.id = m.conversation_id JOIN workflow_runs r ON r.id = m.workflow_run_id WHERE m.query = '{name}'"
        );
        let rows = world.db.query(&rows).await;
        if kept == 0 {
            assert_eq!(rows, Vec::<String>::new(), "{name}");
            assert_eq!(
                told.unwrap(),
                "",
                "{name}: nobody hears of what is not kept"
            );
            assert_eq!(times(&name), 0, "{name}");
            continue;
        }
        assert_eq!(rows, [format!("{name}|normal|5|1|succeeded")]);
        let asked = if name == "Before2" { 2 } else { 1 };
        assert_eq!(
            times(&name),
            asked,
            "{name}: what is kept is not asked again"
        );
    }
    for query in [
        "SELECT workflow_run_id::text || node_id FROM workflow_node_executions GROUP BY workflow_run_id, node_id HAVING count(*) > 1",
        "SELECT run_id::text FROM gatewright_run_checkpoints",
        "SELECT id::text FROM workflow_node_executions WHERE status = 'running'",
        "SELECT id::text FROM conversations c WHERE NOT EXISTS (SELECT FROM messages m WHERE m.conversation_id = c.id)",
    ] {
        assert_eq!(world.db.query(query).await, Vec::<String>::new(), "{query}");
    }
}
