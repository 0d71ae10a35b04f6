//! What strangers can do to somebody: slow them down a little, and nothing else.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use futures_util::future::join_all;
use serde_json::json;

use crate::support::{Answer, Browser, EMAIL, Harness, PASSWORD, basic_account};

const NEW: &str = "N3w-password";
const A_QUARTER: u64 = 15 * 60;

async fn behind_a_proxy(extra: &[(&str, &str)]) -> Harness {
    let mut settings = vec![
        ("GATEWRIGHT_TRUSTED_PROXIES", "127.0.0.1"),
        ("ENABLE_EMAIL_CODE_LOGIN", "true"),
    ];
    settings.extend_from_slice(extra);
    Harness::with(&settings).await
}

fn address(n: u64) -> String {
    format!("198.51.{}.{}", 100 + n / 250, n % 250)
}

/// From another network each time.
async fn from(h: &Harness, n: u64, path: &str, body: serde_json::Value) -> Answer {
    let headers = [("x-forwarded-for", address(n))];
    let headers = headers
        .each_ref()
        .map(|(name, value)| (*name, value.as_str()));
    Browser::script()
        .send(h, "POST", path, Some(body), &headers)
        .await
}

async fn sign_in_from(h: &Harness, n: u64, password: &str) -> Answer {
    let body = json!({"email": EMAIL, "password": STANDARD.encode(password)});
    from(h, n, "/console/api/login", body).await
}

async fn ask_from(h: &Harness, n: u64) -> Answer {
    from(
        h,
        n,
        "/console/api/forgot-password",
        json!({"email": EMAIL}),
    )
    .await
}

async fn check_from(h: &Harness, n: u64, token: &str, code: &str) -> Answer {
    let body = json!({"email": EMAIL, "token": token, "code": code});
    from(h, n, "/console/api/forgot-password/validity", body).await
}

fn token(answer: Answer) -> String {
    let answer = answer.expect(200).json();
    let token = answer.get("token").unwrap_or(&answer["data"]);
    token.as_str().unwrap().to_owned()
}

fn wait(answer: Answer) -> u64 {
    let wait = answer.expect_rate_limited();
    wait.header("retry-after").parse().unwrap()
}

fn wrong(code: &str) -> String {
    let first = if code.starts_with('0') { '1' } else { '0' };
    format!("{first}{}", &code[1..])
}

/// Row b1, case 149: guesses from a thousand networks. (The number instead of a thousand is what tells more: a
/// refused guess costs nothing.)
#[actix_web::test]
async fn b1_sec_149_distributed_password_guessing_is_slowed_and_the_owner_can_sign_in() {
    let h = behind_a_proxy(&[]).await;
    let mut known = basic_account(&h).await;
    let (mut looked, mut networks) = (0, 0);
    let begun = h.now();
    while h.now() - begun < chrono::TimeDelta::hours(24) {
        networks += 1;
        let answer = sign_in_from(&h, networks, "wrong-Passw0rd").await;
        if answer.status == 401 {
            looked += 1;
            continue;
        }
        let seconds = wait(answer);
        assert!((1..=A_QUARTER).contains(&seconds), "{seconds}");
        h.clock.advance_seconds(i64::try_from(seconds).unwrap());
    }
    assert!((90..=111).contains(&looked), "{looked} guesses in a day");
    // In the midst of it, with the slot just taken:
    sign_in_from(&h, 1, "wrong-Passw0rd").await;
    let refused = sign_in_from(&h, 2, PASSWORD).await;
    let seconds = wait(refused);
    known.login(&h, EMAIL, PASSWORD).await.expect(200);
    let asked = from(
        &h,
        3,
        "/console/api/email-code-login",
        json!({"email": EMAIL}),
    )
    .await;
    let code = h.last_mail(EMAIL).await.code();
    let body = json!({"email": EMAIL, "token": token(asked), "code": STANDARD.encode(code)});
    let signed_in = from(&h, 3, "/console/api/email-code-login/validity", body).await;
    let signed_in = signed_in.expect(200);
    assert!(
        signed_in.set_cookie("gatewright_known_browser").is_some(),
        "who signed in by a code is known from then on"
    );
    // And a new browser has waited a quarter of an hour, not a day.
    h.clock.advance_seconds(i64::try_from(seconds).unwrap());
    sign_in_from(&h, 4, PASSWORD).await.expect(200);
}

