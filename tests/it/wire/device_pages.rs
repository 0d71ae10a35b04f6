//! `/device` by forms and links alone: what a person sees before they let anything in.

use chrono::TimeDelta;
use serde_json::json;

use crate::support::plain::Plain;
use crate::support::{Answer, Browser, EMAIL, Grant, Harness, PASSWORD, PUBLIC_URL};

const TICKED: [(&str, &str); 2] = [("same_code", "yes"), ("verdict", "approve")];

async fn sign_in(browser: &mut Plain<'_>, page: &Answer) -> Answer {
    let typed = [("email", EMAIL), ("password", PASSWORD)];
    browser.submit(page, &typed).await.expect(303)
}

/// Somebody with a session, at the consent page of a code.
async fn at_consent(browser: &mut Plain<'_>, grant: &Grant) -> Answer {
    let page = browser.get("/signin?next=device").await.expect(200);
    sign_in(browser, &page).await;
    let page = browser.get("/device").await.expect(200);
    let typed = [("user_code", grant.user_code.as_str())];
    let found = browser.submit(&page, &typed).await.expect(303);
    browser.follow(found).await.expect(200)
}

async fn is_pending(h: &Harness, grant: &Grant) -> bool {
    h.clock.advance(TimeDelta::seconds(6));
    h.poll(grant).await.oauth_error() == "authorization_pending"
}

#[actix_web::test]
async fn device_page_approves_a_typed_code_without_javascript() {
    let h = Harness::start().await;
    h.set_up().await;
    let grant = h.start_flow("ci runner 7").await;
    h.clock.advance(TimeDelta::minutes(3));
    let mut browser = Plain::new(&h);
    // A link fills the code in and does nothing else; small letters and a missing dash do not matter.
    let typed = grant.user_code.replace('-', "").to_lowercase();
    let page = browser.get(&format!("/device?user_code={typed}")).await;
    assert!(page.body.contains(&typed), "{page:?}");
    assert!(
        page.set_cookie("gatewright").is_none(),
        "nothing was looked up"
    );
    let found = browser.submit(&page, &[]).await.expect(303);
    let who = browser.follow(found).await.expect(200);
    assert!(
        !who.body.contains("ci runner"),
        "nobody is signed in: {who:?}"
    );
    assert!(who.body.contains("/signin?next=device") && !who.body.contains("sso-initiate"));
    let page = browser.get("/signin?next=device").await;
    let done = sign_in(&mut browser, &page).await;
    assert_eq!(done.header("location"), "/device/confirm");
    let consent = browser.follow(done).await.expect(200);
    for fact in [
        &grant.user_code,
        "difyctl",
        "ci runner 7",
        "127.0.0.1",
        "3 minutes ago",
        EMAIL,
        "Owner&#39;s Workspace (owner)",
        "14 days",
        "If someone sent you this code",
    ] {
        assert!(consent.body.contains(fact), "{fact}: {}", consent.body);
    }
    let deny = consent.body.find("value=\"deny\"").unwrap();
    assert!(
        deny < consent.body.find("value=\"approve\"").unwrap(),
        "the Enter key denies"
    );
    // Without the tick nothing happens, whatever the browser thinks of `required`.
    let again = browser.submit(&consent, &[("verdict", "approve")]).await;
    assert!(again.expect(400).body.contains("Nothing was approved"));
    assert!(is_pending(&h, &grant).await);
    let done = browser.submit(&consent, &TICKED).await.expect(200);
    assert!(done.body.contains("You can return to your device"));
    h.clock.advance(TimeDelta::seconds(6));
    assert_eq!(
        h.poll(&grant).await.expect(200).json()["subject_type"],
        "account"
    );
    // The code is spent, and the page says so.
    let twice = browser.submit(&consent, &TICKED).await.expect(303);
    let page = browser.follow(twice).await;
    assert!(page.body.contains("Start again on your device"), "{page:?}");
}

