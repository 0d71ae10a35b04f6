//! Members: inviting, roles, removing, giving the workspace away; on both surfaces.

use serde_json::json;

use crate::support::{Answer, Browser, EMAIL, Harness, PASSWORD, arrange, basic_account};

const MEMBERS: &str = "/console/api/workspaces/current/members";
const NEW: &str = "N3w-password";

pub(super) async fn invite(h: &Harness, by: &mut Browser, email: &str, role: &str) -> Answer {
    let body = json!({"emails": [email], "role": role, "language": "en-US"});
    by.post(h, &format!("{MEMBERS}/invite-email"), body).await
}

async fn id_of(h: &Harness, email: &str) -> String {
    h.db.query(&format!(
        "SELECT id::text FROM accounts WHERE email = '{email}'"
    ))
    .await
    .remove(0)
}

async fn role_of(h: &Harness, email: &str) -> Vec<String> {
    h.db.query(&format!(
        "SELECT j.role FROM tenant_account_joins j JOIN accounts a ON a.id = j.account_id \
         JOIN tenants t ON t.id = j.tenant_id WHERE a.email = '{email}' AND t.name LIKE 'Owner%'"
    ))
    .await
}

/// Takes an invitation up in a browser, as whoever is signed in there.
pub(super) async fn accept(h: &Harness, by: &mut Browser, token: &str, name: &str) -> Answer {
    let body =
        json!({"token": token, "name": name, "interface_language": "en-US", "timezone": "UTC"});
    by.post(h, "/console/api/activate", body).await
}

/// A member of the owner's workspace with a role, signed in and working there.
async fn member(h: &Harness, owner: &mut Browser, name: &str, role: &str) -> Browser {
    let mut browser = h.add_account(name).await;
    let email = format!("{name}@example.com");
    invite(h, owner, &email, role).await.expect(201);
    let token = h.last_mail(&email).await.parameter("token");
    accept(h, &mut browser, &token, name).await.expect(200);
    let tenant = owner
        .post(h, "/console/api/workspaces/current", json!({}))
        .await
        .json();
    let body = json!({"tenant_id": tenant["id"]});
    browser
        .post(h, "/console/api/workspaces/switch", body)
        .await
        .expect(200);
    browser
}

#[actix_web::test]
async fn invitation_is_mailed_and_accepted() {
    let h = Harness::start().await;
    let mut owner = basic_account(&h).await;
    let answer = invite(&h, &mut owner, "Guest@example.com", "editor")
        .await
        .expect(201)
        .json();
    let result = &answer["invitation_results"][0];
    assert_eq!(result["status"], "success");
    assert!(
        result.get("url").is_none(),
        "whoever invites does not learn the link: {result}"
    );
    let mail = h.last_mail("guest@example.com").await;
    assert!(
        mail.link().starts_with("http://gatewright.test/activate?"),
        "{mail:?}"
    );
    let token = mail.parameter("token");
    let check = format!("/console/api/activate/check?token={token}&email=guest%40example.com");
    let view = h.get(&check).await.expect(200).json();
    assert_eq!(view["is_valid"], true);
    assert_eq!(view["data"]["workspace_name"], "Owner's Workspace");
    let activate = json!({"token": token, "name": "Guest", "interface_language": "en-US",
        "timezone": "UTC", "password": NEW});
    h.post("/console/api/activate", &activate).await.expect(200);
    let again = h.post("/console/api/activate", &activate).await.expect(403);
    assert_eq!(again.code(), "already_activate");
    let mut guest = Browser::new();
    guest.login(&h, "guest@example.com", NEW).await.expect(200);
    let space = guest
        .post(&h, "/console/api/workspaces/current", json!({}))
        .await
        .json();
    assert_eq!(space["role"], "editor");
    assert_eq!(h.get(&check).await.json()["is_valid"], false);
}

