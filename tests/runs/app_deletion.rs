//! Deleting an app: it is gone at once wherever somebody could find it, what hung on it goes soon after, and nothing of another app.

use serde_json::json;

use super::{
    keeping::World,
    web_app::{code_of, visitor_of},
};
use crate::support::apps::APPS;

/// Everything that hangs on an app, except what is shared: by the condition that finds it.
const REST: [(&str, &str); 12] = [
    ("workflow_runs", "app_id"),
    ("workflow_node_executions", "app_id"),
    ("workflow_app_logs", "app_id"),
    ("messages", "app_id"),
    ("message_feedbacks", "app_id"),
    ("conversations", "app_id"),
    ("workflow_conversation_variables", "app_id"),
    ("end_users", "app_id"),
    ("workflows", "app_id"),
    ("sites", "app_id"),
    ("installed_apps", "app_id"),
    ("api_tokens", "app_id"),
];

impl World {
    async fn left(&self, app: &str) -> Vec<usize> {
        let mut left = vec![];
        for (table, column) in REST {
            left.push(
                self.count(&format!("{table} WHERE {column} = '{app}'"))
                    .await,
            );
        }
        left
    }

    /// Says something by key and on the page, likes it, and uploads what nobody says anything of.
    async fn use_app(&self, app: &str, key: &str) {
        let said = self.say(key, "ada", "one").await;
        let path = format!(
            "/v1/messages/{}/feedbacks",
            said["message_id"].as_str().unwrap()
        );
        self.post(key, &path, &json!({"rating": "like", "user": "ada"}))
            .await
            .expect(200);
        self.upload(key, "ada", "idle.txt").await;
        let code = code_of(&self.h, app).await;
        visitor_of(&self.h, &code, "eve").await;
    }
}

#[actix_web::test]
async fn deleted_app_is_gone_at_once_on_every_surface_and_its_rest_goes_by_a_job() {
    let mut world = World::new(&[]).await;
    let (neighbour, neighbour_key) = world.neighbour().await;
    let (app, key) = (world.app.clone(), world.key.clone());
    world.use_app(&app, &key).await;
    world.use_app(&neighbour, &neighbour_key).await;
    let code = code_of(&world.h, &app).await;
    let passport = visitor_of(&world.h, &code, "eve").await.passport;
    let bearer = world.h.token(&mut world.owner.clone(), "laptop").await;
    let before = world.left(&neighbour).await;
    assert_eq!(world.left(&app).await, before);
    assert!(before.iter().all(|rows| *rows > 0), "{before:?}");
    assert_eq!(world.h.stored_files(4).await, 4);

    let path = format!("{APPS}/{app}");
    world
        .owner
        .send(&world.h, "DELETE", &path, None, &[])
        .await
        .expect(204);
    // Nothing was worked on yet.
    let listed = world.owner.get(&world.h, APPS).await.expect(200).json();
    assert_eq!(listed["data"][0]["id"], neighbour.as_str());
    assert_eq!(listed["data"].as_array().unwrap().len(), 1);
    world.owner.get(&world.h, &path).await.expect(404);
    world
        .h
        .with_bearer("GET", "/v1/parameters", &key)
        .await
        .expect(401);
    world
        .h
        .with_bearer("GET", &format!("/openapi/v1/apps/{app}/describe"), &bearer)
        .await
        .expect(404);
    world.h.get(&format!("/chat/{code}")).await.expect(404);
    let site = world
        .h
        .request("GET", "/api/site")
        .header("x-app-code", &code)
        .header("x-app-passport", &passport);
    let refused = site.send().await.unwrap().status().as_u16();
    assert_eq!(refused, 400, "as where the site is closed");
    world
        .owner
        .send(&world.h, "DELETE", &path, None, &[])
        .await
        .expect(404);

    world.h.work().await;
    assert_eq!(world.left(&app).await, [0; REST.len()]);
    assert_eq!(
        world.left(&neighbour).await,
        before,
        "nothing of another app"
    );
    world.h.work().await;
    assert_eq!(world.h.stored_files(2).await, 2, "contents of files too");
    world
        .h
        .with_bearer("GET", "/v1/parameters", &neighbour_key)
        .await
        .expect(200);
}

/// A run that was on its way may write something behind the first look.
#[actix_web::test]
async fn deleted_app_is_looked_after_once_more_an_hour_later() {
    let mut world = World::new(&[]).await;
    let path = format!("{APPS}/{}", world.app);
    world
        .owner
        .send(&world.h, "DELETE", &path, None, &[])
        .await
        .expect(204);
    world.h.work().await;
    let late = format!(
        "INSERT INTO conversations (app_id, mode, name, inputs, status, from_source, dialogue_count) VALUES ('{}', 'advanced-chat', 'c', '{{}}', 'normal', 'api', 1)",
        world.app
    );
    world.h.db.execute(&late).await;
    world.h.work().await;
    assert_eq!(world.count("conversations").await, 1);
    world.h.clock.advance(chrono::TimeDelta::hours(2));
    world.h.work().await;
    assert_eq!(world.count("conversations").await, 0);
}
