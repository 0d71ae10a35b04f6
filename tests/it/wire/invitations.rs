//! Invitations ask: whoever has an account joins by accepting, an address that nobody uses blocks nobody,
//! nobody learns who has an account, and everybody may leave.

use serde_json::{Value, json};

use super::members::{accept, invite};
use crate::support::{
    Answer, Browser, EMAIL, Harness, PASSWORD, PUBLIC_URL, arrange, basic_account, plain::Plain,
    sso,
};

const MEMBERS: &str = "/console/api/workspaces/current/members";
const NEW: &str = "N3w-password";

/// Somebody whom an older version, or the original, invited: an account that nobody ever signed in to.
async fn old_invitee(h: &Harness, email: &str) {
    let invited = arrange::account(email).named("old").pending();
    invited.add(&h.db).await;
    let joins = arrange::member(email, "editor");
    joins.join_workspace_of(&h.db, EMAIL).await;
}

async fn roles_of(h: &Harness, email: &str) -> Vec<String> {
    h.db.query(&format!(
        "SELECT j.role FROM tenant_account_joins j JOIN accounts a ON a.id = j.account_id \
         WHERE a.email = '{email}' ORDER BY j.role"
    ))
    .await
}

fn link_of(answer: &Answer) -> String {
    let url = answer.json()["invitation_results"][0]["url"].clone();
    let url = url::Url::parse(url.as_str().unwrap()).unwrap();
    let token = url.query_pairs().find(|(name, _)| name == "token");
    token.unwrap().1.into_owned()
}

async fn activate(h: &Harness, token: &str, password: &str) -> Answer {
    let body = json!({"token": token, "name": "Guest", "interface_language": "en-US",
        "timezone": "UTC", "password": password});
    h.post("/console/api/activate", &body).await
}

#[actix_web::test]
async fn a4_first_password_by_one_invitation_joins_no_other_workspace() {
    let h = Harness::with(&[("MAIL_TYPE", "<unset>")]).await;
    let mut first = basic_account(&h).await;
    let mut second = h.add_account("second").await;
    let guest = "guest@example.com";
    let of_first = link_of(&invite(&h, &mut first, guest, "admin").await.expect(201));
    let of_second = link_of(&invite(&h, &mut second, guest, "normal").await.expect(201));
    // The second inviter makes the account, with the link that they hold.
    activate(&h, &of_second, NEW).await.expect(200);
    let mut account = Browser::signed_in(&h, guest, NEW).await;
    let spaces = account.get(&h, "/console/api/workspaces").await.json();
    let names: Vec<&Value> = spaces["workspaces"]
        .as_array()
        .unwrap()
        .iter()
        .map(|w| &w["name"])
        .collect();
    assert_eq!(names, ["second WS"]);
    assert_eq!(roles_of(&h, guest).await, ["normal"]);
    // The first link sets nobody's password any more, and opens nothing without the account.
    let refused = activate(&h, &of_first, "An0ther-password")
        .await
        .expect(403);
    assert_eq!(refused.code(), "sign_in_to_accept");
    let refused = accept(&h, &mut second, &of_first, "Second")
        .await
        .expect(403);
    assert_eq!(refused.code(), "sign_in_to_accept");
    Browser::signed_in(&h, guest, NEW).await;
    // Whoever is signed in with the address accepts it anew, with its link.
    accept(&h, &mut account, &of_first, "Guest")
        .await
        .expect(200);
    assert_eq!(roles_of(&h, guest).await, ["admin", "normal"]);
}

#[actix_web::test]
async fn b4_invited_email_without_an_account_may_use_sso_and_registration() {
    let (_enterprise, h) = sso::with(&[
        ("ALLOW_REGISTER", "true"),
        ("ALLOW_CREATE_WORKSPACE", "true"),
    ])
    .await;
    let mut owner = basic_account(&h).await;
    for email in ["ext@partner.example", "new@example.com"] {
        invite(&h, &mut owner, email, "normal").await.expect(201);
        assert!(roles_of(&h, email).await.is_empty());
    }
    let person = async |label: &str| {
        let grant = h.start_flow(label).await;
        let mut browser = Browser::new();
        let csrf = browser.sso(&h, &grant, label).await;
        browser
            .approve_external(&h, &grant, &csrf)
            .await
            .expect(200);
        h.poll(&grant).await.expect(200).json()
    };
    assert_eq!(person("invited").await["subject_type"], "external_sso");
    // Those of an older version block nobody either.
    old_invitee(&h, "Ext@Partner.example").await;
    assert_eq!(
        person("invited before").await["subject_type"],
        "external_sso"
    );
    old_invitee(&h, "new@example.com").await;
    let sent = json!({"email": "new@example.com"});
    let sent = h
        .post("/console/api/email-register/send-email", &sent)
        .await;
    let token = sent.expect(200).json()["data"].clone();
    let code = h.last_mail("new@example.com").await.code();
    let given = json!({"email": "new@example.com", "token": token, "code": code});
    let token = h
        .post("/console/api/email-register/validity", &given)
        .await
        .expect(200)
        .json();
    let body = json!({"token": token["token"], "new_password": NEW, "password_confirm": NEW});
    let mut browser = Browser::new();
    browser
        .post(&h, "/console/api/email-register", body)
        .await
        .expect(200);
    assert_eq!(
        roles_of(&h, "new@example.com").await,
        ["owner"],
        "of their own workspace"
    );
    // They are still invited.
    let token = h
        .mails()
        .await
        .iter()
        .rev()
        .find(|mail| mail.to == "new@example.com" && mail.text.contains("/activate"))
        .unwrap()
        .parameter("token");
    accept(&h, &mut browser, &token, "Newcomer")
        .await
        .expect(200);
    assert_eq!(roles_of(&h, "new@example.com").await.len(), 2);
}

