//! A recording in a `multipart/form-data` body (RFC 7578).

use gatewright_crypto::digest::sha256_hex;
use gatewright_model::Recording;
use serde_json::{Map, Value};

/// What parts are divided by begins so.
const BOUNDARY: &str = "gatewright";
/// Digits of the recording's digest behind it: a boundary has at most 70 characters.
const BOUNDARY_DIGITS: usize = 40;
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
            let text = value
                .as_str()
                .map_or_else(|| value.to_string(), str::to_owned);
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

/// A text that the recording cannot hold: nobody makes a file that holds its own digest.
fn boundary(recording: &[u8]) -> String {
    format!("{BOUNDARY}-{}", &sha256_hex(recording)[..BOUNDARY_DIGITS])
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
    fn boundary_is_another_for_each_recording() {
        let (one, _) = form(b"one");
        let (other, text) = form(one.content_type.as_bytes());
        assert_ne!(one.content_type, other.content_type);
        let boundary = other.content_type.split("boundary=").nth(1).unwrap();
        assert_eq!(text.matches(boundary).count(), 4, "{text}");
    }
}
