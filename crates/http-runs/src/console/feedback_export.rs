//! `/console/api/apps/{app_id}/feedbacks/export`: what was said of the answers of an app, as a file that is written while it is read.

use actix_web::{HttpResponse, http::header, web::Data};
use chrono::{Days as CalendarDays, NaiveDate, NaiveTime};
use gatewright_conversation_service::{
    ConversationError, Conversations, Days, ExportFilter, ExportedFeedback,
};
use gatewright_http_kit::{
    error::{ConsoleErrorBody, ConsoleFailure},
    extract::{ConsoleFormat, EditsApps, Query, Then},
    input::text::Text,
};
use gatewright_usecase_apps::App;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use super::{
    app_here::AppHere,
    days::zone,
    failure::NotShown,
    feedback_file::{FeedbackRow, HEADINGS, lines},
    rows::{Broken, PieceOf, Rows, json, pieces},
};
use crate::wire::Rating;

/// Who says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum FeedbackSource {
    /// Users of the app.
    User,
    /// Members of the workspace.
    Admin,
}

/// What kind of file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum FileFormat {
    /// A table of comma-separated values.
    Csv,
    /// An object whose `data` is the rows.
    Json,
}

/// Which feedback, and as what.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct FeedbackExportQuery {
    /// `csv` by default.
    #[param(inline)]
    format: Option<FileFormat>,
    /// Both by default.
    #[param(inline)]
    from_source: Option<FeedbackSource>,
    /// Both by default.
    #[param(inline)]
    rating: Option<Rating>,
    /// With words alone, or without; both by default.
    has_comment: Option<bool>,
    /// The first day, in the account's zone: `2026-11-01`.
    #[param(inline)]
    start_date: Option<Text>,
    /// The last day, in the account's zone.
    #[param(inline)]
    end_date: Option<Text>,
}

impl FeedbackExportQuery {
    /// Which feedback, by days of this zone.
    fn filter(&self, zone: &'static str) -> Result<ExportFilter, NotShown> {
        let first = day(self.start_date.as_ref()).map_err(|()| NotShown::BadStart)?;
        let last = day(self.end_date.as_ref()).map_err(|()| NotShown::BadEnd)?;
        if first.zip(last).is_some_and(|(first, last)| first > last) {
            return Err(NotShown::Reversed);
        }
        let midnight = |day: NaiveDate| day.and_time(NaiveTime::MIN);
        let next = last.and_then(|day| day.checked_add_days(CalendarDays::new(1)));
        Ok(ExportFilter {
            source: self.from_source.map(|source| match source {
                FeedbackSource::User => "user",
                FeedbackSource::Admin => "admin",
            }),
            rating: self.rating.map(|rating| match rating {
                Rating::Like => "like",
                Rating::Dislike => "dislike",
            }),
            has_comment: self.has_comment,
            days: Days {
                zone,
                from: first.map(midnight),
                to: next.map(midnight),
            },
        })
    }
}

fn day(text: Option<&Text>) -> Result<Option<NaiveDate>, ()> {
    let text = text.filter(|text| !text.is_empty());
    let read = text.map(|text| NaiveDate::parse_from_str(text, "%Y-%m-%d"));
    read.transpose().map_err(|_| ())
}

/// What is exported, and as what.
struct Exported {
    conversations: Data<Conversations>,
    app: App,
    filter: ExportFilter,
    format: FileFormat,
}

impl Rows for Exported {
    type Row = ExportedFeedback;

    async fn behind(
        &mut self,
        last: &ExportedFeedback,
    ) -> Result<Vec<ExportedFeedback>, ConversationError> {
        let more = self
            .conversations
            .exported_feedback(&self.app, &self.filter, Some(last));
        more.await
    }

    fn piece(&self, rows: Vec<ExportedFeedback>, at: PieceOf) -> Result<Vec<u8>, Broken> {
        let rows = rows.into_iter().map(FeedbackRow::from);
        match self.format {
            FileFormat::Json => json(rows, at),
            FileFormat::Csv if at.is_first => Ok([HEADINGS.as_bytes(), &lines(rows)?].concat()),
            FileFormat::Csv => Ok(lines(rows)?),
        }
    }
}

/// What was said of the answers of an app, the newest first.
#[utoipa::path(
    get, path = "/console/api/apps/{app_id}/feedbacks/export", operation_id = "export_app_feedback",
    params(("app_id" = String, Path), FeedbackExportQuery), security(("session" = [], "csrf" = [])),
    responses((status = 200, body = String, content_type = "text/csv"), (status = 400, body = ConsoleErrorBody),
        (status = 403, body = ConsoleErrorBody), (status = 404, body = ConsoleErrorBody)),
)]
pub(crate) async fn export(
    conversations: Data<Conversations>,
    request: Then<AppHere<EditsApps>, Query<FeedbackExportQuery, ConsoleFormat>>,
) -> Result<HttpResponse, ConsoleFailure> {
    let Then(asked, query) = request;
    let query = query.into_inner();
    let filter = query.filter(zone(asked.here.identity.account.timezone.as_deref()))?;
    let format = query.format.unwrap_or(FileFormat::Csv);
    // What fails at once is told; a file that breaks off later is seen to.
    let first = conversations.exported_feedback(&asked.app, &filter, None);
    let first = first.await?;
    let (kind, name) = match format {
        FileFormat::Csv => ("text/csv; charset=utf-8", "feedback.csv"),
        FileFormat::Json => ("application/json", "feedback.json"),
    };
    let exported = Exported {
        conversations,
        app: asked.app,
        filter,
        format,
    };
    Ok(HttpResponse::Ok()
        .content_type(kind)
        .insert_header((
            header::CONTENT_DISPOSITION,
            format!("attachment; filename=\"{name}\""),
        ))
        .streaming(pieces(exported, first)))
}
