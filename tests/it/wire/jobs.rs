//! Mails and the queue: what happens when a worker ends in between, or comes late. The queue itself is tested beside
//! it, in `crates/jobs/tests`.

use chrono::TimeDelta;
use serde_json::json;

use crate::support::Harness;

#[actix_web::test]
async fn mail_recorded_as_delivered_is_not_sent_again() {
    let h = Harness::start().await;
    h.set_up().await;
    h.post(
        "/console/api/forgot-password",
        &json!({"email": "owner@example.com"}),
    )
    .await
    .expect(200);
    h.db.execute("CREATE TABLE kept AS TABLE gatewright_jobs")
        .await;
    assert_eq!(h.mails().await.len(), 1);
    // The worker ended after recording, before the job was taken off the queue.
    h.db.execute("INSERT INTO gatewright_jobs SELECT * FROM kept")
        .await;
    std::fs::remove_dir_all(h.mail_path()).unwrap();
    std::fs::create_dir(h.mail_path()).unwrap();
    assert_eq!(h.mails().await.len(), 0);
    assert_eq!(
        h.db.query("SELECT count(*) FROM gatewright_mail_deliveries")
            .await,
        ["1"]
    );
    assert_eq!(
        h.db.query("SELECT count(*) FROM gatewright_jobs").await,
        ["0"]
    );
}

#[actix_web::test]
async fn mail_with_an_expired_code_is_not_sent() {
    let h = Harness::start().await;
    h.set_up().await;
    h.post(
        "/console/api/forgot-password",
        &json!({"email": "owner@example.com"}),
    )
    .await
    .expect(200);
    h.clock.advance(TimeDelta::minutes(6));
    assert_eq!(h.mails().await.len(), 0);
    assert_eq!(
        h.db.query("SELECT count(*) FROM gatewright_jobs").await,
        ["0"]
    );
}
