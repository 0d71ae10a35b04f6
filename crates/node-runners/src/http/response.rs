//! What an answer is: a text or a file, how large, in which charset, by which name.

use std::fmt;

use encoding_rs::{Encoding, UTF_8};
use gatewright_engine::Failure;
use gatewright_outbound::named;
use http::{HeaderMap, header};
use serde_json::{Map, Value};
use url::Url;

use crate::files::FileContent;

/// So many bytes of a body tell whether it is text.
const LOOKED_AT: usize = 1024;

/// What becomes of a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    File,
}

/// A body is larger than it may be.
#[derive(Debug)]
pub(super) struct TooLarge {
    pub(super) kind: Kind,
    pub(super) most: usize,
    pub(super) size: usize,
}

/// In the words that Dify has for it.
impl fmt::Display for TooLarge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = match self.kind {
            Kind::Text => "Text",
            Kind::File => "File",
        };
        let (most, size) = (readable(self.most), readable(self.size));
        write!(
            f,
            "{what} size is too large, max size is {most}, but current size is {size}."
        )
    }
}

impl From<TooLarge> for Failure {
    fn from(problem: TooLarge) -> Self {
        Self::new("ResponseSizeError", problem.to_string())
    }
}

#[allow(
    clippy::cast_precision_loss,
    reason = "two places of a size for people"
)]
fn readable(bytes: usize) -> String {
    let bytes = bytes as f64;
    let (kib, mib) = (1024.0, 1024.0 * 1024.0);
    if bytes < kib {
        format!("{bytes} bytes")
    } else if bytes < mib {
        format!("{:.2} KB", bytes / kib)
    } else {
        format!("{:.2} MB", bytes / mib)
    }
}

/// A file when it is named or attached, or is of a class of files and does not look like text; else a text.
pub(super) fn kind(headers: &HeaderMap, body: &[u8]) -> Kind {
    let disposition = value(headers, header::CONTENT_DISPOSITION).to_ascii_lowercase();
    if disposition.starts_with("attachment") || named::given_name(headers).is_some() {
        return Kind::File;
    }
    let essence = named::media_type(headers);
    let (class, subtype) = essence.split_once('/').unwrap_or((&essence, ""));
    let is_text = match class {
        "application" => is_text_by_name(subtype) || looks_like_text(body),
        "image" | "audio" | "video" => false,
        _ => true,
    };
    if is_text { Kind::Text } else { Kind::File }
}

fn is_text_by_name(subtype: &str) -> bool {
    let names = [
        "json",
        "xml",
        "javascript",
        "x-javascript",
        "ecmascript",
        "yaml",
        "x-yaml",
        "toml",
        "graphql",
        "sql",
        "x-www-form-urlencoded",
    ];
    let is_kind_of = |suffix: &str| subtype.ends_with(suffix);
    names.contains(&subtype) || ["+json", "+xml", "+yaml"].into_iter().any(is_kind_of)
}

/// The first bytes are UTF-8 and have marks of a language for machines.
fn looks_like_text(body: &[u8]) -> bool {
    let first = &body[..body.len().min(LOOKED_AT)];
    let text = match std::str::from_utf8(first) {
        Ok(text) => text,
        // A letter that the end cuts apart.
        Err(error) if first.len() == LOOKED_AT && error.error_len().is_none() => {
            std::str::from_utf8(&first[..error.valid_up_to()]).unwrap_or_default()
        }
        Err(_) => return false,
    };
    let marks = ["{", "[", "<", "function", "var ", "const ", "let "];
    !text.contains('\0') && marks.into_iter().any(|mark| text.contains(mark))
}

fn value(headers: &HeaderMap, name: header::HeaderName) -> &str {
    let value = headers.get(name).and_then(|value| value.to_str().ok());
    value.unwrap_or_default()
}

/// What the answer says about its own length; 0: nothing.
pub(super) fn announced_size(headers: &HeaderMap) -> usize {
    let announced = named::announced_bytes(headers).unwrap_or(0);
    usize::try_from(announced).unwrap_or(usize::MAX)
}

/// By lower-case name; several of one name are joined by commas.
pub(super) fn headers(headers: &HeaderMap) -> Map<String, Value> {
    let mut all = Map::new();
    for name in headers.keys() {
        let values = headers.get_all(name).iter();
        let texts: Vec<_> = values
            .map(|value| String::from_utf8_lossy(value.as_bytes()))
            .collect();
        all.insert(name.as_str().to_owned(), texts.join(", ").into());
    }
    all
}

