//! `/workspace`: who belongs to it, what its keys are, and changing both as far as one's role goes.

mod act;
pub(super) mod audit;
mod event_messages;

use actix_web::{HttpRequest, HttpResponse, http::StatusCode, web::Data};
use askama::Template;
use gatewright_domain::{
    account::AccountStatus,
    error::Unavailable,
    ids::WorkspaceId,
    member::{Capability, Member},
    workspace::{MemberWorkspace, Role, WorkspaceStatus},
};
use gatewright_usecase_identity::member::Members;
use gatewright_usecase_kit::ConsoleIdentity;
use gatewright_usecase_workspace::workspace::{ApiKey, ApiKeyError, ApiKeys, KeyScope, Workspaces};

use self::act::{Desk, Done, act};
use gatewright_http_kit::{
    cookies::{CookiePolicy, put},
    error::redirect,
    extract::RequestCtx,
};
use gatewright_pages_kit::{
    form::PageForm,
    guard::{Destination, FlashQuery, back, csrf_token, flash, navigation, sent_by, signed_in},
    page::{Page, PageLanguage, show},
    pager::Pager,
    time::{Fact, Zone},
    unavailable::unavailable,
};

const HERE: Destination = Destination::Workspace;
/// Members from which on somebody wants to look for one.
const MANY: usize = 20;

struct MemberEntry {
    id: String,
    name: String,
    email: String,
    role: &'static str,
    role_name: &'static str,
    facts: Vec<Fact>,
    can_change: bool,
}

struct KeyEntry {
    id: String,
    masked: String,
    facts: Vec<Fact>,
}

struct Other {
    id: String,
    name: String,
    role: &'static str,
}

#[derive(Template)]
#[template(path = "workspace.html")]
struct WorkspacePage {
    page: Page,
    name: String,
    role: &'static str,
    csrf_token: String,
    /// What members are looked for by, when there are many.
    search: Option<String>,
    more: Vec<(String, String)>,
    /// The workspaces to switch to.
    others: Vec<Other>,
    members: Vec<MemberEntry>,
    /// The roles that can be given, with what they are called.
    roles: Vec<(&'static str, &'static str)>,
    keys: Vec<KeyEntry>,
    may_manage: bool,
    may_leave: bool,
    may_rename: bool,
    may_change_keys: bool,
    may_read_audit: bool,
}

/// Shows the pages of the workspace.
pub(super) async fn get(
    members: Data<Members>,
    api_keys: Data<ApiKeys>,
    from: FlashQuery,
    request: HttpRequest,
) -> HttpResponse {
    let session = match signed_in(&request, HERE).await {
        Ok(session) => session,
        Err(answer) => return answer,
    };
    let page = flash(page(PageLanguage::of(&request)), from.flash.as_deref());
    let view = View {
        page,
        status: StatusCode::OK,
        wanted: from.page(),
        search: from.q.clone().unwrap_or_default(),
    };
    render(&members, &api_keys, &session, &request, view).await
}

/// What of it is shown, and what is said with it.
struct View {
    page: Page,
    status: StatusCode,
    wanted: Option<usize>,
    search: String,
}

fn page(language: PageLanguage) -> Page {
    Page::new(language, "Workspace", "工作空间").with_navigation(navigation(language, HERE))
}

async fn render(
    members: &Members,
    api_keys: &ApiKeys,
    session: &ConsoleIdentity,
    request: &HttpRequest,
    view: View,
) -> HttpResponse {
    let Some(here) = session.current_workspace() else {
        return back(Destination::Account, "");
    };
    let (language, zone) = (view.page.language, Zone::of(&session.account));
    let (all, keys) = match read(members, api_keys, here.id).await {
        Ok(read) => read,
        Err(error) => return unavailable(language, &error),
    };
    let is_long = all.len() > MANY;
    let all = sought(all, &view.search);
    let pager = Pager::new(view.wanted, all.len());
    let may_manage = here.role.may(Capability::ManageMembers);
    let entry = |one: Member| {
        let may_change = may_manage && one.id != session.account.id;
        member(language, zone, one, may_change)
    };
    let shown = WorkspacePage {
        name: here.name.clone(),
        role: language.role(here.role),
        csrf_token: csrf_token(request, session),
        more: more(pager.links(language), &view.search),
        search: is_long.then_some(view.search),
        others: others(language, session, here),
        members: pager.cut(all).into_iter().map(entry).collect(),
        roles: given(language, members),
        keys: keys
            .into_iter()
            .map(|one| key(language, zone, one))
            .collect(),
        may_manage,
        may_leave: here.role != Role::Owner,
        may_rename: here.role.may(Capability::ChangeWorkspace),
        may_change_keys: here.role.may(Capability::DeleteApiKeys),
        may_read_audit: here.role.may(Capability::ReadAudit),
        page: view.page,
    };
    show(view.status, &shown)
}