/// b1: the instance of the row: 100 failures from 20 addresses.
#[actix_web::test]
async fn b1_failures_from_twenty_addresses_do_not_lock_out_a_new_browser() {
    let h = behind_a_proxy(&[]).await;
    h.set_up().await;
    for n in 0..100 {
        sign_in_from(&h, n % 20, "wrong-Passw0rd").await;
    }
    let seconds = wait(sign_in_from(&h, 40, PASSWORD).await);
    assert!(seconds <= A_QUARTER, "{seconds}");
    h.clock.advance_seconds(i64::try_from(seconds).unwrap());
    sign_in_from(&h, 40, PASSWORD).await.expect(200);
}

/// b1: thirty wrong codes, and more, close neither the reset nor the sign-in by a code.
#[actix_web::test]
async fn b1_mail_code_has_five_tries_whatever_others_tried() {
    let h = behind_a_proxy(&[("GATEWRIGHT_LIMIT_CODE_GUESS", "7/1d")]).await;
    h.set_up().await;
    let mut network = 0;
    for _ in 0..40 {
        network += 1;
        let asked = ask_from(&h, network).await;
        if asked.status == 429 {
            let seconds = wait(asked);
            assert!(seconds <= A_QUARTER, "{seconds}");
            h.clock.advance_seconds(i64::try_from(seconds).unwrap());
            continue;
        }
        let token = token(asked);
        let bad = wrong(&h.last_mail(EMAIL).await.code());
        for _ in 0..5 {
            let refused = check_from(&h, network, &token, &bad).await.expect(400);
            assert_eq!(refused.code(), "email_code_error");
        }
    }
    let mut asked = ask_from(&h, 900).await;
    if asked.status == 429 {
        let seconds = wait(asked);
        assert!(seconds <= A_QUARTER);
        h.clock.advance_seconds(i64::try_from(seconds).unwrap());
        asked = ask_from(&h, 900).await;
    }
    let mine = token(asked);
    let code = h.last_mail(EMAIL).await.code();
    for _ in 0..4 {
        check_from(&h, 900, &mine, &wrong(&code)).await.expect(400);
    }
    check_from(&h, 900, &mine, &code).await.expect(200);
}

/// b1: nobody takes away what another was sent.
#[actix_web::test]
async fn b1_mail_code_requested_elsewhere_keeps_the_earlier_one() {
    let h = behind_a_proxy(&[("GATEWRIGHT_LIMIT_MAIL_CODE", "100/1m")]).await;
    h.set_up().await;
    let mine = token(ask_from(&h, 1).await);
    let code = h.last_mail(EMAIL).await.code();
    for stranger in 2..8 {
        ask_from(&h, stranger).await.expect(200);
    }
    check_from(&h, 1, &mine, &code).await.expect(200);
}

/// b1: a browser that the account has used asks for codes past what strangers have spent.
#[actix_web::test]
async fn b1_known_browser_has_its_own_mail_code_budget() {
    let h = behind_a_proxy(&[]).await;
    let mut known = basic_account(&h).await;
    let mut stranger = 1;
    while ask_from(&h, stranger).await.status == 200 {
        stranger += 1;
    }
    let body = json!({"email": EMAIL});
    let asked = known.post(&h, "/console/api/forgot-password", body).await;
    let mine = token(asked);
    let code = h.last_mail(EMAIL).await.code();
    check_from(&h, 1, &mine, &code).await.expect(200);
    // Of its own account only.
    let body = json!({"email": "somebody@example.com"});
    let path = "/console/api/forgot-password";
    known.post(&h, path, body.clone()).await.expect(200);
    known.post(&h, path, body).await.expect(429);
}

