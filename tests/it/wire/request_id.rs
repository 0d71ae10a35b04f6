//! `X-Request-Id`, in and out.

use crate::support::{Answer, Harness, basic_account};

const ID: &str = "from-the-proxy.1";

async fn asked(h: &Harness, path: &str) -> Answer {
    let request = h.request("GET", path).header("x-request-id", ID);
    Answer::read(request.send().await.unwrap()).await
}

#[actix_web::test]
async fn g9_every_answer_has_a_request_id_not_chosen_by_clients() {
    let h = Harness::start().await;
    let mut seen = std::collections::BTreeSet::new();
    for path in [
        "/openapi/v1/_health",
        "/openapi/v1/account",
        "/console/api/setup",
        "/console/api/nothing",
        "/nope",
        "/livez",
        "/signin",
    ] {
        let answer = asked(&h, path).await;
        let id = answer.header("x-request-id").to_owned();
        assert_eq!(id.len(), 32, "{path}: {answer:?}");
        assert!(seen.insert(id), "{path}");
    }
    let method = h
        .request("PATCH", "/openapi/v1/account")
        .send()
        .await
        .unwrap();
    assert!(method.headers().contains_key("x-request-id"));
}

#[actix_web::test]
async fn g9_trusted_proxy_s_request_id_reaches_the_answer_and_the_audit_trail() {
    let h = Harness::with(&[("GATEWRIGHT_TRUSTED_PROXIES", "127.0.0.1")]).await;
    let mut owner = basic_account(&h).await;
    let answer = asked(&h, "/nope").await.expect(404);
    assert_eq!(answer.header("x-request-id"), ID);
    let headers = [("x-request-id", ID)];
    owner
        .send(&h, "POST", "/console/api/logout", None, &headers)
        .await
        .expect(200);
    let noted = h
        .db
        .query("SELECT request_id FROM gatewright_audit_events WHERE action = 'console.logged_out'")
        .await;
    assert_eq!(noted, [ID]);
}