#[actix_web::test]
async fn stock_console_login_with_an_invite_token_sets_the_first_password() {
    let h = Harness::start().await;
    let mut owner = basic_account(&h).await;
    invite(&h, &mut owner, "guest@example.com", "normal")
        .await
        .expect(201);
    let token = h.last_mail("guest@example.com").await.parameter("token");
    let login = |email: &str, password: &str, token: &str| {
        use base64::{Engine as _, engine::general_purpose::STANDARD};
        json!({"email": email, "password": STANDARD.encode(password), "invite_token": token})
    };
    let path = "/console/api/login";
    // console.md §13 #4: the policy holds here too.
    let weak = h
        .post(path, &login("guest@example.com", "a", &token))
        .await
        .expect(400);
    assert_eq!(weak.code(), "invalid_param");
    let other = h
        .post(path, &login(EMAIL, PASSWORD, &token))
        .await
        .expect(400);
    assert_eq!(other.code(), "invalid_email");
    h.post(path, &login("guest@example.com", NEW, "made-up"))
        .await
        .expect(401);
    let mut guest = Browser::new();
    guest
        .post(&h, path, login("guest@example.com", NEW, &token))
        .await
        .expect(200);
    // The link sets a password once.
    h.post(
        path,
        &login("guest@example.com", "An0ther-password", &token),
    )
    .await
    .expect(401);
    // What the console asks for next is said by whoever came, and by nobody else.
    let stranger = accept(&h, &mut Browser::new(), &token, "Mallory").await;
    assert_eq!(stranger.expect(403).code(), "already_activate");
    accept(&h, &mut guest, &token, "Guest").await.expect(200);
    let profile = guest.get(&h, "/console/api/account/profile").await.json();
    assert_eq!(profile["name"], "Guest");
    let again = accept(&h, &mut guest, &token, "Guest").await;
    assert_eq!(again.expect(403).code(), "already_activate");
}

#[actix_web::test]
async fn sec_159_invitation_of_another_email_is_refused() {
    let h = Harness::start().await;
    let mut owner = basic_account(&h).await;
    invite(&h, &mut owner, "guest@example.com", "admin")
        .await
        .expect(201);
    let token = h.last_mail("guest@example.com").await.parameter("token");
    // Taken up in the browser of the administrator who is signed in: nothing of theirs changes.
    let activate = json!({"token": token, "name": "Mallory", "interface_language": "en-US",
        "timezone": "UTC", "password": NEW, "email": EMAIL});
    owner
        .post(&h, "/console/api/activate", activate)
        .await
        .expect(403);
    let activate = json!({"token": token, "name": "Guest", "interface_language": "en-US",
        "timezone": "UTC", "password": NEW});
    owner
        .post(&h, "/console/api/activate", activate)
        .await
        .expect(200);
    let profile = owner.get(&h, "/console/api/account/profile").await.json();
    assert_eq!(profile["name"], "Owner");
    Browser::new().login(&h, EMAIL, PASSWORD).await.expect(200);
    // Once they have a password, no invitation replaces it.
    h.db.execute("DELETE FROM tenant_account_joins WHERE role = 'admin'")
        .await;
    invite(&h, &mut owner, "guest@example.com", "admin")
        .await
        .expect(201);
    let token = h.last_mail("guest@example.com").await.parameter("token");
    let activate = json!({"token": token, "name": "Guest", "interface_language": "en-US",
        "timezone": "UTC", "password": "St0len-password"});
    let refused = h.post("/console/api/activate", &activate).await.expect(403);
    assert_eq!(refused.code(), "sign_in_to_accept");
    let mut guest = Browser::new();
    let stolen = guest
        .login(&h, "guest@example.com", "St0len-password")
        .await;
    stolen.expect(401);
    // They belong to no workspace by now: the right password and the link let them in.
    let body = json!({"email": "guest@example.com", "invite_token": token,
        "password": base64::Engine::encode(&base64::engine::general_purpose::STANDARD, NEW)});
    guest.post(&h, "/console/api/login", body).await.expect(200);
    guest
        .get(&h, "/console/api/account/profile")
        .await
        .expect(200);
}

#[actix_web::test]
async fn invitation_ends_by_expiry_and_by_a_newer_one() {
    let h = Harness::start().await;
    let mut owner = basic_account(&h).await;
    invite(&h, &mut owner, "guest@example.com", "normal")
        .await
        .expect(201);
    let first = h.last_mail("guest@example.com").await.parameter("token");
    invite(&h, &mut owner, "guest@example.com", "normal")
        .await
        .expect(201);
    let second = h.last_mail("guest@example.com").await.parameter("token");
    let is_valid = async |token: &str| {
        let path = format!("/console/api/activate/check?token={token}");
        h.get(&path).await.expect(200).json()["is_valid"] == json!(true)
    };
    assert!(!is_valid(&first).await && is_valid(&second).await);
    h.clock.advance(chrono::TimeDelta::hours(73));
    assert!(!is_valid(&second).await);
    for nonsense in ["x", "%C3%A4", "AAAA"] {
        assert!(!is_valid(nonsense).await);
    }
}

