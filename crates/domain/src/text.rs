//! What names, labels and addresses may not contain: what nobody sees, and what turns round what is
//! seen. One function for each: [`is_plain_address`] says what may become an address, and
//! [`visible_name`] makes a name of whatever somebody typed.

use unicode_normalization::UnicodeNormalization as _;

/// Control characters, line separators, and marks that turn or hide what is displayed.
pub(crate) fn is_treacherous(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{2028}' | '\u{2029}' | '\u{200e}' | '\u{200f}' | '\u{061c}'
        )
        || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

/// What is displayed as nothing: Unicode's `Default_Ignorable_Code_Point` (DerivedCoreProperties.txt),
/// and the interlinear annotation marks.
fn is_invisible(c: char) -> bool {
    matches!(
        c,
        '\u{00ad}'
            | '\u{034f}'
            | '\u{061c}'
            | '\u{115f}'..='\u{1160}'
            | '\u{17b4}'..='\u{17b5}'
            | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{3164}'
            | '\u{fe00}'..='\u{fe0f}'
            | '\u{feff}'
            | '\u{ffa0}'
            | '\u{fff0}'..='\u{fffb}'
            | '\u{1bca0}'..='\u{1bca3}'
            | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e0fff}'
    )
}

/// Whether a text can be an address or a part of one: no white space, nothing invisible, nothing that
/// turns the direction of writing, and no letter that is another one in disguise (full width, small
/// capitals, the Kelvin sign): two addresses that look the same are the same.
pub fn is_plain_address(text: &str) -> bool {
    let is_hidden = |c: char| c.is_whitespace() || is_treacherous(c) || is_invisible(c);
    !text.chars().any(is_hidden) && text.nfkc().eq(text.chars())
}

/// A name as people see it: without what is invisible and what turns the direction of writing, and
/// without blanks around it. May be empty.
#[must_use]
pub fn visible_name(text: &str) -> String {
    let seen = text
        .chars()
        .filter(|c| !is_treacherous(*c) && !is_invisible(*c));
    seen.collect::<String>().trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn d7_email_with_invisible_or_confusable_characters_is_refused() {
        for good in [
            "a@b.example",
            "ünï@exämple.de",
            "用户@例子.中国",
            "o'neil+x@sub.example",
        ] {
            assert!(is_plain_address(good), "{good}");
        }
        for bad in [
            "a\u{200b}@b.example",
            "a\u{ad}@b.example",
            "a\u{202e}@b.example",
            "a\u{3164}@b.example",
            "a\u{115f}@b.example",
            "a\u{e0041}@b.example",
            "\u{ff41}@b.example",
            "a@\u{ff42}.example",
            "a@b\u{3002}example\u{ff0e}com",
            "\u{212a}@b.example",
            "u\u{308}@b.example",
            "a b@c.example",
            "a@b\u{2028}.example",
        ] {
            assert!(!is_plain_address(bad), "{bad:?}");
        }
    }

    #[test]
    fn d7_name_is_stripped_of_invisible_characters_only() {
        for (typed, seen) in [
            ("  Ada Lovelace ", "Ada Lovelace"),
            ("Ada\u{202e}ecalevoL", "AdaecalevoL"),
            ("\u{2067}\u{200b}Ada\u{ad}\u{feff}", "Ada"),
            ("شيرين", "شيرين"),
            ("李雷 ①", "李雷 ①"),
            ("\u{200b}\u{3164} ", ""),
            ("A\u{7}da\n", "Ada"),
        ] {
            assert_eq!(visible_name(typed), seen, "{typed:?}");
        }
    }
}
