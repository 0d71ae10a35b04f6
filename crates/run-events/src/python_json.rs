//! Compact JSON as Python's `json.dumps` writes it: a blank after `,` and `:`, nothing but ASCII. Blocking answers and
//! the one line for a run that has ended are written so.

/// Rewrites compact JSON. Bytes that are no UTF-8 do not occur in it; if they did, they would become U+FFFD.
pub(crate) fn styled(compact: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(compact);
    let mut out = Vec::with_capacity(text.len() + text.len() / 8);
    let mut in_text = false;
    let mut escaped = false;
    for character in text.chars() {
        match character {
            ' '..='~' => out.push(character as u8),
            other => escape(other, &mut out),
        }
        if in_text {
            in_text = escaped || character != '"';
            escaped = !escaped && character == '\\';
        } else {
            in_text = character == '"';
            if matches!(character, ',' | ':') {
                out.push(b' ');
            }
        }
    }
    out
}

/// `\u00e9`; two of them for what lies beyond the first plane.
fn escape(character: char, out: &mut Vec<u8>) {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    let mut units = [0; 2];
    for unit in character.encode_utf16(&mut units) {
        out.extend_from_slice(b"\\u");
        for shift in [12, 8, 4, 0] {
            out.push(HEX[usize::from(*unit >> shift) & 15]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn compact_json_restyled_has_blanks_only_outside_texts_and_only_ascii() {
        let cases = [
            (
                r#"{"a":[1,2],"b":{"c":null}}"#,
                r#"{"a": [1, 2], "b": {"c": null}}"#,
            ),
            (
                r#"{"a,b:\"c,":"x:\\","d":1}"#,
                r#"{"a,b:\"c,": "x:\\", "d": 1}"#,
            ),
            ("\"é你😀\u{7f}\"", r#""\u00e9\u4f60\ud83d\ude00\u007f""#),
        ];
        for (compact, expected) in cases {
            assert_eq!(
                String::from_utf8(styled(compact.as_bytes())).unwrap(),
                expected
            );
        }
    }
}
