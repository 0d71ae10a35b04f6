//! How a node fails.

use serde::{Deserialize, Serialize};

use crate::fields::Fields;

/// A failed attempt of a node: what clients hear, and what its error strategy works with.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Failure {
    /// `error` of the node's event.
    pub message: String,
    /// `error_type` of its outputs under a strategy, such as `HTTPResponseCodeError`.
    pub error_type: String,
    /// Inputs to record; merged over those that the engine knows.
    #[serde(default)]
    pub inputs: Fields,
    /// What to record as `process_data`.
    #[serde(default)]
    pub process_data: Fields,
    /// Outputs of the failed attempt that its event shows (a run without a strategy shows them).
    #[serde(default)]
    pub outputs: Fields,
    /// What to record as `execution_metadata`.
    #[serde(default)]
    pub metadata: Fields,
    /// Whether another attempt can end otherwise; a wrong type stays wrong.
    #[serde(default)]
    pub permanent: bool,
}

impl Failure {
    /// A failure with a text and a type, and nothing else.
    pub fn new(error_type: &str, message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            error_type: error_type.to_owned(),
            ..Self::default()
        }
    }

    /// The same with the inputs that the node had resolved by then.
    #[must_use]
    pub fn with_inputs(mut self, inputs: Fields) -> Self {
        self.inputs = inputs;
        self
    }
}