#[actix_web::test]
async fn device_page_denial_needs_no_checkbox_and_reaches_the_device() {
    let h = Harness::start().await;
    h.set_up().await;
    let grant = h.start_flow("laptop").await;
    let mut browser = Plain::new(&h);
    let consent = at_consent(&mut browser, &grant).await;
    let done = browser.submit(&consent, &[("verdict", "deny")]).await;
    assert!(done.expect(200).body.contains("nobody was given access"));
    assert_eq!(h.poll(&grant).await.oauth_error(), "access_denied");
}

#[actix_web::test]
async fn device_page_form_without_csrf_or_session_decides_nothing() {
    let h = Harness::start().await;
    h.set_up().await;
    let grant = h.start_flow("laptop").await;
    let mut browser = Plain::new(&h);
    let consent = at_consent(&mut browser, &grant).await;
    let forged = [&TICKED[..], &[("csrf_token", "x")]].concat();
    let refused = browser.submit(&consent, &forged).await.expect(303);
    assert_eq!(
        refused.header("location"),
        "/device?sso_error=csrf_mismatch"
    );
    // Another browser never looked the code up; one without a session is asked to sign in.
    let mut other = Plain::new(&h);
    let nobody = other.submit(&consent, &TICKED).await.expect(303);
    assert_eq!(nobody.header("location"), "/signin?next=device");
    let page = other.get("/signin").await;
    sign_in(&mut other, &page).await;
    let mine = other.cookies["csrf_token"].clone();
    let forged = [&TICKED[..], &[("csrf_token", mine.as_str())]].concat();
    let refused = other.submit(&consent, &forged).await.expect(303);
    assert_eq!(
        refused.header("location"),
        "/device?sso_error=lookup_required"
    );
    let bare = other.get("/device/confirm").await.expect(302);
    assert_eq!(bare.header("location"), "/device");
    assert!(is_pending(&h, &grant).await);
}

#[actix_web::test]
async fn device_page_explains_a_wrong_code_and_does_not_echo_it() {
    let h = Harness::with(&[("GATEWRIGHT_LIMIT_DEVICE_LOOKUP", "3/1m")]).await;
    h.set_up().await;
    let grant = h.start_flow("laptop").await;
    let mut browser = Plain::new(&h);
    let page = browser.get("/device").await;
    for typed in ["BBBB-BBBB", "<b>x</b>"] {
        let unknown = browser
            .submit(&page, &[("user_code", typed)])
            .await
            .expect(404);
        assert!(
            unknown.body.contains("invalid or has expired"),
            "{unknown:?}"
        );
        assert!(!unknown.body.contains("<b>"));
    }
    at_consent(&mut browser, &grant).await;
    h.clock.advance(TimeDelta::seconds(30));
    let limited = browser.submit(&page, &[("user_code", "BBBB-BBBB")]).await;
    let wait: u64 = limited.expect(429).header("retry-after").parse().unwrap();
    assert!((1..=60).contains(&wait));
    h.clock.advance(TimeDelta::minutes(15));
    let expired = browser.get("/device/confirm").await;
    let target = expired.header("location").to_owned();
    assert!(
        target == "/device?sso_error=user_code_not_pending" || target == "/device",
        "{target}"
    );
    let odd = browser
        .get("/device?sso_error=<script>alert(1)</script>")
        .await;
    assert!(odd.body.contains("Something went wrong") && !odd.body.contains("script"));
}

#[actix_web::test]
async fn device_page_escapes_device_names() {
    for label in [
        "<script>alert(1)</script>\u{22}>",
        "\u{5d0}\u{5d1} laptop",
        &"x".repeat(128),
    ] {
        let h = Harness::start().await;
        h.set_up().await;
        let grant = h.start_flow(label).await;
        let consent = at_consent(&mut Plain::new(&h), &grant).await;
        assert!(!consent.body.contains("<script"), "{}", consent.body);
        let shown = label
            .replace('<', "&#60;")
            .replace('>', "&#62;")
            .replace('"', "&#34;");
        // Isolated: a name that is written from the right turns nothing around it.
        let isolated = format!("<dd><bdi>{shown}</bdi></dd>");
        assert!(consent.body.contains(&isolated), "{}", consent.body);
    }
}

