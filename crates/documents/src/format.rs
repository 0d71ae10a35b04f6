//! What a file is: its extension says it, else its media type, else its first bytes.

use crate::{Source, charset::decode, error::ExtractError, package};

/// How a file is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// As it stands: plain text, Markdown, source code, JSON, YAML, XML, subtitles, properties.
    Text,
    /// HTML, as Markdown.
    Html,
    /// Values that a character separates.
    Table {
        /// What separates them.
        delimiter: u8,
    },
    /// `xlsx`.
    Workbook,
    /// `xls`.
    OldWorkbook,
    /// `docx`.
    Word,
    /// `pptx`.
    Slides,
    /// `epub`.
    Book,
    /// `eml`.
    Mail,
    /// `pdf`.
    Pdf,
}

/// What only programs of their makers read well.
const REFUSED: &[&str] = &[
    "doc", "ppt", "msg", "rtf", "odt", "odp", "ods", "pages", "numbers", "key",
];

/// Extensions of texts that are read as they stand, whatever they look like. Others are, too, when they are text.
#[rustfmt::skip]
const TEXTS: &[&str] = &[
    "txt", "text", "md", "markdown", "mdx", "rst", "tex", "log", "vtt", "srt", "properties", "ini", "cfg", "conf", "env", "toml", "json",
    "jsonl", "yaml", "yml", "xml", "sql", "py", "js", "mjs", "cjs", "jsx", "ts", "tsx", "java", "c", "h", "cc", "cpp", "cxx", "hpp", "cs",
    "go", "rs", "rb", "php", "swift", "kt", "kts", "scala", "groovy", "sh", "bash", "zsh", "bat", "ps1", "pl", "pm", "lua", "r", "m", "mm",
    "dart", "vb", "f", "for", "f90", "pas", "asm", "s", "v", "vhd", "clj", "ex", "exs", "erl", "hs", "jl", "css", "scss", "less", "vue",
    "svelte", "graphql", "proto", "gradle", "cmake", "dockerfile", "makefile", "diff", "patch",
];

const BY_MEDIA_TYPE: &[(&str, Format)] = &[
    ("application/pdf", Format::Pdf),
    ("text/html", Format::Html),
    ("application/xhtml+xml", Format::Html),
    ("text/csv", Format::Table { delimiter: b',' }),
    ("application/csv", Format::Table { delimiter: b',' }),
    (
        "text/tab-separated-values",
        Format::Table { delimiter: b'\t' },
    ),
    (
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        Format::Workbook,
    ),
    ("application/vnd.ms-excel", Format::OldWorkbook),
    (
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        Format::Word,
    ),
    (
        "application/vnd.openxmlformats-officedocument.presentationml.presentation",
        Format::Slides,
    ),
    ("application/epub+zip", Format::Book),
    ("message/rfc822", Format::Mail),
];

/// How a PDF begins.
const PAPER: &[u8] = b"%PDF-";

impl Format {
    /// How a file is read.
    ///
    /// # Errors
    /// When nobody here reads such files.
    pub fn of(source: Source<'_>) -> Result<Self, ExtractError> {
        let extension = extension(source.name);
        if REFUSED.contains(&extension.as_str()) {
            return Err(ExtractError::Unsupported {
                extension: format!(".{extension}"),
            });
        }
        match Self::named(source, &extension) {
            Some(Self::OldWorkbook) => Ok(Self::workbook(source.bytes)),
            Some(format) => Ok(format),
            None => Self::by_content(source, &extension),
        }
    }

    /// Whether [`Self::of`] may say that it is a PDF. Looks at no more than the first bytes.
    pub(crate) fn may_be_paper(source: Source<'_>) -> bool {
        match Self::named(source, &extension(source.name)) {
            Some(format) => format == Self::Pdf,
            None => source.bytes.starts_with(PAPER),
        }
    }

    fn named(source: Source<'_>, extension: &str) -> Option<Self> {
        Self::by_extension(extension).or_else(|| Self::by_media_type(source.media_type))
    }

    fn by_extension(extension: &str) -> Option<Self> {
        Some(match extension {
            "pdf" => Self::Pdf,
            "html" | "htm" | "xhtml" => Self::Html,
            "csv" => Self::Table { delimiter: b',' },
            "tsv" => Self::Table { delimiter: b'\t' },
            "xlsx" | "xlsm" => Self::Workbook,
            "xls" => Self::OldWorkbook,
            "docx" | "docm" => Self::Word,
            "pptx" | "pptm" => Self::Slides,
            "epub" => Self::Book,
            "eml" => Self::Mail,
            text if TEXTS.contains(&text) => Self::Text,
            _ => return None,
        })
    }

