//! The pages, as a browser without JavaScript uses them: forms and links, nothing else.

use crate::support::{
    Answer, EMAIL, Harness, PASSWORD, PUBLIC_URL, arrange, basic_account, plain::Plain,
};

#[actix_web::test]
async fn pages_install_sign_in_and_out_without_javascript() {
    let h = Harness::with(&[("INIT_PASSWORD", "for-the-installer")]).await;
    let mut browser = Plain::new(&h);
    let mut page = browser.get("/").await;
    // From the address alone to the account, to sign-in, to the set-up.
    for _ in 0..3 {
        page = browser.follow(page).await;
    }
    let page = page.expect(200);
    let typed = [("email", EMAIL), ("name", "Owner"), ("password", PASSWORD)];
    let refused = browser
        .submit(&page, &[&typed[..], &[("init_password", "guess")]].concat())
        .await;
    assert!(
        refused.status == 400 && refused.body.contains("role=\"alert\""),
        "{refused:?}"
    );
    assert!(refused.body.contains(EMAIL), "what was typed is kept");
    assert!(!refused.body.contains(PASSWORD), "but no password");
    let made = browser
        .submit(
            &refused,
            &[&typed[..], &[("init_password", "for-the-installer")]].concat(),
        )
        .await;
    let page = browser.follow(made).await.expect(200);
    assert!(page.body.contains("role=\"status\""));
    let wrong = browser
        .submit(&page, &[("email", EMAIL), ("password", "wr0ng-password")])
        .await
        .expect(401);
    assert!(wrong.body.contains("Invalid email or password."));
    let done = browser
        .submit(&wrong, &[("password", PASSWORD)])
        .await
        .expect(303);
    let account = browser.follow(done).await.expect(200);
    assert!(
        account.body.contains("Owner&#39;s Workspace (owner)"),
        "{}",
        account.body
    );
    let out = browser.press(&account, "/signout", 0).await.expect(303);
    assert_eq!(out.header("location"), "/signin?done=signedout");
    let account = browser.get("/account").await.expect(303);
    assert_eq!(account.header("location"), "/signin?next=account");
    assert_eq!(browser.get("/install").await.header("location"), "/signin");
}

#[actix_web::test]
async fn pages_reset_a_forgotten_password_by_forms_alone() {
    let h = Harness::start().await;
    h.set_up().await;
    let mut browser = Plain::new(&h);
    browser.language = "zh-CN,zh;q=0.9,en;q=0.8";
    let page = browser.get("/forgot-password").await.expect(200);
    assert!(page.body.contains("lang=\"zh-Hans\"") && page.body.contains("忘记密码"));
    let wrong = browser.submit(&page, &[("email", "no")]).await.expect(400);
    assert!(wrong.body.contains("邮箱地址不正确"), "{}", wrong.body);
    let page = browser.submit(&page, &[("email", EMAIL)]).await.expect(200);
    let mail = h.last_mail(EMAIL).await;
    assert!(
        mail.subject.contains("密码"),
        "in the page's language: {mail:?}"
    );
    let wrong = browser
        .submit(&page, &[("code", "12345")])
        .await
        .expect(400);
    let page = browser
        .submit(&wrong, &[("code", &mail.code())])
        .await
        .expect(200);
    let typed = [("password", "N3w-password"), ("repeated", "another-1")];
    let page = browser.submit(&page, &typed).await.expect(400);
    let done = browser
        .submit(
            &page,
            &[("password", "N3w-password"), ("repeated", "N3w-password")],
        )
        .await
        .expect(303);
    assert_eq!(done.header("location"), "/signin?done=reset");
    assert_eq!(
        browser.get("/reset-password").await.header("location"),
        "/forgot-password"
    );
    crate::support::Browser::new()
        .login(&h, EMAIL, "N3w-password")
        .await
        .expect(200);
}

#[actix_web::test]
async fn pages_accept_an_invitation_by_its_link() {
    let h = Harness::start().await;
    let mut owner = basic_account(&h).await;
    let body = serde_json::json!({"emails": ["guest@example.com"], "role": "normal"});
    owner
        .post(
            &h,
            "/console/api/workspaces/current/members/invite-email",
            body,
        )
        .await
        .expect(201);
    let link = h.last_mail("guest@example.com").await.link();
    let path = link.strip_prefix(PUBLIC_URL).unwrap().to_owned();
    let mut guest = Plain::new(&h);
    for _ in 0..2 {
        let page = guest.get(&path).await.expect(200);
        assert!(
            page.body.contains("Owner&#39;s Workspace"),
            "looking changes nothing"
        );
    }
    let page = guest.get(&path).await;
    let weak = guest
        .submit(&page, &[("name", "Guest"), ("password", "weak")])
        .await
        .expect(400);
    let done = guest
        .submit(&weak, &[("name", "Guest"), ("password", "Gu3st-password")])
        .await
        .expect(303);
    let page = guest.follow(done).await.expect(200);
    let done = guest
        .submit(
            &page,
            &[
                ("email", "guest@example.com"),
                ("password", "Gu3st-password"),
            ],
        )
        .await;
    assert!(
        guest
            .follow(done)
            .await
            .expect(200)
            .body
            .contains("guest@example.com")
    );
    assert!(guest.get(&path).await.expect(404).body.contains("expired"));
}

