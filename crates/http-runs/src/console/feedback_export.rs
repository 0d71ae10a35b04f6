//! `/console/api/apps/{app_id}/feedbacks/export`: what was said of the answers of an app, as a file that is written while it is read.

use std::error::Error;

use actix_web::{HttpResponse, http::header, web::Data};
use bytes::Bytes;
use chrono::{Days as CalendarDays, NaiveDate, NaiveTime};
use futures_util::{Stream, stream};
use gatewright_conversation_service::{Conversations, Days, ExportFilter, ExportedFeedback};
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

/// Why a file breaks off.
type Broken = Box<dyn Error>;

/// Where a file is that is being written.
struct Writing {
    conversations: Data<Conversations>,
    app: App,
    filter: ExportFilter,
    format: FileFormat,
    /// Rows that are to be written next; none: the file is at its end.
    part: Option<Vec<ExportedFeedback>>,
    is_first: bool,
}

impl Writing {
    /// The next piece of the file; none behind its end.
    async fn next(mut self) -> Result<Option<(Bytes, Self)>, Broken> {
        let Some(rows) = self.part.take() else {
            return Ok(None);
        };
        if let Some(last) = rows.last() {
            let more = self
                .conversations
                .exported_feedback(&self.app, &self.filter, Some(last));
            self.part = Some(more.await?).filter(|more| !more.is_empty());
        }
        let rows = rows.into_iter().map(FeedbackRow::from);
        let piece = match self.format {
            FileFormat::Csv => self.lines(rows)?,
            FileFormat::Json => self.members(rows)?,
        };
        self.is_first = false;
        Ok(Some((piece.into(), self)))
    }

    fn lines(&self, rows: impl Iterator<Item = FeedbackRow>) -> Result<Vec<u8>, Broken> {
        let lines = lines(rows)?;
        if self.is_first {
            return Ok([HEADINGS.as_bytes(), &lines].concat());
        }
        Ok(lines)
    }

    fn members(&self, rows: impl Iterator<Item = FeedbackRow>) -> Result<Vec<u8>, Broken> {
        let members = rows.map(|row| serde_json::to_string(&row));
        let members = members.collect::<Result<Vec<_>, _>>()?.join(",");
        let begin = if self.is_first { "{\"data\":[" } else { "," };
        let end = if self.part.is_none() { "]}" } else { "" };
        Ok([begin, &members, end].concat().into_bytes())
    }

    fn pieces(self) -> impl Stream<Item = Result<Bytes, Broken>> {
        stream::try_unfold(self, Self::next)
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
    let writing = Writing {
        conversations,
        app: asked.app,
        filter,
        format,
        part: Some(first),
        is_first: true,
    };
    Ok(HttpResponse::Ok()
        .content_type(kind)
        .insert_header((
            header::CONTENT_DISPOSITION,
            format!("attachment; filename=\"{name}\""),
        ))
        .streaming(writing.pieces()))
}
