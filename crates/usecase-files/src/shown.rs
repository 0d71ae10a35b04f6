//! As what a browser may show files: nothing that it could run.

/// What is only to be saved.
pub(crate) const OPAQUE: &str = "application/octet-stream";

/// Whether a browser that shows such a file may run what is in it.
pub(crate) fn can_run(extension: &str) -> bool {
    matches!(
        extension,
        "html"
            | "htm"
            | "xhtml"
            | "shtml"
            | "xht"
            | "svg"
            | "xml"
            | "xsl"
            | "xslt"
            | "mhtml"
            | "js"
            | "mjs"
    )
}

/// As what a browser may show a file; none: not at all.
pub(crate) fn shown_as(extension: &str, mime_type: &str) -> Option<String> {
    if can_run(extension) {
        return None;
    }
    match mime_type {
        "image/png" | "image/jpeg" | "image/gif" | "image/webp" | "application/json"
        | "application/pdf" => Some(mime_type.to_owned()),
        "text/plain" | "text/csv" | "text/markdown" => Some(format!("{mime_type}; charset=utf-8")),
        _ if is_media(mime_type) => Some(mime_type.to_owned()),
        _ => None,
    }
}

fn is_media(mime_type: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'+');
    let kind = ["audio/", "video/"];
    kind.into_iter()
        .filter_map(|kind| mime_type.strip_prefix(kind))
        .any(|rest| rest.bytes().all(plain))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_of_a_run_that_can_run_something_is_only_saved() {
        for (extension, mime_type, shown) in [
            ("png", "image/png", Some("image/png")),
            ("csv", "text/csv", Some("text/csv; charset=utf-8")),
            ("mp3", "audio/mpeg", Some("audio/mpeg")),
            ("svg", "image/png", None),
            ("png", "image/svg+xml", None),
            ("html", "text/plain", None),
            ("txt", "text/html", None),
            ("bin", "application/octet-stream", None),
            ("mp3", "audio/mpeg\r\nx: y", None),
        ] {
            let found = shown_as(extension, mime_type);
            assert_eq!(found.as_deref(), shown, "{extension} {mime_type}");
        }
    }
}
