//! The audit trail of the current workspace, for its owner and administrators. Ours.

use actix_web::{
    HttpRequest, HttpResponse,
    web::{Bytes, Data, Json},
};
use futures_util::stream;
use gatewright_app::audit_log::{AuditFilter, AuditLog, ExportedEvent};
use gatewright_domain::ids::WorkspaceId;
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};

use crate::{
    envelope::{ConsoleErrorBody, ConsoleFailure},
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
    /// Only before this place: the `next_before` of the answer before.
    before: Option<u32>,
    /// 1 to 200; 50.
    limit: Option<u32>,
}

pub(crate) struct EventQuery(pub(crate) AuditFilter);

impl FromFields for EventQuery {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        let action = fields.optional_text("action");
        let before = fields.number("before", (0, u32::MAX), 0)?;
        let most = fields.number("limit", (1, 200), 50)?;
        Some(Self(AuditFilter {
            action,
            before: (before > 0).then_some(i64::from(before)),
            most: i64::from(most),
        }))
    }
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

pub(crate) async fn page(
    log: &AuditLog,
    workspace: WorkspaceId,
    filter: &AuditFilter,
) -> Result<AuditEventPage, gatewright_domain::error::Unavailable> {
    let rows = log.list(workspace, filter).await?;
    let is_full = i64::try_from(rows.len()).is_ok_and(|count| count == filter.most);
    let last = rows.last().map(|row| row.seq).filter(|seq| *seq > 1);
    Ok(AuditEventPage {
        next_before: last.filter(|_| is_full),
        data: rows
            .into_iter()
            .map(|row| ExportedEvent::from(row).into())
            .collect(),
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

/// All events of the current workspace as JSON lines, the latest first.
#[utoipa::path(
    get, path = "/console/api/workspaces/current/audit-events/export", operation_id = "export_audit_events",
    security(("session" = [], "csrf" = [])),
    responses((status = 200, content_type = "application/x-ndjson"), (status = 403, body = ConsoleErrorBody)),
)]
pub(crate) async fn export(log: Data<AuditLog>, here: InWorkspace<ReadsAudit>) -> HttpResponse {
    let workspace = here.workspace.id;
    let start = Some(AuditFilter {
        most: PAGE,
        ..AuditFilter::default()
    });
    let lines = stream::try_unfold(start, move |next| {
        let log = log.clone();
        async move {
            let Some(filter) = next else {
                return Ok::<_, std::io::Error>(None);
            };
            let page = page(&log, workspace, &filter).await;
            let page = page.map_err(std::io::Error::other)?;
            let mut text = String::new();
            for row in &page.data {
                text.push_str(&serde_json::to_string(row)?);
                text.push('\n');
            }
            let next = page.next_before.map(|before| AuditFilter {
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