#[actix_web::test]
async fn b4_invitation_of_an_older_release_keeps_link_role_and_list_entry() {
    let h = Harness::start().await;
    let mut owner = basic_account(&h).await;
    old_invitee(&h, "old@example.com").await;
    h.db.execute(
        "INSERT INTO gatewright_invitations (id, tenant_id, account_id, email, invited_by, created_at, expires_at) \
         SELECT '00000000-0000-7000-8000-000000000001', j.tenant_id, a.id, a.email, o.id, '2027-01-01Z', '2027-02-01Z' \
         FROM accounts a JOIN tenant_account_joins j ON j.account_id = a.id, accounts o \
         WHERE a.email = 'old@example.com' AND o.email = 'owner@example.com'",
    )
    .await;
    let people = owner.get(&h, MEMBERS).await.json();
    let people = people["accounts"].as_array().unwrap();
    assert!(people.iter().any(|one| one["status"] == "pending"));
    let id = gatewright_domain::ids::InvitationId(
        "00000000-0000-7000-8000-000000000001".parse().unwrap(),
    );
    let keys = gatewright_auth::account::InvitationKeys::new(
        &gatewright_auth::keys::MasterKeys::new(crate::support::SECRET_KEY.as_bytes(), []),
    );
    activate(&h, keys.token(id).expose(), NEW).await.expect(200);
    assert_eq!(roles_of(&h, "old@example.com").await, ["editor"]);
    let people = owner.get(&h, MEMBERS).await.json();
    assert_eq!(people["accounts"].as_array().unwrap().len(), 2);
    Browser::signed_in(&h, "old@example.com", NEW).await;
}

#[actix_web::test]
async fn b6_invited_existing_account_joins_only_by_accepting_while_signed_in() {
    let h = Harness::start().await;
    let mut owner = basic_account(&h).await;
    let mut friend = h.add_account("friend").await;
    invite(&h, &mut owner, "friend@example.com", "editor")
        .await
        .expect(201);
    assert_eq!(
        roles_of(&h, "friend@example.com").await,
        ["owner"],
        "of their own alone"
    );
    let token = h.last_mail("friend@example.com").await.parameter("token");
    // Not without the session, not in somebody else's, not in a page of another site.
    let refused = activate(&h, &token, NEW).await.expect(403);
    assert_eq!(refused.code(), "sign_in_to_accept");
    let mut stranger = h.add_account("stranger").await;
    accept(&h, &mut stranger, &token, "Stranger")
        .await
        .expect(403);
    let body =
        json!({"token": token, "name": "friend", "interface_language": "en-US", "timezone": "UTC"});
    let forged = friend
        .send(
            &h,
            "POST",
            "/console/api/activate",
            Some(body),
            &[("x-csrf-token", "")],
        )
        .await;
    forged.expect(403);
    accept(&h, &mut friend, &token, "friend").await.expect(200);
    assert_eq!(
        roles_of(&h, "friend@example.com").await,
        ["editor", "owner"]
    );
    // Invited again, a member stays what they are, and is sent nothing.
    let mails = h.mails().await.len();
    invite(&h, &mut owner, "friend@example.com", "admin")
        .await
        .expect(201);
    assert_eq!(h.mails().await.len(), mails);
    assert_eq!(
        roles_of(&h, "friend@example.com").await,
        ["editor", "owner"]
    );
}

