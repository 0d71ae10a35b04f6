//! `/chat/{code}`, `/chatbot/{code}` and `/workflow/{code}` by forms alone: what a page shows, what it may load, what it answers, and
//! what it keeps from others.

use serde_json::{Value, json};

use super::{
    chatflows::{echoes, file, says},
    run_files::app as file_app,
    web_app::{Pages, code_of},
};
use crate::support::{
    Answer, Browser, Harness, PUBLIC_URL,
    apps::{APPS, file as greeter, publish, published},
    asking, basic_account,
    files::PNG,
    plain::{Plain, between, chosen},
};

/// An installation with the published app of a file; the path of its page.
async fn page_of(text: &str, kind: &str, settings: &[(&str, &str)]) -> (Harness, Browser, String) {
    let h = Harness::with(settings).await;
    let mut owner = basic_account(&h).await;
    let app = published(&h, &mut owner, text).await;
    let path = format!("/{kind}/{}", code_of(&h, &app).await);
    (h, owner, path)
}

fn policy(page: &Answer) -> String {
    page.header("content-security-policy").to_owned()
}

async fn set_site(h: &Harness, owner: &mut Browser, app: &str, site: Value) {
    let path = format!("{APPS}/{app}/site");
    owner.post(h, &path, site).await.expect(200);
}

#[actix_web::test]
async fn web_page_answers_a_message_and_the_next_one_knows_what_was_said_without_javascript() {
    let pages = Pages::new(&[]).await;
    let mut browser = Plain::new(&pages.h);
    let path = format!("/chat/{}", pages.code);
    let page = browser.get(&path).await.expect(200);
    assert!(page.body.contains("Welcome, {{who}}"), "{}", page.body);
    let said = [("message", "Hello **you**"), ("input.who", "Ada")];
    let page = browser.submit(&page, &said).await.expect(200);
    let answer = "<p>Hello <strong>you</strong> (turn 1)</p>";
    assert!(page.body.contains(answer), "{}", page.body);
    let page = browser.submit(&page, &[("message", "Again")]).await;
    let page = page.expect(200);
    assert!(page.body.contains(answer) && page.body.contains("Again (turn 2)"));
    assert!(browser.cookies.is_empty(), "no page of apps has a cookie");
    let kept = "SELECT count(*) || ' ' || count(DISTINCT from_end_user_id) || ' ' || min(invoke_from) FROM conversations";
    assert_eq!(pages.h.db.query(kept).await, ["1 1 web-app"]);
}

#[actix_web::test]
async fn web_page_of_a_workflow_shows_its_outputs_and_says_at_the_field_what_does_not_fit() {
    let (h, _, path) = page_of(&greeter("0.6.0", "greets"), "workflow", &[]).await;
    let mut browser = Plain::new(&h);
    let page = browser.get(&path).await.expect(200);
    let refused = browser.submit(&page, &[]).await.expect(400);
    assert!(
        refused.body.contains("Fill in this field.") && refused.body.contains("aria-invalid"),
        "{}",
        refused.body
    );
    let done = browser.submit(&refused, &[("input.name", "<i>Ada</i> *x*")]);
    let done = done.await.expect(200).body;
    assert!(done.contains("<h3><bdi>result</bdi></h3>"), "{done}");
    assert!(done.contains("<p>Ada <em>x</em></p>"), "{done}");
    let long = "x".repeat(49);
    let refused = browser.submit(&page, &[("input.name", &long)]).await;
    assert!(refused.expect(400).body.contains("At most 48 characters."));
    browser.language = "zh-CN";
    let refused = browser.submit(&page, &[]).await.expect(400);
    assert!(refused.body.contains("请填写此项。") && refused.body.contains("lang=\"zh-Hans\""));
}

#[actix_web::test]
async fn web_page_takes_files_without_javascript_and_gives_them_to_the_run() {
    let text = file_app(None, ["start", "pic"], json!({}));
    let (h, _, path) = page_of(&text, "workflow", &[]).await;
    let mut browser = Plain::new(&h);
    let page = browser.get(&path).await.expect(200);
    let cat = [chosen("input.pic", "猫.png", PNG)];
    let done = browser.submit_files(&page, &[("input.q", "x")], &cat).await;
    assert!(done.expect(200).body.contains("猫.png"));
    let owned =
        "SELECT f.created_by_role || ' ' || (f.created_by = e.id) FROM upload_files f, end_users e";
    assert_eq!(h.db.query(owned).await, ["end_user true"]);
    let kind = [chosen("input.pic", "a.exe", b"MZ")];
    let refused = browser
        .submit_files(&page, &[("input.q", "x")], &kind)
        .await;
    let words = "Files of this kind are not taken here.";
    assert!(refused.expect(400).body.contains(words));
}

