//! The audit trail of the current workspace, for its owner and administrators. Ours.

use actix_web::{
    HttpResponse,
    web::{Bytes, Data, Json},
};
use chrono::{Datelike as _, NaiveDate, NaiveTime};
use futures_util::stream;
use gatewright_domain::{error::Unavailable, ids::WorkspaceId};
use gatewright_usecase_workspace::audit_log::{AuditFilter, AuditLog, ExportedEvent};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use gatewright_http_kit::{
    error::{ConsoleErrorBody, ConsoleFailure},
    extract::{ConsoleFormat, InWorkspace, Query, ReadsAudit, Then},
    input::{
        number::WholeNumber,
        text::{Id, Limited, Text},
    },
};

/// Events that an export reads at a time.
const PAGE: i64 = 500;

/// The page of events, and what they are filtered by.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct EventQuery {
    /// Only of this name, for example `workspace.member_removed`.
    #[param(inline)]
    action: Option<Text>,
    /// Only what this account did.
    #[param(inline)]
    actor: Option<Id>,
    /// Only from this day on (UTC, `2026-11-24`).
    #[param(inline)]
    from: Option<Day>,
    /// Only up to this day, which is included (UTC).
    #[param(inline)]
    until: Option<Day>,
    /// Only before this place: the `next_before` of the answer before.
    #[param(inline)]
    before: Option<Surface>,
    /// Events of a page; 50 by default.
    #[param(inline)]
    limit: Option<PageSize>,
}

type Surface = WholeNumber<0, { u32::MAX }>;
type PageSize = WholeNumber<1, 200>;

impl From<EventQuery> for AuditFilter {
    fn from(query: EventQuery) -> Self {
        let midnight = |day: NaiveDate| day.and_time(NaiveTime::MIN).and_utc();
        let until = query.until.and_then(|day| day.0.succ_opt());
        let before = query.before.map(WholeNumber::get);
        Self {
            action: query.action.map(Text::into_inner),
            actor: query.actor.map(Id::into_inner),
            from: query.from.map(|day| midnight(day.0)),
            until: until.map(midnight),
            before: before.filter(|surface| *surface > 0).map(i64::from),
            most: query.limit.map_or(50, |limit| i64::from(limit.get())),
        }
    }
}

/// A day, in years that every part of this system can count with.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(try_from = "Limited")]
#[schema(value_type = String, format = Date)]
pub struct Day(NaiveDate);

impl TryFrom<Limited> for Day {
    type Error = String;

    fn try_from(text: Limited) -> Result<Self, String> {
        let day: NaiveDate = text.parsed()?;
        if (1..=9999).contains(&day.year()) {
            return Ok(Self(day));
        }
        Err("must be a day of the years 1 to 9999".to_owned())
    }
}

/// An event of the audit trail.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AuditEventRow {
    id: String,
    /// The place in the workspace's chain; the first is 1.
    seq: i64,
    /// When it happened, ISO 8601 in UTC.
    occurred_at: String,
    action: String,
    actor_account_id: Option<String>,
    ip: Option<String>,
    user_agent: Option<String>,
    request_id: Option<String>,
    details: serde_json::Value,
    /// Of this event and all before it.
    hash: String,
}

impl From<ExportedEvent> for AuditEventRow {
    fn from(event: ExportedEvent) -> Self {
        Self {
            id: event.id.to_string(),
            seq: event.seq,
            occurred_at: event.occurred_at.to_rfc3339(),
            action: event.action,
            actor_account_id: event.actor_account_id.map(|id| id.to_string()),
            ip: event.ip,
            user_agent: event.user_agent,
            request_id: event.request_id,
            details: event.details,
            hash: event.hash,
        }
    }
}

/// Events, the latest first.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AuditEventPage {
    data: Vec<AuditEventRow>,
    /// Goes into `before` for the events before these; null at the end.
    next_before: Option<i64>,
}

/// Events, and the place before which there may be more.
pub async fn read(
    log: &AuditLog,
    workspace: WorkspaceId,
    filter: &AuditFilter,
) -> Result<(Vec<ExportedEvent>, Option<i64>), Unavailable> {
    let rows = log.list(workspace, filter).await?;
    let is_full = i64::try_from(rows.len()).is_ok_and(|count| count == filter.most);
    let last = rows.last().map(|row| row.seq).filter(|seq| *seq > 1);
    let events = rows.into_iter().map(ExportedEvent::from).collect();
    Ok((events, last.filter(|_| is_full)))
}

/// The same as JSON.
pub(crate) async fn page(
    log: &AuditLog,
    workspace: WorkspaceId,
    filter: &AuditFilter,
) -> Result<AuditEventPage, Unavailable> {
    let (events, next_before) = read(log, workspace, filter).await?;
    Ok(AuditEventPage {
        data: events.into_iter().map(AuditEventRow::from).collect(),
        next_before,
    })
}

/// Events of the current workspace, the latest first.
#[utoipa::path(
    get, path = "/console/api/workspaces/current/audit-events", operation_id = "list_audit_events",
    params(EventQuery), security(("session" = [], "csrf" = [])),
    responses((status = 200, body = AuditEventPage), (status = 403, body = ConsoleErrorBody)),
)]
pub(crate) async fn list(
    log: Data<AuditLog>,
    query: Then<InWorkspace<ReadsAudit>, Query<EventQuery, ConsoleFormat>>,
) -> Result<Json<AuditEventPage>, ConsoleFailure> {
    let Then(here, query) = query;
    let filter = query.into_inner().into();
    Ok(Json(page(&log, here.workspace.id, &filter).await?))
}

/// Events of the current workspace as JSON lines, the latest first; `limit` is not looked at.
#[utoipa::path(
    get, path = "/console/api/workspaces/current/audit-events/export", operation_id = "export_audit_events",
    params(EventQuery), security(("session" = [], "csrf" = [])),
    responses((status = 200, content_type = "application/x-ndjson"), (status = 403, body = ConsoleErrorBody)),
)]
pub(crate) async fn export(
    log: Data<AuditLog>,
    query: Then<InWorkspace<ReadsAudit>, Query<EventQuery, ConsoleFormat>>,
) -> HttpResponse {
    let Then(here, query) = query;
    lines(log, here.workspace.id, query.into_inner().into())
}

/// The events that a filter lets through, whatever its limit, as JSON lines.
pub fn lines(log: Data<AuditLog>, workspace: WorkspaceId, filter: AuditFilter) -> HttpResponse {
    let start = Some(AuditFilter {
        most: PAGE,
        ..filter
    });
    let lines = stream::try_unfold(start, move |next| {
        let log = log.clone();
        async move {
            let Some(filter) = next else {
                return Ok::<_, std::io::Error>(None);
            };
            let read = read(&log, workspace, &filter).await;
            let (events, next_before) = read.map_err(std::io::Error::other)?;
            let mut text = String::new();
            for event in events {
                text.push_str(&serde_json::to_string(&AuditEventRow::from(event))?);
                text.push('\n');
            }
            let next = next_before.map(|before| AuditFilter {
                before: Some(before),
                ..filter
            });
            Ok(Some((Bytes::from(text), next)))
        }
    });
    HttpResponse::Ok()
        .content_type("application/x-ndjson")
        .insert_header((
            "Content-Disposition",
            "attachment; filename=\"audit-events.jsonl\"",
        ))
        .streaming(lines)
}
