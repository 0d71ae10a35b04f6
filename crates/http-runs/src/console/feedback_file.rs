//! Feedback as rows of a file: comma-separated values (RFC 4180) that no spreadsheet takes for a formula, or JSON.

use csv::{Terminator, WriterBuilder};
use gatewright_conversation_service::ExportedFeedback;
use serde::Serialize;

/// A line of headings, behind the mark by which spreadsheets know UTF-8.
pub(super) const HEADINGS: &str = "\u{feff}feedback_id,conversation_id,conversation_name,message_id,user_query,ai_response,rating,comment,from_source,\
                                   from_user,feedback_date,message_date\r\n";

/// A row of the file.
#[derive(Debug, Serialize)]
pub(super) struct FeedbackRow {
    feedback_id: String,
    conversation_id: String,
    conversation_name: String,
    message_id: String,
    user_query: String,
    ai_response: String,
    rating: String,
    comment: String,
    from_source: String,
    from_user: String,
    feedback_date: String,
    message_date: String,
}

impl From<ExportedFeedback> for FeedbackRow {
    fn from(row: ExportedFeedback) -> Self {
        let time = |at: chrono::NaiveDateTime| at.format("%Y-%m-%dT%H:%M:%SZ").to_string();
        Self {
            feedback_id: row.id.to_string(),
            conversation_id: row.conversation_id.to_string(),
            conversation_name: row.conversation_name,
            message_id: row.message_id.to_string(),
            user_query: row.query,
            ai_response: row.answer,
            rating: row.rating,
            comment: row.content.unwrap_or_default(),
            from_source: row.source,
            from_user: row.session.or(row.account_name).unwrap_or_default(),
            feedback_date: time(row.created_at),
            message_date: time(row.asked_at),
        }
    }
}

impl FeedbackRow {
    /// The row with nothing of what people wrote a formula.
    fn without_formulas(self) -> Self {
        Self {
            conversation_name: no_formula(self.conversation_name),
            user_query: no_formula(self.user_query),
            ai_response: no_formula(self.ai_response),
            comment: no_formula(self.comment),
            from_user: no_formula(self.from_user),
            ..self
        }
    }
}

fn no_formula(text: String) -> String {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        return format!("'{text}");
    }
    text
}

/// Rows as lines of a table.
pub(super) fn lines(rows: impl Iterator<Item = FeedbackRow>) -> Result<Vec<u8>, csv::Error> {
    let mut table = WriterBuilder::new()
        .has_headers(false)
        .terminator(Terminator::CRLF)
        .from_writer(vec![]);
    for row in rows {
        table.serialize(row.without_formulas())?;
    }
    table
        .into_inner()
        .map_err(|error| error.into_error().into())
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn said(content: &str) -> FeedbackRow {
        FeedbackRow::from(ExportedFeedback {
            id: Uuid::nil(),
            conversation_id: Uuid::nil(),
            conversation_name: "c".to_owned(),
            message_id: Uuid::nil(),
            query: "q".to_owned(),
            answer: "a".to_owned(),
            rating: "like".to_owned(),
            content: Some(content.to_owned()),
            source: "user".to_owned(),
            session: Some("ada".to_owned()),
            account_name: None,
            created_at: chrono::NaiveDateTime::default(),
            asked_at: chrono::NaiveDateTime::default(),
        })
    }

    #[test]
    fn cell_is_quoted_where_it_must_be_and_no_formula() {
        for (text, expected) in [
            ("plain", "plain"),
            ("a,b", "\"a,b\""),
            ("say \"x\"\nmore", "\"say \"\"x\"\"\nmore\""),
            ("=1+1", "'=1+1"),
            ("@SUM(A1,A2)", "\"'@SUM(A1,A2)\""),
            ("你好", "你好"),
        ] {
            let written = lines([said(text)].into_iter()).unwrap();
            let nil = Uuid::nil();
            let time = "1970-01-01T00:00:00Z";
            let expected =
                format!("{nil},{nil},c,{nil},q,a,like,{expected},user,ada,{time},{time}\r\n");
            assert_eq!(String::from_utf8(written).unwrap(), expected);
        }
    }

    #[test]
    fn headings_are_the_members_of_a_row() {
        let row = serde_json::to_string(&said("")).unwrap();
        let names = HEADINGS.trim_start_matches('\u{feff}').trim_end();
        let mut rest = row.as_str();
        for name in names.split(',') {
            let (_, behind) = rest.split_once(&format!("\"{name}\":")).unwrap();
            rest = behind;
        }
        assert_eq!(names.split(',').count(), row.matches("\":\"").count());
    }
}
