//! The worker that deletes what hung on an app is killed in the middle: the next one goes on.

use std::process::{Child, Stdio};

use crate::{
    keeping::World,
    support::{
        SECRET_KEY,
        apps::APPS,
        process::{command, signal, wait_until},
    },
};

/// So many that a worker is killed before it is through.
const MESSAGES: usize = 20_000;

fn worker(world: &World) -> Child {
    let settings = [
        ("SECRET_KEY", SECRET_KEY),
        ("DATABASE_URL", world.h.db.database_url.as_str()),
        ("REDIS_URL", world.h.db.redis_url.as_str()),
        ("REDIS_KEY_PREFIX", world.h.db.key_prefix.as_str()),
        ("OPENDAL_FS_ROOT", world.h.storage_path().to_str().unwrap()),
    ];
    let mut worker = command("worker", &settings);
    worker.args(["--lease", "2", "--schedules", "off"]);
    worker
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

#[actix_web::test]
async fn deletion_of_an_app_goes_on_when_its_worker_is_killed() {
    let mut world = World::new(&[]).await;
    let (neighbour, neighbour_key) = world.neighbour().await;
    for (app, key) in [(&world.app, &world.key), (&neighbour, &neighbour_key)] {
        world.say(key, "ada", "one").await;
        let rows = format!(
            "INSERT INTO messages (app_id, conversation_id, inputs, query, message, message_unit_price, answer, answer_unit_price, currency, \
               from_source) SELECT '{app}', c.id, '{{}}', n::text, '\"\"', 0, '', 0, 'USD', 'api' \
             FROM conversations c, generate_series(1, {MESSAGES}) n WHERE c.app_id = '{app}'"
        );
        world.h.db.execute(&rows).await;
    }
    let path = format!("{APPS}/{}", world.app);
    world
        .owner
        .send(&world.h, "DELETE", &path, None, &[])
        .await
        .expect(204);
    // The clock of the test stands in a year to come, and a worker takes what is due by its own.
    world
        .h
        .db
        .execute("UPDATE gatewright_jobs SET run_at = now(), created_at = now() WHERE run_at <= to_timestamp(1800000000) + interval '1 minute'")
        .await;
    let left = format!("messages WHERE app_id = '{}'", world.app);
    let mut killed = worker(&world);
    wait_until("some of it is gone", async || {
        world.count(&left).await < MESSAGES
    })
    .await;
    signal(killed.id(), "KILL");
    killed.wait().unwrap();
    assert!(world.count(&left).await > 0, "it was killed in the middle");
    let mut next = worker(&world);
    wait_until("the next worker went on", async || {
        world.count(&left).await == 0
            && world
                .count(&format!("workflows WHERE app_id = '{}'", world.app))
                .await
                == 0
    })
    .await;
    signal(next.id(), "TERM");
    next.wait().unwrap();
    let stays = format!("messages WHERE app_id = '{neighbour}'");
    assert_eq!(world.count(&stays).await, MESSAGES + 1);
}
