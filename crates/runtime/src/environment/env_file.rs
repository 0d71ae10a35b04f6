//! Reads a `.env` file. What it takes is what a shell (`. ./.env`), systemd (`EnvironmentFile=`) and
//! Compose read in the same way; where they differ it refuses the line instead of choosing one. Nothing
//! is ever substituted: `$` is a character like any other, because it is one in passwords.

use std::collections::HashMap;

/// The line (from 1) of the first statement that cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct BadLine(pub(super) usize);

/// The variables of a file; of several with one name the last counts.
///
/// # Errors
/// The line of what is not `NAME=value`.
pub(super) fn parse(text: &str) -> Result<HashMap<String, String>, BadLine> {
    let mut reader = Reader {
        rest: text,
        line: 1,
    };
    let mut variables = HashMap::new();
    while !reader.rest.is_empty() {
        let start = BadLine(reader.line);
        if let Some((name, value)) = reader.statement().ok_or(start)? {
            variables.insert(name, value);
        }
    }
    Ok(variables)
}

struct Reader<'a> {
    rest: &'a str,
    line: usize,
}

impl<'a> Reader<'a> {
    /// One line, or several when a quoted value goes on; `Some(None)` is a line that says nothing.
    #[allow(
        clippy::option_option,
        reason = "outside: the file goes on; inside: the line says something"
    )]
    fn statement(&mut self) -> Option<Option<(String, String)>> {
        let line = self.rest.lines().next().unwrap_or_default();
        let text = line.trim_start();
        if text.is_empty() || text.starts_with('#') {
            self.advance(line.len());
            self.end_of_line()?;
            return Some(None);
        }
        let (before, _) = line.split_once('=')?;
        let name = before.trim();
        let name = name.strip_prefix("export ").map_or(name, str::trim_start);
        if !is_name(name) {
            return None;
        }
        self.advance(before.len() + 1);
        self.skip_blanks();
        let value = match self.rest.chars().next() {
            Some('\'') => self.literal()?,
            Some('"') => self.quoted()?,
            _ => self.bare()?,
        };
        self.comment();
        self.end_of_line()?;
        (!value.contains('\0')).then(|| Some((name.to_owned(), value)))
    }

    fn advance(&mut self, bytes: usize) -> &'a str {
        let (taken, rest) = self.rest.split_at(bytes);
        self.line += taken.matches('\n').count();
        self.rest = rest;
        taken
    }

    fn skip_blanks(&mut self) {
        let blanks = self.rest.len() - self.rest.trim_start_matches([' ', '\t']).len();
        self.advance(blanks);
    }

    /// `'…'`: everything is what it is.
    fn literal(&mut self) -> Option<String> {
        let end = self.rest[1..].find('\'')?;
        let taken = self.advance(end + 2);
        Some(taken[1..=end].replace("\r\n", "\n"))
    }

    /// `"…"`: a backslash lets `"`, `\`, `$` and a backtick stand for themselves and makes `n`, `r`, `t` what
    /// they are elsewhere; before anything else it stays.
    fn quoted(&mut self) -> Option<String> {
        let mut value = String::new();
        let mut chars = self.rest.char_indices().skip(1);
        loop {
            match chars.next()? {
                (end, '"') => {
                    self.advance(end + 1);
                    return Some(value.replace("\r\n", "\n"));
                }
                (_, '\\') => match chars.next()?.1 {
                    same @ ('"' | '\\' | '$' | '`') => value.push(same),
                    'n' => value.push('\n'),
                    'r' => value.push('\r'),
                    't' => value.push('\t'),
                    other => value.extend(['\\', other]),
                },
                (_, other) => value.push(other),
            }
        }
    }

    /// A value without quotes: to the end of the line, or to a `#` after a blank. Blanks, quotes and
    /// backslashes inside mean different things to different readers.
    fn bare(&mut self) -> Option<String> {
        let line = self.rest.lines().next().unwrap_or_default();
        let comment = if line.starts_with('#') {
            Some(0)
        } else {
            [" #", "\t#"]
                .iter()
                .filter_map(|mark| line.find(mark))
                .min()
        };
        let value = line[..comment.unwrap_or(line.len())].trim_end();
        if value.contains([' ', '\t', '"', '\'', '\\']) {
            return None;
        }
        self.advance(value.len());
        Some(value.to_owned())
    }

    fn comment(&mut self) {
        self.skip_blanks();
        if self.rest.starts_with('#') {
            let length = self.rest.lines().next().unwrap_or_default().len();
            self.advance(length);
        }
    }

    fn end_of_line(&mut self) -> Option<()> {
        let bytes = match self.rest.as_bytes() {
            [] => 0,
            [b'\n', ..] => 1,
            [b'\r', b'\n', ..] => 2,
            _ => return None,
        };
        self.advance(bytes);
        Some(())
    }
}

