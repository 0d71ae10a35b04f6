//! Browsers that hold more than ours: cookies of other applications, of earlier settings, of two
//! sign-ins; and pages that nobody may be sent round in a circle by.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use gatewright_test_support::ManualClock;
use serde_json::json;
use std::sync::Arc;

use crate::support::{
    Answer, Browser, EMAIL, Harness, Jar, PASSWORD, PUBLIC_URL, arrange, basic_account,
};

const DOMAIN: Option<&str> = Some("gatewright.test");

async fn signed_in(h: &Harness) -> Jar {
    let mut jar = Jar::default();
    sign_in(&mut jar, h).await;
    jar
}

async fn sign_in(jar: &mut Jar, h: &Harness) {
    let typed = [("email", EMAIL), ("password", PASSWORD)];
    jar.send(h, "POST", "/signin", &typed).await.expect(303);
}

#[actix_web::test]
async fn d1_cookie_of_another_application_with_our_name_is_ignored() {
    let h = Harness::start().await;
    h.set_up().await;
    for name in ["access_token", "refresh_token", "csrf_token"] {
        let mut jar = signed_in(&h).await;
        jar.plant(name, "theirs", DOMAIN);
        let page = jar.walk(&[&h], "/account").await.expect(200);
        assert!(page.body.contains("Signed-in browsers"), "{name}");
        assert_eq!(jar.count("/renew"), 0, "{name}: {:?}", jar.visits);
        let profile = "/console/api/account/profile";
        jar.send(&h, "GET", profile, &[]).await.expect(200);
        let renewed = jar.send(&h, "POST", "/console/api/refresh-token", &[]);
        renewed.await.expect(200);
        // What somebody else set under our name is gone with the renewal.
        let theirs = jar.kept.iter().filter(|one| one.value == "theirs");
        assert_eq!(theirs.count(), 0, "{name}: {:?}", jar.kept);
        jar.walk(&[&h], "/account").await.expect(200);
    }
}

/// Which routes sign in and out, and that each clears what any configuration ever set.
#[actix_web::test]
async fn d1_every_sign_in_and_sign_out_clears_cookies_of_former_configurations() {
    let h = Harness::start().await;
    h.set_up().await;
    let leave = |jar: &mut Jar| {
        for name in [
            "access_token",
            "refresh_token",
            "csrf_token",
            "gatewright_known_browser",
        ] {
            jar.plant(name, "stale", DOMAIN);
        }
    };
    let stale = |jar: &Jar| {
        let left = jar.kept.iter().filter(|one| one.value == "stale");
        left.map(|one| one.name.clone()).collect::<Vec<_>>()
    };
    for way in [
        "/signin",
        "/console/api/login",
        "/renew",
        "/console/api/refresh-token",
    ] {
        let mut jar = signed_in(&h).await;
        leave(&mut jar);
        match way {
            "/signin" => sign_in(&mut jar, &h).await,
            "/renew" => {
                jar.send(&h, "GET", way, &[]).await.expect(303);
            }
            "/console/api/login" => log_in(&mut jar, &h).await,
            _ => {
                jar.send(&h, "POST", way, &[]).await.expect(200);
            }
        }
        assert_eq!(stale(&jar), [] as [&str; 0], "{way}");
        jar.walk(&[&h], "/account").await.expect(200);
    }
    for (way, status) in [("/signout", 303), ("/console/api/logout", 200)] {
        let mut jar = signed_in(&h).await;
        leave(&mut jar);
        jar.plant("gatewright_lookup_0123456789ab", "stale", DOMAIN);
        jar.send(&h, "POST", way, &[]).await.expect(status);
        let left: Vec<&str> = jar.kept.iter().map(|one| one.name.as_str()).collect();
        assert_eq!(left, ["gatewright_known_browser"], "{way}");
    }
    // There is nothing to sign out of, and the cookies go all the same.
    let mut jar = Jar::default();
    leave(&mut jar);
    jar.kept
        .retain(|one| one.name != "gatewright_known_browser");
    jar.send(&h, "POST", "/console/api/logout", &[])
        .await
        .expect(401);
    assert_eq!(stale(&jar), [] as [&str; 0]);
}

