//! What is counted of an app, a row for each day that has something. Days are those of a time zone: the database cuts them, which
//! knows when clocks go forward and back. One shape of query; a line of the table is what is counted.

use chrono::NaiveDateTime;
use diesel::{
    QueryableByName,
    sql_types::{BigInt, Nullable, Text, Timestamp, Uuid as SqlUuid},
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

/// What is counted of a stretch, the newest of it: on the day on which they end there may have been more.
pub const MAX_COUNTED: i64 = 100_000;

/// `$1` the zone, `$2` the app, `$3` its workspace, `$4` and `$5` from when to when in it, each for a minute: the last one
/// counts to its end; `$6` how many are counted. They are found in an index of the time.
macro_rules! daily {
    ($table:literal, $columns:literal, $beside:literal, $where:literal, $value:literal, $price:literal) => {
        concat!(
            "SELECT to_char(t.created_at AT TIME ZONE 'UTC' AT TIME ZONE $1::text, 'YYYY-MM-DD') AS date, (", $value, ")::text AS value, (", $price,
            ")::text AS price FROM (SELECT t.created_at, ", $columns, " FROM ", $table, " t WHERE t.app_id = $2 AND ", $where,
            " AND t.created_at >= coalesce($4::timestamp AT TIME ZONE $1::text AT TIME ZONE 'UTC', '-infinity'::timestamp) \
              AND t.created_at < coalesce($5::timestamp AT TIME ZONE $1::text AT TIME ZONE 'UTC' + interval '1 minute', 'infinity'::timestamp) \
              ORDER BY t.created_at DESC LIMIT $6) t ", $beside, " GROUP BY 1 ORDER BY 1"
        )
    };
    (messages, $columns:literal, $value:literal, $price:literal) => {
        daily!("messages", $columns, "", "$3::uuid IS NOT NULL AND t.invoke_from IS DISTINCT FROM 'debugger'", $value, $price)
    };
    (messages, $columns:literal, $value:literal) => {
        daily!(messages, $columns, $value, "NULL")
    };
    (runs, $columns:literal, $value:literal) => {
        daily!("workflow_runs", $columns, "", "t.tenant_id = $3 AND t.triggered_from = 'app-run'", $value, "NULL")
    };
}

impl Statistic {
    /// Of each column the text that counts it.
    fn query(self) -> &'static str {
        match self {
            Self::Messages => daily!(messages, "t.id", "count(*)"),
            Self::Conversations => daily!(
                messages,
                "t.conversation_id",
                "count(DISTINCT t.conversation_id)"
            ),
            Self::EndUsers => daily!(
                messages,
                "t.from_end_user_id",
                "count(DISTINCT t.from_end_user_id)"
            ),
            Self::TokenCosts => daily!(
                messages,
                "t.message_tokens, t.answer_tokens, t.total_price",
                "sum(t.message_tokens::bigint + t.answer_tokens)",
                "coalesce(sum(t.total_price), 0.0000000)"
            ),
            Self::SessionInteractions => daily!(
                "conversations",
                "t.id",
                "JOIN LATERAL (SELECT count(*) AS asked FROM messages m WHERE m.conversation_id = t.id \
                   AND m.invoke_from IS DISTINCT FROM 'debugger') m ON m.asked > 0",
                "$3::uuid IS NOT NULL AND t.is_deleted IS FALSE",
                "round(avg(m.asked), 2)",
                "NULL"
            ),
            Self::Satisfaction => daily!(
                messages,
                "t.id",
                "round(1000.0 * count(*) FILTER (WHERE t.id IN (SELECT f.message_id FROM message_feedbacks f WHERE f.app_id = $2 \
                   AND f.rating = 'like')) / count(*), 2)"
            ),
            Self::ResponseTime => daily!(
                messages,
                "t.provider_response_latency",
                "round((avg(t.provider_response_latency) * 1000)::numeric, 4)"
            ),
            Self::TokensPerSecond => daily!(
                messages,
                "t.provider_response_latency, t.answer_tokens",
                "CASE WHEN sum(t.provider_response_latency) > 0 \
                   THEN round((sum(t.answer_tokens) / sum(t.provider_response_latency))::numeric, 4) ELSE 0 END"
            ),
            Self::Runs => daily!(runs, "t.id", "count(*)"),
            Self::Terminals => daily!(runs, "t.created_by", "count(DISTINCT t.created_by)"),
            Self::RunTokens => daily!(runs, "t.total_tokens", "sum(t.total_tokens)"),
            Self::AppInteractions => daily!(
                runs,
                "t.created_by",
                "round(count(*)::numeric / count(DISTINCT t.created_by), 2)"
            ),
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
        .bind::<BigInt, _>(MAX_COUNTED)
        .load(conn.as_mut())
        .await?;
    Ok(days)
}