#[actix_web::test]
async fn invite_without_mail_settings_answers_with_the_link() {
    let h = Harness::with(&[("MAIL_TYPE", "<unset>")]).await;
    let mut owner = basic_account(&h).await;
    let answer = invite(&h, &mut owner, "guest@example.com", "normal")
        .await
        .expect(201)
        .json();
    let url = answer["invitation_results"][0]["url"]
        .as_str()
        .unwrap()
        .to_owned();
    assert!(
        url.starts_with("http://gatewright.test/activate?email=guest%40example.com&token="),
        "{url}"
    );
}

#[actix_web::test]
async fn invite_refuses_invalid_emails_and_roles_one_by_one() {
    let h = Harness::with(&[("GATEWRIGHT_MAX_MEMBERS", "2")]).await;
    let mut owner = basic_account(&h).await;
    let body =
        json!({"emails": ["garbage", EMAIL, "a@example.com", "A@example.com"], "role": "normal"});
    let answer = owner
        .post(&h, &format!("{MEMBERS}/invite-email"), body)
        .await
        .expect(201)
        .json();
    let results = answer["invitation_results"].as_array().unwrap();
    let failed: Vec<&str> = results
        .iter()
        .filter(|r| r["status"] == "failed")
        .map(|r| r["email"].as_str().unwrap())
        .collect();
    assert_eq!((results.len(), failed), (3, vec!["garbage", EMAIL]));
    for role in ["owner", "dataset_operator", "king"] {
        let refused = invite(&h, &mut owner, "b@example.com", role)
            .await
            .expect(400);
        assert_eq!(refused.code(), "invalid-role", "{role}");
    }
    let full = invite(&h, &mut owner, "b@example.com", "normal")
        .await
        .expect(400);
    assert_eq!(full.code(), "limit_exceeded");
    let features = owner.get(&h, "/console/api/features").await.json();
    assert_eq!(
        features["workspace_members"],
        json!({"enabled": true, "size": 2, "limit": 2})
    );
}

#[actix_web::test]
async fn sec_164_role_change_follows_the_matrix_and_never_makes_an_owner() {
    let h = Harness::start().await;
    let mut owner = basic_account(&h).await;
    let mut admin = member(&h, &mut owner, "admin", "admin").await;
    member(&h, &mut owner, "friend", "normal").await;
    let (owner_id, admin_id, friend) = (
        id_of(&h, EMAIL).await,
        id_of(&h, "admin@example.com").await,
        id_of(&h, "friend@example.com").await,
    );
    let set = async |by: &mut Browser, id: &str, role: &str| {
        let path = format!("{MEMBERS}/{id}/update-role");
        by.send(&h, "PUT", &path, Some(json!({"role": role})), &[])
            .await
    };
    assert_eq!(
        set(&mut owner, &friend, "owner").await.expect(400).code(),
        "invalid-role"
    );
    assert_eq!(
        set(&mut admin, &friend, "owner").await.expect(400).code(),
        "invalid-role"
    );
    assert_eq!(
        set(&mut admin, &owner_id, "normal")
            .await
            .expect(403)
            .code(),
        "forbidden"
    );
    assert_eq!(
        set(&mut owner, &owner_id, "normal")
            .await
            .expect(400)
            .code(),
        "cannot-operate-self"
    );
    assert_eq!(
        set(&mut owner, &friend, "normal").await.expect(400).code(),
        "role-already-assigned"
    );
    assert_eq!(
        set(&mut owner, "nonsense", "normal")
            .await
            .expect(404)
            .code(),
        "member-not-found"
    );
    set(&mut admin, &friend, "editor").await.expect(200);
    assert_eq!(role_of(&h, "friend@example.com").await, ["editor"]);
    let remove = async |by: &mut Browser, id: &str| {
        by.send(&h, "DELETE", &format!("{MEMBERS}/{id}"), None, &[])
            .await
    };
    assert_eq!(
        remove(&mut admin, &owner_id).await.expect(403).code(),
        "forbidden"
    );
    assert_eq!(
        remove(&mut admin, &admin_id).await.expect(400).code(),
        "cannot-operate-self"
    );
    remove(&mut admin, &friend).await.expect(200);
    assert!(role_of(&h, "friend@example.com").await.is_empty());
    assert_eq!(
        remove(&mut admin, &friend).await.expect(404).code(),
        "member-not-found"
    );
    assert_eq!(role_of(&h, EMAIL).await, ["owner"]);
}