async fn log_in(jar: &mut Jar, h: &Harness) {
    // JSON, which the jar does not send.
    let cookies: Vec<String> = jar
        .kept
        .iter()
        .map(|k| format!("{}={}", k.name, k.value))
        .collect();
    let body = json!({"email": EMAIL, "password": STANDARD.encode(PASSWORD)});
    let request = h.request("POST", "/console/api/login").json(&body);
    let request = request.header("cookie", cookies.join("; "));
    let answer = Answer::read(request.send().await.unwrap())
        .await
        .expect(200);
    for set in answer.headers.get_all("set-cookie") {
        jar.keep(set.to_str().unwrap());
    }
}

#[actix_web::test]
async fn d1_sign_in_and_out_work_after_cookie_domain_was_set_or_removed() {
    let h = Harness::start().await;
    h.set_up().await;
    let mut jar = signed_in(&h).await;
    let with_domain = h
        .restarted_with(&[("COOKIE_DOMAIN", "gatewright.test")])
        .await;
    let without = h.restarted_with(&[]).await;
    for now in [&with_domain, &without] {
        // Who was signed in stays so, and one who signs in has one sign-in.
        jar.walk(&[now], "/account").await.expect(200);
        sign_in(&mut jar, now).await;
        let names: Vec<&String> = jar.kept.iter().map(|one| &one.name).collect();
        let distinct: std::collections::BTreeSet<_> = names.iter().collect();
        assert_eq!(names.len(), distinct.len(), "{:?}", jar.kept);
        jar.walk(&[now], "/account").await.expect(200);
    }
    jar.send(&without, "POST", "/signout", &[])
        .await
        .expect(303);
    let page = jar.walk(&[&without], "/account").await.expect(200);
    assert!(page.body.contains("id=\"password\""));
}

#[actix_web::test]
async fn d1_two_valid_session_cookies_are_refused_with_a_message_and_cleared() {
    let h = Harness::start().await;
    h.set_up().await;
    let other = h.add_account("other").await;
    let mut jar = signed_in(&h).await;
    jar.plant("access_token", &other.cookies["access_token"], DOMAIN);
    let answer = jar
        .send(&h, "GET", "/console/api/account/profile", &[])
        .await
        .expect(401);
    assert_eq!(answer.header("x-gatewright-reason"), "several_sessions");
    assert_eq!(jar.value("access_token"), None, "{:?}", jar.kept);

    let mut jar = signed_in(&h).await;
    jar.plant("access_token", &other.cookies["access_token"], DOMAIN);
    let page = jar.walk(&[&h], "/account").await.expect(401);
    assert!(
        page.body.contains("held two valid sign-ins"),
        "{}",
        page.body
    );
    assert!(!page.body.contains("other@example.com") && !page.body.contains(EMAIL));
    let page = jar.walk(&[&h], "/account").await.expect(200);
    assert!(
        page.body.contains("id=\"password\""),
        "the sign-in page, at last"
    );
    sign_in(&mut jar, &h).await;
    jar.walk(&[&h], "/account").await.expect(200);

    for (path, method, status) in [
        ("/renew", "GET", 401),
        ("/console/api/refresh-token", "POST", 401),
    ] {
        let mut jar = signed_in(&h).await;
        jar.plant("refresh_token", &other.cookies["refresh_token"], DOMAIN);
        jar.send(&h, method, path, &[]).await.expect(status);
        assert_eq!(jar.value("refresh_token"), None, "{path}: {:?}", jar.kept);
    }
    // Whoever signs out with two ends both.
    let mut jar = signed_in(&h).await;
    jar.plant("access_token", &other.cookies["access_token"], DOMAIN);
    jar.send(&h, "POST", "/signout", &[]).await.expect(303);
    let mut other = other;
    other
        .get(&h, "/console/api/account/profile")
        .await
        .expect(401);
}

