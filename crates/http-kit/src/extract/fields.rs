//! Reading the members of a flat body or query one by one, collecting what is wrong with them. A
//! problem says which field and why, never what was submitted.

use std::{fmt::Display, str::FromStr};

use chrono::{Datelike as _, NaiveDate};
use gatewright_domain::Secret;
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

/// Longest text that any field takes, in characters.
const LONGEST: usize = 4096;

/// What is wrong with one field.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct FieldProblem {
    /// `missing`, `string_type`, `int_parsing`, `extra_forbidden`, `value_error`, …
    #[serde(rename = "type")]
    pub kind: String,
    /// The path to the field; empty for the whole object.
    pub loc: Vec<String>,
    /// Text for people.
    pub msg: String,
}

impl FieldProblem {
    /// Of one field; an empty name is the whole object.
    pub fn new(kind: &str, field: &str, msg: impl Display) -> Self {
        let loc = if field.is_empty() {
            vec![]
        } else {
            vec![field.to_owned()]
        };
        Self {
            kind: kind.to_owned(),
            loc,
            msg: msg.to_string(),
        }
    }

    /// The problem as one sentence.
    pub fn sentence(&self) -> String {
        match self.loc.first() {
            Some(field) => format!("{field}: {}", self.msg),
            None => self.msg.clone(),
        }
    }
}

/// The members of a request, being read.
#[derive(Debug, Default)]
pub struct Fields {
    object: Map<String, Value>,
    problems: Vec<FieldProblem>,
}

/// A type that is read member by member.
pub trait FromFields: Sized {
    /// `None` only after a problem was noted.
    fn from_fields(fields: &mut Fields) -> Option<Self>;
}

impl Fields {
    /// Of a JSON object.
    pub fn new(object: Map<String, Value>) -> Self {
        Self {
            object,
            problems: vec![],
        }
    }

    /// Of the pairs of a form or a query.
    pub fn from_pairs(pairs: Vec<(String, String)>) -> Self {
        let object = pairs
            .into_iter()
            .map(|(name, value)| (name, Value::String(value)))
            .collect();
        Self::new(object)
    }

    /// Reads a `T`, or says what is wrong.
    pub fn read<T: FromFields>(mut self) -> Result<T, Vec<FieldProblem>> {
        let read = T::from_fields(&mut self);
        match read {
            Some(value) if self.problems.is_empty() => Ok(value),
            _ => Err(self.problems),
        }
    }

    /// Notes what is wrong with a field.
    pub fn problem(&mut self, kind: &str, field: &str, msg: impl Display) {
        self.problems.push(FieldProblem::new(kind, field, msg));
    }

    /// A required text without control characters.
    pub fn text(&mut self, name: &str) -> Option<String> {
        let text = self.required(name)?;
        if text.chars().any(char::is_control) {
            self.problem("value_error", name, "must not contain control characters");
            return None;
        }
        Some(text)
    }

    /// The same, or nothing when the field is absent or null.
    pub fn optional_text(&mut self, name: &str) -> Option<String> {
        match self.object.get(name) {
            None | Some(Value::Null) => None,
            Some(_) => self.text(name),
        }
    }

    /// A required secret: any character but NUL.
    pub fn secret(&mut self, name: &str) -> Option<Secret> {
        let text = self.required(name)?;
        if text.contains('\0') {
            self.problem("value_error", name, "must not contain NUL");
            return None;
        }
        Some(Secret::new(text))
    }