#[actix_web::test]
async fn pending_account_is_deleted_with_its_last_membership() {
    let h = Harness::start().await;
    let mut owner = basic_account(&h).await;
    invite(&h, &mut owner, "guest@example.com", "normal")
        .await
        .expect(201);
    let people = owner.get(&h, MEMBERS).await.json();
    assert_eq!(people["accounts"][1]["email"], "guest@example.com");
    let id = people["accounts"][1]["id"].as_str().unwrap();
    owner
        .send(&h, "DELETE", &format!("{MEMBERS}/{id}"), None, &[])
        .await
        .expect(200);
    let left = h.db.query("SELECT email FROM accounts").await;
    assert_eq!(left, [EMAIL]);
    let people = owner.get(&h, MEMBERS).await.json();
    assert_eq!(people["accounts"].as_array().unwrap().len(), 1);
}

#[actix_web::test]
async fn sec_164_ownership_transfer_needs_a_code_and_is_atomic() {
    let h = Harness::start().await;
    let mut owner = basic_account(&h).await;
    let mut heir = member(&h, &mut owner, "heir", "normal").await;
    h.add_account("outsider").await;
    let heir_id = id_of(&h, "heir@example.com").await;
    let send = format!("{MEMBERS}/send-owner-transfer-confirm-email");
    assert_eq!(
        heir.post(&h, &send, json!({})).await.expect(400).code(),
        "not_owner"
    );
    let first = owner
        .post(&h, &send, json!({"language": "en-US"}))
        .await
        .expect(200)
        .json();
    let first = first["data"].as_str().unwrap().to_owned();
    let code = h.last_mail(EMAIL).await.code();
    let transfer = async |by: &mut Browser, to: &str, token: &str| {
        by.post(
            &h,
            &format!("{MEMBERS}/{to}/owner-transfer"),
            json!({"token": token}),
        )
        .await
    };
    // console.md §13 #2: the token that no code was given for is worth nothing.
    let early = transfer(&mut owner, &heir_id, &first).await.expect(400);
    assert_eq!(early.code(), "invalid_or_expired_token");
    let check = json!({"token": first, "code": code});
    let second = owner
        .post(&h, &format!("{MEMBERS}/owner-transfer-check"), check)
        .await
        .expect(200)
        .json();
    let second = second["token"].as_str().unwrap().to_owned();
    let me = id_of(&h, EMAIL).await;
    assert_eq!(
        transfer(&mut owner, &me, &second).await.code(),
        "cannot_transfer_owner_to_self"
    );
    let outsider = id_of(&h, "outsider@example.com").await;
    assert_eq!(
        transfer(&mut owner, &outsider, &second).await.code(),
        "member_not_in_tenant"
    );
    assert_eq!(
        transfer(&mut heir, &heir_id, &second)
            .await
            .expect(400)
            .code(),
        "not_owner"
    );
    transfer(&mut owner, &heir_id, &second).await.expect(200);
    assert_eq!(role_of(&h, EMAIL).await, ["admin"]);
    assert_eq!(role_of(&h, "heir@example.com").await, ["owner"]);
    transfer(&mut owner, &heir_id, &second).await.expect(400);
    let mails = h.mails().await;
    let told: Vec<&str> = mails.iter().rev().take(2).map(|l| l.to.as_str()).collect();
    assert_eq!(told, ["heir@example.com", EMAIL]);
}

