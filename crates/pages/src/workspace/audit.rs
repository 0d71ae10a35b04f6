//! `/workspace/audit`: who did what, from where; filtered, and to be taken away as JSON lines.

use actix_web::{HttpRequest, HttpResponse, http::StatusCode, web::Data};
use askama::Template;
use gatewright_domain::{
    audit::AuditAction,
    ids::WorkspaceId,
    member::{Capability, Member},
};
use gatewright_usecase_identity::member::Members;
use gatewright_usecase_kit::ConsoleIdentity;
use gatewright_usecase_workspace::audit_log::{AuditFilter, AuditLog, ExportedEvent};
use uuid::Uuid;

use super::event_messages::event_messages;
use gatewright_http_identity::console_surface::audit::{EventQuery, lines, read as read_events};
use gatewright_http_kit::{
    extract::query_pairs,
    input::{self, FieldProblem, object_of},
};
use gatewright_pages_kit::{
    form::field_words,
    guard::{Destination, navigation, signed_in},
    page::{MessagePage, Page, PageLanguage, show},
    time::{When, Zone},
    unavailable::unavailable,
};

const HERE: Destination = Destination::Audit;

struct Event {
    when: When,
    /// What happened, in words.
    message: String,
    /// Its stable name.
    action: String,
    who: String,
    facts: Vec<String>,
}

#[derive(Template)]
#[template(path = "audit.html")]
struct AuditPage {
    page: Page,
    /// What is chosen: action, address, first and last day.
    action: String,
    who: String,
    from: String,
    until: String,
    /// Names with what they are called.
    actions: Vec<(&'static str, &'static str)>,
    is_filtered: bool,
    events: Vec<Event>,
    /// What follows the question mark.
    older: Option<String>,
    filter: String,
}

/// Whoever may read it; or what they see instead.
async fn reader(request: &HttpRequest) -> Result<ConsoleIdentity, HttpResponse> {
    let session = signed_in(request, HERE).await?;
    let here = session.current_workspace();
    if here.is_some_and(|one| one.role.may(Capability::ReadAudit)) {
        return Ok(session);
    }
    let language = PageLanguage::of(request);
    let text = language.t(
        "Only the owner and administrators of the workspace can view the audit log.",
        "仅工作空间的所有者和管理员可以查看审计日志。",
    );
    Err(show(
        StatusCode::FORBIDDEN,
        &MessagePage::saying(page(language), text.to_owned()),
    ))
}

/// A form sends what was left empty too; that is no filter.
fn pairs(request: &HttpRequest) -> Vec<(String, String)> {
    let all = query_pairs(request.query_string()).into_iter();
    all.filter(|(_, value)| !value.is_empty()).collect()
}

/// What is looked at: where, which events, and the people there.
struct Reading {
    workspace: WorkspaceId,
    zone: Zone,
    filter: AuditFilter,
    people: Vec<Member>,
}

async fn read(members: &Members, request: &HttpRequest) -> Result<Reading, HttpResponse> {
    let session = reader(request).await?;
    let Some(here) = session.current_workspace() else {
        return Err(super::back(Destination::Account, ""));
    };
    let people = members.list(here.id).await;
    let people = people.map_err(|error| unavailable(PageLanguage::of(request), &error))?;
    let pairs = pairs(request);
    let query = input::read::<EventQuery>(object_of(pairs.clone()));
    let mut filter: AuditFilter = query.map_err(|problems| wrong(request, &problems))?.into();
    if let Some((_, address)) = pairs.iter().find(|(name, _)| name == "who") {
        let known = people
            .iter()
            .find(|one| one.email.eq_ignore_ascii_case(address.trim()));
        // Somebody who is no member did nothing here.
        filter.actor = Some(known.map_or(Uuid::nil(), |one| one.id.0));
    }
    Ok(Reading {
        workspace: here.id,
        zone: Zone::of(&session.account),
        filter,
        people,
    })
}

fn wrong(request: &HttpRequest, problems: &[FieldProblem]) -> HttpResponse {
    let language = PageLanguage::of(request);
    let page = page(language).with_error(Some(field_words(language, problems)));
    let all = language.t("All events", "所有事件").to_owned();
    let told = MessagePage {
        page,
        lines: vec![],
        button: None,
        links: vec![(all, HERE.path().to_owned())],
    };
    show(StatusCode::BAD_REQUEST, &told)
}

fn page(language: PageLanguage) -> Page {
    Page::new(language, "Audit log", "审计日志").with_navigation(navigation(language, HERE))
}

/// Shows a page of it.
pub(crate) async fn get(
    log: Data<AuditLog>,
    members: Data<Members>,
    request: HttpRequest,
) -> HttpResponse {
    let Reading {
        workspace,
        zone,
        filter,
        people,
    } = match read(&members, &request).await {
        Ok(reading) => reading,
        Err(answer) => return answer,
    };
    let language = PageLanguage::of(&request);
    let (events, next_before) = match read_events(&log, workspace, &filter).await {
        Ok(found) => found,
        Err(error) => return unavailable(language, &error),
    };
    let chosen = pairs(&request);
    let value = |name: &str| {
        let found = chosen.iter().find(|(known, _)| known == name);
        found.map_or_else(String::new, |(_, value)| value.clone())
    };
    let kept = ["action", "who", "from", "until"].map(|name| (name, value(name)));
    let filter = serde_urlencoded::to_string(kept).unwrap_or_default();
    let shown = AuditPage {
        page: page(language),
        is_filtered: !chosen.is_empty(),
        action: value("action"),
        who: value("who"),
        from: value("from"),
        until: value("until"),
        actions: called(language),
        older: next_before.map(|before| format!("{filter}&before={before}")),
        events: events
            .into_iter()
            .map(|one| event(language, zone, one, &people))
            .collect(),
        filter,
    };
    show(StatusCode::OK, &shown)
}

/// All events with what they are called, in the order of the words.
fn called(language: PageLanguage) -> Vec<(&'static str, &'static str)> {
    let all = AuditAction::ALL.iter();
    let mut called: Vec<_> = all
        .map(|one| (one.as_str(), event_messages(language, *one)))
        .collect();
    called.sort_by_key(|(_, message)| *message);
    called
}

fn event(language: PageLanguage, zone: Zone, event: ExportedEvent, people: &[Member]) -> Event {
    let who = match event.actor_account_id {
        None => language.t("Not signed in", "未登录").to_owned(),
        Some(id) => {
            let known = people.iter().find(|one| one.id.0 == id);
            known.map_or_else(|| id.to_string(), |one| one.email.clone())
        }
    };
    let from = language.t("From:", "来自");
    let mut facts: Vec<String> = event.ip.iter().map(|ip| format!("{from} {ip}")).collect();
    for (name, value) in event.details.as_object().into_iter().flatten() {
        // A text without its quotation marks.
        let value = value
            .as_str()
            .map_or_else(|| value.to_string(), str::to_owned);
        facts.push(format!("{name}: {value}"));
    }
    Event {
        when: zone.show(event.occurred_at),
        message: AuditAction::ALL
            .iter()
            .find(|known| known.as_str() == event.action)
            .map_or_else(
                || event.action.clone(),
                |known| event_messages(language, *known).to_owned(),
            ),
        action: event.action,
        who,
        facts,
    }
}

/// What the filter lets through, to take away.
pub(crate) async fn export(
    log: Data<AuditLog>,
    members: Data<Members>,
    request: HttpRequest,
) -> HttpResponse {
    match read(&members, &request).await {
        Ok(reading) => lines(log, reading.workspace, reading.filter),
        Err(answer) => answer,
    }
}