fn check_headers(page: &Answer) {
    let policy = page.header("content-security-policy");
    for part in [
        "default-src 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
    ] {
        assert!(policy.contains(part), "{page:?}");
    }
    assert!(!policy.contains("unsafe") && !policy.contains("script-src"));
    for (name, value) in [
        ("x-content-type-options", "nosniff"),
        // `no-referrer` would make browsers keep back where a form comes from.
        ("referrer-policy", "same-origin"),
        ("cache-control", "no-store"),
        ("x-frame-options", "DENY"),
    ] {
        assert_eq!(page.header(name), value, "{page:?}");
    }
    for nothing in ["<script", "style=", "onclick", "src=\"http", "href=\"http"] {
        assert!(!page.body.contains(nothing), "{nothing}: {}", page.body);
    }
    // The list on the reference page has a line for each operation.
    let is_list = page.body.contains("href=\"/reference/");
    let limit = if is_list { 40_000 } else { 30_000 };
    assert!(page.body.len() < limit, "{} bytes", page.body.len());
    assert!(page.body.contains("<html lang=\"en-US\">") && page.body.contains("<h1>"));
}

#[actix_web::test]
async fn pages_have_strict_headers_a_size_limit_and_no_scripts() {
    let h = Harness::start().await;
    let mut browser = Plain::new(&h);
    let install = browser.get("/install").await.expect(200);
    h.set_up().await;
    let mut pages = vec![install];
    for path in [
        "/signin",
        "/signin?done=reset",
        "/signin?error=x",
        "/forgot-password",
        "/activate?token=x",
        "/activate",
        "/device",
        "/device?user_code=BBBB-BBBB&sso_error=access_denied",
    ] {
        pages.push(browser.get(path).await);
    }
    let typed = [("email", EMAIL), ("password", PASSWORD)];
    let page = browser.get("/signin").await;
    browser.submit(&page, &typed).await.expect(303);
    for path in [
        "/account",
        "/account?said=stale",
        "/account/profile",
        "/account/password",
        "/workspace",
        "/workspace/audit",
        "/workspace/audit?from=yesterday",
        "/reference",
        "/reference/device_code",
        "/reference/nothing",
        "/device/confirm",
    ] {
        let mut page = browser.get(path).await;
        if page.status == 302 {
            page = browser.follow(page).await;
        }
        pages.push(page);
    }
    for page in pages {
        check_headers(&page);
    }
    let css = h.get("/pages.css").await.expect(200);
    assert_eq!(css.header("content-type"), "text/css; charset=utf-8");
    assert_eq!(css.header("cache-control"), "public, max-age=3600");
}

#[actix_web::test]
async fn pages_escape_input_and_refuse_cross_origin_posts() {
    let h = Harness::start().await;
    h.set_up().await;
    let mut browser = Plain::new(&h);
    let evil = "\"><script>alert(1)</script>\u{202e}x@y.zz";
    let page = browser.get("/signin").await;
    let shown = browser
        .submit(&page, &[("email", evil), ("password", "x")])
        .await
        .expect(400);
    assert!(
        !shown.body.contains("<script") && shown.body.contains("&#60;script"),
        "{}",
        shown.body
    );
    // Text of a link is never shown.
    let page = browser
        .get("/signin?done=%3Cb%3EYou+won&error=%3Cb%3Ebad")
        .await
        .expect(400);
    assert!(!page.body.contains("You won") && !page.body.contains("<b>"));
    let name = format!("{}\u{202e}<b>", "n".repeat(240));
    h.db.execute(&format!("UPDATE accounts SET name = '{name}'"))
        .await;
    h.db.execute("UPDATE tenants SET name = '<img src=x onerror=alert(1)>'")
        .await;
    let page = browser.get("/signin").await;
    let done = browser
        .submit(&page, &[("email", EMAIL), ("password", PASSWORD)])
        .await
        .expect(303);
    let account = browser.follow(done).await.expect(200);
    assert!(
        !account.body.contains("<img") && !account.body.contains("<b>"),
        "{}",
        account.body
    );
    for path in [
        "/signin",
        "/install",
        "/forgot-password",
        "/activate",
        "/signout",
    ] {
        for header in [
            ("sec-fetch-site", "cross-site"),
            ("origin", "https://evil.example"),
        ] {
            let request = h.request("POST", path).header(header.0, header.1);
            let request = request.form(&[("email", EMAIL), ("password", PASSWORD)]);
            let answer = Answer::read(request.send().await.unwrap()).await;
            assert_eq!(answer.status, 403, "{path} {header:?}: {answer:?}");
            assert_eq!(answer.header("x-gatewright-reason"), "foreign_origin");
            assert!(answer.set_cookie("access_token").is_none());
        }
    }
}

