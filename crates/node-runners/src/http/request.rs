//! What is sent, and how the run's record shows it: the authorisation as asterisks, files as their names.

use bytes::Bytes;
use gatewright_engine::{
    Failure,
    call::{HttpBody, HttpCall, HttpMethod},
};
use gatewright_variables::python::{self, JsonStyle};
use http::{HeaderName, HeaderValue, Method, Request, header};
use url::{Url, form_urlencoded};

use super::{ERROR, multipart};
use crate::files::{FileContent, RunFiles};

pub(super) struct Prepared {
    pub(super) request: Request<Bytes>,
    /// `process_data.request`.
    pub(super) log: String,
}

/// A body, and how it is shown.
pub(super) struct Content {
    pub(super) bytes: Bytes,
    pub(super) shown: String,
    /// Its length as it is shown.
    pub(super) length: usize,
    /// Of a body that decides its type itself.
    pub(super) own_type: Option<String>,
}

/// Why nothing can be sent; no other attempt ends otherwise.
pub(super) struct Impossible {
    error_type: &'static str,
    problem: String,
}

impl From<Impossible> for Failure {
    fn from(why: Impossible) -> Self {
        Self {
            permanent: true,
            ..Self::new(why.error_type, why.problem)
        }
    }
}

pub(super) async fn prepare(call: &HttpCall, files: &dyn RunFiles) -> Result<Prepared, Failure> {
    let url = url(call)?;
    let headers = headers(call)?;
    let content = content(&call.body, files).await?;
    let log = log(call, &url, &content);
    let mut request = Request::builder()
        .method(method(call.method))
        .uri(url.as_str());
    if let Some(all) = request.headers_mut() {
        for (name, value) in headers {
            all.insert(name, value);
        }
        if let Some(own) = &content.own_type {
            let own = HeaderValue::from_str(own).map_err(|error| wrong(&error))?;
            all.insert(header::CONTENT_TYPE, own);
        }
    }
    let request = request.body(content.bytes).map_err(|error| wrong(&error))?;
    Ok(Prepared { request, log })
}

fn wrong(problem: &dyn ToString) -> Impossible {
    Impossible {
        error_type: ERROR,
        problem: problem.to_string(),
    }
}

fn method(method: HttpMethod) -> Method {
    match method {
        HttpMethod::Get => Method::GET,
        HttpMethod::Post => Method::POST,
        HttpMethod::Put => Method::PUT,
        HttpMethod::Patch => Method::PATCH,
        HttpMethod::Delete => Method::DELETE,
        HttpMethod::Head => Method::HEAD,
        HttpMethod::Options => Method::OPTIONS,
    }
}

fn url(call: &HttpCall) -> Result<Url, Impossible> {
    let mut url = Url::parse(&call.url).map_err(|error| wrong(&error))?;
    if !call.params.is_empty() {
        url.query_pairs_mut().extend_pairs(&call.params);
    }
    url.set_fragment(None);
    Ok(url)
}

fn headers(call: &HttpCall) -> Result<Vec<(HeaderName, HeaderValue)>, Impossible> {
    let all = call.headers.iter().map(|(name, value)| {
        if let Some(problem) = beyond_ascii(value) {
            return Err(Impossible {
                error_type: "UnicodeEncodeError",
                problem,
            });
        }
        let key = name.parse::<HeaderName>().map_err(|error| wrong(&error))?;
        let mut value = HeaderValue::from_str(value).map_err(|error| wrong(&error))?;
        value.set_sensitive(is_secret(call, name));
        Ok((key, value))
    });
    all.collect()
}

fn is_secret(call: &HttpCall, name: &str) -> bool {
    let secret = call.secret_header.as_deref();
    secret.is_some_and(|secret| secret.eq_ignore_ascii_case(name))
}

