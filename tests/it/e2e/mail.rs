//! Mails through a real SMTP server: each flow by reading the mail and following it; and workers that
//! are killed and stopped in the middle.

use std::{collections::BTreeMap, process::Child};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use gatewright_test_db::TestDb;
use serde_json::json;

use super::{
    process::{command, run, signal, wait_until},
    remote::Catcher,
};
use crate::support::{
    Browser, EMAIL, Harness, PUBLIC_URL, SECRET_KEY,
    apps::Installed,
    asking::{self, MAIL},
    basic_account,
    mail::OutgoingMail,
    plain::Plain,
};

const FROM: &str = "Gatewright <no-reply@gatewright.test>";

fn smtp(port: &str) -> Vec<(&str, &str)> {
    vec![
        ("MAIL_TYPE", "smtp"),
        ("MAIL_DEFAULT_SEND_FROM", FROM),
        ("SMTP_SERVER", "localhost"),
        ("SMTP_PORT", port),
    ]
}

/// The last mail that came in, which must be to `to`.
async fn last(h: &Harness, catcher: &mut Catcher, to: &str) -> OutgoingMail {
    h.work().await;
    let mails = catcher.mails().await;
    let mail = OutgoingMail::parse(mails.last().expect("a mail came in"));
    assert_eq!(mail.to, to, "{mail:?}");
    mail
}

#[actix_web::test]
async fn reset_invitation_login_code_and_transfer_over_smtp_with_starttls() {
    let mut catcher = Catcher::start().await;
    let (port, ca) = (catcher.starttls.to_string(), catcher.ca_file.clone());
    let mut settings = smtp(&port);
    settings.extend([
        ("SMTP_USE_TLS", "true"),
        ("SMTP_OPPORTUNISTIC_TLS", "true"),
        ("SMTP_USERNAME", "gatewright"),
        ("SMTP_PASSWORD", "s3cret-mail"),
        ("GATEWRIGHT_SMTP_CA_FILE", &ca),
        ("ENABLE_EMAIL_CODE_LOGIN", "true"),
    ]);
    let h = Harness::with(&settings).await;
    let mut owner = basic_account(&h).await;

    let sent = h
        .post("/console/api/forgot-password", &json!({"email": EMAIL}))
        .await
        .expect(200);
    let code = last(&h, &mut catcher, EMAIL).await.code();
    let body = json!({"email": EMAIL, "token": sent.json()["data"], "code": code});
    let next = h
        .post("/console/api/forgot-password/validity", &body)
        .await
        .expect(200);
    let body = json!({"token": next.json()["token"], "new_password": "N3w-password", "password_confirm": "N3w-password"});
    h.post("/console/api/forgot-password/resets", &body)
        .await
        .expect(200);
    // Two mails that wait at once are sent by two of the runner's tasks, in no promised order.
    let changed = last(&h, &mut catcher, EMAIL).await;
    assert!(changed.subject.contains("password"), "{changed:?}");
    owner.login(&h, EMAIL, "N3w-password").await.expect(200);

    let members = "/console/api/workspaces/current/members";
    let body = json!({"emails": ["heir@example.com"], "role": "admin", "language": "zh-Hans"});
    owner
        .post(&h, &format!("{members}/invite-email"), body)
        .await
        .expect(201);
    let mail = last(&h, &mut catcher, "heir@example.com").await;
    assert!(mail.subject.contains("工作空间"), "{mail:?}");
    let body = json!({"token": mail.parameter("token"), "name": "Heir", "interface_language": "zh-Hans",
        "timezone": "Asia/Shanghai", "password": "He1r-password"});
    h.post("/console/api/activate", &body).await.expect(200);

    let mut heir = Browser::new();
    let body = json!({"email": "heir@example.com", "language": "zh-Hans"});
    let sent = h
        .post("/console/api/email-code-login", &body)
        .await
        .expect(200);
    let code = last(&h, &mut catcher, "heir@example.com").await.code();
    let body = json!({"email": "heir@example.com", "token": sent.json()["data"], "code": STANDARD.encode(code)});
    heir.post(&h, "/console/api/email-code-login/validity", body)
        .await
        .expect(200);

    let send = format!("{members}/send-owner-transfer-confirm-email");
    let sent = owner.post(&h, &send, json!({})).await.expect(200);
    let code = last(&h, &mut catcher, EMAIL).await.code();
    let body = json!({"token": sent.json()["data"], "code": code});
    let next = owner
        .post(&h, &format!("{members}/owner-transfer-check"), body)
        .await
        .expect(200);
    let profile = heir.get(&h, "/console/api/account/profile").await.json();
    let path = format!(
        "{members}/{}/owner-transfer",
        profile["id"].as_str().unwrap()
    );
    owner
        .post(&h, &path, json!({"token": next.json()["token"]}))
        .await
        .expect(200);
    let space = heir
        .post(&h, "/console/api/workspaces/current", json!({}))
        .await
        .json();
    assert_eq!(space["role"], "owner");
    h.work().await;
    assert_eq!(
        catcher.count().await,
        7,
        "four codes and links, a changed password, and both owners were told"
    );
}