    fn by_media_type(media_type: &str) -> Option<Self> {
        let essence = media_type
            .split(';')
            .next()
            .unwrap_or_default()
            .trim()
            .to_ascii_lowercase();
        let known = BY_MEDIA_TYPE.iter().find(|(name, _)| *name == essence);
        known.map(|(_, format)| *format)
    }

    /// Programs write all kinds of tables under this name.
    fn workbook(bytes: &[u8]) -> Self {
        if bytes.starts_with(b"PK") {
            return Self::Workbook;
        }
        match bytes.trim_ascii_start().first() {
            Some(b'<') => Self::Html,
            _ => Self::OldWorkbook,
        }
    }

    fn by_content(source: Source<'_>, extension: &str) -> Result<Self, ExtractError> {
        let bytes = source.bytes;
        let found = if bytes.starts_with(PAPER) {
            Some(Self::Pdf)
        } else if bytes.starts_with(b"PK") {
            package::format(bytes)
        } else if decode(bytes, None).is_ok_and(|text| is_readable(&text)) {
            Some(Self::Text)
        } else {
            None
        };
        found.ok_or_else(|| ExtractError::Unsupported {
            extension: match (extension, source.media_type) {
                ("", "") => "unknown".to_owned(),
                ("", media_type) => media_type.to_owned(),
                _ => format!(".{extension}"),
            },
        })
    }
}

/// What people could read: next to no control characters.
fn is_readable(text: &str) -> bool {
    let odd = |c: &char| (c.is_control() && !c.is_whitespace()) || *c == '\u{FFFD}';
    let all = text.chars().take(10_000).count();
    text.chars().take(10_000).filter(odd).count() * 100 <= all
}

/// What stands behind the last dot, in small letters; the name itself where programs know a file by it.
fn extension(name: &str) -> String {
    let name = name
        .rsplit(['/', '\\'])
        .next()
        .unwrap_or_default()
        .to_lowercase();
    match name.rsplit_once('.') {
        Some((_, extension)) => extension.to_owned(),
        None if TEXTS.contains(&name.as_str()) => name,
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn format_is_that_of_extension_then_media_type_then_content() {
        let zip = b"PK\x05\x06\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0";
        let unsupported = |extension: &str| {
            Err(ExtractError::Unsupported {
                extension: extension.to_owned(),
            })
        };
        for (name, media_type, bytes, format) in [
            ("报告.PDF", "", &b""[..], Ok(Format::Pdf)),
            ("a.txt", "application/pdf", b"", Ok(Format::Text)),
            ("a.mdx", "", b"", Ok(Format::Text)),
            ("Makefile", "", b"\x01", Ok(Format::Text)),
            ("a.tsv", "", b"", Ok(Format::Table { delimiter: b'\t' })),
            (
                "a",
                "text/csv; charset=utf-8",
                b"",
                Ok(Format::Table { delimiter: b',' }),
            ),
            ("download", "Message/RFC822", b"", Ok(Format::Mail)),
            (
                "a.bin",
                "application/octet-stream",
                b"%PDF-1.4",
                Ok(Format::Pdf),
            ),
            ("a.xls", "", b"PK\x03\x04", Ok(Format::Workbook)),
            ("a.xls", "", b"\n <html>", Ok(Format::Html)),
            ("a.xls", "", b"\xD0\xCF\x11\xE0", Ok(Format::OldWorkbook)),
            ("a.custom", "", "随便什么文字".as_bytes(), Ok(Format::Text)),
            ("a.bin", "", b"\x7fELF\x02\x01\x01\0", unsupported(".bin")),
            ("a.bin", "", b"\x01\x02\x03 few", unsupported(".bin")),
            ("a.zip", "", zip, unsupported(".zip")),
            (
                "a",
                "image/png",
                b"\x89PNG\r\n\x1a\n\0",
                unsupported("image/png"),
            ),
            ("a", "", b"\0", unsupported("unknown")),
            ("a.doc", "", b"text", unsupported(".doc")),
        ] {
            let source = Source {
                name,
                media_type,
                bytes,
            };
            assert_eq!(Format::of(source), format, "{name} {media_type}");
        }
    }
}