/// What Dify says of a value that no header carries.
fn beyond_ascii(value: &str) -> Option<String> {
    let mut beyond = value
        .chars()
        .enumerate()
        .filter(|(_, character)| !character.is_ascii());
    let (at, character) = beyond.next()?;
    let run = value
        .chars()
        .skip(at)
        .take_while(|character| !character.is_ascii())
        .count();
    let what = if run == 1 {
        let code = u32::from(character);
        let escaped = match code {
            0..=0xff => format!("\\x{code:02x}"),
            0x100..=0xffff => format!("\\u{code:04x}"),
            _ => format!("\\U{code:08x}"),
        };
        format!("character '{escaped}' in position {at}")
    } else {
        format!("characters in position {at}-{}", at + run - 1)
    };
    Some(format!(
        "'ascii' codec can't encode {what}: ordinal not in range(128)"
    ))
}

async fn content(body: &HttpBody, files: &dyn RunFiles) -> Result<Content, Failure> {
    let plain = |text: String| Content {
        bytes: Bytes::from(text.clone()),
        length: text.len(),
        shown: text,
        own_type: None,
    };
    match body {
        HttpBody::None => Ok(plain(String::new())),
        HttpBody::Text(text) => Ok(plain(text.clone())),
        // Sent without blanks and shown with them: as Dify does it.
        HttpBody::Json(value) => {
            let style = JsonStyle {
                ascii: true,
                ..JsonStyle::default()
            };
            let shown = python::dumps(value, style);
            Ok(Content {
                bytes: Bytes::from(value.to_string()),
                length: shown.len(),
                shown,
                own_type: None,
            })
        }
        HttpBody::XWwwFormUrlencoded(pairs) => {
            let mut encoded = form_urlencoded::Serializer::new(String::new());
            Ok(plain(encoded.extend_pairs(pairs).finish()))
        }
        HttpBody::FormData(fields) => multipart::content(fields, files).await,
        HttpBody::Binary(file) => {
            let file = read(files, file).await?;
            Ok(Content {
                shown: shown(&file),
                length: file.bytes.len(),
                bytes: file.bytes,
                own_type: None,
            })
        }
    }
}

pub(super) async fn read(
    files: &dyn RunFiles,
    file: &serde_json::Value,
) -> Result<FileContent, Failure> {
    let content = files.read(file).await;
    content.map_err(|error| Failure::new(ERROR, error.to_string()))
}

/// A file in the record.
pub(super) fn shown(file: &FileContent) -> String {
    let FileContent {
        name,
        mime_type,
        bytes,
    } = file;
    format!(
        "<file_content_binary: '{name}', type='{mime_type}', size={} bytes>",
        bytes.len()
    )
}

fn log(call: &HttpCall, url: &Url, content: &Content) -> String {
    let target = &url[url::Position::BeforePath..];
    let host = &url[url::Position::BeforeHost..url::Position::AfterPort];
    let mut log = format!(
        "{} {target} HTTP/1.1\r\nHost: {host}\r\n",
        method(call.method)
    );
    let is_replaced = |name: &str| {
        content.own_type.is_some() && name.eq_ignore_ascii_case(header::CONTENT_TYPE.as_str())
    };
    for (name, value) in call.headers.iter().filter(|(name, _)| !is_replaced(name)) {
        let value = if is_secret(call, name) {
            "*".repeat(value.chars().count())
        } else {
            value.clone()
        };
        log.push_str(&format!("{name}: {value}\r\n"));
    }
    if let Some(own) = &content.own_type {
        log.push_str(&format!("Content-Type: {own}\r\n"));
    }
    if !content.shown.is_empty() {
        log.push_str(&format!("Content-Length: {}\r\n", content.length));
    }
    log.push_str("\r\n");
    log.push_str(&content.shown);
    log
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_that_no_header_carries_is_refused_in_the_recorded_words() {
        for (value, said) in [
            (
                "ü",
                "'ascii' codec can't encode character '\\xfc' in position 0: ordinal not in range(128)",
            ),
            (
                "a你",
                "'ascii' codec can't encode character '\\u4f60' in position 1: ordinal not in range(128)",
            ),
            (
                "a😀",
                "'ascii' codec can't encode character '\\U0001f600' in position 1: ordinal not in range(128)",
            ),
            (
                "你好",
                "'ascii' codec can't encode characters in position 0-1: ordinal not in range(128)",
            ),
        ] {
            assert_eq!(beyond_ascii(value).as_deref(), Some(said));
        }
        assert_eq!(beyond_ascii("plain"), None);
    }
}
