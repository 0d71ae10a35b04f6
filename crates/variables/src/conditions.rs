//! Conditions: what if-else, a loop's break and list filters ask of values.

mod compare;
mod decide;
mod evaluate;
mod files;
mod operator;

pub use compare::holds;
pub use decide::{Decision, ELSE, decide};
pub use evaluate::{Evaluation, evaluate};
pub use operator::Operator;

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use crate::Selector;

/// How conditions combine.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogicalOperator {
    /// All must hold; the first that does not ends it.
    #[default]
    And,
    /// One must hold; the first that does ends it.
    Or,
}

/// A condition on a variable. Serialises as run records show it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Condition {
    /// The variable that is asked about.
    pub variable_selector: Selector,
    /// What is asked of its value.
    pub comparison_operator: Operator,
    /// What it is compared with: a text is a template; lists and booleans stand for themselves; null for unary
    /// operators.
    #[serde(default)]
    pub value: Json,
    /// For lists of files: questions about their attributes.
    #[serde(default)]
    pub sub_variable_condition: Option<SubConditions>,
}

/// Questions about the files of a list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SubConditions {
    /// How they combine.
    #[serde(default)]
    pub logical_operator: LogicalOperator,
    /// What is asked of each element.
    #[serde(default)]
    pub conditions: Vec<SubCondition>,
}

/// A question about an attribute of each file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SubCondition {
    /// The attribute, one of [`crate::file::ATTRIBUTES`].
    pub key: String,
    /// What is asked of the member.
    pub comparison_operator: Operator,
    /// What it is compared with; no template.
    #[serde(default)]
    pub value: Json,
}

/// A branch of an if-else node. Serialises as run records show it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Case {
    /// Its id, which is the handle of its edge.
    pub case_id: String,
    /// How its conditions combine.
    #[serde(default)]
    pub logical_operator: LogicalOperator,
    /// Its conditions. A case without any never holds.
    #[serde(default)]
    pub conditions: Vec<Condition>,
}
