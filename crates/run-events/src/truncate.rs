//! Cuts values that are too long for a browser: readers other than the service API get them so, and a flag. Rows of nodes have them so
//! too, and the whole is kept elsewhere.

use serde_json::{Map, Value};

use crate::Json;

/// Bytes of a whole value.
const VALUE: usize = 1_024_000;
/// Characters of one text.
const TEXT: usize = 100_000;
/// Items of one array.
const ITEMS: usize = 1_000;
/// What a text that was cut ends with.
const MARK: &str = "...";

/// The value within the limits, and whether something had to go: texts end with `...`, arrays lose their last items,
/// and when the whole is still too long, so do its longest members.
#[must_use]
pub fn truncated(value: &Json) -> (Json, bool) {
    if is_surely_short(value.as_str()) {
        return (value.clone(), false);
    }
    let Ok(mut tree) = value.to_value() else {
        return (Json::null(), true);
    };
    let mut cut = shorten(&mut tree);
    if cut || value.as_str().len() > VALUE {
        cut |= bound(&mut tree);
    }
    if cut {
        (Json::from(&tree), true)
    } else {
        (value.clone(), false)
    }
}

/// Whether nothing can be too long, by what is seen without reading it: no text has more characters than bytes, and no array more items
/// than there are commas, and one.
fn is_surely_short(text: &str) -> bool {
    text.len() <= 2 * ITEMS
        || (text.len() <= TEXT && text.bytes().filter(|byte| *byte == b',').count() < ITEMS)
}

/// Texts and arrays, all the way down.
fn shorten(value: &mut Value) -> bool {
    match value {
        Value::String(text) => shorten_text(text, TEXT),
        Value::Array(items) => {
            let long = items.len() > ITEMS;
            items.truncate(ITEMS);
            items.iter_mut().fold(long, |cut, item| shorten(item) | cut)
        }
        Value::Object(members) => members
            .values_mut()
            .fold(false, |cut, member| shorten(member) | cut),
        _ => false,
    }
}

fn shorten_text(text: &mut String, limit: usize) -> bool {
    // No text has more characters than bytes.
    if text.len() <= limit || text.chars().count() <= limit {
        return false;
    }
    let end = text
        .char_indices()
        .nth(limit.saturating_sub(MARK.len()))
        .map_or(text.len(), |(index, _)| index);
    text.truncate(end);
    text.push_str(MARK);
    true
}

/// The whole: members share what there is, the short ones first, so that one huge member costs only itself.
fn bound(value: &mut Value) -> bool {
    let Value::Object(members) = value else {
        return size(value) > VALUE && fit(value, VALUE);
    };
    if size_of_members(members) <= VALUE {
        return false;
    }
    let mut order: Vec<(usize, String)> = members
        .iter()
        .map(|(key, member)| (size(member), key.clone()))
        .collect();
    order.sort_unstable();
    let mut left = VALUE;
    for (position, (bytes, key)) in order.iter().enumerate() {
        let share = left / (order.len() - position);
        if let Some(member) = members.get_mut(key).filter(|_| *bytes > share) {
            fit(member, share);
        }
        left -= (*bytes).min(share);
    }
    true
}

/// Cuts one value to about `limit` bytes: a text keeps its beginning, an array its first items, anything else its text.
fn fit(value: &mut Value, limit: usize) -> bool {
    match value {
        Value::String(text) => shorten_text(text, limit / 4),
        Value::Array(items) => {
            let mut left = limit;
            let kept = items
                .iter()
                .take_while(|item| {
                    let bytes = size(item);
                    let fits = bytes <= left;
                    left = left.saturating_sub(bytes);
                    fits
                })
                .count();
            items.truncate(kept);
            true
        }
        other => {
            let mut text = other.to_string();
            shorten_text(&mut text, limit / 4);
            *other = Value::String(text);
            true
        }
    }
}

fn size(value: &Value) -> usize {
    Json::from(value).as_str().len()
}

fn size_of_members(members: &Map<String, Value>) -> usize {
    members.values().map(size).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn cut(value: Value) -> (Value, bool) {
        let (shown, cut) = truncated(&Json::from(value));
        (shown.to_value().unwrap(), cut)
    }

    #[test]
    fn values_at_and_above_each_limit_are_cut_only_above() {
        let text = |count: usize| json!({"a": "é".repeat(count), "b": 1});
        let cases = [
            (text(TEXT), text(TEXT), false),
            (
                text(TEXT + 1),
                json!({"a": format!("{}...", "é".repeat(TEXT - 3)), "b": 1}),
                true,
            ),
            (
                json!({"a": vec![7; ITEMS]}),
                json!({"a": vec![7; ITEMS]}),
                false,
            ),
            (
                json!({"a": vec![7; ITEMS + 1]}),
                json!({"a": vec![7; ITEMS]}),
                true,
            ),
            (
                json!([[vec!["x"; ITEMS + 5]]]),
                json!([[vec!["x"; ITEMS]]]),
                true,
            ),
        ];
        for (value, expected, flag) in cases {
            assert!(cut(value) == (expected, flag));
        }
    }

    #[test]
    fn whole_above_the_limit_loses_of_its_longest_members_only() {
        let mut value = Map::new();
        value.insert("small".into(), json!("stays"));
        for index in 0..20 {
            value.insert(format!("long{index}"), json!("y".repeat(90_000)));
        }
        let (shown, flag) = cut(Value::Object(value));
        assert!(flag);
        assert_eq!(shown["small"], "stays");
        assert!(shown["long7"].as_str().unwrap().ends_with("..."));
        assert!(size(&shown) <= VALUE + 1_000, "{}", size(&shown));
    }
}
