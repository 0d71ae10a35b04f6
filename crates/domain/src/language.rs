//! The interface languages and the time zone each brings along (console.md §1.12).

const LANGUAGES: [(&str, &str); 23] = [
    ("en-US", "America/New_York"),
    ("zh-Hans", "Asia/Shanghai"),
    ("zh-Hant", "Asia/Taipei"),
    ("pt-BR", "America/Sao_Paulo"),
    ("es-ES", "Europe/Madrid"),
    ("fr-FR", "Europe/Paris"),
    ("de-DE", "Europe/Berlin"),
    ("ja-JP", "Asia/Tokyo"),
    ("ko-KR", "Asia/Seoul"),
    ("ru-RU", "Europe/Moscow"),
    ("it-IT", "Europe/Rome"),
    ("uk-UA", "Europe/Kyiv"),
    ("vi-VN", "Asia/Ho_Chi_Minh"),
    ("ro-RO", "Europe/Bucharest"),
    ("pl-PL", "Europe/Warsaw"),
    ("hi-IN", "Asia/Kolkata"),
    ("tr-TR", "Europe/Istanbul"),
    ("fa-IR", "Asia/Tehran"),
    ("sl-SI", "Europe/Ljubljana"),
    ("th-TH", "Asia/Bangkok"),
    ("id-ID", "Asia/Jakarta"),
    ("ar-TN", "Africa/Tunis"),
    ("nl-NL", "Europe/Amsterdam"),
];

/// A language tag with its default zone. An unknown or missing tag falls back to the first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Language {
    /// For example `en-US`.
    pub tag: &'static str,
    /// An IANA zone.
    pub timezone: &'static str,
}

impl Language {
    /// The tags of all languages, as they are stored in an account (`en-US`).
    pub fn tags() -> impl Iterator<Item = &'static str> {
        LANGUAGES.into_iter().map(|(tag, _)| tag)
    }

    /// Looks a tag up.
    pub fn or_default(tag: Option<&str>) -> Self {
        let (tag, timezone) = LANGUAGES
            .into_iter()
            .find(|(known, _)| Some(*known) == tag)
            .unwrap_or(LANGUAGES[0]);
        Self { tag, timezone }
    }
}

#[cfg(test)]
mod tests {
    use super::Language;

    #[test]
    fn language_unknown_falls_back_to_english() {
        assert_eq!(
            Language::or_default(Some("zh-Hans")).timezone,
            "Asia/Shanghai"
        );
        assert_eq!(Language::or_default(Some("tlh")).tag, "en-US");
        assert_eq!(Language::or_default(None).tag, "en-US");
    }
}
