//! `/v1/workflows/logs` and `/v1/end-users`: what was run of an app, and for whom.

use serde_json::{Value, json};

use crate::support::{
    Answer, Harness,
    apps::{imported, make_key, publish},
    basic_account,
};

struct World {
    h: Harness,
    key: String,
}

impl World {
    /// Four runs: for ada, bob, nobody in particular and, over the other surface, the owner.
    async fn new() -> Self {
        let h = Harness::start().await;
        let mut owner = basic_account(&h).await;
        let token = h.token(&mut owner, "laptop").await;
        let app = imported(&h, &mut owner, "greets").await;
        publish(&h, &mut owner, &app).await.expect(200);
        let (_, key) = make_key(&h, &mut owner, &app).await;
        let world = Self { h, key };
        for (user, name) in [("ada", "A 100% name"), ("bob", "B")] {
            let body = json!({"inputs": {"name": name}, "user": user});
            let request = world.h.request("POST", "/v1/workflows/run");
            let request = request.bearer_auth(&world.key).json(&body);
            Answer::read(request.send().await.unwrap())
                .await
                .expect(200);
            world.h.clock.advance(chrono::TimeDelta::seconds(60));
        }
        let body = json!({"inputs": {"name": "O"}});
        let request = world
            .h
            .request("POST", &format!("/openapi/v1/apps/{app}/run"));
        let request = request.bearer_auth(token).json(&body);
        Answer::read(request.send().await.unwrap())
            .await
            .expect(200);
        world
    }

    async fn get(&self, path: &str) -> Answer {
        self.h.with_bearer("GET", path, &self.key).await
    }

    /// Who ran what the filters leave, the newest first.
    async fn who(&self, query: &str) -> Vec<String> {
        let page = self.get(&format!("/v1/workflows/logs?{query}")).await;
        let page = page.expect(200).json();
        let rows = page["data"].as_array().unwrap();
        assert_eq!(page["total"], rows.len(), "{query}");
        let who = |row: &Value| {
            let user = row["created_by_end_user"]["session_id"].as_str();
            let account = row["created_by_account"]["email"].as_str();
            user.or(account).unwrap().to_owned()
        };
        rows.iter().map(who).collect()
    }
}

#[actix_web::test]
async fn logs_of_an_app_are_found_by_each_of_their_filters() {
    let world = World::new().await;
    let accounts = "SELECT email FROM accounts";
    let email = world.h.db.query(accounts).await.remove(0);
    let run = "SELECT r.id::text FROM workflow_runs r JOIN end_users e ON e.id = r.created_by WHERE e.session_id = 'bob'";
    let run = world.h.db.query(run).await.remove(0);
    let times = "SELECT to_char(created_at, 'YYYY-MM-DD\"T\"HH24:MI:SS') FROM workflow_app_logs ORDER BY created_at";
    let times = world.h.db.query(times).await;
    let (owner, ada, bob) = (email.as_str(), "ada", "bob");
    for (query, expected) in [
        (String::new(), vec![owner, bob, ada]),
        ("status=succeeded".to_owned(), vec![owner, bob, ada]),
        ("status=failed".to_owned(), vec![]),
        ("status=stopped".to_owned(), vec![]),
        ("status=partial-succeeded".to_owned(), vec![]),
        ("status=running".to_owned(), vec![]),
        ("status=paused".to_owned(), vec![]),
        ("keyword=100%25".to_owned(), vec![ada]),
        ("keyword=1%25n".to_owned(), vec![]),
        ("keyword=BOB".to_owned(), vec![bob]),
        (format!("keyword={run}"), vec![bob]),
        ("created_by_end_user_session_id=ada".to_owned(), vec![ada]),
        (format!("created_by_account={email}"), vec![owner]),
        (format!("created_at__after={}", times[1]), vec![owner, bob]),
        (format!("created_at__before={}", times[1]), vec![bob, ada]),
        (
            format!(
                "created_at__before={}Z&status=succeeded&keyword=ada",
                times[0]
            ),
            vec![ada],
        ),
    ] {
        assert_eq!(world.who(&query).await, expected, "{query}");
    }
    for bad in [
        "status=lost",
        "limit=101",
        "page=0",
        "created_at__after=yesterday",
        "created_by_account=nobody@x.example",
    ] {
        let refused = world.get(&format!("/v1/workflows/logs?{bad}")).await;
        assert_eq!(refused.expect(400).code(), "invalid_param", "{bad}");
    }
}

#[actix_web::test]
async fn log_has_its_run_and_who_ran_it_and_pages_go_on() {
    let world = World::new().await;
    let first = world
        .get("/v1/workflows/logs?page=1&limit=2")
        .await
        .expect(200)
        .json();
    assert_eq!(
        (
            &first["page"],
            &first["limit"],
            &first["total"],
            &first["has_more"]
        ),
        (&json!(1), &json!(2), &json!(3), &json!(true))
    );
    let row = &first["data"][1];
    assert_eq!(
        (&row["created_from"], &row["created_by_role"]),
        (&json!("service-api"), &json!("end_user"))
    );
    assert_eq!(
        (&row["details"], &row["created_by_account"]),
        (&json!(null), &json!(null))
    );
    let user = &row["created_by_end_user"];
    assert_eq!(
        (&user["type"], &user["is_anonymous"]),
        (&json!("service-api"), &json!(false))
    );
    let run = &row["workflow_run"];
    assert_eq!(
        (&run["status"], &run["triggered_from"], &run["total_steps"]),
        (&json!("succeeded"), &json!("app-run"), &json!(2))
    );
    let second = world
        .get("/v1/workflows/logs?page=2&limit=2")
        .await
        .expect(200)
        .json();
    assert_eq!(
        (
            &second["has_more"],
            second["data"].as_array().unwrap().len()
        ),
        (&json!(false), 1)
    );
    let behind = world
        .get("/v1/workflows/logs?page=99999&limit=100")
        .await
        .expect(200)
        .json();
    assert_eq!(behind["data"], json!([]));

    let id = user["id"].as_str().unwrap();
    let found = world
        .get(&format!("/v1/end-users/{id}"))
        .await
        .expect(200)
        .json();
    assert_eq!(
        (&found["id"], &found["session_id"], &found["type"]),
        (&json!(id), &json!("bob"), &json!("service-api"))
    );
    assert_eq!(
        (
            &found["external_user_id"],
            &found["name"],
            &found["is_anonymous"]
        ),
        (&json!("bob"), &json!(null), &json!(false))
    );
    let at = found["created_at"].as_str().unwrap();
    assert!(at.len() >= 19 && !at.ends_with('Z'), "{at}");
    let missing = world
        .get("/v1/end-users/5b1e3f1c-6f0e-4c55-9b2a-0d0c6f3f0aff")
        .await
        .expect(404);
    assert_eq!(
        missing.json(),
        json!({"code": "end_user_not_found", "message": "End user not found.", "status": 404})
    );
}