#[actix_web::test]
async fn d1_session_renewal_redirects_once_and_then_shows_why() {
    let h = Harness::start().await;
    h.set_up().await;
    // The browser does not keep the access cookie.
    let mut jar = signed_in(&h).await;
    jar.kept.retain(|one| one.name != "access_token");
    let mut renewed = jar
        .send(&h, "GET", "/renew?next=account", &[])
        .await
        .expect(303);
    assert_eq!(renewed.header("location"), "/account");
    jar.kept.retain(|one| one.name != "access_token");
    let page = jar.walk(&[&h], "/account").await.expect(401);
    assert!(
        page.body.contains("did not send the sign-in cookie back"),
        "{}",
        page.body
    );
    assert_eq!(jar.count("/renew"), 0);
    assert_eq!(jar.value("refresh_token"), None, "a way out");
    // Another application owns the name.
    let mut jar = signed_in(&h).await;
    for _ in 0..2 {
        for kept in jar.kept.iter_mut().filter(|one| one.name == "access_token") {
            kept.value = "theirs".to_owned();
        }
        renewed = jar.send(&h, "GET", "/account", &[]).await;
        if renewed.status == 303 {
            assert_eq!(renewed.header("location"), "/renew?next=account");
            jar.send(&h, "GET", "/renew?next=account", &[])
                .await
                .expect(303);
        }
    }
    assert!(renewed.expect(401).body.contains("is not ours"));
    let page = jar.walk(&[&h], "/account").await.expect(200);
    assert!(page.body.contains("id=\"password\""));
}

#[actix_web::test]
async fn d1_session_renewal_with_clocks_apart_shows_a_message_and_does_not_loop() {
    let ahead = Harness::start().await;
    ahead.set_up().await;
    ahead.clock.advance(chrono::TimeDelta::minutes(10));
    let behind = Harness::on(Arc::clone(&ahead.db), ManualClock::new(), &[]).await;
    let mut jar = signed_in(&ahead).await;
    // Each page of one node leads to the other, as a balancer may.
    let page = jar.walk(&[&behind, &ahead], "/account").await.expect(401);
    assert!(page.body.contains("clocks"), "{}", page.body);
    assert!(
        page.body.contains("/renew?next=account"),
        "it can be tried again"
    );
    assert_eq!(jar.count("/renew"), 1, "{:?}", jar.visits);
    assert!(
        jar.value("refresh_token").is_some(),
        "and nothing is lost by waiting"
    );
    behind.clock.advance(chrono::TimeDelta::minutes(10));
    jar.walk(&[&behind], "/renew?next=account")
        .await
        .expect(200);
}

#[actix_web::test]
async fn d1_account_without_a_workspace_gets_a_message_and_no_redirect_loop() {
    let h = Harness::start().await;
    h.set_up().await;
    let mut jar = signed_in(&h).await;
    h.db.execute("DELETE FROM tenant_account_joins").await;
    let page = jar.walk(&[&h], "/account").await.expect(403);
    assert!(page.body.contains("do not belong to a workspace") && page.body.contains("/signout"));
    assert_eq!(jar.count("/renew"), 0);
}

#[actix_web::test]
async fn d2_cookie_with_a_byte_that_is_not_utf8_hides_no_other_on_any_route() {
    let h = Harness::start().await;
    h.set_up().await;
    let jar = signed_in(&h).await;
    let access = jar.value("access_token").unwrap();
    for odd in [
        &b"caf\xe9=1; "[..],
        b"theirs=caf\xe9; ",
        b"=; \xff; a=\"\xc3\x28\"; ",
    ] {
        let header = [odd, b"access_token=", access.as_bytes()].concat();
        let header = reqwest::header::HeaderValue::from_bytes(&header).unwrap();
        let request = h.request("GET", "/account").header("cookie", header);
        let answer = Answer::read(request.send().await.unwrap())
            .await
            .expect(200);
        assert!(answer.body.contains(EMAIL));
    }
}

#[actix_web::test]
async fn d8_page_opened_at_another_origin_names_the_public_one() {
    let public = "https://gatewright.test";
    let h = Harness::with(&[("CONSOLE_API_URL", public)]).await;
    h.set_up().await;
    let typed = [("email", EMAIL), ("password", PASSWORD)];
    for language in ["en", "zh-CN"] {
        let request = h.request("POST", "/signin").form(&typed);
        let request = request
            .header("origin", PUBLIC_URL)
            .header("accept-language", language);
        let answer = Answer::read(request.send().await.unwrap())
            .await
            .expect(403);
        assert_eq!(answer.header("x-gatewright-reason"), "foreign_origin");
        let link = format!("href=\"{public}/\"");
        assert!(
            answer.body.contains(&link) && answer.body.contains("http"),
            "{}",
            answer.body
        );
    }
}

/// The pages that show or change something of an account, and what their forms send.
const PAGES_OF_AN_ACCOUNT: [(&str, &str); 12] = [
    ("GET", "/account"),
    ("POST", "/account"),
    ("GET", "/account/profile"),
    ("POST", "/account/profile"),
    ("GET", "/account/password"),
    ("POST", "/account/password"),
    ("POST", "/account/provider"),
    ("GET", "/workspace"),
    ("POST", "/workspace"),
    ("POST", "/workspace/invite"),
    ("GET", "/workspace/audit"),
    ("GET", "/workspace/audit/export"),
];

