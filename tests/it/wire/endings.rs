//! Every ending against every authority that was given before it. Both lists are the code's own
//! (`gatewright_domain::era`), and everything below matches on them: a new ending or a new authority does
//! not compile until it is covered here.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use futures_util::future::join_all;
use gatewright_domain::{
    Secret,
    account::Email,
    era::{DeferredAuthority, Ending},
};
use serde_json::{Value, json};

use super::accounts::wrong;
use crate::support::sso;
use crate::support::{
    Answer, Browser, Enterprise, Grant, Harness, PASSWORD, arrange, odd_provider::OddProvider,
};

const VICTIM: &str = "victim@example.com";
const MOVED: &str = "moved@example.com";
const NEW: &str = "N3w-password";
const MEMBERS: &str = "/console/api/workspaces/current/members";

/// An account with everything that it can have given, much of it by a thief of its session.
struct World {
    h: Harness,
    _enterprise: Enterprise,
    provider: OddProvider,
    /// The browser of whoever owns the account.
    owner: Browser,
    /// Another one, which signed in before.
    thief: Browser,
    email: &'static str,
    password: &'static str,
    given: Given,
}

/// What the thief holds.
#[derive(Default)]
struct Given {
    bearer: String,
    approved: Option<Grant>,
    external: Option<Grant>,
    /// A browser with an approval grant, what it is for, and its CSRF token.
    grant: Option<(Browser, Grant, String)>,
    /// A token, and a code where one is still to be given.
    reset: String,
    login: (String, String),
    change: String,
    transfer: String,
    deletion: (String, String),
    /// The state of a way to a provider.
    connection: String,
    invitation: String,
}

fn text(answer: Answer, name: &str) -> String {
    answer.expect(200).json()[name].as_str().unwrap().to_owned()
}

fn address(text: &str) -> Email {
    text.parse().unwrap()
}

impl World {
    async fn new() -> Self {
        let provider = OddProvider::start();
        let mut settings = provider.settings().to_vec();
        settings.push(("ENABLE_EMAIL_CODE_LOGIN", "true"));
        let (enterprise, h) = sso::with(&settings).await;
        h.set_up().await;
        let owner = h.add_account("victim").await;
        h.add_account("heir").await;
        let heir = arrange::member("heir@example.com", "normal");
        heir.join_workspace_of(&h.db, VICTIM).await;
        let thief = Browser::signed_in(&h, VICTIM, PASSWORD).await;
        Self {
            h,
            _enterprise: enterprise,
            provider,
            owner,
            thief,
            email: VICTIM,
            password: PASSWORD,
            given: Given::default(),
        }
    }