#[actix_web::test]
async fn b6_sign_in_by_an_invitation_link_accepts_it_on_pages() {
    let h = Harness::start().await;
    let mut owner = basic_account(&h).await;
    h.add_account("friend").await;
    h.add_account("other").await;
    let token = async |owner: &mut Browser, email: &str| {
        invite(&h, owner, email, "normal").await.expect(201);
        h.last_mail(email).await.parameter("token")
    };
    // By the link on the page of the invitation.
    let of_friend = token(&mut owner, "friend@example.com").await;
    let mut browser = Plain::new(&h);
    let page = browser
        .get(&format!("/activate?token={of_friend}"))
        .await
        .expect(200);
    assert!(
        page.body.contains(&format!("/signin?invite={of_friend}")),
        "{}",
        page.body
    );
    let page = browser
        .get(&format!("/signin?invite={of_friend}"))
        .await
        .expect(200);
    let typed = [("email", "friend@example.com"), ("password", PASSWORD)];
    browser.submit(&page, &typed).await.expect(303);
    assert_eq!(
        roles_of(&h, "friend@example.com").await,
        ["normal", "owner"]
    );
    // By one button, for whoever is signed in.
    let of_other = token(&mut owner, "other@example.com").await;
    let mut browser = Plain::new(&h);
    let page = browser.get("/signin").await;
    let typed = [("email", "other@example.com"), ("password", PASSWORD)];
    browser.submit(&page, &typed).await.expect(303);
    let page = browser
        .get(&format!("/activate?token={of_other}"))
        .await
        .expect(200);
    assert!(page.body.contains("Join workspace") && !page.body.contains("type=\"password\""));
    assert_eq!(
        roles_of(&h, "other@example.com").await,
        ["owner"],
        "looking changes nothing"
    );
    browser.submit(&page, &[]).await.expect(303);
    assert_eq!(roles_of(&h, "other@example.com").await, ["normal", "owner"]);
}

#[actix_web::test]
async fn b6_invite_answer_does_not_reveal_whether_the_email_has_an_account() {
    for mail in ["file", "<unset>"] {
        let h = Harness::with(&[("MAIL_TYPE", mail)]).await;
        let mut owner = basic_account(&h).await;
        let session = h.log_in_device(&mut owner, "laptop").await;
        let (token, workspace) = (
            session["token"].as_str().unwrap().to_owned(),
            session["default_workspace_id"].as_str().unwrap().to_owned(),
        );
        h.add_account("known").await;
        let mut shapes = vec![];
        for email in ["known@example.com", "nobody@example.com"] {
            let name = email.split('@').next().unwrap();
            let console = invite(&h, &mut owner, email, "normal")
                .await
                .expect(201)
                .json();
            let path = format!("/openapi/v1/workspaces/{workspace}/members");
            let request = h
                .request("POST", &path)
                .header("Authorization", format!("Bearer {token}"));
            let body = json!({"email": email, "role": "normal"});
            let api = Answer::read(request.json(&body).send().await.unwrap())
                .await
                .expect(201)
                .json();
            let people = owner.get(&h, MEMBERS).await.json();
            let people = people["accounts"].as_array().unwrap();
            let row = people.iter().find(|one| one["email"] == email).unwrap();
            let links = [&console["invitation_results"][0]["url"], &api["invite_url"]];
            let lengths = links.map(|link| link.as_str().map(|link| link.replace(name, "").len()));
            let strip = |value: &Value| {
                let id = value["id"]
                    .as_str()
                    .or(value["member_id"].as_str())
                    .unwrap_or_default();
                let text = value.to_string();
                let text = if id.is_empty() {
                    text
                } else {
                    text.replace(id, "ID")
                };
                text.replace(name, "NAME")
            };
            let mut api = api.clone();
            api["invite_url"] = Value::Null;
            shapes.push((strip(row), strip(&api), lengths));
        }
        assert_eq!(shapes[0], shapes[1], "{mail}");
    }
}

#[actix_web::test]
async fn invitation_ends_when_its_inviter_loses_permission() {
    let h = Harness::start().await;
    let mut owner = basic_account(&h).await;
    let mut admin = h.add_account("admin").await;
    invite(&h, &mut owner, "admin@example.com", "admin")
        .await
        .expect(201);
    let token = h.last_mail("admin@example.com").await.parameter("token");
    accept(&h, &mut admin, &token, "admin").await.expect(200);
    let place = owner
        .post(&h, "/console/api/workspaces/current", json!({}))
        .await
        .json();
    let to = json!({"tenant_id": place["id"]});
    admin
        .post(&h, "/console/api/workspaces/switch", to)
        .await
        .expect(200);
    invite(&h, &mut admin, "guest@example.com", "admin")
        .await
        .expect(201);
    let token = h.last_mail("guest@example.com").await.parameter("token");
    h.db.execute("UPDATE tenant_account_joins SET role = 'normal' WHERE role = 'admin'")
        .await;
    let check = format!("/console/api/activate/check?token={token}");
    assert_eq!(h.get(&check).await.json()["is_valid"], false);
    activate(&h, &token, NEW).await.expect(403);
}

