//! `/account` by forms alone: what acts for somebody, and ending it.

use crate::support::plain::Plain;
use crate::support::{Answer, EMAIL, Harness, PASSWORD, arrange, basic_account};

async fn signed_in(h: &Harness) -> (Plain<'_>, Answer) {
    let mut browser = Plain::new(h);
    let page = browser.get("/signin").await.expect(200);
    let typed = [("email", EMAIL), ("password", PASSWORD)];
    let done = browser.submit(&page, &typed).await.expect(303);
    let account = browser.follow(done).await.expect(200);
    (browser, account)
}

#[actix_web::test]
async fn device_is_listed_on_the_page_and_revoked_by_its_button() {
    let h = Harness::start().await;
    let mut owner = basic_account(&h).await;
    let lost = h.token(&mut owner, "<b>lost</b> laptop").await;
    let kept = h.token(&mut owner, "desk").await;
    let (mut browser, page) = signed_in(&h).await;
    let body = &page.body;
    assert!(body.contains("&#60;b&#62;lost&#60;/b&#62; laptop") && !body.contains("<b>"));
    assert!(body.contains("Last used: never") && body.contains("Client: difyctl"));
    assert!(body.contains("Connected from: 127.0.0.1"));
    // The newest comes first, so the lost one is the second.
    let done = browser.press(&page, "/account", 1).await.expect(303);
    let account = "/openapi/v1/account";
    h.with_bearer("GET", account, &lost).await.expect(401);
    h.with_bearer("GET", account, &kept).await.expect(200);
    let page = browser.follow(done).await.expect(200);
    assert!(!page.body.contains("lost") && page.body.contains("desk"));
}

#[actix_web::test]
async fn revoking_all_other_sessions_keeps_this_browser_only() {
    let h = Harness::start().await;
    let mut owner = basic_account(&h).await;
    let device = h.token(&mut owner, "laptop").await;
    let stranger = h.add_account("stranger").await;
    // More than any page shows.
    let many = arrange::bearer(EMAIL).times(250).made_at("2020-01-01Z");
    many.add(&h.db).await;
    let (mut browser, page) = signed_in(&h).await;
    assert_eq!(page.body.matches("This browser").count(), 1);
    let filled = [];
    let done = browser
        .fill_in(&page, ("others", 0), &filled)
        .await
        .expect(303);
    let live = "SELECT count(*) FROM oauth_access_tokens WHERE revoked_at IS NULL";
    assert_eq!(h.db.query(live).await, ["0"]);
    let page = browser.follow(done).await.expect(200);
    assert!(page.body.contains("No devices connected.") && page.body.contains("This browser"));
    h.with_bearer("GET", "/openapi/v1/account", &device)
        .await
        .expect(401);
    let profile = "/console/api/account/profile";
    owner.get(&h, profile).await.expect(401);
    stranger.clone().get(&h, profile).await.expect(200);
}

#[actix_web::test]
async fn session_of_another_account_or_by_a_forged_form_is_not_ended() {
    let h = Harness::start().await;
    let mut owner = basic_account(&h).await;
    let mine = h.token(&mut owner, "mine").await;
    let mut stranger = h.add_account("stranger").await;
    let theirs = h.log_in_device(&mut stranger, "theirs").await;
    let (mut browser, page) = signed_in(&h).await;
    let id = theirs["token_id"].as_str().unwrap();
    let cut = page.body.find("value=\"device\"").unwrap();
    let form = Answer {
        status: 200,
        headers: page.headers.clone(),
        body: page.body[..cut + 200].to_owned(),
    };
    let form = Answer {
        body: form.body.split("</form>").next().unwrap().to_owned(),
        ..form
    };
    browser.submit(&form, &[("id", id)]).await.expect(303);
    let token = theirs["token"].as_str().unwrap();
    h.with_bearer("GET", "/openapi/v1/account", token)
        .await
        .expect(200);
    browser
        .submit(&form, &[("csrf_token", "x")])
        .await
        .expect(303);
    h.with_bearer("GET", "/openapi/v1/account", &mine)
        .await
        .expect(200);
}

#[actix_web::test]
async fn device_approval_sends_a_mail_to_the_approver() {
    let h = Harness::start().await;
    let mut owner = basic_account(&h).await;
    h.token(&mut owner, "<b>build</b> server").await;
    let mail = h.last_mail(EMAIL).await;
    assert!(mail.subject.contains("device was connected"), "{mail:?}");
    assert!(mail.text.contains("“<b>build</b> server” (difyctl)"));
    assert!(mail.html.contains("&lt;b&gt;build") && !mail.html.contains("<b>build"));
    assert!(
        mail.text.contains("The request came from 127.0.0.1 on ")
            && mail.link().ends_with("/account")
    );
}
