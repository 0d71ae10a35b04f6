//! `multipart/form-data` (RFC 7578).

use bytes::{BufMut as _, Bytes, BytesMut};
use gatewright_engine::{Failure, call::HttpField};

use super::request::{Content, read, shown};
use crate::files::RunFiles;

/// The fields in their order; a field with files is there once for each.
pub(super) async fn content(
    fields: &[HttpField],
    files: &dyn RunFiles,
) -> Result<Content, Failure> {
    let mut parts = vec![];
    for field in fields {
        let name = quoted(&field.name);
        if field.files.is_empty() {
            parts.push(Part {
                head: format!("Content-Disposition: form-data; name=\"{name}\"\r\n"),
                shown: field.text.clone(),
                body: Bytes::from(field.text.clone()),
            });
        }
        for file in &field.files {
            let file = read(files, file).await?;
            let filename = quoted(&file.name);
            // A type with line breaks would be a header of its own.
            let mime_type: String = file
                .mime_type
                .chars()
                .filter(|character| !character.is_control())
                .collect();
            parts.push(Part {
                head: format!(
                    "Content-Disposition: form-data; name=\"{name}\"; filename=\"{filename}\"\r\n\
                     Content-Type: {mime_type}\r\n"
                ),
                shown: shown(&file),
                body: file.bytes,
            });
        }
    }
    let boundary = boundary(&parts);
    let mut bytes = BytesMut::new();
    let mut log = String::new();
    for part in &parts {
        let head = format!("--{boundary}\r\n{}\r\n", part.head);
        bytes.put(head.as_bytes());
        bytes.put(&*part.body);
        bytes.put(&b"\r\n"[..]);
        log.push_str(&format!("{head}{}\r\n", part.shown));
    }
    let end = format!("--{boundary}--\r\n");
    bytes.put(end.as_bytes());
    log.push_str(&end);
    Ok(Content {
        length: bytes.len(),
        bytes: bytes.freeze(),
        shown: log,
        own_type: Some(format!("multipart/form-data; boundary={boundary}")),
    })
}

struct Part {
    head: String,
    shown: String,
    body: Bytes,
}

/// A line that stands in no part. The same parts have the same one.
fn boundary(parts: &[Part]) -> String {
    let is_taken = |boundary: &str| {
        let has = |body: &[u8]| {
            let mut windows = body.windows(boundary.len());
            windows.any(|window| window == boundary.as_bytes())
        };
        parts
            .iter()
            .any(|part| has(&part.body) || has(part.head.as_bytes()))
    };
    let mut count = 0_u64;
    loop {
        let boundary = format!("gatewright-form-{count:016x}");
        if !is_taken(&boundary) {
            return boundary;
        }
        count += 1;
    }
}

/// As browsers do it: what would end the name is percent-encoded.
fn quoted(name: &str) -> String {
    let mut quoted = String::with_capacity(name.len());
    for character in name.chars() {
        match character {
            '"' => quoted.push_str("%22"),
            '\r' => quoted.push_str("%0D"),
            '\n' => quoted.push_str("%0A"),
            other => quoted.push(other),
        }
    }
    quoted
}
