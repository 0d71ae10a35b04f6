//! `/workspace`: who belongs to it, what its keys are, and changing both as far as one's role goes.

mod act;
pub(super) mod audit;

use actix_web::{
    HttpRequest, HttpResponse,
    http::StatusCode,
    web::{Data, Query},
};
use askama::Template;
use gatewright_app::{
    console::ConsoleIdentity,
    member::{MemberError, Members},
    workspace::{BelongingError, Belongings, KeyScope, Workspaces},
};
use gatewright_domain::{
    account::AccountStatus,
    error::Unavailable,
    member::{Capability, Member},
    workspace::{MemberWorkspace, Role, WorkspaceStatus},
};

use self::act::{Desk, Done, act};
use super::{
    account::day,
    form::PageForm,
    guard::{Destination, Words, back, csrf_token, navigation, said, sent_by, signed_in},
    install::unavailable,
    page::{Page, PageLanguage, show},
    pager::Pager,
};
use crate::extract::RequestCtx;

const HERE: Destination = Destination::Workspace;
/// Members from which on somebody wants to look for one.
const MANY: usize = 20;

struct MemberEntry {
    id: String,
    name: String,
    email: String,
    role: &'static str,
    facts: Vec<String>,
    can_change: bool,
}

struct KeyEntry {
    id: String,
    masked: String,
    facts: Vec<String>,
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
    /// The roles that can be given.
    roles: Vec<&'static str>,
    keys: Vec<KeyEntry>,
    may_manage: bool,
    may_rename: bool,
    may_change_keys: bool,
    may_read_audit: bool,
}

/// Shows it.
pub(super) async fn get(
    members: Data<Members>,
    belongings: Data<Belongings>,
    from: Query<Words>,
    request: HttpRequest,
) -> HttpResponse {
    let session = match signed_in(&request, HERE).await {
        Ok(session) => session,
        Err(answer) => return answer,
    };
    let page = said(page(PageLanguage::of(&request)), from.said.as_deref());
    let view = View {
        page,
        status: StatusCode::OK,
        wanted: from.page(),
        search: from.q.clone().unwrap_or_default(),
    };
    render(&members, &belongings, &session, &request, view).await
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
    belongings: &Belongings,
    session: &ConsoleIdentity,
    request: &HttpRequest,
    view: View,
) -> HttpResponse {
    let Some(here) = session.current_workspace() else {
        return back(Destination::Account, "");
    };
    let language = view.page.language;
    let read = async {
        let all = members.list(here.id).await.map_err(|error| match error {
            MemberError::Unavailable(error) => error,
            other => Unavailable::new("postgres", other.to_string()),
        })?;
        let keys = belongings.list_keys(here.id, KeyScope::Knowledge).await;
        let keys = keys.map_err(|error| match error {
            BelongingError::Unavailable(error) => error,
            other => Unavailable::new("postgres", other.to_string()),
        })?;
        Ok::<_, Unavailable>((all, keys))
    };
    let (all, keys) = match read.await {
        Ok(read) => read,
        Err(error) => return unavailable(language, &error),
    };
    let may_manage = here.role.may(Capability::ManageMembers);
    let is_long = all.len() > MANY;
    let sought = view.search.to_lowercase();
    let is_sought = |one: &Member| {
        one.email.to_lowercase().contains(&sought) || one.name.to_lowercase().contains(&sought)
    };
    let all: Vec<Member> = all.into_iter().filter(is_sought).collect();
    let pager = Pager::new(view.wanted, all.len());
    let all = pager.cut(all).into_iter();
    let mut entries: Vec<MemberEntry> = all.map(|m| member(language, m)).collect();
    for entry in &mut entries {
        let is_oneself = entry.id == session.account.id.to_string();
        entry.can_change &= may_manage && !is_oneself;
    }
    let keys = keys.into_iter().map(|key| KeyEntry {
        id: key.id.to_string(),
        masked: key.masked,
        facts: vec![
            format!("{} {}", language.t("Since", "始于"), day(key.created_at)),
            used(language, key.last_used_at),
        ],
    });
    let shown = WorkspacePage {
        name: here.name.clone(),
        role: here.role.as_str(),
        csrf_token: csrf_token(request),
        more: more(pager.links(language), &view.search),
        search: is_long.then_some(view.search),
        others: others(session, here),
        members: entries,
        roles: given(members),
        keys: keys.collect(),
        may_manage,
        may_rename: here.role.may(Capability::ChangeWorkspace),
        may_change_keys: here.role.may(Capability::DeleteApiKeys),
        may_read_audit: here.role.may(Capability::ReadAudit),
        page: view.page,
    };
    show(view.status, &shown)
}

/// The links of the pager, what is looked for kept.
fn more(links: Vec<(String, String)>, search: &str) -> Vec<(String, String)> {
    let kept = serde_urlencoded::to_string([("q", search)]).unwrap_or_default();
    let links = links.into_iter();
    links
        .map(|(label, query)| (label, format!("{query}&{kept}")))
        .collect()
}

fn others(session: &ConsoleIdentity, here: &MemberWorkspace) -> Vec<Other> {
    let all = session.workspaces.iter();
    let usable = all.filter(|one| one.id != here.id && one.status == WorkspaceStatus::Normal);
    usable
        .map(|one| Other {
            id: one.id.to_string(),
            name: one.name.clone(),
            role: one.role.as_str(),
        })
        .collect()
}

fn given(members: &Members) -> Vec<&'static str> {
    let all = [
        Role::Normal,
        Role::Editor,
        Role::DatasetOperator,
        Role::Admin,
    ];
    let given = all.into_iter().filter(|role| members.may_be_given(*role));
    given.map(Role::as_str).collect()
}

fn used(language: PageLanguage, at: Option<chrono::DateTime<chrono::Utc>>) -> String {
    let when = at.map_or_else(|| language.t("never", "从未").to_owned(), day);
    format!("{} {when}", language.t("Last used", "最近使用"))
}

fn member(language: PageLanguage, member: Member) -> MemberEntry {
    let seen = if member.status == AccountStatus::Pending {
        language
            .t("Invited, has not come yet", "已邀请，尚未加入")
            .to_owned()
    } else {
        let active = language.t("Last active", "最近活动");
        format!("{active} {}", day(member.last_active_at))
    };
    MemberEntry {
        id: member.id.to_string(),
        can_change: member.role != Role::Owner,
        name: member.name,
        email: member.email,
        role: member.role.as_str(),
        facts: vec![seen],
    }
}

/// Does what one of the page's forms asks for.
pub(super) async fn post(
    members: Data<Members>,
    belongings: Data<Belongings>,
    workspaces: Data<Workspaces>,
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
        belongings: &belongings,
        workspaces: &workspaces,
        ctx: &ctx,
        account: &session.account,
        here,
    };
    match act(&desk, &sent).await {
        Ok(Done::Said(word)) => back(HERE, &format!("said={word}")),
        Ok(Done::Told(told)) => show(StatusCode::OK, &told),
        Err(act::Refusal::Unavailable(error)) => unavailable(sent.language, &error),
        Err(act::Refusal::Because((status, text))) => {
            let view = View {
                page: page(sent.language).with_error(Some(text)),
                status,
                wanted: None,
                search: String::new(),
            };
            render(&members, &belongings, &session, &sent.request, view).await
        }
    }
}
