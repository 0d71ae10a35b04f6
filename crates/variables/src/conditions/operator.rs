//! The operators, by the names in workflow files.

use serde::{Deserialize, Serialize};

/// A question about a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Operator {
    /// A text has the other in it; a list has it as an element.
    #[serde(rename = "contains")]
    Contains,
    /// The opposite of [`Contains`](Self::Contains).
    #[serde(rename = "not contains")]
    NotContains,
    /// A text begins with the other.
    #[serde(rename = "start with")]
    StartWith,
    /// A text ends with the other.
    #[serde(rename = "end with")]
    EndWith,
    /// A text or boolean is the other.
    #[serde(rename = "is")]
    Is,
    /// A text or boolean is another one.
    #[serde(rename = "is not")]
    IsNot,
    /// Nothing, zero, false, or without anything in it.
    #[serde(rename = "empty")]
    Empty,
    /// The opposite of [`Empty`](Self::Empty).
    #[serde(rename = "not empty")]
    NotEmpty,
    /// One of a list.
    #[serde(rename = "in")]
    In,
    /// None of a list.
    #[serde(rename = "not in")]
    NotIn,
    /// A list has every element of the other.
    #[serde(rename = "all of")]
    AllOf,
    /// The same number.
    #[serde(rename = "=")]
    Equal,
    /// The value is another number.
    #[serde(rename = "≠")]
    NotEqual,
    /// A larger number.
    #[serde(rename = ">")]
    Greater,
    /// A smaller number.
    #[serde(rename = "<")]
    Less,
    /// Not a smaller number.
    #[serde(rename = "≥")]
    GreaterOrEqual,
    /// Not a larger number.
    #[serde(rename = "≤")]
    LessOrEqual,
    /// The value is null.
    #[serde(rename = "null")]
    Null,
    /// Anything but null.
    #[serde(rename = "not null")]
    NotNull,
    /// Anything but null.
    #[serde(rename = "exists")]
    Exists,
    /// The value is null.
    #[serde(rename = "not exists")]
    NotExists,
}

impl Operator {
    /// All operators, in the order of their declaration.
    pub const ALL: [Self; 21] = [
        Self::Contains,
        Self::NotContains,
        Self::StartWith,
        Self::EndWith,
        Self::Is,
        Self::IsNot,
        Self::Empty,
        Self::NotEmpty,
        Self::In,
        Self::NotIn,
        Self::AllOf,
        Self::Equal,
        Self::NotEqual,
        Self::Greater,
        Self::Less,
        Self::GreaterOrEqual,
        Self::LessOrEqual,
        Self::Null,
        Self::NotNull,
        Self::Exists,
        Self::NotExists,
    ];

    /// The name in workflow files.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Contains => "contains",
            Self::NotContains => "not contains",
            Self::StartWith => "start with",
            Self::EndWith => "end with",
            Self::Is => "is",
            Self::IsNot => "is not",
            Self::Empty => "empty",
            Self::NotEmpty => "not empty",
            Self::In => "in",
            Self::NotIn => "not in",
            Self::AllOf => "all of",
            Self::Equal => "=",
            Self::NotEqual => "≠",
            Self::Greater => ">",
            Self::Less => "<",
            Self::GreaterOrEqual => "≥",
            Self::LessOrEqual => "≤",
            Self::Null => "null",
            Self::NotNull => "not null",
            Self::Exists => "exists",
            Self::NotExists => "not exists",
        }
    }

    /// Whether it compares with nothing.
    pub const fn is_unary(self) -> bool {
        matches!(
            self,
            Self::Empty
                | Self::NotEmpty
                | Self::Null
                | Self::NotNull
                | Self::Exists
                | Self::NotExists
        )
    }

    /// Whether its name has a "not" in it: of a list of files it must then hold for all.
    pub const fn is_negative(self) -> bool {
        matches!(
            self,
            Self::NotContains
                | Self::IsNot
                | Self::NotEmpty
                | Self::NotIn
                | Self::NotNull
                | Self::NotExists
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn name_of_every_operator_reads_back() {
        for operator in Operator::ALL {
            let json = serde_json::to_value(operator).unwrap();
            assert_eq!(json, operator.as_str());
            assert_eq!(serde_json::from_value::<Operator>(json).unwrap(), operator);
            assert_eq!(operator.is_negative(), operator.as_str().contains("not"));
        }
    }
}
