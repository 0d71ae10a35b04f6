//! A long text in parts that a server takes, cut where a sentence ends, else where a word does.

/// Characters that a server takes at once.
const MAX_CHARS: usize = 4_000;
const ENDS: &[char] = &['.', '!', '?', '\n', '。', '！', '？', '；'];

/// The parts of a text, in order, none of them blank; together they are the text but for blanks.
pub(super) fn parts(text: &str) -> Vec<String> {
    of_size(text, MAX_CHARS)
}

fn of_size(text: &str, most: usize) -> Vec<String> {
    let mut parts = vec![];
    let mut rest = text.trim();
    while !rest.is_empty() {
        let end = rest.char_indices().nth(most).map(|(at, _)| at);
        let at = end.map_or(rest.len(), |end| cut(&rest[..end]));
        let (part, behind) = rest.split_at(at);
        parts.push(part.trim_end().to_owned());
        rest = behind.trim_start();
    }
    parts
}

/// Where a text that goes on is cut: behind its last sentence, else its last blank, else at its end.
fn cut(text: &str) -> usize {
    let sentence = text.rfind(ENDS);
    let place = sentence.or_else(|| text.rfind(char::is_whitespace));
    let behind = |at: usize| at + text[at..].chars().next().map_or(0, char::len_utf8);
    place.map(behind).filter(|at| *at > 0).unwrap_or(text.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_cut_behind_sentences_then_words_then_anywhere() {
        for (text, expected) in [
            ("One. Two three", vec!["One.", "Two three"]),
            ("One two three", vec!["One two", "three"]),
            ("一。二三四五六七八九十", vec!["一。", "二三四五六七八九十"]),
            ("abcdefghijklmn", vec!["abcdefghij", "klmn"]),
            ("  \n ", vec![]),
            ("short", vec!["short"]),
        ] {
            assert_eq!(of_size(text, 10), expected, "{text}");
        }
    }
}