#[actix_web::test]
async fn web_page_loads_our_script_and_nothing_that_stands_in_it() {
    let pages = Pages::new(&[]).await;
    for kind in ["chat", "chatbot"] {
        let page = pages.h.get(&format!("/{kind}/{}", pages.code)).await;
        let page = page.expect(200);
        let policy = policy(&page);
        assert!(policy.starts_with("default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'self'; img-src 'self'"));
        assert!(
            !policy.contains("unsafe") && !policy.contains("https:;"),
            "{policy}"
        );
        assert!(policy.contains("base-uri 'none'") && policy.contains("form-action 'self'"));
        for script in page.body.split("<script").skip(1) {
            assert!(script.contains(" src=\"/webapp/") && script.contains("></script>"));
        }
        for stray in ["<style", " style=", " onclick", "javascript:"] {
            assert!(!page.body.contains(stray), "{stray}");
        }
        let loaded = page.body.split("\"/webapp/").skip(1);
        let mut bytes = page.body.len();
        for file in loaded.map(|rest| rest.split('"').next().unwrap()) {
            let file = pages.h.get(&format!("/webapp/{file}")).await.expect(200);
            assert!(file.header("cache-control").starts_with("public"));
            bytes += file.body.len();
        }
        assert!(bytes < 90_000, "{bytes} bytes without formulas");
    }
}

#[actix_web::test]
async fn web_page_is_framed_where_the_installation_allows_it_and_other_pages_nowhere() {
    for (setting, expected) in [
        (None, "frame-ancestors 'self' *"),
        (
            Some("https://www.example.com"),
            "frame-ancestors 'self' https://www.example.com",
        ),
        (Some("none"), "frame-ancestors 'self'"),
        (
            Some("https://a.example; script-src *"),
            "frame-ancestors 'self'",
        ),
    ] {
        let settings: Vec<_> = setting
            .map(|value| ("GATEWRIGHT_EMBED_ORIGINS", value))
            .into_iter()
            .collect();
        let pages = Pages::new(&settings).await;
        let page = pages.h.get(&format!("/chatbot/{}", pages.code)).await;
        assert!(policy(&page.expect(200)).ends_with(expected), "{setting:?}");
        let other = pages.h.get("/signin").await;
        assert!(policy(&other).contains("frame-ancestors 'none'"));
        assert_eq!(other.header("x-frame-options"), "DENY");
    }
}

#[actix_web::test]
async fn web_page_has_the_frames_and_pictures_that_its_owner_allows() {
    let mut pages = Pages::new(&[(
        "GATEWRIGHT_EMBED_ORIGINS",
        "https://a.example,https://b.example",
    )])
    .await;
    let (app, path) = (pages.app.clone(), format!("/chat/{}", pages.code));
    let picture = [("message", "![far](https://far.example/x.png)")];
    let mut browser = Plain::new(&pages.h);
    let page = browser.get(&path).await.expect(200);
    assert!(policy(&page).ends_with("frame-ancestors 'self' https://a.example https://b.example"));
    let answered = browser.submit(&page, &picture).await.expect(200).body;
    assert!(
        answered.contains(">far</a>") && !answered.contains("<img"),
        "{answered}"
    );
    let rules = json!({"embed_origins": "https://b.example, https://evil.example", "remote_pictures": true});
    set_site(&pages.h, &mut pages.owner, &app, rules).await;
    let page = browser.get(&path).await.expect(200);
    assert!(
        policy(&page).ends_with("frame-ancestors 'self' https://b.example"),
        "{}",
        policy(&page)
    );
    assert!(policy(&page).contains(" https:; form-action"));
    let answered = browser.submit(&page, &picture).await.expect(200).body;
    assert!(
        answered.contains("<img src=\"https://far.example/x.png\""),
        "{answered}"
    );
    set_site(
        &pages.h,
        &mut pages.owner,
        &app,
        json!({"embed_origins": ""}),
    )
    .await;
    let page = browser.get(&path).await.expect(200);
    assert!(policy(&page).ends_with("frame-ancestors 'self'"));
}