#[actix_web::test]
async fn ownership_transfer_token_of_another_workspace_is_refused() {
    let h = Harness::start().await;
    let mut owner = basic_account(&h).await;
    member(&h, &mut owner, "heir", "normal").await;
    let send = format!("{MEMBERS}/send-owner-transfer-confirm-email");
    let first = owner.post(&h, &send, json!({})).await.expect(200).json();
    let code = h.last_mail(EMAIL).await.code();
    let second = arrange::workspace("Second")
        .with(arrange::member(EMAIL, "owner"))
        .add(&h.db)
        .await;
    owner
        .post(
            &h,
            "/console/api/workspaces/switch",
            json!({"tenant_id": second}),
        )
        .await
        .expect(200);
    let check = json!({"token": first["data"], "code": code});
    let refused = owner
        .post(&h, &format!("{MEMBERS}/owner-transfer-check"), check)
        .await
        .expect(400);
    assert_eq!(refused.code(), "invalid_or_expired_token");
}

/// What each role may, over the wire: `200` class, or 403. Rows are operations that a role decides.
#[actix_web::test]
async fn sec_163_role_matrix_over_the_operations() {
    let h = Harness::with(&[("DATASET_OPERATOR_ENABLED", "true")]).await;
    let mut owner = basic_account(&h).await;
    let mut people = vec![];
    for role in ["admin", "editor", "dataset_operator", "normal"] {
        people.push(member(&h, &mut owner, role.replace('_', "").as_str(), role).await);
    }
    people.insert(0, owner);
    let id = "00000000-0000-7000-8000-000000000000";
    let member_path = format!("{MEMBERS}/{id}");
    let role_path = format!("{MEMBERS}/{id}/update-role");
    let invite_path = format!("{MEMBERS}/invite-email");
    let (tag, app) = (
        format!("/console/api/tags/{id}"),
        format!("/console/api/apps/{id}/api-keys"),
    );
    let (app_key, set_key) = (
        format!("{app}/{id}"),
        format!("/console/api/datasets/api-keys/{id}"),
    );
    let none = json!({"emails": [], "role": "normal"});
    let bind = json!({"tag_ids": [], "target_id": id, "type": "app"});
    let (tag_body, name) = (json!({"name": "", "type": "app"}), json!({"name": ""}));
    // owner, admin, editor, dataset_operator, normal
    let table: [(&str, &str, Option<serde_json::Value>, [bool; 5]); 17] = [
        ("GET", MEMBERS, None, [true; 5]),
        (
            "POST",
            &invite_path,
            Some(none),
            [true, true, false, false, false],
        ),
        (
            "DELETE",
            &member_path,
            None,
            [true, true, false, false, false],
        ),
        (
            "PUT",
            &role_path,
            Some(json!({"role": "normal"})),
            [true, true, false, false, false],
        ),
        (
            "POST",
            "/console/api/workspaces/info",
            Some(name.clone()),
            [true, true, false, false, false],
        ),
        (
            "GET",
            "/console/api/workspaces/current/audit-events",
            None,
            [true, true, false, false, false],
        ),
        (
            "GET",
            "/console/api/workspaces/current/audit-events/export",
            None,
            [true, true, false, false, false],
        ),
        ("GET", "/console/api/tags?type=app", None, [true; 5]),
        (
            "POST",
            "/console/api/tags",
            Some(tag_body),
            [true, true, true, true, false],
        ),
        ("PATCH", &tag, Some(name), [true, true, true, true, false]),
        ("DELETE", &tag, None, [true, true, true, false, false]),
        (
            "POST",
            "/console/api/tag-bindings",
            Some(bind.clone()),
            [true, true, true, true, false],
        ),
        (
            "POST",
            "/console/api/tag-bindings/remove",
            Some(bind),
            [true, true, true, true, false],
        ),
        (
            "POST",
            &app,
            Some(json!({})),
            [true, true, true, false, false],
        ),
        ("DELETE", &app_key, None, [true, true, false, false, false]),
        ("DELETE", &set_key, None, [true, true, false, false, false]),
        ("GET", "/console/api/datasets/api-keys", None, [true; 5]),
    ];
    for (method, path, body, expected) in table {
        for (browser, may) in people.iter_mut().zip(expected) {
            let answer = browser.send(&h, method, path, body.clone(), &[]).await;
            assert_eq!(answer.status != 403, may, "{method} {path}: {answer:?}");
            if !may {
                assert_eq!(answer.header("x-gatewright-reason"), "role_insufficient");
            }
        }
    }
}

/// The members of the first workspace, over the API.
struct MembersOfApi {
    h: Harness,
    path: String,
    token: String,
}