/// By the charset that it names, a byte-order mark before that; UTF-8 where it names none.
pub(super) fn decoded(headers: &HeaderMap, body: &[u8]) -> String {
    let content_type = value(headers, header::CONTENT_TYPE);
    let parameters = content_type.split(';').skip(1);
    let mut charsets = parameters.filter_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        let is_charset = name.trim().eq_ignore_ascii_case("charset");
        is_charset.then(|| value.trim().trim_matches('"'))
    });
    let named = charsets
        .next()
        .and_then(|name| Encoding::for_label(name.as_bytes()));
    let (text, ..) = named.unwrap_or(UTF_8).decode(body);
    text.into_owned()
}

/// A body that becomes a file: by its own name, else by that in the URL.
pub(super) fn file(headers: &HeaderMap, url: &Url, body: Vec<u8>) -> FileContent {
    let essence = named::media_type(headers);
    FileContent {
        name: named::given_name(headers)
            .or_else(|| named::name_in_url(url))
            .unwrap_or_else(|| "file".to_owned()),
        mime_type: if essence.is_empty() {
            "application/octet-stream".to_owned()
        } else {
            essence
        },
        bytes: body.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(content_type: &str, disposition: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in [
            (header::CONTENT_TYPE, content_type),
            (header::CONTENT_DISPOSITION, disposition),
        ] {
            if !value.is_empty() {
                headers.insert(name, value.parse().unwrap());
            }
        }
        headers
    }

    #[test]
    fn bodies_are_texts_or_files() {
        use Kind::{File, Text};
        for (content_type, disposition, body, kind_of) in [
            ("", "", "", Text),
            ("text/html; charset=utf-8", "", "", Text),
            ("text/csv", "", "a,b", Text),
            ("text/plain", "attachment", "", File),
            ("text/plain", "inline; filename=\"a.txt\"", "", File),
            ("text/plain", "inline", "", Text),
            ("application/json", "", "", Text),
            ("application/problem+json", "", "", Text),
            ("application/xhtml+xml", "", "", Text),
            ("application/octet-stream", "", "{\"a\":1}", Text),
            ("application/octet-stream", "", "plain", File),
            ("application/pdf", "", "%PDF", File),
            ("application/zip", "", "PK\u{0}{", File),
            ("image/png", "", "{}", File),
            ("image/svg+xml", "", "<svg/>", File),
            ("audio/mpeg", "", "", File),
            ("video/mp4", "", "", File),
            ("font/woff", "", "", Text),
        ] {
            let found = kind(&head(content_type, disposition), body.as_bytes());
            assert_eq!(found, kind_of, "{content_type} {disposition} {body}");
        }
    }

    #[test]
    fn a_file_s_name_is_a_name() {
        let url: Url = "http://h/a/b%20c.pdf?x=1".parse().unwrap();
        for (disposition, name) in [
            ("", "b c.pdf"),
            ("attachment", "b c.pdf"),
            ("attachment; filename=\"r.pdf\"", "r.pdf"),
            ("attachment; filename=../../etc/passwd", "passwd"),
            ("attachment; filename=\"C:\\x\\y.txt\"", "y.txt"),
            (
                "attachment; filename=a.txt; filename*=UTF-8''%E4%BD%A0.txt",
                "你.txt",
            ),
        ] {
            let file = file(&head("application/pdf", disposition), &url, vec![]);
            assert_eq!(file.name, name, "{disposition}");
        }
        let root: Url = "http://h/".parse().unwrap();
        assert_eq!(file(&head("", ""), &root, vec![]).name, "file");
    }

    #[test]
    fn texts_are_read_by_their_charset() {
        for (content_type, bytes, text) in [
            ("text/plain", "ü".as_bytes(), "ü"),
            ("text/plain; charset=ISO-8859-1", b"\xfc", "ü"),
            ("text/html; charset=\"gbk\"", b"\xc4\xe3\xba\xc3", "你好"),
            ("text/plain; charset=unknown", "ü".as_bytes(), "ü"),
            ("text/plain", b"\xff\xfea\0", "a"),
            ("text/plain", b"\xfc", "\u{fffd}"),
        ] {
            assert_eq!(
                decoded(&head(content_type, ""), bytes),
                text,
                "{content_type}"
            );
        }
    }

    #[test]
    fn sizes_are_told_in_dify_s_words() {
        let problem = TooLarge {
            kind: Kind::File,
            most: 10 * 1024 * 1024,
            size: 11 * 1024 * 1024 + 512 * 1024,
        };
        assert_eq!(
            problem.to_string(),
            "File size is too large, max size is 10.00 MB, but current size is 11.50 MB."
        );
        assert_eq!(readable(1536), "1.50 KB");
    }
}
