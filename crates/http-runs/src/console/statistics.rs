//! `/console/api/apps/{app_id}/statistics/…` and `/workflow/statistics/…`: what is counted of an app, a row for each day of the
//! account's zone that has something. A line of the table is a route.

use actix_web::web::{Data, Json};
use gatewright_conversation_service::{Conversations, Day, Statistic};
use gatewright_http_kit::{
    error::{ConsoleErrorBody, ConsoleFailure},
    extract::{ConsoleFormat, EditsApps, Query, Then},
    input::text::Text,
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Number, Value};
use utoipa::{IntoParams, ToSchema};

use super::{
    app_here::{AppHere, CHAT, COMPLETION},
    days::days,
};

/// Which days are wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct DaysQuery {
    /// Not before this minute, in the account's zone: `2026-11-29 00:00`.
    #[param(value_type = Option<String>, max_length = 16)]
    start: Option<Text>,
    /// Not after this minute, in the account's zone: `2026-11-29 23:59`.
    #[param(value_type = Option<String>, max_length = 16)]
    end: Option<Text>,
}

/// What was counted.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Statistics {
    /// Days that have something, the first first: `date`, and what was counted.
    #[schema(value_type = Vec<Object>)]
    data: Vec<Map<String, Value>>,
}

/// A day as it is told: its date, the number under its name, a price where there is one.
fn told(day: Day, name: &str) -> Map<String, Value> {
    let number: Option<Number> = serde_json::from_str(&day.value).ok();
    let mut told = Map::from_iter([
        ("date".to_owned(), day.date.into()),
        (
            name.to_owned(),
            number.map_or(Value::Null, |number| plain(number).into()),
        ),
    ]);
    if let Some(price) = day.price {
        told.insert("total_price".to_owned(), price.into());
        told.insert("currency".to_owned(), "USD".into());
    }
    told
}

/// A number without zeros behind the point that say nothing.
fn plain(number: Number) -> Number {
    let float = number.as_f64().filter(|_| number.as_i64().is_none());
    float.and_then(Number::from_f64).unwrap_or(number)
}

/// What is counted under which name, of which apps.
struct Counted {
    what: Statistic,
    name: &'static str,
    /// None: of all.
    modes: Option<&'static [&'static str]>,
}

async fn count(
    conversations: &Conversations,
    request: Then<AppHere<EditsApps>, Query<DaysQuery, ConsoleFormat>>,
    counted: Counted,
) -> Result<Json<Statistics>, ConsoleFailure> {
    let Then(asked, query) = request;
    if let Some(modes) = counted.modes {
        asked.require(modes)?;
    }
    let query = query.into_inner();
    let account = &asked.here.identity.account;
    let days = days(account, query.start.as_ref(), query.end.as_ref())?;
    let found = conversations
        .statistic(&asked.app, counted.what, &days)
        .await?;
    let rows = found.into_iter().map(|day| told(day, counted.name));
    Ok(Json(Statistics {
        data: rows.collect(),
    }))
}

macro_rules! routes {
    ($($(#[$doc:meta])* $name:ident, $path:literal, $id:literal => $what:ident as $member:literal, $modes:expr;)+) => {$(
        $(#[$doc])*
        #[utoipa::path(
            get, path = $path, operation_id = $id,
            params(("app_id" = String, Path), DaysQuery), security(("session" = [], "csrf" = [])),
            responses((status = 200, body = Statistics), (status = 400, body = ConsoleErrorBody),
                (status = 403, body = ConsoleErrorBody), (status = 404, body = ConsoleErrorBody)),
        )]
        pub(crate) async fn $name(
            conversations: Data<Conversations>,
            request: Then<AppHere<EditsApps>, Query<DaysQuery, ConsoleFormat>>,
        ) -> Result<Json<Statistics>, ConsoleFailure> {
            let counted = Counted {
                what: Statistic::$what,
                name: $member,
                modes: $modes,
            };
            count(&conversations, request, counted).await
        }
    )+};
}

routes! {
    /// Questions of each day: `message_count`.
    daily_messages, "/console/api/apps/{app_id}/statistics/daily-messages", "daily_messages_statistic"
        => Messages as "message_count", None;
    /// Conversations of each day: `conversation_count`.
    daily_conversations, "/console/api/apps/{app_id}/statistics/daily-conversations", "daily_conversations_statistic"
        => Conversations as "conversation_count", None;
    /// End users of each day: `terminal_count`.
    daily_end_users, "/console/api/apps/{app_id}/statistics/daily-end-users", "daily_end_users_statistic"
        => EndUsers as "terminal_count", None;
    /// Tokens of each day and what they cost: `token_count`, `total_price`, `currency`.
    token_costs, "/console/api/apps/{app_id}/statistics/token-costs", "token_costs_statistic"
        => TokenCosts as "token_count", None;
    /// Questions of a conversation that began on the day, on average: `interactions`.
    average_session_interactions, "/console/api/apps/{app_id}/statistics/average-session-interactions",
        "average_session_interactions_statistic" => SessionInteractions as "interactions", Some(CHAT);
    /// Of a thousand answers of each day those that are liked: `rate`.
    user_satisfaction_rate, "/console/api/apps/{app_id}/statistics/user-satisfaction-rate", "user_satisfaction_rate_statistic"
        => Satisfaction as "rate", None;
    /// Milliseconds to an answer, on average: `latency`.
    average_response_time, "/console/api/apps/{app_id}/statistics/average-response-time", "average_response_time_statistic"
        => ResponseTime as "latency", Some(COMPLETION);
    /// Tokens of answers in a second: `tps`.
    tokens_per_second, "/console/api/apps/{app_id}/statistics/tokens-per-second", "tokens_per_second_statistic"
        => TokensPerSecond as "tps", None;
    /// Runs of each day: `runs`.
    workflow_runs, "/console/api/apps/{app_id}/workflow/statistics/daily-conversations", "workflow_daily_runs_statistic"
        => Runs as "runs", None;
    /// Those who ran it on each day: `terminal_count`.
    workflow_terminals, "/console/api/apps/{app_id}/workflow/statistics/daily-terminals", "workflow_daily_terminals_statistic"
        => Terminals as "terminal_count", None;
    /// Tokens of the runs of each day: `token_count`.
    workflow_tokens, "/console/api/apps/{app_id}/workflow/statistics/token-costs", "workflow_token_costs_statistic"
        => RunTokens as "token_count", None;
    /// Runs of each who ran it on the day, on average: `interactions`.
    workflow_interactions, "/console/api/apps/{app_id}/workflow/statistics/average-app-interactions",
        "workflow_average_app_interactions_statistic" => AppInteractions as "interactions", None;
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn day_is_told_by_its_number_and_a_price_where_there_is_one() {
        let day = |value: &str, price: Option<&str>| Day {
            date: "2026-11-29".to_owned(),
            value: value.to_owned(),
            price: price.map(str::to_owned),
        };
        for (day, expected) in [
            (day("12", None), json!({"date": "2026-11-29", "n": 12})),
            (
                day("90.5000", None),
                json!({"date": "2026-11-29", "n": 90.5}),
            ),
            (
                day("295", Some("0.0001226")),
                json!({"date": "2026-11-29", "n": 295, "total_price": "0.0001226", "currency": "USD"}),
            ),
        ] {
            assert_eq!(Value::Object(told(day, "n")), expected);
        }
    }
}