/// b1: a reset lifts everything: failed sign-ins, wrong codes, mails.
#[actix_web::test]
async fn b1_password_reset_clears_every_throttle_of_the_account() {
    let h = behind_a_proxy(&[("GATEWRIGHT_LIMIT_MAIL_CODE", "100/1m")]).await;
    h.set_up().await;
    for n in 0..30 {
        sign_in_from(&h, n, "wrong-Passw0rd").await;
    }
    let mine = token(ask_from(&h, 100).await);
    let code = h.last_mail(EMAIL).await.code();
    for n in 101..130 {
        let asked = ask_from(&h, n).await;
        if asked.status == 200 {
            let token = token(asked);
            for _ in 0..5 {
                check_from(&h, n, &token, "x").await.expect(400);
            }
        }
    }
    ask_from(&h, 131).await.expect(429);
    let second = token(check_from(&h, 100, &mine, &code).await);
    let body = json!({"token": second, "new_password": NEW, "password_confirm": NEW});
    from(&h, 100, "/console/api/forgot-password/resets", body)
        .await
        .expect(200);
    sign_in_from(&h, 5, NEW).await.expect(200);
    sign_in_from(&h, 200, NEW).await.expect(200);
    ask_from(&h, 132).await.expect(200);
}

/// A right password is never charged, however many come at once; wrong ones cannot come all at once.
#[actix_web::test]
async fn sign_ins_in_parallel_with_the_right_password_succeed_and_wrong_ones_are_limited() {
    let h = behind_a_proxy(&[("GATEWRIGHT_LIMIT_LOGIN", "20/5m")]).await;
    h.set_up().await;
    for _ in 0..2 {
        let right = join_all((0..12).map(|_| sign_in_from(&h, 1, PASSWORD))).await;
        let statuses: Vec<u16> = right.iter().map(|answer| answer.status).collect();
        assert_eq!(statuses, [200; 12]);
    }
    let wrong = join_all((0..16).map(|_| sign_in_from(&h, 2, "wrong-Passw0rd"))).await;
    let looked = wrong.iter().filter(|answer| answer.status == 401).count();
    assert_eq!(
        looked, 6,
        "five free failures and the one that starts the delay"
    );
}

/// b2: what is no code is no guess, and closes the look-up for nobody.
#[actix_web::test]
async fn b2_malformed_lookups_are_not_charged_to_the_budget_of_all() {
    let h = behind_a_proxy(&[("GATEWRIGHT_LIMIT_DEVICE_LOOKUP_MISS", "10/5m")]).await;
    let grant = h.start_flow("x").await;
    let look_up = async |n: u64, code: &str| {
        let path = format!("/openapi/v1/oauth/device/lookup?user_code={code}");
        let headers = [("x-forwarded-for", address(n))];
        let headers = headers
            .each_ref()
            .map(|(name, value)| (*name, value.as_str()));
        Browser::script()
            .send(&h, "GET", &path, None, &headers)
            .await
    };
    for n in 0..20 {
        for code in ["x", "AAAA-BBBB-CCCC", "%F0%9F%92%A9", ""] {
            let answer = look_up(n, code).await;
            assert!(matches!(answer.status, 200 | 400), "{answer:?}");
        }
    }
    let found = look_up(30, &grant.user_code).await.expect(200);
    assert_eq!(found.json()["valid"], true);
    for n in 40..50 {
        look_up(n, "AAAABBBB").await.expect(200);
    }
    look_up(60, &grant.user_code).await.expect_rate_limited();
}

/// b3: tokens of the old length, and tokens with a checksum that anybody can compute: invented ones are
/// charged to their address, and leave nothing in Redis but what the limits of it allow.
#[actix_web::test]
async fn b3_invented_bearer_is_charged_to_its_sender_and_stores_nothing() {
    let h = behind_a_proxy(&[("GATEWRIGHT_LIMIT_BAD_BEARER", "20/1m")]).await;
    let mut owner = basic_account(&h).await;
    let live = h.token(&mut owner, "laptop").await;
    let ask = async |n: u64, token: &str| {
        let request = h.request("GET", "/openapi/v1/account");
        let request = request
            .header("Authorization", format!("Bearer {token}"))
            .header("x-forwarded-for", address(n));
        Answer::read(request.send().await.unwrap()).await
    };
    let invented = |n: usize| format!("dfoa_{n:0>43}");
    let mut dead = 0;
    for n in 0..20 {
        dead += u32::from(ask(1, &invented(n)).await.status == 401);
    }
    assert_eq!(dead, 20);
    ask(1, &invented(20)).await.expect_rate_limited();
    let before = h.redis_dump().await;
    let told: Vec<&String> = before.iter().map(|(key, ..)| key).collect();
    assert!(
        !told
            .iter()
            .any(|key| key.contains(":bearer:") && !key.contains(":rl:")),
        "that there is no such token is nothing for Redis: {told:?}"
    );
    for n in 100..400 {
        ask(1, &invented(n)).await.expect(429);
    }
    let after = h.redis_dump().await.len();
    assert!(after <= before.len(), "three hundred inventions");
    // Somebody else is not meant, nor a live token that was used next door.
    ask(2, &live).await.expect(200);
    ask(1, &live).await.expect(200);
    ask(2, &invented(1)).await.expect(401);
}