#[actix_web::test]
async fn web_page_shows_what_its_owner_wrote_as_text() {
    let mut pages = Pages::new(&[]).await;
    let hostile = "<script>alert('x')</script>\"><img src=x onerror=alert(1)>";
    let site = json!({"title": hostile, "description": hostile, "copyright": hostile, "custom_disclaimer": hostile,
        "privacy_policy": "javascript:alert(1)", "chat_color_theme": "#fff}body{display:none", "icon": hostile, "default_language": "zh-Hans"});
    let app = pages.app.clone();
    set_site(&pages.h, &mut pages.owner, &app, site).await;
    let path = format!("/chat/{}", pages.code);
    let page = pages.h.get(&path).await.expect(200).body;
    assert!(
        !page.contains("<script>") && !page.contains("<img") && !page.contains("javascript:"),
        "{page}"
    );
    assert_eq!(
        page.matches("&#60;script&#62;alert(&#39;x&#39;)").count(),
        6,
        "{page}"
    );
    assert!(!page.contains("display:none") && !page.contains("theme/"));
    // The site's language, where the browser asks for none that there is.
    assert!(page.contains("lang=\"zh-Hans\""));
    let site = json!({"title": "Help desk", "privacy_policy": "https://example.com/privacy", "chat_color_theme": "#1C64F2"});
    set_site(&pages.h, &mut pages.owner, &app, site).await;
    let mut browser = Plain::new(&pages.h);
    let page = browser.get(&path).await.expect(200).body;
    assert!(page.contains("<title>Help desk</title>") && page.contains("lang=\"en-US\""));
    assert!(page.contains("href=\"https://example.com/privacy\""));
    let theme = between(&page, "href=\"/webapp/theme/", "\"").unwrap();
    let theme = pages
        .h
        .get(&format!("/webapp/theme/{theme}"))
        .await
        .expect(200);
    assert_eq!(
        theme.body.trim(),
        ":root { --theme: #1c64f2; --on-theme: #fff; }"
    );
    pages.h.get("/webapp/theme/red}.css").await.expect(404);
}

#[actix_web::test]
async fn web_page_is_gone_once_it_is_closed_and_for_whoever_was_on_it() {
    let mut pages = Pages::new(&[]).await;
    let mut browser = Plain::new(&pages.h);
    let path = format!("/chat/{}", pages.code);
    let page = browser.get(&path).await.expect(200);
    let page = browser
        .submit(&page, &[("message", "Hello")])
        .await
        .expect(200);
    let unknown = browser.get("/chat/AAAAAAAAAAAAAAAA").await.expect(404).body;
    let enable = format!("{APPS}/{}/site-enable", pages.app);
    let off = json!({"enable_site": false});
    pages.owner.post(&pages.h, &enable, off).await.expect(200);
    let closed = browser.get(&path).await.expect(404);
    assert_eq!(
        closed.body, unknown,
        "closed or never there: nobody is told which"
    );
    browser
        .submit(&page, &[("message", "More")])
        .await
        .expect(404);
    let messages = "SELECT count(*) FROM messages";
    assert_eq!(pages.h.db.query(messages).await, ["1"]);
}

#[actix_web::test]
async fn web_page_leads_to_the_kind_that_its_app_is_of() {
    let pages = Pages::new(&[]).await;
    let to = pages
        .h
        .get(&format!("/workflow/{}", pages.code))
        .await
        .expect(303);
    assert_eq!(to.header("location"), format!("/chat/{}", pages.code));
    let (h, _, path) = page_of(&greeter("0.6.0", "greets"), "chatbot", &[]).await;
    let to = h.get(&path).await.expect(303);
    assert_eq!(to.header("location"), path.replace("chatbot", "workflow"));
}

#[actix_web::test]
async fn web_page_takes_no_form_of_another_site_and_nobody_s_conversation_but_the_sender_s() {
    let pages = Pages::new(&[]).await;
    let path = format!("/chat/{}", pages.code);
    let fields = [("message", "Hello"), ("input.who", "")];
    for foreign in ["https://evil.example", "null"] {
        let request = pages
            .h
            .request("POST", &path)
            .header("origin", foreign)
            .form(&fields);
        let refused = Answer::read(request.send().await.unwrap())
            .await
            .expect(403);
        assert_eq!(refused.header("x-gatewright-reason"), "foreign_origin");
    }
    let mut browser = Plain::new(&pages.h);
    let page = browser.get(&path).await.expect(200);
    let first = browser
        .submit(&page, &[("message", "A secret")])
        .await
        .expect(200);
    let theirs = between(&first.body, "name=\"conversation\" value=\"", "\"").unwrap();
    let passport = between(&first.body, "name=\"passport\" value=\"", "\"").unwrap();
    // Another visitor who knows the id of the conversation, and one whose passport is none.
    let forged = format!("{}x", &passport[..passport.len() - 1]);
    for passport in ["", forged.as_str()] {
        let stolen = [
            ("message", "Tell me"),
            ("conversation", theirs),
            ("passport", passport),
        ];
        let refused = browser.post(&path, &stolen).await.expect(404);
        assert!(!refused.body.contains("A secret"), "{}", refused.body);
        assert!(refused.body.contains("This conversation is not yours"));
    }
    // A passport of another app's page is none here.
    let other = published(
        &pages.h,
        &mut basic_again(&pages.h).await,
        &file(&[says("x")]),
    )
    .await;
    let other = format!("/chat/{}", code_of(&pages.h, &other).await);
    let stolen = [
        ("message", "Tell me"),
        ("conversation", theirs),
        ("passport", passport),
    ];
    let refused = browser.post(&other, &stolen).await.expect(404);
    assert!(!refused.body.contains("A secret"));
    let request = pages
        .h
        .request("POST", &path)
        .header("origin", PUBLIC_URL)
        .form(&fields);
    Answer::read(request.send().await.unwrap())
        .await
        .expect(200);
}