#[actix_web::test]
async fn form_of_a_run_is_mailed_over_smtp_and_answered_by_the_link_of_its_mail() {
    let mut catcher = Catcher::start().await;
    let port = catcher.plain.to_string();
    let world = Installed::of(&asking::file(MAIL), &smtp(&port)).await;
    let body = json!({"inputs": {"who": "Bob"}});
    world.run(&body).await.expect(200);
    world.h.work().await;
    let mails = catcher.mails().await;
    let mails = mails.iter().map(|mail| OutgoingMail::parse(mail));
    let by_addressee: BTreeMap<String, OutgoingMail> =
        mails.map(|mail| (mail.to.clone(), mail)).collect();
    let to: Vec<&str> = by_addressee.keys().map(String::as_str).collect();
    assert_eq!(to, ["boss@elsewhere.example", EMAIL]);
    let links = by_addressee.values().map(OutgoingMail::link);
    assert_ne!(
        links.clone().next(),
        links.clone().next_back(),
        "each their own"
    );
    let mail = &by_addressee["boss@elsewhere.example"];
    assert_eq!(mail.subject, "Please answer");
    assert!(mail.text.contains("Dear Bob"), "{mail:?}");
    assert!(mail.html.contains("<strong>answer</strong>"), "{mail:?}");
    let link = mail.link();
    // Somebody who has no account, and follows the link.
    let mut boss = Plain::new(&world.h);
    let path = link.strip_prefix(PUBLIC_URL).unwrap();
    boss.get(path).await.expect(200);
    let filled = [("field_comment", "by mail"), ("action", "no")];
    boss.post(path, &filled).await.expect(200);
    let end = "succeeded {\"result\":\"by mail\",\"action\":\"no\"} ";
    assert_eq!(world.ends().await, end);
}

#[actix_web::test]
async fn mail_server_with_an_unknown_certificate_is_refused_and_the_mail_waits() {
    let mut catcher = Catcher::start().await;
    let port = catcher.tls.to_string();
    let mut settings = smtp(&port);
    settings.push(("SMTP_USE_TLS", "true"));
    let h = Harness::with(&settings).await;
    h.set_up().await;
    h.post("/console/api/forgot-password", &json!({"email": EMAIL}))
        .await
        .expect(200);
    h.work().await;
    assert_eq!(catcher.count().await, 0);
    let error =
        h.db.query("SELECT last_error FROM gatewright_jobs")
            .await
            .remove(0);
    assert!(error.to_lowercase().contains("certificate"), "{error}");
    // The same database with the authority in its settings: the mail that waited goes out.
    let ca = catcher.ca_file.clone();
    settings.push(("GATEWRIGHT_SMTP_CA_FILE", &ca));
    let mended = h.restarted_with(&settings).await;
    mended.clock.advance(chrono::TimeDelta::seconds(30));
    mended.work().await;
    assert_eq!(catcher.count().await, 1);
}

#[actix_web::test]
async fn mail_to_an_unknown_mailbox_is_a_permanent_failure() {
    let mut catcher = Catcher::start().await;
    let port = catcher.plain.to_string();
    let h = Harness::with(&smtp(&port)).await;
    let mut owner = basic_account(&h).await;
    let body = json!({"emails": ["nobody-here@example.com"], "role": "normal"});
    owner
        .post(
            &h,
            "/console/api/workspaces/current/members/invite-email",
            body,
        )
        .await
        .expect(201);
    h.work().await;
    assert_eq!(catcher.count().await, 0);
    let dead =
        h.db.query("SELECT last_error FROM gatewright_jobs WHERE dead_at IS NOT NULL")
            .await;
    assert!(dead[0].contains("no such mailbox"), "{dead:?}");
}

struct Workers<'a> {
    db: &'a TestDb,
    port: String,
    running: Vec<Child>,
}

impl Workers<'_> {
    fn start(&mut self) -> u32 {
        let mut settings = vec![
            ("SECRET_KEY", SECRET_KEY),
            ("DATABASE_URL", self.db.database_url.as_str()),
            ("REDIS_URL", self.db.redis_url.as_str()),
            ("CONSOLE_API_URL", "http://gatewright.test"),
            ("LOG_LEVEL", "WARN"),
        ];
        settings.extend(smtp(&self.port));
        let child = command("worker", &settings)
            .args([
                "-q",
                "mail",
                "--lease",
                "2",
                "--schedules",
                "off",
                "-c",
                "8",
            ])
            .spawn()
            .unwrap();
        let id = child.id();
        self.running.push(child);
        id
    }

    /// Waits for one that was told to end.
    fn reap(&mut self, id: u32) -> Option<i32> {
        let at = self
            .running
            .iter()
            .position(|child| child.id() == id)
            .unwrap();
        self.running.remove(at).wait().unwrap().code()
    }
}

impl Drop for Workers<'_> {
    fn drop(&mut self) {
        for child in &mut self.running {
            let _gone = child.kill();
            let _gone = child.wait();
        }
    }
}