#[actix_web::test]
async fn b6_members_leave_by_either_surface_and_the_owner_does_not() {
    let h = Harness::start().await;
    let mut owner = basic_account(&h).await;
    let path = format!("{MEMBERS}/self");
    let refused = owner.send(&h, "DELETE", &path, None, &[]).await.expect(400);
    assert_eq!(refused.code(), "owner-must-transfer");
    let place = owner
        .post(&h, "/console/api/workspaces/current", json!({}))
        .await
        .json();
    let place = place["id"].as_str().unwrap().to_owned();
    let mut people = vec![];
    for name in ["console", "openapi", "pages"] {
        let email = format!("{name}@example.com");
        let mut browser = h.add_account(name).await;
        invite(&h, &mut owner, &email, "normal").await.expect(201);
        let token = h.last_mail(&email).await.parameter("token");
        accept(&h, &mut browser, &token, name).await.expect(200);
        let to = json!({"tenant_id": place});
        browser
            .post(&h, "/console/api/workspaces/switch", to)
            .await
            .expect(200);
        people.push(browser);
    }
    people[0]
        .send(&h, "DELETE", &path, None, &[])
        .await
        .expect(200);
    assert_eq!(roles_of(&h, "console@example.com").await, ["owner"]);
    let token = h.token(&mut people[1], "laptop").await;
    let path = format!("/openapi/v1/workspaces/{place}/members/self");
    h.with_bearer("DELETE", &path, &token).await.expect(200);
    assert_eq!(roles_of(&h, "openapi@example.com").await, ["owner"]);
    h.with_bearer("DELETE", &path, &token).await.expect(404);
    let csrf = people[2].csrf();
    let cookies: Vec<String> = people[2]
        .cookies
        .iter()
        .map(|(n, v)| format!("{n}={v}"))
        .collect();
    let form = [("kind", "leave"), ("csrf_token", csrf.as_str())];
    let request = h
        .request("POST", "/workspace")
        .header("cookie", cookies.join("; "));
    let request = request.header("origin", PUBLIC_URL).form(&form);
    let left = Answer::read(request.send().await.unwrap())
        .await
        .expect(303);
    assert_eq!(left.header("location"), "/workspace?said=left");
    assert_eq!(roles_of(&h, "pages@example.com").await, ["owner"]);
    assert_eq!(
        owner.get(&h, MEMBERS).await.json()["accounts"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
}

#[actix_web::test]
async fn invited_new_account_signs_in_by_mail_code_though_registration_is_closed() {
    let h = Harness::with(&[("ENABLE_EMAIL_CODE_LOGIN", "true")]).await;
    let mut owner = basic_account(&h).await;
    invite(&h, &mut owner, "guest@example.com", "editor")
        .await
        .expect(201);
    let link = h.last_mail("guest@example.com").await.parameter("token");
    let sent = json!({"email": "guest@example.com"});
    let token = h
        .post("/console/api/email-code-login", &sent)
        .await
        .expect(200)
        .json();
    let code = h.last_mail("guest@example.com").await.code();
    let code = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, code);
    let body = json!({"email": "guest@example.com", "token": token["data"], "code": code});
    let mut guest = Browser::new();
    let path = "/console/api/email-code-login/validity";
    guest.post(&h, path, body).await.expect(200);
    assert_eq!(roles_of(&h, "guest@example.com").await, ["editor"]);
    accept(&h, &mut guest, &link, "Guest").await.expect(200);
}

/// The console shows the current workspace after "Join": the one that was joined, also when the new account
/// registered a moment before and has one of their own.
#[actix_web::test]
async fn invitation_accepted_in_the_console_switches_to_its_workspace() {
    let h = Harness::with(&[
        ("ENABLE_EMAIL_CODE_LOGIN", "true"),
        ("ALLOW_REGISTER", "true"),
        ("ALLOW_CREATE_WORKSPACE", "true"),
    ])
    .await;
    let mut owner = basic_account(&h).await;
    let mut guest = h.add_account("guest").await;
    invite(&h, &mut owner, "guest@example.com", "editor")
        .await
        .expect(201);
    let link = h.last_mail("guest@example.com").await.parameter("token");
    accept(&h, &mut guest, &link, "Guest").await.expect(200);
    let path = "/console/api/workspaces";
    let all = guest.get(&h, path).await.expect(200).json();
    let current: Vec<_> = all["workspaces"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|workspace| workspace["current"] == true)
        .map(|workspace| workspace["name"].as_str().unwrap())
        .collect();
    assert_eq!(current, ["Owner's Workspace"]);
}
