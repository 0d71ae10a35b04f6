//! `mail_delivery`: a mail that went out is recorded once.

use gatewright_storage_identity::mail_delivery as deliveries;

use crate::ground::{Ground, id};

#[tokio::test]
async fn delivery_is_recorded_once_however_often_it_is_told() {
    let ground = Ground::new().await;
    let (job, other) = (id(), id());
    let mut conn = ground.conn().await;
    assert!(!deliveries::is_recorded(&mut conn, job).await.unwrap());
    for minutes in [0, 5] {
        let at = ground.minutes(minutes);
        deliveries::record(&mut conn, job, "reset_code", at)
            .await
            .unwrap();
    }
    assert!(deliveries::is_recorded(&mut conn, job).await.unwrap());
    assert!(!deliveries::is_recorded(&mut conn, other).await.unwrap());
    let first = format!(
        "SELECT count(*) FROM gatewright_mail_deliveries WHERE sent_at = '{}'",
        ground.now()
    );
    assert_eq!(ground.count(&first).await, 1);
}
