//! A recording in a `multipart/form-data` body (RFC 7578).

use gatewright_model::Recording;
use serde_json::{Map, Value};

/// What parts are divided by, unless it is part of the recording.
const BOUNDARY: &str = "gatewright-4d1f0b6a9c";
/// What stands around each part, in bytes, roughly.
const PART_BYTES: usize = 256;

/// A form that can be sent.
pub(super) struct Form {
    /// The value of `Content-Type`.
    pub(super) content_type: String,
    /// All of it.
    pub(super) body: Vec<u8>,
}

impl Form {
    /// Of members, and a recording behind them.
    pub(super) fn of(members: &Map<String, Value>, recording: &Recording) -> Self {
        let boundary = boundary(&recording.bytes);
        let size = recording.bytes.len() + PART_BYTES * (members.len() + 2);
        let mut body = Vec::with_capacity(size);
        for (name, value) in members {
            let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            let head = format!(
                "--{boundary}\r\nContent-Disposition: form-data; name=\"{}\"\r\n\r\n",
                quoted(name)
            );
            body.extend_from_slice(head.as_bytes());
            // A value cannot end its part: what stands in the boundary is never part of it.
            body.extend_from_slice(text.replace(&boundary, "").as_bytes());
            body.extend_from_slice(b"\r\n");
        }
        // The name that a caller gave the file says nothing to the server.
        let head = format!(
            "--{boundary}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"audio.{}\"\r\n\
             Content-Type: application/octet-stream\r\n\r\n",
            recording.format
        );
        body.extend_from_slice(head.as_bytes());
        body.extend_from_slice(&recording.bytes);
        body.extend_from_slice(format!("\r\n--{boundary}--\r\n").as_bytes());
        Self {
            content_type: format!("multipart/form-data; boundary={boundary}"),
            body,
        }
    }
}

/// A text that is not part of the recording.
fn boundary(recording: &[u8]) -> String {
    let mut boundary = BOUNDARY.to_owned();
    // A recording of n bytes holds fewer than n runs of one letter, each shorter than the next one that is tried.
    while is_in(&boundary, recording) {
        boundary.push('x');
    }
    boundary
}

fn is_in(text: &str, bytes: &[u8]) -> bool {
    let text = text.as_bytes();
    let first = text.first().copied().unwrap_or_default();
    let mut at = 0;
    while let Some(next) = bytes[at..].iter().position(|byte| *byte == first) {
        if bytes[at + next..].starts_with(text) {
            return true;
        }
        at += next + 1;
    }
    false
}

/// Names of members are the operator's.
fn quoted(name: &str) -> String {
    name.replace(['"', '\r', '\n', '\\'], "_")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn form(bytes: &[u8]) -> (Form, String) {
        let recording = Recording {
            format: "mp3",
            bytes: bytes.to_vec().into(),
            user: None,
        };
        let members = json!({"model": "w", "temperature": 0.5});
        let form = Form::of(members.as_object().unwrap(), &recording);
        let text = String::from_utf8_lossy(&form.body).into_owned();
        (form, text)
    }

    #[test]
    fn form_has_its_members_and_the_recording_under_a_name_of_ours() {
        let (form, text) = form(b"ID3 sound");
        let boundary = form.content_type.split("boundary=").nth(1).unwrap();
        let parts: Vec<&str> = text.split(&format!("--{boundary}")).collect();
        assert_eq!(parts.len(), 5, "{text}");
        assert!(parts[1].ends_with("name=\"model\"\r\n\r\nw\r\n"), "{text}");
        assert!(parts[2].ends_with("\r\n\r\n0.5\r\n"), "{text}");
        assert!(parts[3].contains("filename=\"audio.mp3\""), "{text}");
        assert!(parts[3].ends_with("\r\n\r\nID3 sound\r\n"), "{text}");
        assert_eq!(parts[4], "--\r\n");
    }

    #[test]
    fn recording_cannot_end_its_part() {
        let hostile = format!("g\r\n--{BOUNDARY}\r\n\r\n--{BOUNDARY}x--");
        let (form, text) = form(hostile.as_bytes());
        let boundary = form.content_type.split("boundary=").nth(1).unwrap();
        assert_eq!(text.matches(boundary).count(), 4, "{text}");
        assert!(!hostile.contains(boundary));
    }
}
