//! The drawing of an app, as pages have it.

/// The drawing when it is a character, by its kind and what it is; names and addresses of drawings are not shown.
pub fn emoji(kind: Option<&str>, content: Option<&str>) -> Option<String> {
    let is_emoji = kind.unwrap_or("emoji") == "emoji";
    let text = content?;
    let is_short = text.chars().count() <= 8 && !text.is_ascii();
    (is_emoji && is_short).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn icon_is_shown_when_it_is_a_character() {
        let of = |kind, content| emoji(Some(kind), Some(content));
        assert_eq!(of("emoji", "🤖").as_deref(), Some("🤖"));
        assert_eq!(of("emoji", "robot_face"), None);
        assert_eq!(of("image", "🤖"), None);
        assert_eq!(of("emoji", "很长很长很长很长很长"), None);
        assert_eq!(emoji(None, None), None);
    }
}
