//! Reads JSON as models write it: between other words, in fences, with single quotes, without quotes, with
//! commas too many, cut at the end. What is JSON is read as such.

use serde_json::{Map, Number, Value};

/// Nesting beyond this is cut off.
const DEEPEST: usize = 64;
/// So many letters behind a quote decide whether it ends a text.
const LOOK_AHEAD: usize = 32;

/// What stands in the text: the value if it is JSON, else the objects and arrays in it that can be made out:
/// nothing, the one, or an array of several. Takes time linear in the length.
pub fn read(text: &str) -> Option<Value> {
    if let Ok(value) = serde_json::from_str(text) {
        return Some(value);
    }
    let mut reader = Reader {
        characters: text.chars().collect(),
        at: 0,
    };
    let mut found = vec![];
    while let Some(character) = reader.peek() {
        if matches!(character, '{' | '[') {
            found.push(reader.value(0));
        } else {
            reader.at += 1;
        }
    }
    match found.len() {
        0 => None,
        1 => found.pop(),
        _ => Some(Value::Array(found)),
    }
}

struct Reader {
    characters: Vec<char>,
    at: usize,
}

impl Reader {
    fn peek(&self) -> Option<char> {
        self.characters.get(self.at).copied()
    }

    fn skip(&mut self, which: impl Fn(char) -> bool) {
        while self.peek().is_some_and(&which) {
            self.at += 1;
        }
    }

    fn value(&mut self, depth: usize) -> Value {
        self.skip(char::is_whitespace);
        match self.peek() {
            Some('{') if depth < DEEPEST => self.object(depth),
            Some('[') if depth < DEEPEST => self.array(depth),
            Some(quote) if is_quote(quote) => Value::String(self.quoted(quote)),
            _ => literal(&self.bare(&[',', '}', ']', '\n'])),
        }
    }

    fn object(&mut self, depth: usize) -> Value {
        self.at += 1;
        let mut members = Map::new();
        loop {
            self.skip(|character| character.is_whitespace() || character == ',');
            let key = match self.peek() {
                None => break,
                Some('}') => {
                    self.at += 1;
                    break;
                }
                Some(quote) if is_quote(quote) => self.quoted(quote),
                Some(_) => self.bare(&[':', ',', '}', '\n']),
            };
            self.skip(char::is_whitespace);
            match self.peek() {
                Some(':') => {
                    self.at += 1;
                    members.insert(key, self.value(depth + 1));
                }
                // A key without a value: nothing that could be kept.
                Some('}' | ',') | None => {}
                Some(_) if key.is_empty() => self.at += 1,
                Some(_) => {}
            }
        }
        Value::Object(members)
    }

    fn array(&mut self, depth: usize) -> Value {
        self.at += 1;
        let mut items = vec![];
        loop {
            self.skip(|character| character.is_whitespace() || character == ',');
            match self.peek() {
                None => break,
                Some(']') => {
                    self.at += 1;
                    break;
                }
                Some('}') => self.at += 1,
                Some(_) => {
                    let before = self.at;
                    items.push(self.value(depth + 1));
                    // Too deep to be read: go on behind the bracket.
                    self.at = self.at.max(before + 1);
                }
            }
        }
        Value::Array(items)
    }

    /// A text up to the quote that ends it; a quote inside is one that no separator follows.
    fn quoted(&mut self, opening: char) -> String {
        let closing = if opening == '“' { '”' } else { opening };
        self.at += 1;
        let mut text = String::new();
        while let Some(character) = self.peek() {
            self.at += 1;
            if character == closing && self.ends_here() {
                break;
            }
            if character == '\\' {
                text.push(self.escaped());
            } else {
                text.push(character);
            }
        }
        text
    }

    fn ends_here(&self) -> bool {
        let ahead = self.characters[self.at..].iter().take(LOOK_AHEAD);
        let next = ahead.copied().find(|character| !character.is_whitespace());
        next.is_none_or(|character| matches!(character, ',' | ':' | '}' | ']' | '`'))
    }