#[actix_web::test]
async fn pages_redirect_to_the_web_console_where_one_is_configured() {
    let h = Harness::with(&[("CONSOLE_WEB_URL", "http://console.test")]).await;
    h.set_up().await;
    for path in [
        "/signin",
        "/install",
        "/forgot-password",
        "/activate",
        "/account",
        "/workspace",
        "/signup",
        "/renew",
        "/device",
    ] {
        h.get(path).await.expect(404);
    }
}

#[actix_web::test]
async fn page_shows_an_outage_of_a_store() {
    let h = Harness::start().await;
    h.set_up().await;
    let broken = h
        .restarted_with(&[("REDIS_URL", "redis://127.0.0.1:1/")])
        .await;
    let mut browser = Plain::new(&broken);
    let page = browser.get("/signin").await.expect(200);
    let answer = browser
        .submit(&page, &[("email", EMAIL), ("password", PASSWORD)])
        .await
        .expect(503);
    assert!(
        answer.body.contains("<h1>") && answer.header("retry-after") == "1",
        "{answer:?}"
    );
}

/// Whatever a name says, it is text, and what it does to the direction of writing ends with it.
#[actix_web::test]
async fn pages_escape_names_and_isolate_bidi_text() {
    let h = Harness::start().await;
    let mut owner = basic_account(&h).await;
    let tail = "n".repeat(80);
    let evil = format!("\"'><img src=x onerror=alert(1)>&amp;\u{202e}{tail}");
    let long = format!("{evil}{}", "w".repeat(255 - evil.chars().count()));
    // A label may turn nothing around in the first place.
    let label = evil.replace('\u{202e}', "");
    h.token(&mut owner, &label).await;
    h.add_account("second").await;
    let quoted = long.replace('\'', "''");
    for change in [
        format!("UPDATE accounts SET name = '{quoted}'"),
        format!("UPDATE tenants SET name = '{quoted}'"),
        format!(
            "UPDATE gatewright_console_sessions SET user_agent = '{quoted}', ip = left('{quoted}', 60)"
        ),
        format!("UPDATE gatewright_device_redemptions SET ip = '{quoted}'"),
        format!(
            "UPDATE oauth_access_tokens SET client_id = left('{quoted}', 60), device_label = '{quoted}'"
        ),
    ] {
        h.db.execute(&change).await;
    }
    for (joins, owner) in [(EMAIL, "second@example.com"), ("second@example.com", EMAIL)] {
        let joins = arrange::member(joins, "editor");
        joins.join_workspace_of(&h.db, owner).await;
    }
    let mut browser = Plain::new(&h);
    let page = browser.get("/signin").await;
    let typed = [("email", EMAIL), ("password", PASSWORD)];
    browser.submit(&page, &typed).await.expect(303);
    let grant = h.start_flow(&label).await;
    let page = browser
        .get(&format!("/device?user_code={}", grant.user_code))
        .await;
    let found = browser.submit(&page, &[]).await.expect(303);
    let mut pages = vec![("consent", browser.follow(found).await.expect(200))];
    for path in [
        "/account",
        "/account/profile",
        "/workspace",
        "/workspace/audit",
    ] {
        pages.push((path, browser.get(path).await.expect(200)));
    }
    for (name, page) in pages {
        assert!(
            page.body.contains("onerror=alert"),
            "{name} shows none of it"
        );
        assert!(!page.body.contains("<img"), "{name}: {}", page.body);
        for (at, _) in page.body.match_indices('\u{202e}') {
            // Text of an element of its own, or the value of an attribute.
            let before = &page.body[..at];
            let opened = before.rfind('<').unwrap();
            let is_attribute = before.rfind('>').is_none_or(|closed| closed < opened);
            let element = before[opened..].split([' ', '>']).next().unwrap();
            assert!(
                is_attribute || ["<bdi", "<p", "<h3", "<option"].contains(&element),
                "{name}: {element} {}",
                &before[at.saturating_sub(200)..]
            );
        }
    }
}

#[actix_web::test]
async fn pages_are_in_chinese_for_accept_language_zh() {
    let h = Harness::start().await;
    h.set_up().await;
    let mut browser = Plain::new(&h);
    browser.language = "zh-CN,zh;q=0.9";
    let page = browser.get("/signin").await.expect(200);
    let typed = [("email", EMAIL), ("password", PASSWORD)];
    browser.submit(&page, &typed).await.expect(303);
    for (path, word) in [
        ("/account", "已连接的设备"),
        ("/account/profile", "个人资料"),
        ("/account/password", "修改密码"),
        ("/workspace", "所有者"),
        ("/workspace/audit", "审计日志"),
        ("/device", "连接设备"),
        ("/reference", "API 参考"),
    ] {
        let page = browser.get(path).await.expect(200);
        assert!(page.body.contains("lang=\"zh-Hans\""), "{path}");
        assert!(page.body.contains(word), "{path}: {}", page.body);
    }
}
