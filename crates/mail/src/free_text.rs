//! Names in mails. A mail comes from us and is believed; a name in it comes from whoever chose it. So
//! a name is one short line that no mail program makes a link of, and never part of a subject.

/// Longest name, in characters.
const MAX_LENGTH: usize = 60;

/// What a mail says of a name: one line of at most 60 characters without invisible ones, in which what
/// mail programs turn into links is broken up (`evil[.]example`, `https[:]//`, `me[at]evil[.]example`).
pub(crate) fn defang(name: &str) -> String {
    let visible: String = name
        .chars()
        .map(|c| {
            if c.is_control() || c.is_whitespace() {
                ' '
            } else {
                c
            }
        })
        .filter(|c| !is_invisible(*c))
        .map(plain)
        .collect();
    let line = visible.split(' ').filter(|word| !word.is_empty());
    let line: Vec<char> = line.collect::<Vec<_>>().join(" ").chars().collect();
    let is_cut = line.len() > MAX_LENGTH;
    let line = &line[..line.len().min(MAX_LENGTH)];
    let mut text = String::new();
    for (at, c) in line.iter().enumerate() {
        let next = line.get(at + 1).copied();
        match c {
            '.' if begins_a_domain(&line[at + 1..]) => text.push_str("[.]"),
            ':' if next.is_some_and(|next| next != ' ') => text.push_str("[:]"),
            '@' => text.push_str("[at]"),
            c => text.push(*c),
        }
    }
    if is_cut {
        text.push('…');
    }
    text
}

/// A label of two letters or more, or the digits of an address: `.com`, but not the dots of `J. R. R.`
fn begins_a_domain(rest: &[char]) -> bool {
    let label = rest
        .iter()
        .take_while(|c| c.is_alphanumeric() || **c == '-');
    let label: Vec<&char> = label.collect();
    label.len() >= 2 || label.first().is_some_and(|c| c.is_ascii_digit())
}

/// What looks like, and resolves as, a dot, a colon or an at sign.
fn plain(c: char) -> char {
    match c {
        '\u{ff0e}' | '\u{3002}' | '\u{ff61}' | '\u{2024}' => '.',
        '\u{ff1a}' | '\u{2236}' | '\u{a789}' => ':',
        '\u{ff20}' | '\u{fe6b}' => '@',
        '\u{ff0f}' | '\u{2044}' | '\u{2215}' => '/',
        c => c,
    }
}

/// Marks that hide, turn or join what is displayed.
fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{180e}' | '\u{3164}' | '\u{feff}' | '\u{ffa0}'
        | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
        | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn b5_names_are_one_short_line_that_is_no_link() {
        let cases = [
            ("Acme Inc.", "Acme Inc."),
            ("J.R.R. Tolkien", "J.R.R. Tolkien"),
            ("王小明", "王小明"),
            ("Überfähre Nr. 5", "Überfähre Nr. 5"),
            ("https://evil.example/x", "https[:]//evil[.]example/x"),
            ("www.evil.example", "www[.]evil[.]example"),
            ("http://10.0.0.1:80", "http[:]//10[.]0[.]0[.]1[:]80"),
            ("mailto:me@evil.example", "mailto[:]me[at]evil[.]example"),
            ("evil。example", "evil[.]example"),
            ("ev\u{200b}il.e\u{ad}xample", "evil[.]example"),
            ("two\r\nlines\u{2028}and\tmore", "two lines and more"),
            ("\u{202e}live", "live"),
            ("  ", ""),
        ];
        for (name, said) in cases {
            assert_eq!(defang(name), said, "{name:?}");
        }
        let long = defang(&"x".repeat(255));
        assert_eq!(long.chars().count(), MAX_LENGTH + 1);
        assert!(long.ends_with('…'));
    }
}