/// b3: the same at revocation.
#[actix_web::test]
async fn b3_revocation_of_an_invented_bearer_is_charged_to_its_sender() {
    let h = behind_a_proxy(&[("GATEWRIGHT_LIMIT_BAD_BEARER", "5/1m")]).await;
    let mut owner = basic_account(&h).await;
    let live = h.token(&mut owner, "laptop").await;
    let revoke = async |n: u64, token: &str| {
        from(&h, n, "/openapi/v1/oauth/revoke", json!({"token": token})).await
    };
    for n in 0..5 {
        revoke(1, &format!("dfoa_{n:0>43}")).await.expect(200);
    }
    revoke(1, &format!("dfoa_{:0>43}", 5)).await.expect(429);
    let keys = h.redis_dump().await.len();
    for n in 6..60 {
        revoke(1, &format!("dfoa_{n:0>43}")).await.expect(429);
    }
    assert!(h.redis_dump().await.len() <= keys);
    revoke(2, &live).await.expect(200);
    let answer = h.with_bearer("GET", "/openapi/v1/account", &live).await;
    answer.expect(401);
}

/// b5: over all senders and kinds; what tells somebody of their own account is not silenced by it.
#[actix_web::test]
async fn b5_mailbox_has_one_budget_over_all_senders_and_kinds() {
    const VICTIM: &str = "victim@example.com";
    let h = behind_a_proxy(&[
        ("GATEWRIGHT_LIMIT_MAIL_CODE", "0"),
        ("GATEWRIGHT_LIMIT_MAIL_LOGIN_CODE", "0"),
        ("GATEWRIGHT_LIMIT_INVITE", "0"),
        ("ALLOW_REGISTER", "true"),
        ("ALLOW_CREATE_WORKSPACE", "true"),
    ])
    .await;
    let mut senders = [basic_account(&h).await, h.add_account("second").await];
    let mut victim = h.add_account("victim").await;
    let mut kinds = vec![];
    let mut left = 0;
    for n in 0..30 {
        let sender = &mut senders[n % 2];
        let invitation = json!({"emails": [VICTIM, "other@example.com"], "role": "normal"});
        let answer = match n % 5 {
            0 | 1 => {
                let path = "/console/api/workspaces/current/members/invite-email";
                let answer = sender.post(&h, path, invitation).await.expect(201);
                let results = answer.json()["invitation_results"].clone();
                let of_victim = results
                    .as_array()
                    .unwrap()
                    .iter()
                    .find(|result| result["email"] == VICTIM)
                    .cloned();
                kinds.push(of_victim.unwrap()["status"] == "success");
                continue;
            }
            2 => {
                from(
                    &h,
                    n as u64,
                    "/console/api/forgot-password",
                    json!({"email": VICTIM}),
                )
                .await
            }
            3 => {
                from(
                    &h,
                    n as u64,
                    "/console/api/email-code-login",
                    json!({"email": VICTIM}),
                )
                .await
            }
            _ => {
                let path = "/console/api/email-register/send-email";
                from(&h, n as u64, path, json!({"email": VICTIM})).await
            }
        };
        assert!(matches!(answer.status, 200 | 429), "{answer:?}");
        left += u32::from(answer.status == 200);
        kinds.push(answer.status == 200);
    }
    assert!(left > 0 && !kinds[20..].contains(&true), "{kinds:?}");
    let mails = h.mails().await;
    let to_victim = mails.iter().filter(|mail| mail.to == VICTIM).count();
    assert!((6..=11).contains(&to_victim), "{to_victim} mails");
    // Over the other surface too.
    let token = h.token(&mut senders[0], "x").await;
    let workspaces = h.with_bearer("GET", "/openapi/v1/workspaces", &token).await;
    let id = workspaces.json()["workspaces"][0]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let body = json!({"email": VICTIM, "role": "normal"});
    let invited = h
        .request("POST", &format!("/openapi/v1/workspaces/{id}/members"))
        .header("Authorization", format!("Bearer {token}"))
        .json(&body);
    let invited = Answer::read(invited.send().await.unwrap()).await;
    invited.expect_rate_limited();
    // Whoever lets a device in hears of it.
    h.token(&mut victim, "laptop").await;
    let last = h.last_mail(VICTIM).await;
    assert!(last.subject.contains("device"), "{last:?}");
    // The wait is a quarter of an hour at most, for all together.
    h.clock.advance(chrono::TimeDelta::minutes(15));
    let ask = async |n: u64| {
        from(
            &h,
            n,
            "/console/api/forgot-password",
            json!({"email": VICTIM}),
        )
        .await
    };
    ask(200).await.expect(200);
    let seconds = wait(ask(201).await);
    assert!(seconds <= A_QUARTER);
}