    async fn give(&mut self, authority: DeferredAuthority) {
        use DeferredAuthority as A;
        let (h, thief) = (&self.h, &mut self.thief);
        match authority {
            // They have these since they signed in.
            A::ConsoleSession | A::KnownBrowser => {}
            A::Bearer => self.given.bearer = h.token(thief, "stolen").await,
            A::DeviceApproval => {
                let grant = h.start_flow("waiting").await;
                thief.look_up(h, &grant).await.expect(200);
                thief.decide(h, "approve", &grant).await.expect(200);
                self.given.approved = Some(grant);
            }
            A::ExternalApproval => {
                let grant = h.start_flow("external").await;
                let mut person = Browser::new();
                let csrf = person.sso(h, &grant, "first").await;
                person.approve_external(h, &grant, &csrf).await.expect(200);
                self.given.external = Some(grant);
            }
            A::ApprovalGrant => {
                let grant = h.start_flow("external, later").await;
                let mut person = Browser::new();
                let csrf = person.sso(h, &grant, "second").await;
                self.given.grant = Some((person, grant, csrf));
            }
            A::ResetCode => {
                let sent = json!({"email": VICTIM});
                let first = h.post("/console/api/forgot-password", &sent).await;
                let first = text(first, "data");
                let code = h.last_mail(VICTIM).await.code();
                let given = json!({"email": VICTIM, "token": first, "code": code});
                let verified = h
                    .post("/console/api/forgot-password/validity", &given)
                    .await;
                self.given.reset = text(verified, "token");
            }
            A::LoginCode => {
                let sent = json!({"email": VICTIM});
                let sent = h.post("/console/api/email-code-login", &sent).await;
                self.given.login = (text(sent, "data"), h.last_mail(VICTIM).await.code());
            }
            A::ChangeEmailCode => {
                self.given.change = change_token(h, thief, "thief@example.com").await;
            }
            A::TransferCode => {
                let path = format!("{MEMBERS}/send-owner-transfer-confirm-email");
                let sent = text(thief.post(h, &path, json!({})).await, "data");
                let code = h.last_mail(VICTIM).await.code();
                let given = json!({"token": sent, "code": code});
                let path = format!("{MEMBERS}/owner-transfer-check");
                self.given.transfer = text(thief.post(h, &path, given).await, "token");
            }
            A::DeletionCode => self.given.deletion = deletion(h, thief).await,
            A::IdentityConnection => {
                let path = "/console/api/account/integrates/odd";
                let begun = thief.post(h, path, json!({"password": PASSWORD})).await;
                self.given.connection = self.provider.visit(&text(begun, "url"), h.now());
            }
            A::Invitation => {
                let body = json!({"emails": ["accomplice@example.com"], "role": "admin"});
                let path = format!("{MEMBERS}/invite-email");
                thief.post(h, &path, body).await.expect(201);
                let mail = h.last_mail("accomplice@example.com").await;
                self.given.invitation = mail.parameter("token");
            }
        }
    }

    async fn end(&mut self, ending: Ending) {
        let (h, owner) = (&self.h, &mut self.owner);
        let admin = h.services().admin;
        match ending {
            Ending::PasswordChanged => {
                let body =
                    json!({"password": PASSWORD, "new_password": NEW, "repeat_new_password": NEW});
                let path = "/console/api/account/password";
                owner.post(h, path, body).await.expect(200);
                self.password = NEW;
            }
            Ending::PasswordReset => {
                let sent = json!({"email": VICTIM});
                let first = h.post("/console/api/forgot-password", &sent).await;
                let first = text(first, "data");
                let code = h.last_mail(VICTIM).await.code();
                let given = json!({"email": VICTIM, "token": first, "code": code});
                let verified = h
                    .post("/console/api/forgot-password/validity", &given)
                    .await;
                let token = text(verified, "token");
                reset(h, &token, NEW).await.expect(200);
                self.password = NEW;
            }
            Ending::EmailChanged => {
                let token = change_token(h, owner, MOVED).await;
                change(h, owner, MOVED, &token).await.expect(200);
                self.email = MOVED;
            }
            Ending::EverythingElseEnded => {
                let csrf = owner.csrf();
                let form = [("kind", "others"), ("csrf_token", csrf.as_str())];
                form_post(h, owner, "/account", &form).await.expect(303);
            }
            Ending::IdentityDisconnected => {
                arrange::identity(&h.db, VICTIM, "https://old.example").await;
                let path = "/console/api/account/integrates";
                let list = owner.get(h, path).await.expect(200).json();
                let path = format!("{path}/{}", list["data"][1]["id"].as_str().unwrap());
                let proof = json!({"password": PASSWORD});
                let done = owner.send(h, "DELETE", &path, Some(proof), &[]).await;
                done.expect(200);
            }
            Ending::AccountDeleted => {
                h.db.execute("DELETE FROM tenant_account_joins WHERE role <> 'owner'")
                    .await;
                let proof = deletion(h, owner).await;
                delete(h, owner, &proof).await.expect(200);
            }
            Ending::AdminPasswordReset => {
                let password = Secret::new(NEW);
                admin
                    .reset_password(&address(VICTIM), &password)
                    .await
                    .unwrap();
                self.password = NEW;
            }
            Ending::AdminEmailReset => {
                admin
                    .reset_email(&address(VICTIM), &address(MOVED))
                    .await
                    .unwrap();
                self.email = MOVED;
            }
            Ending::AdminRevoked => admin.revoke_open(&address(VICTIM)).await.unwrap(),
            Ending::AdminRevokedEverything => {
                assert!(admin.revoke_everything().await.unwrap() > 0);
            }
            Ending::Banned => assert!(admin.set_banned(&address(VICTIM), true).await.unwrap()),
        }
    }

