//! Which sound a file is: by what its sender says that it is, else by the ending of its name.

/// The ending by which servers know the format, media types of it behind `audio/`, and further endings.
const FORMATS: [(&str, &[&str], &[&str]); 7] = [
    (
        "mp3",
        &["mp3", "mpeg", "mpga", "x-mp3", "mpeg3"],
        &["mpga", "mpeg"],
    ),
    ("m4a", &["m4a", "x-m4a", "mp4"], &["mp4"]),
    ("wav", &["wav", "x-wav", "wave", "vnd.wave"], &[]),
    ("amr", &["amr"], &[]),
    ("webm", &["webm"], &[]),
    ("ogg", &["ogg", "opus"], &["oga", "opus"]),
    ("flac", &["flac", "x-flac"], &[]),
];

/// The ending of the format; none when it is no sound that we know.
pub(super) fn format(media_type: &str, extension: &str) -> Option<&'static str> {
    let media_type = media_type.to_ascii_lowercase();
    let extension = extension.to_ascii_lowercase();
    let mut formats = FORMATS.iter();
    if let Some(kind) = media_type.strip_prefix("audio/") {
        let found = formats.find(|(_, types, _)| types.contains(&kind))?;
        return Some(found.0);
    }
    let is_it = |(format, _, endings): &&(&str, &[&str], &[&str])| {
        *format == extension || endings.contains(&extension.as_str())
    };
    formats.find(is_it).map(|found| found.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sound_is_known_by_its_type_else_by_its_ending() {
        for (media_type, extension, expected) in [
            ("audio/mp3", "", Some("mp3")),
            ("audio/mpeg", "mp3", Some("mp3")),
            ("Audio/X-M4A", "bin", Some("m4a")),
            ("audio/webm", "", Some("webm")),
            ("application/octet-stream", "mp3", Some("mp3")),
            ("application/octet-stream", "MPGA", Some("mp3")),
            ("video/webm", "webm", Some("webm")),
            ("audio/midi", "mp3", None),
            ("text/plain", "txt", None),
            ("application/octet-stream", "", None),
        ] {
            assert_eq!(
                format(media_type, extension),
                expected,
                "{media_type} {extension}"
            );
        }
    }
}
