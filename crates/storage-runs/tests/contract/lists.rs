//! Lists of conversations, messages, feedback and logs: each page in the order of an index, and bound to whom it is for.

use super::*;
use gatewright_storage_runs::{
    conversation_erasure,
    conversation_list::{self, Owned, Part, Place, SortTime},
    message_list, run_log,
    run_log::LogsOf,
};

/// Conversations of one end user, each a second after the other but the last two.
async fn talked(ground: &Ground, user: Uuid) -> Vec<Uuid> {
    let ids: Vec<Uuid> = (0..4).map(|_| id()).collect();
    for (number, id) in ids.iter().enumerate() {
        let seconds = number.min(2);
        let app = ground.app;
        ground
            .db
            .execute(&format!(
                "INSERT INTO conversations (id, app_id, mode, name, inputs, status, from_source, from_end_user_id, dialogue_count, invoke_from, \
                   created_at, updated_at) VALUES ('{id}', '{app}', 'advanced-chat', 'c{number}', '{{}}', 'normal', 'api', '{user}', 1, \
                   'service-api', timestamp '2026-11-28' + interval '{seconds} s', timestamp '2026-11-29' - interval '{seconds} s')"
            ))
            .await;
    }
    ids
}

fn part(sort: SortTime, newest_first: bool, after: Option<Place>) -> Part {
    Part {
        sort,
        newest_first,
        pinned: None,
        after,
        limit: 3,
    }
}

#[tokio::test]
async fn conversations_are_listed_in_each_order_without_a_gap_between_rows_of_one_time() {
    let ground = Ground::new().await;
    let user = id();
    let ids = talked(&ground, user).await;
    let mut last = ids[2..].to_vec();
    last.sort_unstable();
    let oldest = [ids[0], ids[1], last[0], last[1]];
    let newest = [last[1], last[0], ids[1], ids[0]];
    let resting = [last[0], last[1], ids[1], ids[0]];
    let latest = [ids[0], ids[1], last[1], last[0]];
    let mut conn = ground.conn().await;
    let owned = Owned {
        app: ground.app,
        creator: Creator::EndUser(user),
        surfaces: &["service-api"],
    };
    for (sort, newest_first, expected) in [
        (SortTime::Created, false, oldest),
        (SortTime::Created, true, newest),
        (SortTime::Updated, false, resting),
        (SortTime::Updated, true, latest),
    ] {
        let first = conversation_list::list(&mut conn, owned, part(sort, newest_first, None));
        let first = first.await.unwrap();
        let at = match sort {
            SortTime::Created => first[2].created_at,
            SortTime::Updated => first[2].updated_at,
        };
        let place = Place {
            at,
            id: first[2].id,
        };
        let rest = part(sort, newest_first, Some(place));
        let rest = conversation_list::list(&mut conn, owned, rest)
            .await
            .unwrap();
        let all: Vec<Uuid> = first.iter().chain(&rest).map(|row| row.id).collect();
        assert_eq!(all, expected, "{sort:?} {newest_first}");
    }
    for (creator, surfaces) in [
        (Creator::EndUser(id()), &["service-api"]),
        (Creator::Account(user), &["service-api"]),
        (Creator::EndUser(user), &["web-app"]),
    ] {
        let other = Owned {
            app: ground.app,
            creator,
            surfaces,
        };
        let none = part(SortTime::Created, true, None);
        let none = conversation_list::list(&mut conn, other, none)
            .await
            .unwrap();
        assert!(none.is_empty(), "{creator:?} {surfaces:?}");
    }
}

#[tokio::test]
async fn generated_name_does_not_replace_another_one_and_deleted_conversation_has_none() {
    let ground = Ground::new().await;
    let user = id();
    let one = talked(&ground, user).await[0];
    let creator = Creator::EndUser(user);
    let mut conn = ground.conn().await;
    conversation_list::name(&mut conn, one, "found", "c0")
        .await
        .unwrap();
    conversation_list::name(&mut conn, one, "late", "c0")
        .await
        .unwrap();
    let found = conversation_list::find(&mut conn, ground.app, creator, one)
        .await
        .unwrap();
    assert_eq!(found.unwrap().name, "found");
    let mut tx = ground.pool.begin().await.unwrap();
    for (app, creator, is_gone) in [
        (id(), creator, false),
        (ground.app, Creator::EndUser(id()), false),
        (ground.app, creator, true),
        (ground.app, creator, false),
    ] {
        let gone = conversation_list::delete(&mut tx, app, creator, one)
            .await
            .unwrap();
        assert_eq!(gone, is_gone, "{creator:?}");
    }
    tx.commit().await.unwrap();
    conversation_list::rename(&mut conn, one, "again", now())
        .await
        .unwrap();
    let found = conversation_list::find(&mut conn, ground.app, creator, one)
        .await
        .unwrap();
    assert_eq!(found, None);
}