    /// Cashes in. Says whether it was worth anything.
    async fn cash(&mut self, authority: DeferredAuthority) -> bool {
        use DeferredAuthority as A;
        let (h, thief) = (&self.h, &mut self.thief);
        match authority {
            A::ConsoleSession => {
                let profile = thief.get(h, "/console/api/account/profile").await;
                let csrf = thief.csrf();
                let form = [("kind", "key"), ("csrf_token", csrf.as_str())];
                let key = form_post(h, thief, "/workspace", &form).await;
                let made = h.db.query("SELECT count(*) FROM api_tokens").await;
                let renewed = thief.post(h, "/console/api/refresh-token", json!({})).await;
                let worth = [profile.status == 200, made != ["0"], renewed.status == 200];
                assert!(
                    worth.iter().all(|one| *one == worth[0]),
                    "{worth:?} {key:?}"
                );
                worth[0]
            }
            A::Bearer => {
                let path = "/openapi/v1/account";
                h.with_bearer("GET", path, &self.given.bearer).await.status == 200
            }
            A::DeviceApproval => is_minted(h, self.given.approved.as_ref().unwrap()).await,
            A::ExternalApproval => is_minted(h, self.given.external.as_ref().unwrap()).await,
            A::ApprovalGrant => {
                let (person, grant, csrf) = self.given.grant.as_mut().unwrap();
                let approved = person.approve_external(h, grant, csrf).await;
                approved.status == 200 && is_minted(h, grant).await
            }
            A::ResetCode => {
                let answer = reset(h, &self.given.reset, "Th1ef-password").await;
                worth(&answer, 400)
            }
            A::LoginCode => {
                let (token, code) = &self.given.login;
                let body = json!({"email": VICTIM, "token": token, "code": STANDARD.encode(code)});
                let path = "/console/api/email-code-login/validity";
                worth(&Browser::new().post(h, path, body).await, 400)
            }
            A::ChangeEmailCode => {
                let mut session = self.fresh().await;
                let (h, token) = (&self.h, &self.given.change);
                match &mut session {
                    Some(session) => {
                        worth(&change(h, session, "thief@example.com", token).await, 400)
                    }
                    None => false,
                }
            }
            A::TransferCode => {
                let mut session = self.fresh().await;
                let h = &self.h;
                let Some(session) = &mut session else {
                    return false;
                };
                let heir = "SELECT id::text FROM accounts WHERE email = 'heir@example.com'";
                let heir = h.db.query(heir).await.remove(0);
                let body = json!({"token": self.given.transfer});
                let path = format!("{MEMBERS}/{heir}/owner-transfer");
                worth(&session.post(h, &path, body).await, 400)
            }
            A::DeletionCode => {
                let mut session = self.fresh().await;
                let h = &self.h;
                let Some(session) = &mut session else {
                    return false;
                };
                h.db.execute("DELETE FROM tenant_account_joins WHERE role = 'normal'")
                    .await;
                worth(&delete(h, session, &self.given.deletion).await, 400)
            }
            A::IdentityConnection => {
                // In the browser that went away, by whoever signs in there now.
                let mut session = self.fresh().await;
                let (h, state) = (&self.h, &self.given.connection);
                let Some(session) = &mut session else {
                    return false;
                };
                let held = self.thief.cookies.iter();
                let held = held.filter(|(name, _)| name.starts_with("gatewright_signin"));
                session
                    .cookies
                    .extend(held.map(|(n, v)| (n.clone(), v.clone())));
                let path = format!("/console/api/oauth/authorize/odd?state={state}&code=a-code");
                let back = session.get(h, &path).await;
                assert!([302, 400].contains(&back.status), "{back:?}");
                back.status == 302
            }
            A::Invitation => {
                let body = json!({"token": self.given.invitation, "name": "Accomplice",
                    "interface_language": "en-US", "timezone": "UTC", "password": NEW});
                worth(&h.post("/console/api/activate", &body).await, 403)
            }
            A::KnownBrowser => {
                // Strangers have spent their budget: only a browser that is known is looked at.
                for _ in 0..12 {
                    Browser::new().login(h, self.email, "wr0ng-password").await;
                }
                let mut known = Browser::new();
                known.cookies = thief.cookies.clone();
                known.login(h, self.email, "wr0ng-password").await.status == 401
            }
        }
    }

