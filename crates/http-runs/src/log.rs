//! Logs of runs as every surface for owners of apps answers them.

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, Utc};
use gatewright_conversation_service::Log;
use gatewright_http_kit::input::text::Limited;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    people::{SimpleAccount, SimpleEndUser},
    unix::unix,
};

/// How a run stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum RunState {
    /// It has not begun.
    Scheduled,
    /// It goes on.
    Running,
    /// It waits for people.
    Paused,
    /// It did what it is for.
    Succeeded,
    /// It did, and went around what failed.
    PartialSucceeded,
    /// It ended with an error.
    Failed,
    /// Somebody ended it.
    Stopped,
}

impl RunState {
    /// As it is stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Scheduled => "scheduled",
            Self::Running => "running",
            Self::Paused => "paused",
            Self::Succeeded => "succeeded",
            Self::PartialSucceeded => "partial-succeeded",
            Self::Failed => "failed",
            Self::Stopped => "stopped",
        }
    }
}

/// A moment in ISO 8601; without a zone it is in UTC.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(try_from = "Limited")]
#[schema(value_type = String, format = DateTime)]
pub struct Moment(DateTime<Utc>);

impl Moment {
    /// The moment, in UTC.
    pub fn get(self) -> DateTime<Utc> {
        self.0
    }
}

impl TryFrom<Limited> for Moment {
    type Error = String;

    fn try_from(text: Limited) -> Result<Self, String> {
        // In a query that was not escaped a plus is a blank.
        let text = text.into_inner();
        let read = moment(&text).or_else(|| moment(&text.replace(' ', "+")));
        read.map(Self)
            .ok_or_else(|| "must be a time in ISO 8601".to_owned())
    }
}

fn moment(text: &str) -> Option<DateTime<Utc>> {
    if let Ok(zoned) = DateTime::parse_from_rfc3339(text) {
        return Some(zoned.to_utc());
    }
    let formats = [
        "%Y-%m-%dT%H:%M:%S%.f",
        "%Y-%m-%d %H:%M:%S%.f",
        "%Y-%m-%dT%H:%M",
    ];
    let mut read = formats
        .iter()
        .map(|format| NaiveDateTime::parse_from_str(text, format));
    let plain = read.find_map(Result::ok);
    let day = || {
        Some(
            NaiveDate::parse_from_str(text, "%Y-%m-%d")
                .ok()?
                .and_time(NaiveTime::MIN),
        )
    };
    plain.or_else(day).map(|plain| plain.and_utc())
}

/// A run as its log has it.
#[derive(Debug, Serialize, ToSchema)]
pub struct LoggedRun {
    id: Uuid,
    /// The name of the version that ran.
    version: String,
    /// `running`, `paused`, `succeeded`, `partial-succeeded`, `failed` or `stopped`.
    status: String,
    /// `app-run`, `webhook`, `schedule` or `plugin`.
    triggered_from: String,
    error: Option<String>,
    /// Seconds that it took.
    elapsed_time: f64,
    total_tokens: i64,
    total_steps: i32,
    /// When it began, in Unix seconds.
    created_at: i64,
    /// When it ended, in Unix seconds; null while it has not.
    finished_at: Option<i64>,
    /// Nodes that failed and were gone around.
    exceptions_count: i32,
}

/// What was run, by whom.
#[derive(Debug, Serialize, ToSchema)]
pub struct WorkflowLog {
    id: Uuid,
    workflow_run: LoggedRun,
    /// What set it off, where that is told.
    #[schema(value_type = Option<Object>)]
    details: Value,
    /// `service-api`, `openapi`, `web-app` or `installed-app`.
    created_from: String,
    /// `account` or `end_user`.
    created_by_role: String,
    #[schema(required)]
    created_by_account: Option<SimpleAccount>,
    #[schema(required)]
    created_by_end_user: Option<SimpleEndUser>,
    /// In Unix seconds.
    created_at: i64,
}

impl From<Log> for WorkflowLog {
    fn from(log: Log) -> Self {
        Self {
            id: log.id,
            workflow_run: LoggedRun {
                id: log.run_id,
                version: log.version,
                status: log.status,
                triggered_from: log.triggered_from,
                error: log.error,
                elapsed_time: log.elapsed_time,
                total_tokens: log.total_tokens,
                total_steps: log.total_steps.unwrap_or_default(),
                created_at: unix(log.run_created_at),
                finished_at: log.finished_at.map(unix),
                exceptions_count: log.exceptions_count.unwrap_or_default(),
            },
            details: Value::Null,
            created_from: log.created_from,
            created_by_role: log.created_by_role,
            created_by_account: SimpleAccount::of(log.by),
            created_by_end_user: SimpleEndUser::of(log.user),
            created_at: unix(log.created_at),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moment_is_read_with_a_zone_and_without() {
        let expected = "2026-11-28T09:21:10Z".parse::<DateTime<Utc>>().ok();
        for text in [
            "2026-11-28T09:21:10Z",
            "2026-11-28T10:21:10+01:00",
            "2026-11-28T09:21:10",
            "2026-11-28 09:21:10",
            "2026-11-28T09:21:10.000",
        ] {
            assert_eq!(moment(text), expected, "{text}");
        }
        assert_eq!(moment("2026-11-28"), "2026-11-28T00:00:00Z".parse().ok());
        assert_eq!(moment("yesterday"), None);
    }
}