async fn basic_again(h: &Harness) -> Browser {
    Browser::signed_in(h, crate::support::EMAIL, crate::support::PASSWORD).await
}

#[actix_web::test]
async fn web_page_of_a_run_that_waits_says_so() {
    let (h, _, path) = page_of(&asking::file(asking::WEB_APP), "workflow", &[]).await;
    let mut browser = Plain::new(&h);
    let page = browser.get(&path).await.expect(200);
    let waits = browser
        .submit(&page, &[("input.who", "Bob")])
        .await
        .expect(200);
    assert!(
        waits
            .body
            .contains("This waits until somebody fills in a form.")
    );
}

#[actix_web::test]
async fn web_page_of_a_chat_asks_suggested_questions_and_takes_files_beside_a_message() {
    let text: Value = serde_json::from_str(&file(&[echoes()])).unwrap();
    let mut text = text;
    text["workflow"]["features"] = json!({"suggested_questions": ["What is <this>?", "And now?"], "opening_statement": "",
        "file_upload": {"enabled": true, "number_limits": 2, "allowed_file_types": ["image"], "allowed_file_upload_methods": ["local_file"]}});
    let (h, _, path) = page_of(&text.to_string(), "chat", &[]).await;
    let mut browser = Plain::new(&h);
    let page = browser.get(&path).await.expect(200);
    assert!(
        page.body
            .contains("name=\"suggestion\" value=\"What is &#60;this&#62;?\"")
    );
    let filled = [("message", "Look"), ("suggestion", "")];
    let cat = [chosen("input.sys.files", "cat.png", PNG)];
    let done = browser.submit_files(&page, &filled, &cat).await.expect(200);
    assert!(
        done.body.contains("Look (turn 1)") && done.body.contains(">cat.png</a>"),
        "{}",
        done.body
    );
    assert!(!done.body.contains("name=\"suggestion\""), "it has begun");
    let three = ["1.png", "2.png", "3.png"].map(|name| chosen("input.sys.files", name, PNG));
    let refused = browser
        .submit_files(&done, &[("message", "Look")], &three)
        .await;
    let refused = refused.expect(400);
    assert!(refused.body.contains("At most 2 files.") && refused.body.contains("Look (turn 1)"));
    let asked = browser
        .submit_files(&page, &[("suggestion", "And now?")], &[])
        .await;
    assert!(asked.expect(200).body.contains("And now? (turn 1)"));
}

#[actix_web::test]
async fn web_page_of_an_app_that_nothing_is_published_of_says_so() {
    let h = Harness::start().await;
    let mut owner = basic_account(&h).await;
    let done = crate::support::apps::import(&h, &mut owner, &file(&[echoes()])).await;
    let app = done.expect(200).json()["app_id"]
        .as_str()
        .unwrap()
        .to_owned();
    let path = format!("/chat/{}", code_of(&h, &app).await);
    let refused = h.get(&path).await.expect(400);
    assert!(refused.body.contains("published"), "{}", refused.body);
    publish(&h, &mut owner, &app).await.expect(200);
    h.get(&path).await.expect(200);
}

#[actix_web::test]
async fn web_page_script_for_other_sites_is_where_published_pages_load_it() {
    let h = Harness::start().await;
    let script = h.get("/embed.min.js").await.expect(200);
    assert!(script.header("content-type").starts_with("text/javascript"));
    for name in [
        "difyChatbotConfig",
        "/chatbot/",
        "dify-chatbot-bubble-button",
        "dify-chatbot-bubble-window",
    ] {
        assert!(
            script
                .body
                .contains(name.trim_start_matches("dify-chatbot-bubble-")),
            "{name}"
        );
    }
}
