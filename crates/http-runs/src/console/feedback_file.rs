//! Feedback as rows of a file: comma-separated values (RFC 4180) that no spreadsheet takes for a formula, or JSON.

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

impl From<&ExportedFeedback> for FeedbackRow {
    fn from(row: &ExportedFeedback) -> Self {
        let time = |at: chrono::NaiveDateTime| at.format("%Y-%m-%dT%H:%M:%SZ").to_string();
        let who = row.session.as_ref().or(row.account_name.as_ref());
        Self {
            feedback_id: row.id.to_string(),
            conversation_id: row.conversation_id.to_string(),
            conversation_name: row.conversation_name.clone(),
            message_id: row.message_id.to_string(),
            user_query: row.query.clone(),
            ai_response: row.answer.clone(),
            rating: row.rating.clone(),
            comment: row.content.clone().unwrap_or_default(),
            from_source: row.source.clone(),
            from_user: who.cloned().unwrap_or_default(),
            feedback_date: time(row.created_at),
            message_date: time(row.asked_at),
        }
    }
}

impl FeedbackRow {
    /// The row as a line of the file.
    pub(super) fn line(&self) -> String {
        let cells = [
            &self.feedback_id,
            &self.conversation_id,
            &self.conversation_name,
            &self.message_id,
            &self.user_query,
            &self.ai_response,
            &self.rating,
            &self.comment,
            &self.from_source,
            &self.from_user,
            &self.feedback_date,
            &self.message_date,
        ];
        cells.map(|text| cell(text)).join(",") + "\r\n"
    }
}

/// A cell: in quotes where it must be, and never a formula.
fn cell(text: &str) -> String {
    let is_formula = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let guard = if is_formula { "'" } else { "" };
    if text.contains(['"', ',', '\n', '\r']) {
        return format!("\"{guard}{}\"", text.replace('"', "\"\""));
    }
    format!("{guard}{text}")
}

#[cfg(test)]
mod tests {
    use super::*;

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
            assert_eq!(cell(text), expected);
        }
    }
}