    /// Somebody who knows the present password: what was given before is worth nothing to them either.
    async fn fresh(&self) -> Option<Browser> {
        let mut browser = Browser::new();
        let answer = browser.login(&self.h, self.email, self.password).await;
        (answer.status == 200).then_some(browser)
    }
}

/// Whether something was given for it; if not, with the status of a refusal.
fn worth(answer: &Answer, refused: u16) -> bool {
    assert!([200, refused].contains(&answer.status), "{answer:?}");
    answer.status == 200
}

async fn is_minted(h: &Harness, grant: &Grant) -> bool {
    let answer = h.poll(grant).await;
    assert!(
        answer.status == 200 || answer.oauth_error() == "access_denied",
        "{answer:?}"
    );
    answer.status == 200
}

async fn reset(h: &Harness, token: &str, password: &str) -> Answer {
    let body = json!({"token": token, "new_password": password, "password_confirm": password});
    h.post("/console/api/forgot-password/resets", &body).await
}

/// Through both mailboxes, to the token that changes the address.
async fn change_token(h: &Harness, browser: &mut Browser, to: &str) -> String {
    let path = "/console/api/account/change-email";
    let check = format!("{path}/validity");
    let body = json!({"email": VICTIM, "phase": "old_email"});
    let first = text(browser.post(h, path, body).await, "data");
    let code = h.last_mail(VICTIM).await.code();
    let body = json!({"email": VICTIM, "token": first, "code": code});
    let second = text(browser.post(h, &check, body).await, "token");
    let body = json!({"email": to, "phase": "new_email", "token": second});
    let third = text(browser.post(h, path, body).await, "data");
    let code = h.last_mail(to).await.code();
    let body = json!({"email": to, "token": third, "code": code});
    text(browser.post(h, &check, body).await, "token")
}

async fn change(h: &Harness, browser: &mut Browser, to: &str, token: &str) -> Answer {
    let body = json!({"new_email": to, "token": token});
    let path = "/console/api/account/change-email/reset";
    browser.post(h, path, body).await
}

async fn deletion(h: &Harness, browser: &mut Browser) -> (String, String) {
    let sent = browser.get(h, "/console/api/account/delete/verify").await;
    (text(sent, "data"), h.last_mail(VICTIM).await.code())
}

async fn delete(h: &Harness, browser: &mut Browser, proof: &(String, String)) -> Answer {
    let body = json!({"token": proof.0, "code": proof.1});
    browser.post(h, "/console/api/account/delete", body).await
}

pub(super) async fn form_post(
    h: &Harness,
    browser: &Browser,
    path: &str,
    form: &[(&str, &str)],
) -> Answer {
    let cookies: Vec<String> = browser
        .cookies
        .iter()
        .map(|(n, v)| format!("{n}={v}"))
        .collect();
    let request = h
        .request("POST", path)
        .header("cookie", cookies.join("; "))
        .header("origin", crate::support::PUBLIC_URL)
        .header("sec-fetch-site", "same-origin")
        .form(form);
    Answer::read(request.send().await.unwrap()).await
}

