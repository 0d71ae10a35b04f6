//! What is counted of an app: days of a zone, over a change of its clocks, and whose app it is.

use super::*;
use gatewright_storage_runs::statistic::{self, Statistic, Stretch};

async fn runs_at(ground: &Ground, times: &[&str]) {
    for time in times {
        let (run, tenant, app, flow) = (id(), ground.tenant, ground.app, ground.workflow);
        let text = format!(
            "INSERT INTO workflow_runs (id, tenant_id, app_id, workflow_id, type, triggered_from, version, status, total_tokens, \
               created_by_role, created_by, created_at) VALUES ('{run}', '{tenant}', '{app}', '{flow}', 'workflow', 'app-run', 'v1', \
               'succeeded', 5, 'end_user', '{flow}', '{time}')"
        );
        ground.db.execute(&text).await;
    }
}

async fn days(ground: &Ground, what: Statistic, zone: &str, between: [Option<&str>; 2]) -> String {
    let minute = |text: &str| {
        let read = chrono::NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M");
        read.unwrap()
    };
    let of = Stretch {
        tenant: ground.tenant,
        app: ground.app,
        zone,
        from: between[0].map(minute),
        to: between[1].map(minute),
    };
    let mut conn = ground.conn().await;
    let days = statistic::list(&mut conn, what, of).await.unwrap();
    let day = |day: statistic::Day| format!("{} {}", day.date, day.value);
    days.into_iter().map(day).collect::<Vec<_>>().join(", ")
}

#[tokio::test]
async fn day_on_which_clocks_go_back_has_its_hour_twice_and_its_neighbours_lose_none() {
    let ground = Ground::new().await;
    runs_at(
        &ground,
        &[
            "2026-10-24 21:59:59",
            "2026-10-24 22:00:00",
            "2026-10-25 00:30:00",
            "2026-10-25 01:30:00",
            "2026-10-25 22:59:59",
            "2026-10-25 23:00:00",
        ],
    )
    .await;
    let all = [None, None];
    for (zone, expected) in [
        ("Europe/Berlin", "2026-10-24 1, 2026-10-25 4, 2026-10-26 1"),
        ("UTC", "2026-10-24 2, 2026-10-25 4"),
        ("Pacific/Kiritimati", "2026-10-25 4, 2026-10-26 2"),
        ("Pacific/Pago_Pago", "2026-10-24 4, 2026-10-25 2"),
    ] {
        let found = days(&ground, Statistic::Runs, zone, all).await;
        assert_eq!(found, expected, "{zone}");
    }
    // An hour that comes twice is the second one; a last minute counts to its end.
    for (between, expected) in [
        (
            [Some("2026-10-25 02:30"), None],
            "2026-10-25 2, 2026-10-26 1",
        ),
        ([None, Some("2026-10-24 23:59")], "2026-10-24 1"),
        (
            [Some("2026-10-25 00:00"), Some("2026-10-25 23:59")],
            "2026-10-25 4",
        ),
    ] {
        let found = days(&ground, Statistic::Runs, "Europe/Berlin", between).await;
        assert_eq!(found, expected, "{between:?}");
    }
}

#[tokio::test]
async fn hour_that_clocks_leave_out_is_the_one_after_it() {
    let ground = Ground::new().await;
    runs_at(&ground, &["2026-03-29 01:29:00", "2026-03-29 01:30:00"]).await;
    let from = [Some("2026-03-29 02:30"), None];
    let found = days(&ground, Statistic::Runs, "Europe/Berlin", from).await;
    assert_eq!(found, "2026-03-29 1");
}

#[tokio::test]
async fn each_statistic_counts_what_it_is_called_without_what_was_tried_in_the_editor() {
    let ground = Ground::new().await;
    let (app, talk) = (ground.app, id());
    ground
        .db
        .execute(&format!(
            "INSERT INTO conversations (id, app_id, mode, name, inputs, status, from_source, dialogue_count, created_at, updated_at) \
             VALUES ('{talk}', '{app}', 'advanced-chat', 'c', '{{}}', 'normal', 'api', 1, '2026-11-28', '2026-11-28')"
        ))
        .await;
    let mut liked = None;
    for (from, user) in [("service-api", id()), ("web-app", id()), ("debugger", id())] {
        let message = id();
        liked.get_or_insert(message);
        ground
            .db
            .execute(&format!(
                "INSERT INTO messages (id, app_id, conversation_id, inputs, query, message, message_tokens, message_unit_price, answer, \
                   answer_tokens, answer_unit_price, provider_response_latency, total_price, currency, invoke_from, from_source, \
                   from_end_user_id, created_at) VALUES ('{message}', '{app}', '{talk}', '{{}}', 'q', '\"\"', 3, 0, 'a', 4, 0, 0.5, 0.0000012, \
                   'USD', '{from}', 'api', '{user}', '2026-11-28 12:00')"
            ))
            .await;
    }
    let liked = liked.unwrap();
    ground
        .db
        .execute(&format!(
            "INSERT INTO message_feedbacks (app_id, conversation_id, message_id, rating, from_source) \
             VALUES ('{app}', '{talk}', '{liked}', 'like', 'user'), ('{app}', '{talk}', '{liked}', 'like', 'admin')"
        ))
        .await;
    runs_at(&ground, &["2026-11-28 12:00", "2026-11-28 13:00"]).await;
    for (what, expected) in [
        (Statistic::Messages, "2"),
        (Statistic::Conversations, "1"),
        (Statistic::EndUsers, "2"),
        (Statistic::TokenCosts, "14"),
        (Statistic::SessionInteractions, "2.00"),
        (Statistic::Satisfaction, "500.00"),
        (Statistic::ResponseTime, "500.0000"),
        (Statistic::TokensPerSecond, "8.0000"),
        (Statistic::Runs, "2"),
        (Statistic::Terminals, "1"),
        (Statistic::RunTokens, "10"),
        (Statistic::AppInteractions, "2.00"),
    ] {
        let found = days(&ground, what, "UTC", [None, None]).await;
        assert_eq!(found, format!("2026-11-28 {expected}"), "{what:?}");
    }
    let mut conn = ground.conn().await;
    let of = Stretch {
        tenant: ground.tenant,
        app: ground.app,
        zone: "UTC",
        from: None,
        to: None,
    };
    let costs = statistic::list(&mut conn, Statistic::TokenCosts, of).await;
    assert_eq!(costs.unwrap()[0].price.as_deref(), Some("0.0000024"));
    let other = Stretch { app: id(), ..of };
    let none = statistic::list(&mut conn, Statistic::Runs, other).await;
    assert!(none.unwrap().is_empty());
}

#[tokio::test]
async fn zone_that_the_database_does_not_know_is_told_apart_from_an_outage() {
    let ground = Ground::new().await;
    let of = Stretch {
        tenant: ground.tenant,
        app: ground.app,
        zone: "Mars/Base",
        from: None,
        to: None,
    };
    let mut conn = ground.conn().await;
    runs_at(&ground, &["2026-11-28 12:00"]).await;
    let error = statistic::list(&mut conn, Statistic::Runs, of).await;
    assert!(error.unwrap_err().is_unknown_zone());
    let known = Stretch { zone: "UTC", ..of };
    let days = statistic::list(&mut conn, Statistic::Runs, known).await;
    assert_eq!(days.unwrap().len(), 1);
}
