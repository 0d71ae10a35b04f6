//! A variable: a value with its type.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use crate::{Value, VariableType};

/// A value with its type. The type stays what was declared where a value alone does not tell it (an empty
/// `array[string]`, a secret); numbers are whole or broken as their value is.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct Variable {
    #[serde(rename = "type")]
    kind: VariableType,
    value: Value,
}

/// A value that is not of the declared type.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a value of type {actual} is not of type {declared}")]
pub struct TypeMismatch {
    /// The type that was declared.
    pub declared: VariableType,
    /// The type of the value.
    pub actual: VariableType,
}

impl Variable {
    /// A variable of the value's own type.
    pub fn infer(value: impl Into<Value>) -> Self {
        let value = value.into();
        Self {
            kind: VariableType::of(value.json()),
            value,
        }
    }

    /// A variable of a declared type. Fails when the value is not of that type, see [`VariableType::accepts`].
    pub fn typed(kind: VariableType, value: impl Into<Value>) -> Result<Self, TypeMismatch> {
        let value = value.into();
        if !kind.accepts(value.json()) {
            return Err(TypeMismatch {
                declared: kind,
                actual: VariableType::of(value.json()),
            });
        }
        let kind = if kind.is_number() {
            VariableType::of(value.json())
        } else {
            kind
        };
        Ok(Self { kind, value })
    }

    /// A variable whose value is null.
    pub fn none() -> Self {
        Self {
            kind: VariableType::None,
            value: Value::default(),
        }
    }

    /// The type; never `number`.
    pub const fn kind(&self) -> VariableType {
        self.kind
    }

    /// The value that the variable has.
    pub const fn value(&self) -> &Value {
        &self.value
    }

    /// The value's JSON.
    pub fn json(&self) -> &Json {
        self.value.json()
    }

    /// The value, without its type.
    pub fn into_value(self) -> Value {
        self.value
    }
}

impl fmt::Debug for Variable {
    /// Secrets are not shown.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.kind == VariableType::Secret {
            return f.write_str("secret(…)");
        }
        write!(f, "{}({:?})", self.kind, self.value)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn declared_type_is_kept_and_checked() {
        use VariableType as T;
        let kind = |declared, value: Json| Variable::typed(declared, value).map(|v| v.kind());
        assert_eq!(kind(T::ArrayString, json!([])), Ok(T::ArrayString));
        assert_eq!(kind(T::Secret, json!("s")), Ok(T::Secret));
        assert_eq!(kind(T::Number, json!(0)), Ok(T::Integer));
        assert_eq!(kind(T::Integer, json!(0.5)), Ok(T::Float));
        assert!(kind(T::Number, json!("1")).is_err());
        assert!(kind(T::Number, json!(true)).is_err());
        assert!(kind(T::ArrayNumber, json!([1, "2"])).is_err());
        assert!(kind(T::String, json!(null)).is_err());
    }

    #[test]
    fn debug_of_a_secret_hides_it() {
        let secret = Variable::typed(VariableType::Secret, "hush-hush").unwrap();
        assert!(!format!("{secret:?}").contains("hush"));
    }
}
