//! JSON as models and templates write it: in fences, with prose around, with single quotes, bare words, commas too many, ends missing.

use serde_json::{Map, Number, Value as Json};

/// How deeply values may stand in values.
const MAX_DEPTH: usize = 64;

/// The JSON of a text: the text itself when it is JSON, otherwise what begins at the first `{` or `[`, mended. `None` when there is neither.
pub(crate) fn parse(text: &str) -> Option<Json> {
    let trimmed = text.trim();
    if let Ok(json) = serde_json::from_str(trimmed) {
        return Some(json);
    }
    let from = trimmed.find(['{', '['])?;
    let mut reader = Reader {
        rest: &trimmed[from..],
    };
    reader.value(0)
}

/// The object of a text: [`parse`], and of a list its first object, `{}` when it has none.
pub(crate) fn object(text: &str) -> Option<Map<String, Json>> {
    match parse(text)? {
        Json::Object(map) => Some(map),
        Json::Array(items) => Some(
            items
                .into_iter()
                .find_map(|item| match item {
                    Json::Object(map) => Some(map),
                    _ => None,
                })
                .unwrap_or_default(),
        ),
        _ => None,
    }
}

struct Reader<'a> {
    rest: &'a str,
}

impl Reader<'_> {
    fn blank(&mut self) {
        self.rest = self.rest.trim_start();
    }

    fn peek(&mut self) -> Option<char> {
        self.blank();
        self.rest.chars().next()
    }

    fn skip(&mut self, bytes: usize) {
        self.rest = &self.rest[bytes..];
    }

    fn value(&mut self, depth: usize) -> Option<Json> {
        if depth > MAX_DEPTH {
            return None;
        }
        match self.peek()? {
            '{' => self.members(depth).map(Json::Object),
            '[' => self.items(depth).map(Json::Array),
            quote @ ('"' | '\'') => Some(Json::String(self.quoted(quote))),
            _ => Some(self.bare()),
        }
    }

    fn members(&mut self, depth: usize) -> Option<Map<String, Json>> {
        self.skip(1);
        let mut members = Map::new();
        loop {
            match self.peek() {
                None => return Some(members),
                Some('}') => {
                    self.skip(1);
                    return Some(members);
                }
                Some(',') => self.skip(1),
                Some(quote) => {
                    let key = match quote {
                        '"' | '\'' => self.quoted(quote),
                        _ => self.word(&[':', ',', '}', '{', '[']).to_owned(),
                    };
                    if self.peek() == Some(':') {
                        self.skip(1);
                        let value = match self.peek() {
                            None | Some(',' | '}') => Json::Null,
                            Some(_) => self.value(depth + 1)?,
                        };
                        members.insert(key, value);
                    } else if matches!(self.peek(), Some('{' | '[' | ']')) {
                        // No member: whatever stands here is passed over, so that the text gets shorter.
                        self.skip(1);
                    }
                }
            }
        }
    }

    fn items(&mut self, depth: usize) -> Option<Vec<Json>> {
        self.skip(1);
        let mut items = Vec::new();
        loop {
            match self.peek() {
                None => return Some(items),
                Some(']') => {
                    self.skip(1);
                    return Some(items);
                }
                Some(',' | '}' | ':') => self.skip(1),
                Some(_) => items.push(self.value(depth + 1)?),
            }
        }
    }

    /// A text in quotes. A quote ends it when something follows that may follow a value; otherwise it belongs to the text.
    fn quoted(&mut self, quote: char) -> String {
        self.skip(1);
        let mut text = String::new();
        let mut chars = self.rest.char_indices();
        while let Some((at, c)) = chars.next() {
            match c {
                '\\' => match chars.next() {
                    Some((at, escaped)) => text.push_str(&unescape(
                        escaped,
                        &self.rest[at + escaped.len_utf8()..],
                        &mut chars,
                    )),
                    None => break,
                },
                c if c == quote => {
                    let after = &self.rest[at + 1..];
                    if matches!(
                        after.trim_start().chars().next(),
                        None | Some(',' | '}' | ']' | ':')
                    ) {
                        self.skip(at + 1);
                        return text;
                    }
                    text.push(c);
                }
                c => text.push(c),
            }
        }
        self.rest = "";
        text
    }

    /// The text up to one of these, without blanks around.
    fn word(&mut self, ends: &[char]) -> &str {
        let end = self.rest.find(ends).unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest;
        word.trim()
    }

    fn bare(&mut self) -> Json {
        let before = self.rest.len();
        let word = self.word(&[',', '}', ']', '\n']).to_owned();
        if self.rest.len() == before {
            self.skip(self.rest.chars().next().map_or(0, char::len_utf8));
        }
        match word.as_str() {
            "true" | "True" => Json::Bool(true),
            "false" | "False" => Json::Bool(false),
            "null" | "None" | "" => Json::Null,
            word => match word
                .parse::<i64>()
                .map(Number::from)
                .ok()
                .or_else(|| word.parse::<f64>().ok().and_then(Number::from_f64))
            {
                Some(number) => Json::Number(number),
                None => Json::String(word.to_owned()),
            },
        }
    }
}

