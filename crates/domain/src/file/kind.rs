//! Kinds of files, by their extension and by what they say of their type (apps.md §3.10).

/// Extensions of documents, as Dify lists them (`GET /files/support-type`, recorded).
pub const DOCUMENTS: [&str; 13] = [
    "txt",
    "markdown",
    "md",
    "mdx",
    "pdf",
    "html",
    "htm",
    "xlsx",
    "xls",
    "vtt",
    "properties",
    "docx",
    "csv",
];

/// Kinds of files. Three of them have a limit of their own; documents and the others share one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileKind {
    /// Files that are pictures.
    Image,
    /// What text can be taken out of.
    Document,
    /// Files with sound alone.
    Audio,
    /// Files with moving pictures.
    Video,
    /// Anything else; allowed by its extension only.
    Custom,
}

impl FileKind {
    /// The kind of an extension in lower case, without the dot.
    pub fn of_extension(extension: &str) -> Self {
        match extension {
            "jpg" | "jpeg" | "png" | "webp" | "gif" | "svg" => Self::Image,
            "mp4" | "mov" | "mpeg" | "webm" => Self::Video,
            "mp3" | "m4a" | "wav" | "amr" | "mpga" => Self::Audio,
            extension if DOCUMENTS.contains(&extension) => Self::Document,
            _ => Self::Custom,
        }
    }

    /// The kind of a file: by its extension, and if that says nothing by its media type.
    pub fn of(extension: &str, media_type: &str) -> Self {
        let by_extension = Self::of_extension(extension);
        if by_extension != Self::Custom {
            return by_extension;
        }
        match media_type.split('/').next() {
            Some("image") => Self::Image,
            Some("audio") => Self::Audio,
            Some("video") => Self::Video,
            _ => Self::Custom,
        }
    }

    /// The kind of this name on the wire; none for what is no kind.
    pub fn parse(name: &str) -> Option<Self> {
        Some(match name {
            "image" => Self::Image,
            "document" => Self::Document,
            "audio" => Self::Audio,
            "video" => Self::Video,
            "custom" => Self::Custom,
            _ => return None,
        })
    }

    /// Its name on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Image => "image",
            Self::Document => "document",
            Self::Audio => "audio",
            Self::Video => "video",
            Self::Custom => "custom",
        }
    }
}

/// The media type that an extension in lower case stands for; none for what is not known.
pub fn media_type_of(extension: &str) -> Option<&'static str> {
    Some(match extension {
        "jpg" | "jpeg" => "image/jpeg",
        "png" => "image/png",
        "webp" => "image/webp",
        "gif" => "image/gif",
        "svg" => "image/svg+xml",
        "mp4" => "video/mp4",
        "mov" => "video/quicktime",
        "mpeg" => "video/mpeg",
        "webm" => "video/webm",
        "mp3" | "mpga" => "audio/mpeg",
        "m4a" => "audio/mp4",
        "wav" => "audio/x-wav",
        "amr" => "audio/amr",
        "txt" | "properties" => "text/plain",
        "md" | "markdown" | "mdx" => "text/markdown",
        "pdf" => "application/pdf",
        "html" | "htm" => "text/html",
        "csv" => "text/csv",
        "vtt" => "text/vtt",
        "xls" => "application/vnd.ms-excel",
        "xlsx" => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "docx" => "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        "json" => "application/json",
        "xml" => "application/xml",
        "zip" => "application/zip",
        _ => return None,
    })
}

/// The usual extension of a media type, without the dot; none for what is not known.
pub fn extension_of(media_type: &str) -> Option<&'static str> {
    Some(match media_type {
        "image/jpeg" => "jpg",
        "image/svg+xml" => "svg",
        "video/quicktime" => "mov",
        "audio/mpeg" => "mp3",
        "audio/mp4" => "m4a",
        "audio/wav" | "audio/x-wav" => "wav",
        "text/plain" => "txt",
        "text/markdown" => "md",
        "text/html" => "html",
        "application/octet-stream" => "bin",
        known => KNOWN
            .into_iter()
            .find(|extension| media_type_of(extension) == Some(known))?,
    })
}

/// Extensions whose media type has no other one.
const KNOWN: [&str; 16] = [
    "png", "webp", "gif", "mp4", "mpeg", "webm", "amr", "pdf", "csv", "vtt", "xls", "xlsx", "docx",
    "json", "xml", "zip",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_kind_follows_the_extension_and_then_the_media_type() {
        for (extension, media_type, kind) in [
            ("png", "application/json", FileKind::Image),
            ("txt", "image/png", FileKind::Document),
            ("", "image/png", FileKind::Image),
            ("", "text/plain", FileKind::Custom),
            ("bin", "audio/mpeg", FileKind::Audio),
            ("py", "text/x-python", FileKind::Custom),
            ("", "application/octet-stream", FileKind::Custom),
        ] {
            assert_eq!(FileKind::of(extension, media_type), kind, "{extension}");
        }
        for kind in ["image", "document", "audio", "video", "custom"] {
            assert_eq!(FileKind::parse(kind).unwrap().as_str(), kind);
        }
        assert_eq!(FileKind::parse("Image"), None);
    }

    #[test]
    fn extension_of_a_media_type_stands_for_it() {
        for extension in KNOWN {
            let media_type = media_type_of(extension).unwrap();
            assert_eq!(extension_of(media_type), Some(extension));
        }
        assert_eq!(extension_of("image/jpeg"), Some("jpg"));
        assert_eq!(extension_of("application/x-nothing"), None);
    }
}