#[actix_web::test]
async fn device_page_lets_an_sso_user_decide() {
    let (_enterprise, h) = crate::support::sso::start().await;
    for (nonce, verdict, outcome) in [("n-1", "deny", "access_denied"), ("n-2", "approve", "")] {
        let grant = h.start_flow("laptop").await;
        let mut browser = Plain::new(&h);
        let page = browser.get("/device").await;
        let typed = [("user_code", grant.user_code.as_str())];
        let found = browser.submit(&page, &typed).await.expect(303);
        let who = browser.follow(found).await.expect(200);
        assert!(who.body.contains("sso-initiate?user_code="), "{who:?}");
        let mut traveller = Browser::new();
        traveller.sso(&h, &grant, nonce).await;
        let granted = traveller.cookies["device_approval_grant"].clone();
        browser
            .cookies
            .insert("device_approval_grant".into(), granted);
        let arrived = browser.get("/device?sso_verified=1").await.expect(302);
        let consent = browser.follow(arrived).await.expect(200);
        assert!(consent.body.contains("laptop") && consent.body.contains("Identity provider"));
        let bare = browser.submit(&consent, &[("verdict", "approve")]).await;
        assert!(bare.expect(400).body.contains("Nothing was approved"));
        let sent = [("same_code", "yes"), ("verdict", verdict)];
        browser.submit(&consent, &sent).await.expect(200);
        let polled = h.poll(&grant).await;
        if outcome.is_empty() {
            assert_eq!(
                polled.expect(200).json()["subject_type"],
                json!("external_sso")
            );
        } else {
            assert_eq!(polled.oauth_error(), outcome);
        }
        let again = browser.get("/openapi/v1/oauth/device/consent").await;
        assert_eq!(again.status, 303, "the grant is spent: {again:?}");
    }
}

/// Dify's console up to 1.14.2 has no page for devices. Ours stands beside it, takes its session, and
/// sends whoever has none to its sign-in, which is told the way back.
#[actix_web::test]
async fn d10_device_page_is_served_beside_a_console_without_one() {
    let h = Harness::with(&[
        ("CONSOLE_WEB_URL", PUBLIC_URL),
        ("GATEWRIGHT_OWN_DEVICE_PAGE", "true"),
    ])
    .await;
    h.set_up().await;
    let request = json!({"client_id": "difyctl", "device_label": "laptop"});
    let started = h.post("/openapi/v1/oauth/device/code", &request).await;
    let text = |name: &str| started.json()[name].as_str().unwrap().to_owned();
    let grant = Grant {
        device_code: text("device_code"),
        user_code: text("user_code"),
    };
    let mut browser = Plain::new(&h);
    let link = text("verification_uri_complete");
    let page = browser.get(link.trim_start_matches(PUBLIC_URL)).await;
    let found = browser.submit(&page.expect(200), &[]).await.expect(303);
    let who = browser.follow(found).await.expect(200);
    let to_console = "/signin?redirect_url=%2Fdevice%2Fconfirm";
    assert!(who.body.contains(to_console), "{who:?}");
    // The console signs in by its API, on the same origin.
    let console = Browser::signed_in(&h, EMAIL, PASSWORD).await;
    browser.cookies.extend(console.cookies);
    let consent = browser.get("/device/confirm").await.expect(200);
    let done = browser.submit(&consent, &TICKED).await.expect(200);
    assert!(done.body.contains("return to your device"), "{done:?}");
    h.clock.advance(TimeDelta::seconds(6));
    assert!(h.poll(&grant).await.expect(200).json()["token"].is_string());
    // A form of somebody who was signed out meanwhile leads to the console too; nothing else is ours.
    let mut other = Plain::new(&h);
    let nobody = other.submit(&consent, &TICKED).await.expect(303);
    assert_eq!(nobody.header("location"), to_console);
    for path in ["/signin", "/account", "/workspace", "/install"] {
        h.get(path).await.expect(404);
    }
}