/// What an escape stands for; `\u` reads its digits from the characters that follow.
fn unescape(escaped: char, after: &str, chars: &mut std::str::CharIndices<'_>) -> String {
    match escaped {
        'n' => "\n".to_owned(),
        't' => "\t".to_owned(),
        'r' => "\r".to_owned(),
        'b' => "\u{8}".to_owned(),
        'f' => "\u{c}".to_owned(),
        'u' => {
            let digits = after
                .get(..4)
                .filter(|digits| digits.chars().all(|c| c.is_ascii_hexdigit()));
            let code = digits.and_then(|digits| u32::from_str_radix(digits, 16).ok());
            match code {
                Some(code) => {
                    chars.nth(3);
                    char::from_u32(code).unwrap_or('\u{fffd}').to_string()
                }
                None => "u".to_owned(),
            }
        }
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn text_is_read_as_what_it_means() {
        for (text, value) in [
            (r#"{"a": 1}"#, Some(json!({"a": 1}))),
            ("```json\n{\"a\": 1}\n``` and more", Some(json!({"a": 1}))),
            (
                "{'a': 'b', c: True, 'd': None,}",
                Some(json!({"a": "b", "c": true, "d": null})),
            ),
            (
                r#"{"q": "say "hi" now", "n": 1}"#,
                Some(json!({"q": "say \"hi\" now", "n": 1})),
            ),
            (
                "{\"a\": \"line\nbreak\"}",
                Some(json!({"a": "line\nbreak"})),
            ),
            (r#"{"a": [1, 2.5, "x"#, Some(json!({"a": [1, 2.5, "x"]}))),
            (r#"{"a": "\u00e9\n\"}"#, Some(json!({"a": "é\n\"}"}))),
            ("{\"a\": }", Some(json!({"a": null}))),
            ("[1, 2", Some(json!([1, 2]))),
            ("not { json", Some(json!({}))),
            ("plain words", None),
            ("\"text\"", Some(json!("text"))),
            ("", None),
        ] {
            assert_eq!(parse(text), value, "{text}");
        }
    }

    #[test]
    fn object_of_a_list_is_its_first() {
        for (text, value) in [
            ("[1, {\"a\": 1}]", Some(json!({"a": 1}))),
            ("[1, 2]", Some(json!({}))),
            ("\"text\"", None),
        ] {
            assert_eq!(object(text).map(Json::Object), value, "{text}");
        }
    }

    #[test]
    fn hostile_text_ends() {
        for text in [
            "[".repeat(100_000),
            "{".repeat(100_000),
            "{\"a\":".repeat(1_000),
            "{[}]{[}]".repeat(100),
            "{'".repeat(1_000),
        ] {
            let _ = parse(&text);
        }
        assert_eq!(parse(&"[".repeat(1_000)), None);
    }
}
