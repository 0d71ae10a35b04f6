//! Files in the run form of an app's page: chosen, uploaded and given to the run without a script.

use serde_json::{Value, json};

use super::{
    app_pages::{World, ended},
    run_files::app,
};
use crate::support::{
    EMAIL, Harness,
    files::{PNG, part},
    plain::{Plain, chosen, signed_in},
};

async fn world(result: &str) -> World {
    let h = Harness::with(&[("UPLOAD_FILE_SIZE_LIMIT", "1")]).await;
    World::of(h, &app(None, ["start", result], json!({}))).await
}

async fn outputs(browser: &mut Plain<'_>, run: &str) -> Value {
    ended(browser, run).await;
    let outputs = browser.get(&format!("{run}/outputs")).await.expect(200);
    outputs.json()["result"].clone()
}

#[actix_web::test]
async fn run_form_sends_files_and_a_repeated_run_has_them_again() {
    let world = world("pic").await;
    let mut browser = signed_in(&world.h, EMAIL).await;
    let page = browser.get(&world.path).await.expect(200);
    let control = "name=\"input.pic\" type=\"file\" accept=\"image/*,.txt,";
    assert!(page.body.contains(control), "{}", page.body);
    let cat = [chosen("input.pic", "猫.png", PNG)];
    let begun = browser.submit_files(&page, &[("input.q", "x")], &cat);
    let run = begun.await.expect(303).header("location").to_owned();
    let file = outputs(&mut browser, &run).await;
    assert_eq!(
        (&file["filename"], &file["type"]),
        (&json!("猫.png"), &json!("image"))
    );
    let owned = "SELECT f.name || ' ' || (f.created_by = a.id) || ' ' || f.created_by_role FROM upload_files f, accounts a";
    assert_eq!(world.h.db.query(owned).await, ["猫.png true account"]);
    let id = run.rsplit('/').next().unwrap();
    let again = browser.get(&format!("{}?again={id}", world.path)).await;
    assert!(again.expect(200).body.contains("<bdi>猫.png</bdi>"));
    let again = browser.get(&format!("{}?again={id}", world.path)).await;
    let begun = browser.submit_files(&again, &[], &[]).await.expect(303);
    let second = outputs(&mut browser, begun.header("location")).await;
    assert_eq!(second["related_id"], file["related_id"]);
    let surfaces = "SELECT DISTINCT created_from FROM workflow_app_logs";
    assert_eq!(world.h.db.query(surfaces).await, ["installed-app"]);
}

#[actix_web::test]
async fn run_form_says_at_its_field_which_file_is_not_taken_and_keeps_those_that_are() {
    let world = world("more").await;
    let mut browser = signed_in(&world.h, EMAIL).await;
    let page = browser.get(&world.path).await.expect(200);
    let large = vec![b'x'; (1 << 20) + 1];
    let refusals = [
        (
            vec![chosen("input.pic", "a.exe", b"MZ")],
            "Files of this kind are not taken here.",
        ),
        (
            vec![chosen("input.pic", "a.txt", &large)],
            "This file is too large.",
        ),
        (
            vec![chosen("input.more", "a.png", PNG)],
            "Files of this kind are not taken here.",
        ),
        (
            ["1.xyz", "2.xyz", "3.xyz"]
                .map(|name| chosen("input.more", name, b"1"))
                .into(),
            "At most 2 files.",
        ),
    ];
    for (files, words) in refusals {
        let refused = browser.submit_files(&page, &[("input.q", "kept")], &files);
        let refused = refused.await.expect(400).body;
        assert!(refused.contains(words), "{words} {refused}");
        assert!(refused.contains("kept</textarea>"), "{refused}");
    }
    // What else is wrong costs nobody their files.
    let two = ["1.xyz", "2.xyz"].map(|name| chosen("input.more", name, b"1"));
    let refused = browser.submit_files(&page, &[("input.any", "{")], &two);
    let refused = refused.await.expect(400);
    assert!(refused.body.contains("This is not JSON"));
    assert!(
        refused.body.contains("<bdi>1.xyz</bdi> <bdi>2.xyz</bdi>"),
        "{}",
        refused.body
    );
    let rows = "SELECT count(*) FROM workflow_runs";
    assert_eq!(world.h.db.query(rows).await, ["0"]);
    let begun = browser.submit_files(&refused, &[("input.any", "{}")], &[]);
    let begun = begun.await.expect(303);
    let files = outputs(&mut browser, begun.header("location")).await;
    let names: Vec<&Value> = files
        .as_array()
        .unwrap()
        .iter()
        .map(|file| &file["filename"])
        .collect();
    assert_eq!(names, ["1.xyz", "2.xyz"]);
}

#[actix_web::test]
async fn run_form_takes_no_file_from_whom_it_does_not_know() {
    let world = world("pic").await;
    let mut browser = signed_in(&world.h, EMAIL).await;
    let path = format!("{}/run/files", world.path);
    let token = browser.cookies["csrf_token"].clone();
    let token = part("csrf_token", None, token.as_bytes());
    let file = part("input.pic", Some("a.png"), PNG);
    let text = part("input.q", None, b"x");
    let forged = part("csrf_token", None, b"another");
    for parts in [
        vec![forged, file.clone()],
        vec![file.clone(), token.clone()],
    ] {
        let refused = browser.post_parts(&path, &parts).await.expect(303);
        assert_eq!(refused.header("location"), "/apps?said=stale");
    }
    let repeated = [token.clone(), text.clone(), text.clone()];
    browser.post_parts(&path, &repeated).await.expect(400);
    let unread = browser.post(&path, &[("input.q", "x")]).await.expect(415);
    assert_eq!(unread.header("x-gatewright-reason"), "form_media_type");
    let cookies = browser.request(&path).build().unwrap();
    let foreign = world
        .h
        .request("POST", &path)
        .header("cookie", cookies.headers()["cookie"].clone())
        .header("origin", "https://evil.example")
        .header("content-type", "multipart/form-data; boundary=edge")
        .body([token, file, b"--edge--\r\n".to_vec()].concat());
    assert_eq!(foreign.send().await.unwrap().status(), 403);
    let left = "SELECT count(*) FROM upload_files";
    assert_eq!(world.h.db.query(left).await, ["0"]);
}
