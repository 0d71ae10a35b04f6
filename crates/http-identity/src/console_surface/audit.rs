//! The audit trail of the current workspace, for its owner and administrators. Ours.

use actix_web::{
    HttpRequest, HttpResponse,
    web::{Bytes, Data, Json},
};
use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use futures_util::stream;
use gatewright_domain::{error::Unavailable, ids::WorkspaceId};
use gatewright_usecase_workspace::audit_log::{AuditFilter, AuditLog, ExportedEvent};
use serde::Serialize;
use std::{fmt::Display, str::FromStr};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use gatewright_http_kit::{
    error::{ConsoleErrorBody, ConsoleFailure},
    extract::{Fields, FromFields, InWorkspace, ReadsAudit, query_pairs},
};

/// Events that an export reads at a time.
const PAGE: i64 = 500;

/// Which events.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code, reason = "the schema; what is read is `EventQuery`")]
pub(crate) struct EventParams {
    /// Only of this name, for example `workspace.member_removed`.
    action: Option<String>,
    /// Only what this account did.
    actor: Option<String>,
    /// Only from this day on (UTC, `2026-11-24`).
    from: Option<String>,
    /// Only up to this day, which is included (UTC).
    until: Option<String>,
    /// Only before this place: the `next_before` of the answer before.
    #[param(minimum = 0, maximum = 4_294_967_295_i64)]
    before: Option<i64>,
    /// 1 to 200; 50.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u32>,
}

/// What is read of a query.
pub struct EventQuery(pub AuditFilter);

impl FromFields for EventQuery {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        let action = fields.optional_text("action");
        let actor = optional::<Uuid>(fields, "actor")?;
        let from = fields.day("from")?;
        let until = fields.day("until")?;
        let before = fields.number("before", (0, u32::MAX), 0)?;
        let most = fields.number("limit", (1, 200), 50)?;
        Some(Self(AuditFilter {
            action,
            actor,
            from: from.map(midnight),
            until: until.and_then(|day| day.succ_opt()).map(midnight),
            before: (before > 0).then_some(i64::from(before)),
            most: i64::from(most),
        }))
    }
}

#[allow(
    clippy::option_option,
    reason = "outside: a problem was noted; inside: the member is absent"
)]
fn optional<T: FromStr<Err: Display>>(fields: &mut Fields, name: &str) -> Option<Option<T>> {
    if fields.is_absent(name) {
        return Some(None);
    }
    fields.parsed(name).map(Some)
}

fn midnight(day: NaiveDate) -> DateTime<Utc> {
    day.and_time(NaiveTime::MIN).and_utc()
}

/// An event.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AuditEventRow {
    id: String,
    /// The place in the workspace's chain; the first is 1.
    seq: i64,
    /// ISO 8601.
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
    params(EventParams), security(("session" = [], "csrf" = [])),
    responses((status = 200, body = AuditEventPage), (status = 403, body = ConsoleErrorBody)),
)]
pub(crate) async fn list(
    log: Data<AuditLog>,
    here: InWorkspace<ReadsAudit>,
    request: HttpRequest,
) -> Result<Json<AuditEventPage>, ConsoleFailure> {
    let fields = Fields::from_pairs(query_pairs(request.query_string()));
    let query: EventQuery = fields.read().map_err(ConsoleFailure::Fields)?;
    Ok(Json(page(&log, here.workspace.id, &query.0).await?))
}

/// Events of the current workspace as JSON lines, the latest first; `limit` is not looked at.
#[utoipa::path(
    get, path = "/console/api/workspaces/current/audit-events/export", operation_id = "export_audit_events",
    params(EventParams), security(("session" = [], "csrf" = [])),
    responses((status = 200, content_type = "application/x-ndjson"), (status = 403, body = ConsoleErrorBody)),
)]
pub(crate) async fn export(
    log: Data<AuditLog>,
    here: InWorkspace<ReadsAudit>,
    request: HttpRequest,
) -> Result<HttpResponse, ConsoleFailure> {
    let fields = Fields::from_pairs(query_pairs(request.query_string()));
    let query: EventQuery = fields.read().map_err(ConsoleFailure::Fields)?;
    Ok(lines(log, here.workspace.id, query.0))
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