#[tokio::test]
async fn what_is_in_a_conversation_goes_in_batches_and_what_was_not_deleted_stays() {
    let ground = Ground::new().await;
    let ids = talked(&ground, id()).await;
    let app = ground.app;
    for (conversation, messages) in [(ids[0], 5), (ids[1], 1)] {
        ground
            .db
            .execute(&format!(
                "INSERT INTO messages (app_id, conversation_id, inputs, query, message, message_unit_price, answer, answer_unit_price, currency, \
                   from_source) SELECT '{app}', '{conversation}', '{{}}', n::text, '\"\"', 0, '', 0, 'USD', 'api' FROM generate_series(1, {messages}) n"
            ))
            .await;
    }
    let mut conn = ground.conn().await;
    let mut batches = vec![];
    for _ in 0..3 {
        let gone = conversation_erasure::delete_messages(&mut conn, ids[0], 3)
            .await
            .unwrap();
        batches.push(gone);
    }
    assert_eq!(batches, [3, 2, 0]);
    // It is still somebody's.
    conversation_erasure::delete_rest(&mut conn, ids[0])
        .await
        .unwrap();
    let there = format!("SELECT name FROM conversations WHERE id = '{}'", ids[0]);
    assert_eq!(ground.db.query(&there).await, ["c0"]);
    ground
        .db
        .execute("UPDATE conversations SET is_deleted = (name = 'c0')")
        .await;
    conversation_erasure::delete_rest(&mut conn, ids[0])
        .await
        .unwrap();
    assert_eq!(ground.db.query(&there).await, [""; 0]);
    let left = message_list::list_before(&mut conn, ids[1], None, 10)
        .await
        .unwrap();
    assert_eq!(left.len(), 1);
}

#[tokio::test]
async fn page_of_a_list_is_read_from_an_index_in_its_order() {
    let ground = Ground::new().await;
    let user = id();
    talked(&ground, user).await;
    for (query, index) in [
        (
            format!(
                "SELECT id FROM conversations WHERE app_id = '{0}' AND from_end_user_id = '{user}' AND NOT is_deleted \
               AND (updated_at, id) < (localtimestamp, '{user}') ORDER BY updated_at DESC, id DESC LIMIT 3",
                ground.app
            ),
            "gatewright_conversations_user_updated_idx",
        ),
        (
            format!(
                "SELECT id FROM messages WHERE conversation_id = '{user}' AND (created_at, id) < (localtimestamp, '{user}') \
               ORDER BY created_at DESC, id DESC LIMIT 3"
            ),
            "gatewright_messages_conversation_created_idx",
        ),
        (
            format!(
                "SELECT id FROM workflow_app_logs WHERE tenant_id = '{user}' AND app_id = '{user}' \
               ORDER BY created_at DESC, id DESC LIMIT 3"
            ),
            "gatewright_workflow_app_logs_app_created_idx",
        ),
    ] {
        let plan =
            format!("SET enable_seqscan = off; SET enable_bitmapscan = off; EXPLAIN {query}");
        let plan = ground.db.query(&plan).await.join("\n");
        assert!(plan.contains(index) && !plan.contains("Sort"), "{plan}");
    }
}

#[tokio::test]
async fn logs_are_found_by_a_pattern_that_is_read_literally() {
    let ground = Ground::new().await;
    let mut conn = ground.conn().await;
    let runs = [id(), id()].map(|run| ground.run(run));
    run::insert(&mut conn, &runs).await.unwrap();
    let of = |pattern| LogsOf {
        tenant: ground.tenant,
        app: ground.app,
        pattern,
        ..LogsOf::default()
    };
    for (pattern, rows) in [(None, 2), (Some("%{}%"), 2), (Some("%\\%%"), 0)] {
        let which = of(pattern);
        let (found, total) = run_log::list(&mut conn, &which, 0, 10).await.unwrap();
        assert_eq!(
            (found.len(), total),
            (rows, i64::try_from(rows).unwrap()),
            "{pattern:?}"
        );
    }
    let elsewhere = LogsOf {
        tenant: id(),
        ..of(None)
    };
    let (none, total) = run_log::list(&mut conn, &elsewhere, 0, 10).await.unwrap();
    assert_eq!((none.len(), total), (0, 0));
    // A page behind the last one says how many there are, too.
    for pattern in [None, Some("%{}%")] {
        let which = of(pattern);
        let (none, total) = run_log::list(&mut conn, &which, 10, 10).await.unwrap();
        assert_eq!((none.len(), total), (0, 2), "{pattern:?}");
        let (one, total) = run_log::list(&mut conn, &which, 1, 1).await.unwrap();
        assert_eq!((one.len(), total), (1, 2), "{pattern:?}");
    }
}
