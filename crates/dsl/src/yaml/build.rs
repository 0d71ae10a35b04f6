//! Lists and mappings as they grow: keys as JSON writes them, `<<` merged, the last of two equal keys
//! wins.

use serde_json::{Map, Value};

use super::{Position, YamlError, limits::Cost};

/// A collection whose end has not come yet.
pub(super) struct Open {
    /// The number of its anchor, 0 without one.
    pub(super) anchor: usize,
    /// What it costs so far.
    pub(super) cost: Cost,
    shape: Shape,
}

enum Shape {
    List(Vec<Value>),
    Mapping {
        own: Map<String, Value>,
        merged: Map<String, Value>,
        key: Option<Key>,
    },
}

/// A key of a mapping.
pub(super) enum Key {
    /// As JSON writes it.
    Text(String),
    /// `<<`.
    Merge,
}

impl Open {
    /// An empty list.
    pub(super) fn list(anchor: usize) -> Self {
        Self::new(anchor, Shape::List(Vec::new()))
    }

    /// An empty mapping.
    pub(super) fn mapping(anchor: usize) -> Self {
        let (own, merged) = (Map::new(), Map::new());
        Self::new(
            anchor,
            Shape::Mapping {
                own,
                merged,
                key: None,
            },
        )
    }

    fn new(anchor: usize, shape: Shape) -> Self {
        Self {
            anchor,
            cost: Cost::value(0),
            shape,
        }
    }

    /// Whether what comes next is a key.
    pub(super) fn wants_key(&self) -> bool {
        matches!(self.shape, Shape::Mapping { key: None, .. })
    }

    /// The key of what comes next. Asked only when it [wants one](Self::wants_key).
    pub(super) fn set_key(&mut self, new: Key) {
        if let Shape::Mapping { key, .. } = &mut self.shape {
            *key = Some(new);
        }
    }

    /// One more value.
    pub(super) fn push(
        &mut self,
        value: Value,
        cost: Cost,
        position: Position,
    ) -> Result<(), YamlError> {
        self.cost = self.cost.and(cost)?;
        match &mut self.shape {
            Shape::List(items) => items.push(value),
            Shape::Mapping { own, merged, key } => match key.take() {
                Some(Key::Text(key)) => {
                    own.insert(key, value);
                }
                Some(Key::Merge) => merge(merged, value).ok_or(YamlError::Merge(position))?,
                None => return Err(YamlError::Key(position)),
            },
        }
        Ok(())
    }

    /// The finished value. What was merged stands first and yields to the mapping's own.
    pub(super) fn close(self) -> Value {
        match self.shape {
            Shape::List(items) => Value::Array(items),
            Shape::Mapping { own, merged, .. } if merged.is_empty() => Value::Object(own),
            Shape::Mapping {
                own, mut merged, ..
            } => {
                merged.extend(own);
                Value::Object(merged)
            }
        }
    }
}

/// Of a list of mappings the first wins, of several `<<` the last.
fn merge(into: &mut Map<String, Value>, value: Value) -> Option<()> {
    match value {
        Value::Object(mapping) => into.extend(mapping),
        Value::Array(mappings) => {
            for mapping in mappings.into_iter().rev() {
                let Value::Object(mapping) = mapping else {
                    return None;
                };
                into.extend(mapping);
            }
        }
        _ => return None,
    }
    Some(())
}