/// What a shell takes for a name.
fn is_name(text: &str) -> bool {
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') && text.chars().all(is_word)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn one(text: &str) -> Result<String, BadLine> {
        parse(text).map(|mut all| all.remove("A").unwrap_or_else(|| panic!("{text}")))
    }

    /// Issue row F: `abc$def` was read as `abc`, without a word.
    #[test]
    fn f_env_file_dollar_is_literal() {
        for (text, value) in [
            ("A=abc$def", "abc$def"),
            ("A=abc${HOME}$(id)`id`", "abc${HOME}$(id)`id`"),
            ("B=1\nA=$B", "$B"),
            ("A=\"abc$def\"", "abc$def"),
            ("A=\"abc\\$def\"", "abc$def"),
            ("A='abc$def\\$'", "abc$def\\$"),
            ("A=pa#ss", "pa#ss"),
            ("A=pa=ss==", "pa=ss=="),
        ] {
            assert_eq!(one(text).as_deref(), Ok(value), "{text}");
        }
    }

    #[test]
    fn env_file_comments_blanks_exports_and_line_ends_are_read_as_by_a_shell() {
        for (text, value) in [
            ("export A=1", "1"),
            ("# x\r\n\r\nA=1 # one\r\nB=2\r\n", "1"),
            ("A=", ""),
            ("A= # nothing", ""),
            ("  A = two", "two"),
            ("A='two words' # said", "two words"),
            ("A=\"a\nb\"\nB=1", "a\nb"),
            ("A=\"say \\\"so\\\"\\n\"", "say \"so\"\n"),
            ("A=1\nA=2", "2"),
            ("A='\"Acme, Inc.\" <a@b>'", "\"Acme, Inc.\" <a@b>"),
            ("A=\u{4e2d}", "\u{4e2d}"),
        ] {
            assert_eq!(one(text).as_deref(), Ok(value), "{text}");
        }
    }

    #[test]
    fn env_file_ambiguous_line_is_refused_with_its_number() {
        for (text, line) in [
            ("A=two words", 1),
            ("B=1\nA=Acme, Inc. <a@b>", 2),
            ("A=back\\slash", 1),
            ("A=it's", 1),
            ("A='x'y", 1),
            ("B=\"1\n2\"\nA='x", 3),
            ("A", 1),
            ("A-B=1", 1),
            ("=1", 1),
            ("A=x\0y", 1),
        ] {
            assert_eq!(parse(text), Err(BadLine(line)), "{text:?}");
        }
    }

    proptest! {
        /// Whatever a value is, quoted as a shell quotes it comes back as it was.
        #[test]
        fn env_file_quoted_value_round_trips(value in "[^\0'\r]{0,40}") {
            let text = format!("A='{value}'\n");
            prop_assert_eq!(one(&text), Ok(value));
        }

        #[test]
        fn env_file_of_arbitrary_text_does_not_panic(text in "\\PC{0,60}") {
            let _either = parse(&text);
        }
    }
}
