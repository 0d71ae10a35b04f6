//! Forms of runs for people: by mail and on their page; and what becomes of a run that nobody answers.

use serde_json::{Value, json};

use super::forms::World;
use crate::support::{
    Answer, EMAIL, PUBLIC_URL,
    apps::make_key,
    asking::{MAIL, WEB_APP},
    plain::signed_in,
};

async fn page(world: &World, path: &str) -> Answer {
    let request = world.h.request("GET", path).header("accept-language", "en");
    Answer::read(request.send().await.unwrap()).await
}

async fn press(world: &World, path: &str, fields: &[(&str, &str)], origin: &str) -> Answer {
    let request = world
        .h
        .request("POST", path)
        .header("origin", origin)
        .header("accept-language", "zh-CN")
        .form(fields);
    Answer::read(request.send().await.unwrap()).await
}

#[actix_web::test]
async fn form_is_mailed_to_everybody_once_and_its_link_answers_it() {
    let world = World::with(MAIL, &[]).await;
    let body = json!({"inputs": {"who": "Bob"}});
    let stream = world.run(&body).await.expect(200);
    // A program can act on nothing here, and is told where people can.
    assert!(
        stream.body.contains(r#""form_token":null"#)
            && stream
                .body
                .contains(r#""approval_channels":["console","email"]"#),
        "{stream:?}"
    );
    let before = world.h.mails().await.len();
    let mails = world.h.mails().await;
    assert_eq!(mails.len(), before, "nothing is sent twice");
    let mails: Vec<_> = mails
        .iter()
        .filter(|mail| mail.subject == "Please answer")
        .collect();
    let mut to: Vec<&str> = mails.iter().map(|mail| mail.to.as_str()).collect();
    to.sort_unstable();
    assert_eq!(to, ["boss@elsewhere.example", "owner@example.com"]);
    for mail in &mails {
        assert!(
            mail.html.contains("<strong>answer</strong> here:"),
            "{mail:?}"
        );
        assert!(mail.text.contains("Dear Bob"), "{mail:?}");
    }
    let link = mails[0].link();
    let path = link.strip_prefix(PUBLIC_URL).unwrap();
    assert!(path.starts_with("/form/") && path.len() == 28, "{path}");
    page(&world, path).await.expect(200);
    let token = path.strip_prefix("/form/").unwrap();
    let body = json!({"action": "yes", "inputs": {"comment": "x"}});
    let other = world.submit(token, &body);
    assert_eq!(other.await.expect(403).code(), "recipient_surface_mismatch");
    let fields = [("field_comment", "by mail"), ("action", "no")];
    press(&world, path, &fields, PUBLIC_URL).await.expect(200);
    assert_eq!(
        world.ends().await,
        "succeeded {\"result\":\"by mail\",\"action\":\"no\"} "
    );
}

/// The web app's address may have an origin of its own: forms of runs are answered from there, and nothing that needs a session is done.
#[actix_web::test]
async fn form_is_answered_at_the_address_of_the_web_app_and_no_other_page_is() {
    const APP_WEB: &str = "https://apps.example";
    let world = World::with(MAIL, &[("APP_WEB_URL", APP_WEB)]).await;
    let body = json!({"inputs": {"who": "Bob"}});
    let run = world.call("POST", "/run", Some(&body)).await;
    run.expect(200);
    let mails = world.h.mails().await;
    let mail = mails.iter().find(|mail| mail.subject == "Please answer");
    let link = mail.unwrap().link();
    let path = link.strip_prefix(APP_WEB).unwrap();
    let fields = [("field_comment", "from the app"), ("action", "yes")];
    for foreign in ["https://evil.example", "http://apps.example", "null"] {
        let refused = press(&world, path, &fields, foreign).await.expect(403);
        assert_eq!(refused.header("x-gatewright-reason"), "foreign_origin");
    }
    // Pages that need a session are for our own origins.
    for path in ["/signout", &format!("/apps/{}/run", world.app)] {
        let refused = press(&world, path, &[], APP_WEB).await.expect(403);
        assert_eq!(refused.header("x-gatewright-reason"), "foreign_origin");
    }
    let thanks = press(&world, path, &fields, APP_WEB).await.expect(200);
    assert!(thanks.body.contains("谢谢"), "{thanks:?}");
    assert_eq!(
        world.ends().await,
        "succeeded {\"result\":\"from the app\",\"action\":\"yes\"} "
    );
}

#[actix_web::test]
async fn form_that_was_answered_is_not_mailed_any_more() {
    let both = format!("{}, {}", WEB_APP.trim_end_matches(']'), &MAIL[1..]);
    let world = World::with(&both, &[]).await;
    let paused = world.paused().await;
    let answer = json!({"action": "yes", "inputs": {"comment": "x"}});
    world.submit(paused.token(), &answer).await.expect(200);
    let mails = world.h.mails().await;
    assert!(!mails.iter().any(|mail| mail.subject == "Please answer"));
}

#[actix_web::test]
async fn run_that_waits_for_a_form_is_stopped_on_its_page() {
    let world = World::new().await;
    world.paused().await;
    let runs = world.h.db.query("SELECT id::text FROM workflow_runs").await;
    let path = format!("/apps/{}/runs/{}", world.app, runs[0]);
    let mut browser = signed_in(&world.h, EMAIL).await;
    let shown = browser.get(&path).await.expect(200);
    browser.submit(&shown, &[]).await.expect(303);
    assert!(world.ends().await.starts_with("stopped "));
}

#[actix_web::test]
async fn page_of_a_form_shows_it_takes_one_answer_and_says_what_became_of_it() {
    let world = World::new().await;
    let paused = world.paused().await;
    let path = format!("/form/{}", paused.token());
    let shown = page(&world, &path).await.expect(200);
    for part in [
        "<p>Dear Bob, comment:</p>",
        "name=\"field_comment\" rows=\"4\">none</textarea>",
        "value=\"yes\" class=\"primary\">Yes</button>",
        "value=\"no\">No</button>",
    ] {
        assert!(shown.body.contains(part), "{part}: {}", shown.body);
    }
    assert!(!shown.body.contains("<script"));
    assert!(
        !shown
            .header("content-security-policy")
            .contains("script-src")
    );
    let fields = [("field_comment", "<b>fine</b>"), ("action", "nope")];
    let again = press(&world, &path, &fields, PUBLIC_URL).await.expect(400);
    assert!(
        again.body.contains("&#60;b&#62;fine") || again.body.contains("&lt;b&gt;fine"),
        "{again:?}"
    );
    let fields = [("field_comment", "fine"), ("action", "yes")];
    press(&world, &path, &fields, "https://evil.example")
        .await
        .expect(403);
    let thanks = press(&world, &path, &fields, PUBLIC_URL).await.expect(200);
    assert!(thanks.body.contains("谢谢"), "{thanks:?}");
    assert_eq!(
        world.ends().await,
        "succeeded {\"result\":\"fine\",\"action\":\"yes\"} "
    );
    let late = page(&world, &path).await.expect(412);
    assert!(late.body.contains("Already answered"));
    page(&world, "/form/unknowntoken").await.expect(404);
}

#[actix_web::test]
async fn pages_of_forms_are_limited_per_address() {
    let world = World::with(WEB_APP, &[("GATEWRIGHT_LIMIT_FORM", "2/1m")]).await;
    for expected in [404, 404, 429] {
        page(&world, "/form/unknowntoken").await.expect(expected);
    }
}

#[actix_web::test]
async fn run_whose_form_nobody_answers_goes_on_by_the_timeout_branch() {
    let world = World::new().await;
    let paused = world.paused().await;
    world.h.clock.advance_seconds(3_599);
    assert_eq!(world.h.cleaner().end_forms(world.h.now()).await.unwrap(), 0);
    world.h.clock.advance_seconds(1);
    assert_eq!(world.h.cleaner().end_forms(world.h.now()).await.unwrap(), 1);
    assert_eq!(world.h.cleaner().end_forms(world.h.now()).await.unwrap(), 0);
    // Any process that serves runs goes on with it.
    let plane = world.h.another_run_plane();
    assert_eq!(plane.take_up_lapsed().await.unwrap(), 1);
    assert_eq!(
        world.ends().await,
        "succeeded {\"result\":\"Dear Bob, comment: {{#$output.comment#}}\",\"action\":\"\"} "
    );
    let path = format!("/form/{}", paused.token());
    assert!(
        page(&world, &path)
            .await
            .expect(412)
            .body
            .contains("Too late")
    );
}

#[actix_web::test]
async fn run_whose_form_is_open_for_too_long_is_stopped() {
    let world = World::with(WEB_APP, &[("HUMAN_INPUT_GLOBAL_TIMEOUT_SECONDS", "60")]).await;
    world.paused().await;
    world.h.clock.advance_seconds(60);
    assert_eq!(world.h.cleaner().end_forms(world.h.now()).await.unwrap(), 1);
    let plane = world.h.another_run_plane();
    assert_eq!(plane.take_up_lapsed().await.unwrap(), 1);
    assert_eq!(world.ends().await, "stopped {} A form of this run expired.");
}

/// As recorded from Dify 1.14.2 with the same app.
#[actix_web::test]
async fn form_over_the_service_api_is_as_recorded() {
    let world = World::new().await;
    let (_, key) = make_key(&world.h, &mut world.owner.clone(), &world.app).await;
    let call = async |method: &str, path: &str, body: Option<&Value>| {
        let mut request = world.h.request(method, path).bearer_auth(&key);
        if let Some(body) = body {
            request = request.json(body);
        }
        Answer::read(request.send().await.unwrap()).await
    };
    let body =
        json!({"inputs": {"who": "Eve"}, "response_mode": "blocking", "user": "golden-user"});
    let paused = call("POST", "/v1/workflows/run", Some(&body))
        .await
        .expect(200)
        .json();
    assert_eq!(paused["data"]["status"], "paused");
    let reason = &paused["data"]["reasons"][0];
    let path = format!(
        "/v1/form/human_input/{}",
        reason["form_token"].as_str().unwrap()
    );
    let form = call("GET", &path, None).await.expect(200).json();
    assert_eq!(
        form["form_content"],
        "Dear Eve, comment: {{#$output.comment#}}"
    );
    assert_eq!(form["expiration_time"], reason["expiration_time"]);
    let unknown = call("GET", "/v1/form/human_input/unknowntoken", None)
        .await
        .expect(404)
        .json();
    assert_eq!(
        (&unknown["code"], &unknown["message"]),
        (&json!("not_found"), &json!("Form not found"))
    );
    let submit = async |action: &str, inputs: Value| {
        let body = json!({"action": action, "inputs": inputs, "user": "golden-user"});
        call("POST", &path, Some(&body)).await
    };
    let wrong = submit("nope", json!({"comment": "c"}))
        .await
        .expect(400)
        .json();
    assert_eq!(
        wrong,
        json!({"code": "invalid_form_data", "message": "Invalid action: nope", "status": 400})
    );
    let missing = submit("yes", json!({})).await.expect(400).json();
    assert_eq!(missing["message"], "Missing required inputs: comment");
    let done = submit("yes", json!({"comment": "fine by me"}))
        .await
        .expect(200)
        .json();
    assert_eq!(done, json!({}));
    let late = submit("yes", json!({"comment": "x"}))
        .await
        .expect(412)
        .json();
    let message = format!(
        "This form has already been submitted by another user, form_id={}",
        reason["form_id"].as_str().unwrap()
    );
    assert_eq!(
        late,
        json!({"code": "human_input_form_submitted", "message": message, "status": 412})
    );
    assert_eq!(
        world.ends().await,
        "succeeded {\"result\":\"fine by me\",\"action\":\"yes\"} "
    );
    let by = "SELECT count(*) FROM human_input_forms f JOIN end_users e ON e.id = f.submission_end_user_id WHERE e.session_id = 'golden-user'";
    assert_eq!(world.rows(by).await, ["1"]);
}
