//! Texts of apps on a terminal, which control characters would let do what they like.

use std::io::IsTerminal as _;

/// A text whose control characters, but for line breaks and tabs, are shown as a mark.
pub(super) fn safe(text: &str) -> String {
    let is_odd = |c: char| c.is_control() && c != '\n' && c != '\t';
    text.replace(is_odd, "\u{fffd}")
}

/// The same in one line, of at most `most` characters.
pub(super) fn line(text: &str, most: usize) -> String {
    let text = safe(text).replace(['\n', '\t'], " ");
    if text.chars().count() <= most {
        return text;
    }
    let cut: String = text.chars().take(most.saturating_sub(1)).collect();
    format!("{cut}…")
}

/// What goes to standard output: as it is for programs, safe for people.
pub(super) fn for_stdout(text: &str) -> String {
    if std::io::stdout().is_terminal() {
        safe(text)
    } else {
        text.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_cannot_steer_a_terminal_and_a_line_stays_one() {
        assert_eq!(safe("a\u{1b}[2Jb\nc\td\r"), "a\u{fffd}[2Jb\nc\td\u{fffd}");
        assert_eq!(line("a\nb", 10), "a b");
        assert_eq!(line("abcdef", 4), "abc…");
    }
}