/// b5: the instance: a workspace whose name is a link of 255 characters.
#[actix_web::test]
async fn b5_workspace_name_in_an_invitation_mail_is_no_link() {
    let h = Harness::start().await;
    let mut owner = basic_account(&h).await;
    let link = format!("Click https://evil.example/{}", "y".repeat(100));
    let name: String = link.chars().take(100).collect();
    let sql = format!("UPDATE tenants SET name = '{name}'");
    h.db.execute(&sql).await;
    let body = json!({"emails": ["guest@example.com"], "role": "normal"});
    let path = "/console/api/workspaces/current/members/invite-email";
    owner.post(&h, path, body).await.expect(201);
    let mail = h.last_mail("guest@example.com").await;
    assert!(!mail.subject.contains("evil"), "{}", mail.subject);
    for text in [&mail.text, &mail.html] {
        assert!(text.contains("evil[.]example"), "{text}");
        assert!(!text.contains("//evil.example") && !text.contains(&"y".repeat(60)));
    }
}

/// b7: a useless link costs no hash.
#[actix_web::test]
async fn b7_invalid_invitation_costs_no_password_hash() {
    let h = Harness::with(&[("GATEWRIGHT_LIMIT_ACTIVATE", "0")]).await;
    h.set_up().await;
    let fastest = async |password: Option<&str>| {
        let mut best = std::time::Duration::MAX;
        for _ in 0..8 {
            let mut body = json!({"token": "nonsense", "email": EMAIL, "workspace_id": null,
                "name": "X", "interface_language": "en-US", "timezone": "UTC"});
            if let Some(password) = password {
                body["password"] = json!(password);
            }
            let begun = std::time::Instant::now();
            let answer = h.post("/console/api/activate", &body).await;
            assert_eq!(answer.expect(403).code(), "already_activate");
            best = best.min(begun.elapsed());
        }
        best
    };
    let (with, without) = (fastest(Some("Passw0rd1")).await, fastest(None).await);
    let mut hash = std::time::Duration::MAX;
    for _ in 0..3 {
        let begun = std::time::Instant::now();
        Browser::new()
            .login(&h, "nobody@example.com", "wrong-Passw0rd")
            .await
            .expect(401);
        hash = hash.min(begun.elapsed());
    }
    assert!(
        with < without + hash / 2,
        "{with:?} with a password, {without:?} without; a hash takes {hash:?}"
    );
}

/// Whoever guesses with a stolen session spends that session's guesses; a right password costs none.
#[actix_web::test]
async fn password_change_guesses_are_limited_per_session() {
    let h = Harness::with(&[("GATEWRIGHT_LIMIT_PASSWORD_CHANGE", "3/1h")]).await;
    let mut owner = basic_account(&h).await;
    let mut stolen = Browser::signed_in(&h, EMAIL, PASSWORD).await;
    let change = |old: &str, new: &str| json!({"password": old, "new_password": new, "repeat_new_password": new});
    let path = "/console/api/account/password";
    for _ in 0..3 {
        stolen
            .post(&h, path, change("wrong-Passw0rd", NEW))
            .await
            .expect(400);
    }
    stolen
        .post(&h, path, change(PASSWORD, NEW))
        .await
        .expect(429);
    for (old, new) in [
        (PASSWORD, NEW),
        (NEW, PASSWORD),
        (PASSWORD, NEW),
        (NEW, PASSWORD),
    ] {
        owner.post(&h, path, change(old, new)).await.expect(200);
    }
}
