//! What is counted of an app, a row for each day that has something. Days are those of a time zone: the database cuts them, which
//! knows when clocks go forward and back. One shape of query; a line of the table is what is counted.

use chrono::NaiveDateTime;
use diesel::{
    QueryableByName,
    sql_types::{Nullable, Text, Timestamp, Uuid as SqlUuid},
};
use diesel_async::RunQueryDsl;
use gatewright_storage_kit::{Conn, StorageError, statement};
use uuid::Uuid;

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Statistic {
    /// Questions that were asked.
    Messages,
    /// Conversations in which something was asked.
    Conversations,
    /// End users who asked something.
    EndUsers,
    /// Tokens of questions and answers, and their price.
    TokenCosts,
    /// Questions of a conversation, on average.
    SessionInteractions,
    /// Answers of a thousand that are liked.
    Satisfaction,
    /// Milliseconds to an answer, on average.
    ResponseTime,
    /// Tokens of answers in a second.
    TokensPerSecond,
    /// Runs of a workflow.
    Runs,
    /// Those who ran a workflow.
    Terminals,
    /// Tokens of runs.
    RunTokens,
    /// Runs of each who ran a workflow, on average.
    AppInteractions,
}

/// `$1` the zone, `$2` the app, `$3` its workspace, `$4` and `$5` from when to when in it, each for a minute: the last one
/// counts to its end. Of what there is only the first and last are looked for, in an index of the time.
macro_rules! daily {
    ($from:literal, $at:literal, $where:literal, $value:literal, $price:literal) => {
        concat!(
            "SELECT to_char(", $at, " AT TIME ZONE 'UTC' AT TIME ZONE $1::text, 'YYYY-MM-DD') AS date, (", $value, ")::text AS value, (", $price,
            ")::text AS price FROM ", $from, " WHERE ", $where,
            " AND ", $at, " >= coalesce($4::timestamp AT TIME ZONE $1::text AT TIME ZONE 'UTC', '-infinity'::timestamp) AND ", $at,
            " < coalesce($5::timestamp AT TIME ZONE $1::text AT TIME ZONE 'UTC' + interval '1 minute', 'infinity'::timestamp) \
             GROUP BY 1 ORDER BY 1"
        )
    };
    (messages, $value:literal, $price:literal) => {
        daily!("messages m", "m.created_at", "m.app_id = $2 AND $3::uuid IS NOT NULL AND m.invoke_from IS DISTINCT FROM 'debugger'", $value, $price)
    };
    (messages, $value:literal) => {
        daily!(messages, $value, "NULL")
    };
    (runs, $value:literal) => {
        daily!("workflow_runs r", "r.created_at", "r.app_id = $2 AND r.tenant_id = $3 AND r.triggered_from = 'app-run'", $value, "NULL")
    };
}

impl Statistic {
    /// Of each column the text that counts it.
    fn query(self) -> &'static str {
        match self {
            Self::Messages => daily!(messages, "count(*)"),
            Self::Conversations => daily!(messages, "count(DISTINCT m.conversation_id)"),
            Self::EndUsers => daily!(messages, "count(DISTINCT m.from_end_user_id)"),
            Self::TokenCosts => daily!(
                messages,
                "sum(m.message_tokens::bigint + m.answer_tokens)",
                "coalesce(sum(m.total_price), 0.0000000)"
            ),
            Self::SessionInteractions => daily!(
                "conversations c JOIN LATERAL (SELECT count(*) AS asked FROM messages m WHERE m.conversation_id = c.id \
                   AND m.invoke_from IS DISTINCT FROM 'debugger') m ON m.asked > 0",
                "c.created_at",
                "c.app_id = $2 AND $3::uuid IS NOT NULL AND c.is_deleted IS FALSE",
                "round(avg(m.asked), 2)",
                "NULL"
            ),
            Self::Satisfaction => daily!(
                messages,
                "round(1000.0 * count(*) FILTER (WHERE EXISTS (SELECT 1 FROM message_feedbacks f WHERE f.message_id = m.id \
                   AND f.rating = 'like')) / count(*), 2)"
            ),
            Self::ResponseTime => {
                daily!(
                    messages,
                    "round((avg(m.provider_response_latency) * 1000)::numeric, 4)"
                )
            }
            Self::TokensPerSecond => daily!(
                messages,
                "CASE WHEN sum(m.provider_response_latency) > 0 \
                   THEN round((sum(m.answer_tokens) / sum(m.provider_response_latency))::numeric, 4) ELSE 0 END"
            ),
            Self::Runs => daily!(runs, "count(*)"),
            Self::Terminals => daily!(runs, "count(DISTINCT r.created_by)"),
            Self::RunTokens => daily!(runs, "sum(r.total_tokens)"),
            Self::AppInteractions => {
                daily!(
                    runs,
                    "round(count(*)::numeric / count(DISTINCT r.created_by), 2)"
                )
            }
        }
    }
}

/// Of which app, and of which days.
#[derive(Debug, Clone, Copy)]
pub struct Stretch<'a> {
    /// The workspace that the app belongs to.
    pub tenant: Uuid,
    /// The app that is used.
    pub app: Uuid,
    /// The IANA zone whose days they are; one that the database does not know is an error.
    pub zone: &'a str,
    /// Not before this minute of the zone.
    pub from: Option<NaiveDateTime>,
    /// Not after this minute of the zone.
    pub to: Option<NaiveDateTime>,
}

/// A day that has something.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct Day {
    /// `2026-11-29`, in the zone.
    #[diesel(sql_type = Text)]
    pub date: String,
    /// What was counted: a number.
    #[diesel(sql_type = Text)]
    pub value: String,
    /// What it cost: a decimal; of what has a price alone.
    #[diesel(sql_type = Nullable<Text>)]
    pub price: Option<String>,
}

/// The days that have something, the first first.
pub async fn list(
    conn: &mut Conn,
    what: Statistic,
    of: Stretch<'_>,
) -> Result<Vec<Day>, StorageError> {
    let days = statement(what.query())
        .bind::<Text, _>(of.zone)
        .bind::<SqlUuid, _>(of.app)
        .bind::<SqlUuid, _>(of.tenant)
        .bind::<Nullable<Timestamp>, _>(of.from)
        .bind::<Nullable<Timestamp>, _>(of.to)
        .load(conn.as_mut())
        .await?;
    Ok(days)
}