/// What an ending ends. The only one that reaches people without an account is the one of everybody.
fn is_ended(ending: Ending, authority: DeferredAuthority) -> bool {
    match authority {
        DeferredAuthority::ExternalApproval | DeferredAuthority::ApprovalGrant => {
            ending == Ending::AdminRevokedEverything
        }
        _ => true,
    }
}

#[actix_web::test]
async fn a1_every_credential_is_accepted_before_any_ending() {
    let all = DeferredAuthority::ALL.iter().map(|authority| async move {
        let mut world = World::new().await;
        world.give(*authority).await;
        assert!(world.cash(*authority).await, "{authority:?}");
    });
    join_all(all).await;
}

#[actix_web::test]
async fn a1_a3_every_credential_issued_before_an_ending_is_refused_after_it() {
    let all = Ending::ALL.iter().map(|ending| async move {
        let mut world = World::new().await;
        for authority in DeferredAuthority::ALL {
            world.give(*authority).await;
        }
        // So that the owner's own codes are sent: one a minute to a mailbox.
        world.h.clock.advance_seconds(61);
        world.end(*ending).await;
        let mut outlived = vec![];
        for authority in DeferredAuthority::ALL {
            let is_worth = world.cash(*authority).await;
            if is_worth == is_ended(*ending, *authority) {
                outlived.push((*authority, is_worth));
            }
        }
        assert!(outlived.is_empty(), "{ending:?}: {outlived:?}");
    });
    join_all(all).await;
}

#[actix_web::test]
async fn a1_device_token_poll_after_password_change_is_denied_once_and_for_all() {
    let mut world = World::new().await;
    world.give(DeferredAuthority::DeviceApproval).await;
    world.end(Ending::PasswordChanged).await;
    for _ in 0..3 {
        assert!(!world.cash(DeferredAuthority::DeviceApproval).await);
    }
    let events = world.h.db.audit_actions().await;
    let noted = events
        .iter()
        .filter(|action| *action == "oauth.device_flow_rejected");
    assert_eq!(noted.count(), 1, "{events:?}");
    let tokens = "SELECT count(*) FROM oauth_access_tokens";
    assert_eq!(world.h.db.query(tokens).await, ["0"]);
}

#[actix_web::test]
async fn a1_sign_out_of_one_browser_keeps_device_approvals() {
    let mut world = World::new().await;
    world.give(DeferredAuthority::DeviceApproval).await;
    let left = world
        .thief
        .post(&world.h, "/console/api/logout", json!({}))
        .await;
    left.expect(200);
    assert!(world.cash(DeferredAuthority::DeviceApproval).await);
}

#[actix_web::test]
async fn a3_reset_code_not_yet_entered_ends_with_the_sessions() {
    let mut world = World::new().await;
    let sent = json!({"email": VICTIM});
    let first = world.h.post("/console/api/forgot-password", &sent).await;
    let first = text(first, "data");
    let code = world.h.last_mail(VICTIM).await.code();
    world.end(Ending::EverythingElseEnded).await;
    for tried in [code.clone(), wrong(&code)] {
        let given = json!({"email": VICTIM, "token": first, "code": tried});
        let path = "/console/api/forgot-password/validity";
        let refused = world.h.post(path, &given).await.expect(400);
        assert_eq!(refused.code(), "invalid_or_expired_token");
    }
}