#[actix_web::test]
async fn f_page_forms_of_an_uninitialised_account_are_refused() {
    let h = Harness::start().await;
    h.set_up().await;
    let mut jar = signed_in(&h).await;
    let grant = h.start_flow("laptop").await;
    jar.send(&h, "POST", "/device", &[("user_code", &grant.user_code)])
        .await
        .expect(303);
    arrange::set_status(&h.db, EMAIL, "uninitialized").await;
    let csrf = jar.value("csrf_token").unwrap().to_owned();
    let code = grant.user_code.clone();
    let fields = [
        ("csrf_token", csrf.as_str()),
        ("kind", "rename"),
        ("name", "Renamed"),
        ("verdict", "approve"),
        ("same_code", "yes"),
        ("user_code", code.as_str()),
        ("emails", "guest@example.com"),
        ("role", "normal"),
    ];
    let device = [("GET", "/device/confirm"), ("POST", "/device/confirm")];
    for (method, path) in PAGES_OF_AN_ACCOUNT.into_iter().chain(device) {
        let sent = if method == "POST" { &fields[..] } else { &[] };
        let answer = jar.send(&h, method, path, sent).await.expect(303);
        assert_eq!(
            answer.header("location"),
            "/account/init",
            "{method} {path}"
        );
    }
    assert_eq!(
        h.db.query("SELECT name FROM tenants WHERE name = 'Renamed'")
            .await,
        [] as [&str; 0]
    );
    assert_eq!(h.db.query("SELECT count(*) FROM accounts").await, ["1"]);
    assert_eq!(h.poll(&grant).await.oauth_error(), "authorization_pending");
    // The way on.
    let page = jar.send(&h, "GET", "/account/init", &[]).await.expect(200);
    assert!(page.body.contains("Complete your account"));
    let filled = [
        ("csrf_token", csrf.as_str()),
        ("interface_language", "en-US"),
        ("timezone", "nowhere"),
    ];
    jar.send(&h, "POST", "/account/init", &filled)
        .await
        .expect(400);
    let filled = [filled[0], filled[1], ("timezone", "Europe/Berlin")];
    let stale = [("csrf_token", "x"), filled[1], filled[2]];
    let refused = jar
        .send(&h, "POST", "/account/init", &stale)
        .await
        .expect(303);
    assert_eq!(refused.header("location"), "/account?said=stale");
    assert_eq!(
        h.db.query("SELECT status FROM accounts").await,
        ["uninitialized"]
    );
    jar.send(&h, "POST", "/account/init", &filled)
        .await
        .expect(303);
    jar.walk(&[&h], "/account/init").await.expect(200);
    assert_eq!(h.db.query("SELECT status FROM accounts").await, ["active"]);
}

#[actix_web::test]
async fn d5_receipt_that_a_sibling_of_the_host_set_counts_for_nothing_over_https() {
    let settings = [
        ("CONSOLE_API_URL", "https://api.gatewright.test"),
        ("COOKIE_DOMAIN", "gatewright.test"),
    ];
    let h = Harness::with(&settings).await;
    let mut owner = basic_account(&h).await;
    let grant = h.start_flow("laptop").await;
    let looked_up = Browser::new().look_up(&h, &grant).await.expect(200);
    let set = looked_up.set_cookie("gatewright_lookup_").unwrap();
    assert!(
        set.starts_with("__Host-") && !set.to_lowercase().contains("domain"),
        "{set}"
    );
    // The same receipt, as a sibling can set it: without the prefix that binds it to the host.
    let (name, value) = set.split(';').next().unwrap().split_once('=').unwrap();
    let planted = name.strip_prefix("__Host-").unwrap().to_owned();
    owner.cookies.insert(planted, value.to_owned());
    let origin = [("origin", "https://api.gatewright.test")];
    let body = json!({"user_code": grant.user_code});
    let approve = "/openapi/v1/oauth/device/approve";
    let refused = owner
        .send(&h, "POST", approve, Some(body), &origin)
        .await
        .expect(404);
    assert_eq!(refused.header("x-gatewright-reason"), "lookup_required");
}