impl MembersOfApi {
    async fn new() -> Self {
        let h = Harness::start().await;
        let mut owner = basic_account(&h).await;
        let session = h.log_in_device(&mut owner, "laptop").await;
        let text = |name: &str| session[name].as_str().unwrap().to_owned();
        let workspace = text("default_workspace_id");
        Self {
            h,
            path: format!("/openapi/v1/workspaces/{workspace}/members"),
            token: text("token"),
        }
    }

    /// `rest` comes after the path of the members.
    async fn call(&self, method: &str, rest: &str, body: Option<serde_json::Value>) -> Answer {
        let mut request = self
            .h
            .request(method, &format!("{}{rest}", self.path))
            .header("Authorization", format!("Bearer {}", self.token));
        if let Some(body) = body {
            request = request.json(&body);
        }
        Answer::read(request.send().await.unwrap()).await
    }

    async fn invite(&self, email: &str, role: &str) -> Answer {
        let body = json!({"email": email, "role": role});
        self.call("POST", "", Some(body)).await
    }
}

#[actix_web::test]
async fn openapi_members_are_invited_and_listed_in_pages() {
    let members = MembersOfApi::new().await;
    let invited = members.invite("Guest@example.com", "normal").await;
    let invited = invited.expect(201).json();
    assert_eq!(
        (invited["email"].as_str(), invited["invite_url"].as_str()),
        (Some("guest@example.com"), Some(""))
    );
    let mail = members.h.last_mail("guest@example.com").await;
    assert!(mail.link().contains("/activate?"));
    let list = members.call("GET", "?limit=1&page=2", None).await;
    let list = list.expect(200).json();
    assert_eq!(
        (&list["total"], &list["has_more"]),
        (&json!(2), &json!(false))
    );
    assert_eq!(list["data"][0]["status"], "pending");
    members.call("GET", "?limit=0", None).await.expect(422);
}

#[actix_web::test]
async fn openapi_invitation_of_a_wrong_shape_is_422() {
    let members = MembersOfApi::new().await;
    for bad in [
        json!({"email": "x@example.com", "role": "editor"}),
        json!({"email": "x@example.com", "role": "owner"}),
        json!({"email": "nonsense", "role": "normal"}),
        json!({"email": "x@example.com", "role": "normal", "more": 1}),
    ] {
        members.call("POST", "", Some(bad)).await.expect(422);
    }
}

#[actix_web::test]
async fn openapi_member_is_given_a_role_and_removed() {
    let members = MembersOfApi::new().await;
    let invited = members.invite("guest@example.com", "normal").await;
    let invited = invited.expect(201).json();
    let id = invited["member_id"].as_str().unwrap();
    let of_guest = format!("/{id}/role");
    for (rest, role, status) in [
        (of_guest.as_str(), "admin", 200),
        (&of_guest, "admin", 400),
        (&of_guest, "owner", 422),
        ("/nonsense/role", "admin", 404),
    ] {
        let answer = members.call("PUT", rest, Some(json!({"role": role}))).await;
        answer.expect(status);
    }
    for status in [200, 404] {
        let answer = members.call("DELETE", &format!("/{id}"), None).await;
        answer.expect(status);
    }
    let all = members.call("GET", "", None).await.json();
    let me = format!("/{}", all["data"][0]["id"].as_str().unwrap());
    members.call("DELETE", &me, None).await.expect(400);
}

#[actix_web::test]
async fn openapi_members_are_listed_and_not_invited_by_a_normal_member() {
    let members = MembersOfApi::new().await;
    arrange::set_role(&members.h.db, EMAIL, "normal").await;
    members.h.clock.advance(chrono::TimeDelta::seconds(2));
    let refused = members.invite("g@example.com", "normal").await;
    let refused = refused.expect(403);
    assert_eq!(refused.header("x-gatewright-reason"), "role_insufficient");
    members.call("GET", "", None).await.expect(200);
}

