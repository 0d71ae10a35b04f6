//! How servers fail, and what is made of it.

use gatewright_model::{InvokeError, InvokeErrorKind, error::MAX_BODY_BYTES};
use gatewright_outbound::{OutboundError, streaming::Body};
use serde_json::Value;

/// The most of a server's words that a message repeats, in letters.
const MAX_MESSAGE_CHARS: usize = 2_000;

/// The connection failed, before or in the middle of an answer.
pub(crate) fn of_transport(endpoint: &str, error: &OutboundError) -> InvokeError {
    let kind = match error {
        OutboundError::NoAnswer(_) | OutboundError::Late => InvokeErrorKind::Connection,
        OutboundError::TooLarge | OutboundError::Malformed(_) => InvokeErrorKind::BadRequest,
    };
    InvokeError::new(kind, format!("[{endpoint}] {error}"))
}

/// The answer ended before it was complete.
pub(crate) fn broken_off(endpoint: &str) -> InvokeError {
    let message = format!("[{endpoint}] the answer broke off");
    InvokeError::new(InvokeErrorKind::Connection, message)
}

/// The answer is not of this protocol.
pub(crate) fn not_understood(endpoint: &str, body: &str) -> InvokeError {
    let message = format!("[{endpoint}] the server's answer is not understood");
    InvokeError::new(InvokeErrorKind::BadRequest, message).answered(200, body)
}

/// A status that is no success.
pub(crate) async fn of_answer(endpoint: &str, status: u16, body: Body) -> InvokeError {
    let bytes = body.beginning(MAX_BODY_BYTES).await;
    let text = String::from_utf8_lossy(&bytes);
    let words = serde_json::from_str(&text)
        .ok()
        .and_then(|body| words(&body));
    let words = words.unwrap_or_else(|| cut(text.trim()));
    of_words(endpoint, status, words).answered(status, &text)
}

/// An error that a server sent where a piece of the answer belongs, if it is one: `{"error": …}`, or an object of the
/// type `error`. Its code may be a number: then it is the status.
pub(crate) fn in_stream(endpoint: &str, object: &Value) -> Option<InvokeError> {
    let error = &object["error"];
    let is_error = !error.is_null() || object["object"] == "error" || object["type"] == "error";
    if !is_error {
        return None;
    }
    let codes = [
        &error["code"],
        &error["status"],
        &object["code"],
        &object["status"],
    ];
    let mut statuses = codes.into_iter().filter_map(status);
    // Without a status: the server was able to answer and is not any more.
    let status = statuses.next().unwrap_or(500);
    let words = words(object).unwrap_or_else(|| cut(&object.to_string()));
    Some(of_words(endpoint, status, words).answered(200, &object.to_string()))
}

fn status(code: &Value) -> Option<u16> {
    let number = code.as_u64().or_else(|| code.as_str()?.parse().ok())?;
    u16::try_from(number)
        .ok()
        .filter(|code| (400..600).contains(code))
}

fn of_words(endpoint: &str, status: u16, words: String) -> InvokeError {
    let kind = InvokeErrorKind::of_status(status);
    let message = match kind {
        // Servers repeat the key they were shown.
        InvokeErrorKind::Authorization => format!(
            "[{endpoint}] Incorrect model credentials provided, please check and try again."
        ),
        _ if words.is_empty() => format!("[{endpoint}] the server answered with status {status}"),
        _ => words,
    };
    InvokeError::new(kind, message)
}

/// What a body says for people, in the places where servers put it.
fn words(body: &Value) -> Option<String> {
    let places = [
        &body["error"]["message"],
        &body["error"]["msg"],
        &body["error"],
        &body["message"],
        &body["detail"],
        &body["msg"],
    ];
    let mut texts = places.into_iter().filter_map(Value::as_str);
    texts.find(|text| !text.trim().is_empty()).map(cut)
}

fn cut(text: &str) -> String {
    text.chars().take(MAX_MESSAGE_CHARS).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn errors_in_a_stream_are_seen_with_codes_of_any_type() {
        for (object, class_name, message) in [
            (
                json!({"error": {"message": "no", "code": 429}}),
                "InvokeRateLimitError",
                "no",
            ),
            (
                json!({"error": {"message": "no", "code": "400"}}),
                "InvokeBadRequestError",
                "no",
            ),
            (
                json!({"error": {"message": "no", "code": "overloaded"}}),
                "InvokeServerUnavailableError",
                "no",
            ),
            (
                json!({"object": "error", "message": "no", "code": 404}),
                "InvokeBadRequestError",
                "no",
            ),
            (json!({"error": "no"}), "InvokeServerUnavailableError", "no"),
            (
                json!({"error": {"message": "sk-1 is wrong", "code": 401}}),
                "InvokeAuthorizationError",
                "[e] Incorrect model credentials provided, please check and try again.",
            ),
        ] {
            let error = in_stream("e", &object).unwrap();
            assert_eq!(error.kind.class_name(), class_name, "{object}");
            assert_eq!(error.message, message, "{object}");
            assert_eq!(error.vendor.unwrap().body, object.to_string());
        }
        assert_eq!(in_stream("e", &json!({"choices": [], "error": null})), None);
    }
}
