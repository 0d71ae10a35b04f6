//! Selectors: `["node", "name", …path]`, the address of a value.

use std::{fmt, sync::Arc};

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use crate::python;

/// The most parts that a selector has: a node, and the ten names that templates allow.
pub const MAX_PARTS: usize = 11;
/// The most bytes that a part has.
pub const MAX_PART_BYTES: usize = 255;

/// The address of a value: a node (or `sys`, `env`, `conversation`), a name, and perhaps a path into the value.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "Vec<String>", into = "Vec<String>")]
pub struct Selector(Arc<[String]>);

/// Why something is no selector.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SelectorError {
    /// It is no list of texts.
    #[error("a selector is a list of texts")]
    NotAList,
    /// It names no variable.
    #[error("a selector has at least two parts")]
    TooShort,
    /// More than [`MAX_PARTS`].
    #[error("a selector has at most {MAX_PARTS} parts")]
    TooLong,
    /// A part is empty or longer than [`MAX_PART_BYTES`].
    #[error("a part of a selector has 1 to {MAX_PART_BYTES} bytes")]
    Part,
}

impl Selector {
    /// A selector of these parts: two at least, see the limits.
    pub fn new<P: Into<String>>(parts: impl IntoIterator<Item = P>) -> Result<Self, SelectorError> {
        let parts: Vec<String> = parts
            .into_iter()
            .take(MAX_PARTS + 1)
            .map(Into::into)
            .collect();
        match parts.len() {
            0 | 1 => return Err(SelectorError::TooShort),
            n if n > MAX_PARTS => return Err(SelectorError::TooLong),
            _ => {}
        }
        if parts
            .iter()
            .any(|part| part.is_empty() || part.len() > MAX_PART_BYTES)
        {
            return Err(SelectorError::Part);
        }
        Ok(Self(parts.into()))
    }

    /// Reads the list that workflow files have.
    pub fn from_json(list: &Json) -> Result<Self, SelectorError> {
        let parts = list.as_array().ok_or(SelectorError::NotAList)?;
        let texts: Option<Vec<&str>> = parts.iter().map(Json::as_str).collect();
        Self::new(texts.ok_or(SelectorError::NotAList)?)
    }

    /// The node's id, or `sys`, `env`, `conversation`.
    pub fn node(&self) -> &str {
        &self.0[0]
    }

    /// The variable's name.
    pub fn name(&self) -> &str {
        &self.0[1]
    }

    /// The path into the value; mostly empty.
    pub fn path(&self) -> &[String] {
        &self.0[2..]
    }

    /// The node and the names that lead to the value.
    pub fn parts(&self) -> &[String] {
        &self.0
    }

    /// As it stands in a template: `node.name.path`.
    pub fn dotted(&self) -> String {
        self.0.join(".")
    }
}

impl TryFrom<Vec<String>> for Selector {
    type Error = SelectorError;

    fn try_from(parts: Vec<String>) -> Result<Self, SelectorError> {
        Self::new(parts)
    }
}

impl From<Selector> for Vec<String> {
    fn from(selector: Selector) -> Self {
        selector.0.to_vec()
    }
}

impl fmt::Display for Selector {
    /// As messages show it, like a Python list: `['node', 'name']`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[")?;
        for (index, part) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str(", ")?;
            }
            python::write_repr_of_text(f, part)?;
        }
        f.write_str("]")
    }
}

impl fmt::Debug for Selector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn list_of_texts_is_a_selector_within_limits() {
        use SelectorError as E;
        let long = vec!["a"; MAX_PARTS];
        let too_long = vec!["a"; MAX_PARTS + 1];
        for (list, error) in [
            (json!(["sys", "query"]), None),
            (json!(long), None),
            (json!([]), Some(E::TooShort)),
            (json!(["sys"]), Some(E::TooShort)),
            (json!(too_long), Some(E::TooLong)),
            (json!(["a", ""]), Some(E::Part)),
            (json!(["a", "b".repeat(256)]), Some(E::Part)),
            (json!(["a", 1]), Some(E::NotAList)),
            (json!("a.b"), Some(E::NotAList)),
            (json!(null), Some(E::NotAList)),
        ] {
            assert_eq!(Selector::from_json(&list).err(), error, "{list}");
        }
    }

    #[test]
    fn selector_reads_back_and_prints_like_a_python_list() {
        let selector = Selector::new(["start", "o'k", "x"]).unwrap();
        assert_eq!(selector.to_string(), r#"['start', "o'k", 'x']"#);
        assert_eq!(selector.dotted(), "start.o'k.x");
        assert_eq!((selector.node(), selector.name()), ("start", "o'k"));
        assert_eq!(selector.path(), ["x"]);
        let json = serde_json::to_value(&selector).unwrap();
        assert_eq!(serde_json::from_value::<Selector>(json).unwrap(), selector);
        assert!(serde_json::from_value::<Selector>(json!(["x"])).is_err());
    }
}