#[actix_web::test]
async fn a2_password_change_during_sign_ins_leaves_no_old_session() {
    let world = World::new().await;
    let h = &world.h;
    let sign_ins = (0..6).map(|_| async {
        let mut browser = Browser::new();
        browser.login(h, VICTIM, PASSWORD).await;
        browser
    });
    let mut owner = world.owner.clone();
    let change = async {
        let body = json!({"password": PASSWORD, "new_password": NEW, "repeat_new_password": NEW});
        owner
            .post(h, "/console/api/account/password", body)
            .await
            .expect(200);
    };
    let (browsers, ()) = futures_util::future::join(join_all(sign_ins), change).await;
    let live = "SELECT count(*) FROM gatewright_console_sessions s JOIN accounts a ON a.id = s.account_id \
        WHERE a.email = 'victim@example.com' AND revoked_at IS NULL";
    assert_eq!(h.db.query(live).await, ["1"], "the browser that changed it");
    for mut browser in browsers {
        browser
            .get(h, "/console/api/account/profile")
            .await
            .expect(401);
    }
}

/// The interleaving itself, held open by a lock of the account's row: `request` waits for it with what it
/// looked at before, and then finds `change` done.
async fn overtaken(h: &Harness, change: &str, request: impl Future<Output = Answer>) -> Answer {
    let (held, connection) = tokio_postgres::connect(&h.db.database_url, tokio_postgres::NoTls)
        .await
        .unwrap();
    tokio::spawn(connection);
    held.batch_execute(
        "BEGIN; SELECT 1 FROM accounts WHERE email = 'victim@example.com' FOR UPDATE",
    )
    .await
    .unwrap();
    let overtake = async {
        let waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' \
            AND datname = current_database()";
        while h.db.query(waiting).await == ["0"] {}
        let done =
            format!("UPDATE accounts SET {change} WHERE email = 'victim@example.com'; COMMIT");
        held.batch_execute(&done).await.unwrap();
    };
    let (answer, ()) = futures_util::future::join(request, overtake).await;
    answer
}

#[actix_web::test]
async fn a2_password_changed_after_its_check_makes_no_session() {
    let world = World::new().await;
    let h = &world.h;
    let mut browser = Browser::new();
    let sign_in = browser.login(h, VICTIM, PASSWORD);
    let refused = overtaken(h, "password = 'changed'", sign_in).await;
    let refused = refused.expect(401).json();
    assert_eq!(refused["code"], Value::from("authentication_failed"));
}

#[actix_web::test]
async fn a2_password_changed_after_its_check_is_not_overwritten() {
    let mut world = World::new().await;
    let h = &world.h;
    // Their activity is noted now, so that nothing but the change waits for the row.
    let profile = "/console/api/account/profile";
    world.owner.get(h, profile).await.expect(200);
    let body = json!({"password": PASSWORD, "new_password": NEW, "repeat_new_password": NEW});
    let change = world.owner.post(h, "/console/api/account/password", body);
    let refused = overtaken(h, "password = 'changed'", change).await;
    assert_eq!(refused.expect(400).code(), "current_password_incorrect");
    let stored = "SELECT password FROM accounts WHERE email = 'victim@example.com'";
    assert_eq!(h.db.query(stored).await, ["changed"]);
}

/// The token was looked at, and an ending comes before it sets the password.
#[actix_web::test]
async fn a3_password_reset_overtaken_by_an_ending_is_refused() {
    let mut world = World::new().await;
    world.give(DeferredAuthority::ResetCode).await;
    let (h, token) = (&world.h, &world.given.reset);
    let setting = reset(h, token, "Th1ef-password");
    let refused = overtaken(h, "gatewright_era = gen_random_uuid()", setting).await;
    assert_eq!(refused.expect(400).code(), "invalid_or_expired_token");
    Browser::signed_in(h, VICTIM, PASSWORD).await;
}

#[actix_web::test]
async fn a6_refresh_token_spent_is_refused_by_a_node_with_its_clock_behind() {
    let world = World::new().await;
    let h = &world.h;
    let path = "/console/api/refresh-token";
    let mut spent = world.owner.clone();
    world
        .owner
        .clone()
        .post(h, path, json!({}))
        .await
        .expect(200);
    h.clock.advance(chrono::TimeDelta::seconds(-60));
    let refused = spent.post(h, path, json!({})).await.expect(401);
    assert_eq!(refused.header("x-gatewright-reason"), "refresh_reused");
}