#[actix_web::test]
async fn tags_belong_to_their_workspace() {
    let h = Harness::start().await;
    let mut owner = basic_account(&h).await;
    let tag = json!({"name": "blue", "type": "app"});
    let made = owner
        .post(&h, "/console/api/tags", tag.clone())
        .await
        .expect(200)
        .json();
    assert_eq!(made["binding_count"], "0");
    assert_eq!(
        owner
            .post(&h, "/console/api/tags", tag)
            .await
            .expect(400)
            .code(),
        "invalid_param"
    );
    let path = format!("/console/api/tags/{}", made["id"].as_str().unwrap());
    let renamed = owner
        .send(&h, "PATCH", &path, Some(json!({"name": "red"})), &[])
        .await;
    assert_eq!(renamed.expect(200).json()["name"], "red");
    let list = async |owner: &mut Browser, query: &str| {
        owner
            .get(&h, &format!("/console/api/tags{query}"))
            .await
            .expect(200)
            .json()
    };
    assert_eq!(
        list(&mut owner, "?type=app&keyword=RE").await[0]["name"],
        "red"
    );
    assert_eq!(list(&mut owner, "?type=knowledge").await, json!([]));
    assert_eq!(list(&mut owner, "").await, json!([]));
    let bind = json!({"tag_ids": [made["id"]], "target_id": made["id"], "type": "app"});
    owner
        .post(&h, "/console/api/tag-bindings", bind.clone())
        .await
        .expect(404);
    insert_app(&h, made["id"].as_str().unwrap()).await;
    for _ in 0..2 {
        owner
            .post(&h, "/console/api/tag-bindings", bind.clone())
            .await
            .expect(200);
    }
    assert_eq!(list(&mut owner, "?type=app").await[0]["binding_count"], "1");
    owner
        .post(&h, "/console/api/tag-bindings/remove", bind)
        .await
        .expect(200);
    assert_eq!(list(&mut owner, "?type=app").await[0]["binding_count"], "0");
    owner.send(&h, "DELETE", &path, None, &[]).await.expect(204);
    owner.send(&h, "DELETE", &path, None, &[]).await.expect(404);
}

#[actix_web::test]
async fn api_key_is_shown_once_and_stored_as_a_digest() {
    let h = Harness::start().await;
    let mut owner = basic_account(&h).await;
    let path = "/console/api/datasets/api-keys";
    let made = owner.post(&h, path, json!({})).await.expect(200).json();
    let key = made["token"].as_str().unwrap().to_owned();
    assert!(key.starts_with("dataset-") && key.len() == 32, "{key}");
    let listed = owner.get(&h, path).await.expect(200).json();
    let masked = listed["data"][0]["token"].as_str().unwrap().to_owned();
    assert!(
        masked.contains('…') && !masked.contains(&key[8..28]),
        "{masked}"
    );
    let stored = h.db.query("SELECT token FROM api_tokens").await.remove(0);
    assert!(!stored.contains(&key[8..28]), "{stored}");
    assert!(stored.ends_with(&gatewright_auth::digest::sha256_hex(&key)));
    for _ in 1..10 {
        owner.post(&h, path, json!({})).await.expect(200);
    }
    let full = owner.post(&h, path, json!({})).await.expect(400).json();
    assert_eq!(full["custom"], "max_keys_exceeded");
    let id = made["id"].as_str().unwrap();
    owner
        .send(&h, "DELETE", &format!("{path}/{id}"), None, &[])
        .await
        .expect(204);
    let app = "/console/api/apps/00000000-0000-7000-8000-000000000000/api-keys";
    owner.get(&h, app).await.expect(404);
    insert_app(&h, "00000000-0000-7000-8000-000000000000").await;
    let made = owner.post(&h, app, json!({})).await.expect(201).json();
    assert!(made["token"].as_str().unwrap().starts_with("app-"));
    assert_eq!(made["type"], "app");
}

#[actix_web::test]
async fn workspace_is_renamed_by_its_owner_and_administrators() {
    let h = Harness::start().await;
    let mut owner = basic_account(&h).await;
    let path = "/console/api/workspaces/info";
    let renamed = owner
        .post(&h, path, json!({"name": "Better"}))
        .await
        .expect(200)
        .json();
    assert_eq!(renamed["tenant"]["name"], "Better");
    owner
        .post(&h, path, json!({"name": "  "}))
        .await
        .expect(400);
    let list = owner.get(&h, "/console/api/workspaces").await.json();
    assert_eq!(list["workspaces"][0]["name"], "Better");
}

/// An application of the only workspace.
async fn insert_app(h: &Harness, id: &str) {
    let insert = format!(
        "INSERT INTO apps (id, tenant_id, name, description, mode, enable_site, enable_api) \
         SELECT '{id}', id, 'App', '', 'workflow', true, true FROM tenants"
    );
    h.db.execute(&insert).await;
}