    /// A day, in years that every part of this system can count with; nothing when it is absent.
    #[allow(
        clippy::option_option,
        reason = "outside: a problem was noted; inside: the member is absent"
    )]
    pub fn day(&mut self, name: &str) -> Option<Option<NaiveDate>> {
        if self.is_absent(name) {
            return Some(None);
        }
        let day: NaiveDate = self.parsed(name)?;
        if (1..=9999).contains(&day.year()) {
            return Some(Some(day));
        }
        self.problem("value_error", name, "must be a day of the years 1 to 9999");
        None
    }

    /// A required text that parses.
    pub fn parsed<T: FromStr<Err: Display>>(&mut self, name: &str) -> Option<T> {
        let text = self.required(name)?;
        if text.contains('\0') {
            self.problem("value_error", name, "must not contain NUL");
            return None;
        }
        text.parse()
            .map_err(|error| self.problem("value_error", name, error))
            .ok()
    }

    /// A whole number in a range, or its default when absent.
    pub fn number(&mut self, name: &str, (from, to): (u32, u32), default: u32) -> Option<u32> {
        let text = match self.object.get(name) {
            None => return Some(default),
            Some(Value::String(text)) => text.clone(),
            Some(other) => other.to_string(),
        };
        match text.trim().parse::<i64>() {
            Err(_) => self.problem("int_parsing", name, "Input should be a valid integer"),
            Ok(n) if n < i64::from(from) => {
                self.problem(
                    "greater_than_equal",
                    name,
                    format!("Input should be greater than or equal to {from}"),
                );
            }
            Ok(n) if n > i64::from(to) => {
                self.problem(
                    "less_than_equal",
                    name,
                    format!("Input should be less than or equal to {to}"),
                );
            }
            Ok(n) => return u32::try_from(n).ok(),
        }
        None
    }

    /// A list of texts without control characters, at most `most`.
    pub fn texts(&mut self, name: &str, most: usize) -> Option<Vec<String>> {
        let list = match self.object.get(name) {
            None | Some(Value::Null) => {
                self.problem("missing", name, "Field required");
                return None;
            }
            Some(Value::Array(list)) => list,
            Some(_) => {
                self.problem("list_type", name, "Input should be a valid list");
                return None;
            }
        };
        let texts: Option<Vec<String>> = list
            .iter()
            .map(|value| value.as_str().map(str::to_owned))
            .collect();
        let is_usable =
            |text: &String| text.chars().count() <= LONGEST && !text.chars().any(char::is_control);
        match texts {
            Some(texts) if texts.len() <= most && texts.iter().all(is_usable) => Some(texts),
            Some(texts) if texts.len() > most => {
                self.problem(
                    "too_long",
                    name,
                    format!("List should have at most {most} items"),
                );
                None
            }
            _ => {
                self.problem("string_type", name, "Each item should be a valid string");
                None
            }
        }
    }

    /// Whether a member is not there, or null.
    pub fn is_absent(&self, name: &str) -> bool {
        matches!(self.object.get(name), None | Some(Value::Null))
    }

    /// Notes every member that is not in the list.
    pub fn forbid_others(&mut self, known: &[&str]) {
        let others: Vec<String> = self
            .object
            .keys()
            .filter(|name| !known.contains(&name.as_str()))
            .take(5)
            .map(|name| name.chars().filter(|c| !c.is_control()).take(64).collect())
            .collect();
        for name in others {
            self.problem("extra_forbidden", &name, "Extra inputs are not permitted");
        }
    }

    fn required(&mut self, name: &str) -> Option<String> {
        match self.object.get(name) {
            None | Some(Value::Null) => {
                self.problem("missing", name, "Field required");
                None
            }
            Some(Value::String(text)) if text.chars().count() > LONGEST => {
                self.problem("string_too_long", name, "String is too long");
                None
            }
            Some(Value::String(text)) => Some(text.clone()),
            Some(_) => {
                self.problem("string_type", name, "Input should be a valid string");
                None
            }
        }
    }
}

/// The pairs of a query string; of a repeated name the first counts.
pub fn query_pairs(query: &str) -> Vec<(String, String)> {
    let pairs: Vec<(String, String)> = serde_urlencoded::from_str(query).unwrap_or_default();
    let mut first: Vec<(String, String)> = vec![];
    for (name, value) in pairs {
        if !first.iter().any(|(known, _)| *known == name) {
            first.push((name, value));
        }
    }
    first
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn problems_never_carry_the_value() {
        let mut fields = Fields::from_pairs(vec![
            ("password".into(), "hunter2\0".into()),
            ("n".into(), "hunter2".into()),
        ]);
        assert!(fields.secret("password").is_none());
        assert!(fields.number("n", (1, 2), 1).is_none());
        assert!(fields.text("gone").is_none());
        assert_eq!(fields.problems.len(), 3);
        assert!(!format!("{:?}", fields.problems).contains("hunter2"));
    }
}
