//! A program in the sandbox.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// The language of a program.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CodeLanguage {
    /// `main(**inputs)`.
    Python3,
    /// `main(inputs)`.
    Javascript,
}

/// Calls `main` of a program with these inputs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CodeCall {
    /// The language that the code is written in.
    pub language: CodeLanguage,
    /// The program's text, with a function `main`.
    pub code: String,
    /// Arguments by name; a missing variable is null, files are file objects.
    pub inputs: Map<String, Value>,
}

/// What `main` returned. A failure of the program or of the sandbox is a [`crate::Failure`] with the type `CodeExecutionError`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CodeAnswer {
    /// The returned object; the engine checks it against the declared outputs.
    pub result: Value,
}