async fn read(
    members: &Members,
    api_keys: &ApiKeys,
    here: WorkspaceId,
) -> Result<(Vec<Member>, Vec<ApiKey>), Unavailable> {
    let all = members.list(here).await?;
    let keys = api_keys.list(here, KeyScope::Knowledge).await;
    let keys = keys.map_err(|error| match error {
        ApiKeyError::Unavailable(error) => error,
        other => Unavailable::new("postgres", other.to_string()),
    })?;
    Ok((all, keys))
}

/// Those whose name or address has a part like that.
fn sought(all: Vec<Member>, part: &str) -> Vec<Member> {
    let part = part.to_lowercase();
    let has_it = |text: &str| text.to_lowercase().contains(&part);
    let all = all.into_iter();
    all.filter(|one| has_it(&one.email) || has_it(&one.name))
        .collect()
}

fn key(language: PageLanguage, zone: Zone, key: ApiKey) -> KeyEntry {
    KeyEntry {
        id: key.id.to_string(),
        masked: key.masked,
        facts: vec![
            Fact::at(
                language.t("Created:", "创建时间"),
                zone.show(key.created_at),
            ),
            Fact::maybe_at(
                language.t("Last used:", "最近使用"),
                key.last_used_at.map(|at| zone.show(at)),
                language.t("never", "从未"),
            ),
        ],
    }
}

/// The links of the pager, what is looked for kept.
fn more(links: Vec<(String, String)>, search: &str) -> Vec<(String, String)> {
    let kept = serde_urlencoded::to_string([("q", search)]).unwrap_or_default();
    let links = links.into_iter();
    links
        .map(|(label, query)| (label, format!("{query}&{kept}")))
        .collect()
}

fn others(language: PageLanguage, session: &ConsoleIdentity, here: &MemberWorkspace) -> Vec<Other> {
    let all = session.workspaces.iter();
    let usable = all.filter(|one| one.id != here.id && one.status == WorkspaceStatus::Normal);
    usable
        .map(|one| Other {
            id: one.id.to_string(),
            name: one.name.clone(),
            role: language.role(one.role),
        })
        .collect()
}

fn given(language: PageLanguage, members: &Members) -> Vec<(&'static str, &'static str)> {
    let all = [
        Role::Normal,
        Role::Editor,
        Role::DatasetOperator,
        Role::Admin,
    ];
    let given = all.into_iter().filter(|role| members.may_be_given(*role));
    given
        .map(|role| (role.as_str(), language.role(role)))
        .collect()
}

fn member(language: PageLanguage, zone: Zone, member: Member, may_change: bool) -> MemberEntry {
    let seen = if member.status == AccountStatus::Pending {
        Fact::text(language.t("Invitation pending", "邀请待接受"))
    } else {
        let active = language.t("Last active:", "最近活动");
        Fact::at(active, zone.show(member.last_active_at))
    };
    MemberEntry {
        id: member.id.to_string(),
        can_change: may_change && member.role != Role::Owner,
        name: member.name,
        email: member.email,
        role: member.role.as_str(),
        role_name: language.role(member.role),
        facts: vec![seen],
    }
}

/// To the next workspace; whoever has none is signed out, for there is nothing to be signed in to.
fn left(session: &ConsoleIdentity, request: &HttpRequest, policy: &CookiePolicy) -> HttpResponse {
    let in_use = |one: &&MemberWorkspace| one.status == WorkspaceStatus::Normal;
    if session.workspaces.iter().filter(in_use).count() > 1 {
        return back(HERE, "said=left");
    }
    let mut answer = redirect("/signin?done=left")
        .status(StatusCode::SEE_OTHER)
        .finish();
    put(&mut answer, policy.signed_out(request));
    answer
}

/// Does what one of the page's forms asks for.
pub(super) async fn post(
    members: Data<Members>,
    api_keys: Data<ApiKeys>,
    workspaces: Data<Workspaces>,
    policy: Data<CookiePolicy>,
    ctx: RequestCtx,
    sent: PageForm,
) -> HttpResponse {
    let session = match sent_by(&sent, HERE).await {
        Ok(session) => session,
        Err(answer) => return answer,
    };
    let Some(here) = session.current_workspace() else {
        return back(Destination::Account, "");
    };
    let desk = Desk {
        members: &members,
        api_keys: &api_keys,
        workspaces: &workspaces,
        ctx: &ctx,
        account: &session.account,
        here,
    };
    match act(&desk, &sent).await {
        Ok(Done::Flash(name)) => back(HERE, &format!("said={name}")),
        Ok(Done::Left) => left(&session, &sent.request, &policy),
        Ok(Done::Told(told)) => show(StatusCode::OK, &told),
        Err(act::Refusal::Unavailable(error)) => unavailable(sent.language, &error),
        Err(act::Refusal::Because((status, text))) => {
            let view = View {
                page: page(sent.language).with_error(Some(text)),
                status,
                wanted: None,
                search: String::new(),
            };
            render(&members, &api_keys, &session, &sent.request, view).await
        }
    }
}
