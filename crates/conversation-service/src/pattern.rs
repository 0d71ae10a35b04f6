//! Words that people look for.

/// Characters of a word that is looked for; what is behind them is dropped.
const MAX_KEYWORD_CHARS: usize = 30;

/// A pattern of LIKE that finds the word itself.
pub(crate) fn pattern(word: &str) -> String {
    let mut pattern = "%".to_owned();
    for character in word.chars().take(MAX_KEYWORD_CHARS) {
        if matches!(character, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(character);
    }
    pattern.push('%');
    pattern
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn word_is_looked_for_as_it_is_and_cut() {
        assert_eq!(pattern("50%_a\\"), "%50\\%\\_a\\\\%");
        assert_eq!(pattern(&"x".repeat(40)).len(), 32);
    }
}
