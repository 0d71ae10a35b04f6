//! What an answer says about the file that it brings: its name, its type, its size.

use http::{HeaderMap, header};
use percent_encoding::percent_decode_str;
use url::Url;

/// The text of a header; empty when there is none, or it is not ASCII.
fn value(headers: &HeaderMap, name: header::HeaderName) -> &str {
    let value = headers.get(name).and_then(|value| value.to_str().ok());
    value.unwrap_or_default()
}

/// The media type without its parameters, in lower case; empty when the answer says none.
pub fn media_type(headers: &HeaderMap) -> String {
    let content_type = value(headers, header::CONTENT_TYPE);
    let essence = content_type.split(';').next().unwrap_or_default();
    essence.trim().to_ascii_lowercase()
}

/// Bytes that the answer says its body has; none when it says nothing.
pub fn announced_bytes(headers: &HeaderMap) -> Option<u64> {
    value(headers, header::CONTENT_LENGTH).parse().ok()
}

/// Of `Content-Disposition` (RFC 6266): `filename*` before `filename`; a name, never a path.
pub fn given_name(headers: &HeaderMap) -> Option<String> {
    let bytes = headers.get(header::CONTENT_DISPOSITION)?.as_bytes();
    let disposition = String::from_utf8_lossy(bytes).into_owned();
    let parameter = |wanted: &str| {
        let mut parameters = disposition.split(';').skip(1);
        parameters.find_map(|parameter| {
            let (name, value) = parameter.split_once('=')?;
            let is_wanted = name.trim().eq_ignore_ascii_case(wanted);
            is_wanted.then(|| value.trim().trim_matches('"').to_owned())
        })
    };
    let extended = parameter("filename*").and_then(|value| {
        let (_, encoded) = value.split_once("''")?;
        Some(decoded_percent(encoded))
    });
    last_segment(&extended.or_else(|| parameter("filename"))?)
}

/// The last part of a URL's path, decoded; none when the path ends with a slash.
pub fn name_in_url(url: &Url) -> Option<String> {
    let last = url.path_segments()?.next_back()?;
    last_segment(&decoded_percent(last))
}

fn last_segment(name: &str) -> Option<String> {
    let name = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let name: String = name
        .chars()
        .filter(|character| !character.is_control())
        .collect();
    (!name.is_empty()).then_some(name)
}

fn decoded_percent(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_name_of_an_answer_is_a_name_and_no_path() {
        for (disposition, name) in [
            ("attachment", None),
            ("attachment; filename=\"r.pdf\"", Some("r.pdf")),
            ("attachment; filename=../../etc/passwd", Some("passwd")),
            ("attachment; filename=\"C:\\x\\y.txt\"", Some("y.txt")),
            ("attachment; filename=\"/\"", None),
            (
                "attachment; filename=a.txt; filename*=UTF-8''%E4%BD%A0.txt",
                Some("你.txt"),
            ),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::CONTENT_DISPOSITION, disposition.parse().unwrap());
            assert_eq!(given_name(&headers).as_deref(), name, "{disposition}");
        }
        for (url, name) in [
            ("http://h/a/b%20c.pdf?x=1", Some("b c.pdf")),
            ("http://h/..%2F..%2Fpasswd", Some("passwd")),
            ("http://h/", None),
        ] {
            let url: Url = url.parse().unwrap();
            assert_eq!(name_in_url(&url).as_deref(), name, "{url}");
        }
    }
}