/// SIGKILL and SIGTERM in the middle of a thousand mails.
#[tokio::test]
async fn sec_174_thousand_mails_are_each_sent_and_recorded_once_though_workers_die() {
    const COUNT: usize = 1000;
    let db = TestDb::create().await;
    let mut catcher = Catcher::start().await;
    db.execute(&format!(
        "INSERT INTO gatewright_jobs (id, queue, kind, payload, created_at, run_at, max_attempts) \
         SELECT gen_random_uuid(), 'mail', 'send_letter', jsonb_build_object('kind', 'test', 'language', 'en-US', \
         'to', 'p' || n || '@example.com', 'told', '{{}}'::jsonb), now(), now(), 12 FROM generate_series(1, {COUNT}) n"
    ))
    .await;
    let port = catcher.plain.to_string();
    let mut workers = Workers {
        db: &db,
        port,
        running: vec![],
    };
    let killed = workers.start();
    wait_until("some mails are out", async || catcher.count().await >= 100).await;
    signal(killed, "KILL");
    assert_eq!(workers.reap(killed), None, "it had no say");
    let left: usize = db.query("SELECT count(*) FROM gatewright_jobs").await[0]
        .parse()
        .unwrap();
    assert!(left > 0, "it was killed in the middle");
    let stopped = workers.start();
    let before = catcher.count().await;
    wait_until("more mails are out", async || {
        catcher.count().await >= before + 100
    })
    .await;
    signal(stopped, "TERM");
    assert_eq!(workers.reap(stopped), Some(0), "a stop is no failure");
    let held = db.query("SELECT count(*) FROM gatewright_jobs WHERE leased_by IS NOT NULL AND leased_until > now() + interval '2 s'").await;
    assert_eq!(held, ["0"], "who is told to stop keeps nothing");
    workers.start();
    workers.start();
    wait_until("the queue is empty", async || {
        db.query("SELECT count(*) FROM gatewright_jobs").await == ["0"]
    })
    .await;
    let mut by_addressee: BTreeMap<String, usize> = BTreeMap::new();
    for mail in catcher.mails().await {
        *by_addressee
            .entry(OutgoingMail::parse(&mail).to)
            .or_default() += 1;
    }
    assert_eq!(by_addressee.len(), COUNT, "each was sent");
    let twice = by_addressee.values().filter(|count| **count > 1).count();
    assert!(
        twice <= 8,
        "only what the killed one had in its hands: {twice}"
    );
    let recorded = db
        .query("SELECT count(*) FROM gatewright_mail_deliveries")
        .await;
    assert_eq!(recorded, [COUNT.to_string()], "each was recorded once");
}

#[tokio::test]
async fn mail_test_says_what_is_wrong_in_plain_words() {
    let mut catcher = Catcher::start().await;
    let ports = [catcher.plain, catcher.starttls, catcher.tls].map(|port| port.to_string());
    let [plain, starttls, tls] = ports.each_ref().map(String::as_str);
    let (ca, closed) = (
        catcher.ca_file.clone(),
        super::process::free_port().to_string(),
    );
    let use_tls = ("SMTP_USE_TLS", "true");
    let begin_clear = ("SMTP_OPPORTUNISTIC_TLS", "true");
    let trust = ("GATEWRIGHT_SMTP_CA_FILE", ca.as_str());
    let signed_in = [("SMTP_USERNAME", "gatewright"), ("SMTP_PASSWORD", "wrong")];
    for (port, more, names) in [
        (plain, vec![use_tls], "SMTP_OPPORTUNISTIC_TLS=true"),
        (tls, vec![], "SMTP_USE_TLS=true"),
        (
            tls,
            vec![use_tls, begin_clear],
            "SMTP_OPPORTUNISTIC_TLS=false",
        ),
        (plain, vec![use_tls, begin_clear], "SMTP_USE_TLS=false"),
        (tls, vec![use_tls], "GATEWRIGHT_SMTP_CA_FILE"),
        (
            starttls,
            vec![use_tls, begin_clear, trust, signed_in[0], signed_in[1]],
            "SMTP_PASSWORD",
        ),
        // Port 587 without TLS: not the name and the password are wrong.
        (
            starttls,
            vec![signed_in[0], signed_in[1]],
            "SMTP_USE_TLS=true and SMTP_OPPORTUNISTIC_TLS=true",
        ),
        (&closed, vec![], "SMTP_PORT"),
        (
            plain,
            vec![("SMTP_SERVER", "no-such-host.invalid")],
            "SMTP_SERVER",
        ),
    ] {
        let mut settings = smtp(port);
        settings.extend(more);
        let output = run(
            "api-server",
            &["mail", "test", "ada@example.com"],
            &settings,
        );
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        assert_eq!(output.status.code(), Some(1), "{settings:?}: {said}");
        assert!(said.contains(names), "{settings:?}: {said}");
    }
    let output = run(
        "api-server",
        &["mail", "test", "ada@example.com", "--json"],
        &smtp(plain),
    );
    assert!(output.status.success(), "{output:?}");
    assert_eq!(
        OutgoingMail::parse(&catcher.mails().await[0]).subject,
        "Test message from Dify"
    );
}