    fn escaped(&mut self) -> char {
        let Some(character) = self.peek() else {
            return '\\';
        };
        self.at += 1;
        match character {
            'n' => '\n',
            't' => '\t',
            'r' => '\r',
            'b' => '\u{8}',
            'f' => '\u{c}',
            'u' => self.unicode(),
            other => other,
        }
    }

    fn unicode(&mut self) -> char {
        let high = self.four_digits();
        let is_pair = (0xd800..0xdc00).contains(&high) && self.peek() == Some('\\');
        let low = if is_pair {
            self.at += 2;
            self.four_digits()
        } else {
            0
        };
        if (0xdc00..0xe000).contains(&low) {
            let code = 0x1_0000 + ((high - 0xd800) << 10) + (low - 0xdc00);
            return char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER);
        }
        char::from_u32(high).unwrap_or(char::REPLACEMENT_CHARACTER)
    }

    fn four_digits(&mut self) -> u32 {
        let mut code = 0;
        for _ in 0..4 {
            let Some(digit) = self.peek().and_then(|character| character.to_digit(16)) else {
                break;
            };
            code = code * 16 + digit;
            self.at += 1;
        }
        code
    }

    fn bare(&mut self, ends: &[char]) -> String {
        let from = self.at;
        self.skip(|character| !ends.contains(&character));
        let word: String = self.characters[from..self.at].iter().collect();
        word.trim().to_owned()
    }
}

fn is_quote(character: char) -> bool {
    matches!(character, '"' | '\'' | '“')
}

fn literal(word: &str) -> Value {
    match word {
        "true" | "True" | "TRUE" => Value::Bool(true),
        "false" | "False" | "FALSE" => Value::Bool(false),
        "null" | "None" | "" => Value::Null,
        _ => match word.parse::<Number>() {
            Ok(number) => Value::Number(number),
            Err(_) => Value::String(word.to_owned()),
        },
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn what_models_write_is_read() {
        for (text, value) in [
            (r#"{"a": 1}"#, Some(json!({"a": 1}))),
            ("\"text\"", Some(json!("text"))),
            ("plain words", None),
            ("", None),
            ("not { json", Some(json!({}))),
            ("[1,2]", Some(json!([1, 2]))),
            (
                "```json {\"name\": \"N\", \"age\": 3}``` and more",
                Some(json!({"name": "N", "age": 3})),
            ),
            (
                "```json\n{\"a\": [1, 2,],}\n```",
                Some(json!({"a": [1, 2]})),
            ),
            (
                "{'a': 'it''s', b: True, c: None}",
                Some(json!({"a": "it''s", "b": true, "c": null})),
            ),
            (
                "{\"a\": \"say \"hi\" now\", \"b\": 2}",
                Some(json!({"a": "say \"hi\" now", "b": 2})),
            ),
            ("{\"a\": \"cut", Some(json!({"a": "cut"}))),
            ("{\"a\": [1, {\"b\": 2", Some(json!({"a": [1, {"b": 2}]}))),
            ("{“a”: “b”}", Some(json!({"a": "b"}))),
            (
                "{\"a\": \"x\\u00e4\\ud83d\\ude00\\n\",}",
                Some(json!({"a": "xä😀\n"})),
            ),
            ("see [1] {\"a\": 1} end", Some(json!([[1], {"a": 1}]))),
            ("{\"line\": \"a\nb\"}", Some(json!({"line": "a\nb"}))),
            (
                "{a: 1.5e3, b: -2, c: some words}",
                Some(json!({"a": 1500.0, "b": -2, "c": "some words"})),
            ),
        ] {
            assert_eq!(read(text), value, "{text}");
        }
    }

    #[test]
    fn hostile_nesting_ends() {
        for text in ["[", "{a:", "[{", "{\"", "[}", "}"] {
            read(&text.repeat(100_000));
        }
    }

    proptest! {
        #[test]
        fn nothing_makes_it_panic(text in "[\\[\\]{}:,\"'“”a0\\\\u` \n]{0,64}") {
            read(&text);
        }
    }
}
