//! The assigner: changes conversation and loop variables.

mod operate;
mod run;
mod v1;

pub use operate::apply;
pub use run::{Assigned, Assignment, InputType, assign, updated_variables};
pub use v1::{AssignmentV1, WriteMode, assign_v1};

use serde::{Deserialize, Serialize};

/// What is done with a variable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Operation {
    /// It takes the value of another variable, of exactly its type (whole and broken numbers mix).
    #[serde(rename = "over-write")]
    OverWrite,
    /// It takes a constant.
    #[serde(rename = "set")]
    Set,
    /// It becomes empty: `""`, 0, false, `{}`, `[]`.
    #[serde(rename = "clear")]
    Clear,
    /// A list gets one more element.
    #[serde(rename = "append")]
    Append,
    /// A list gets the elements of another.
    #[serde(rename = "extend")]
    Extend,
    /// A list loses its first element; an empty one stays.
    #[serde(rename = "remove-first")]
    RemoveFirst,
    /// A list loses its last element; an empty one stays.
    #[serde(rename = "remove-last")]
    RemoveLast,
    /// A number grows.
    #[serde(rename = "+=")]
    Add,
    /// A number shrinks.
    #[serde(rename = "-=")]
    Subtract,
    /// A number is multiplied.
    #[serde(rename = "*=")]
    Multiply,
    /// A number is divided, and then it is a broken one.
    #[serde(rename = "/=")]
    Divide,
}

impl Operation {
    /// All operations, in the order of their declaration.
    pub const ALL: [Self; 11] = [
        Self::OverWrite,
        Self::Set,
        Self::Clear,
        Self::Append,
        Self::Extend,
        Self::RemoveFirst,
        Self::RemoveLast,
        Self::Add,
        Self::Subtract,
        Self::Multiply,
        Self::Divide,
    ];

    /// The name in workflow files.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::OverWrite => "over-write",
            Self::Set => "set",
            Self::Clear => "clear",
            Self::Append => "append",
            Self::Extend => "extend",
            Self::RemoveFirst => "remove-first",
            Self::RemoveLast => "remove-last",
            Self::Add => "+=",
            Self::Subtract => "-=",
            Self::Multiply => "*=",
            Self::Divide => "/=",
        }
    }

    /// Whether it takes an input.
    pub const fn takes_input(self) -> bool {
        !matches!(self, Self::Clear | Self::RemoveFirst | Self::RemoveLast)
    }
}
