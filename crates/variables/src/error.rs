//! How a node fails: the class name that stands in its `error_type` output, and the message in `error_message`.

use std::fmt;

/// Which error it was. Workflows branch on the name (`error_type` behind a fail branch), so the names are those
/// of the Python classes that users know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ErrorKind {
    /// A value that cannot be used: missing, not a number, a bad template.
    Value,
    /// A value of the wrong type.
    Type,
    /// Code or a template that failed while it ran.
    CodeExecution,
    /// An assigner's variable or its source does not exist.
    VariableNotFound,
    /// An assigner's operation that the variable's type does not know.
    OperationNotSupported,
    /// An assigner's operation that cannot take its input from there (constant or variable).
    InputTypeNotSupported,
    /// An assigner's input that does not fit the variable.
    InvalidInputValue,
    /// Any other failure of an assigner.
    VariableOperator,
    /// A list operator's variable has a type it does not work on.
    ListOperator,
    /// A list operator's condition that the element type does not know.
    InvalidCondition,
    /// A list operator's expected value that is not of the element's type.
    InvalidFilterValue,
    /// A file attribute that does not exist.
    InvalidKey,
}

impl ErrorKind {
    /// The name in `error_type`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Value => "ValueError",
            Self::Type => "TypeError",
            Self::CodeExecution => "CodeExecutionError",
            Self::VariableNotFound => "VariableNotFoundError",
            Self::OperationNotSupported => "OperationNotSupportedError",
            Self::InputTypeNotSupported => "InputTypeNotSupportedError",
            Self::InvalidInputValue => "InvalidInputValueError",
            Self::VariableOperator => "VariableOperatorNodeError",
            Self::ListOperator => "ListOperatorError",
            Self::InvalidCondition => "InvalidConditionError",
            Self::InvalidFilterValue => "InvalidFilterValueError",
            Self::InvalidKey => "InvalidKeyError",
        }
    }
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A node's failure. Its error strategy decides what becomes of it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct NodeError {
    /// Which class of error: the `error_type` output.
    pub kind: ErrorKind,
    /// What people read: the `error_message` output and the run's `error`.
    pub message: String,
}

impl NodeError {
    /// An error of this class with this message.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
        }
    }

    /// An error of the kind `ValueError`, as Dify calls it.
    pub fn value(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Value, message)
    }

    /// The name for the `error_type` output.
    pub const fn error_type(&self) -> &'static str {
        self.kind.as_str()
    }
}
