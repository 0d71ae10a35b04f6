//! What an iteration says about itself; how it goes over its items is the engine's.

use gatewright_variables::Selector;
use serde::Deserialize;
use serde_json::{Map, Value as Json};

use super::{NodeData, or_default, read};

/// What an iteration node is configured with.
#[derive(Debug, Deserialize)]
pub struct IterationData {
    /// The list whose items are gone through.
    pub iterator_selector: Selector,
    /// What each item gives.
    pub output_selector: Selector,
    /// Whether items run at once.
    #[serde(default, deserialize_with = "or_default")]
    pub is_parallel: bool,
    /// Items under way at once.
    #[serde(default = "ten")]
    pub parallel_nums: u32,
    /// What a failed item does.
    #[serde(default, deserialize_with = "or_default")]
    pub error_handle_mode: OnItemError,
    /// Whether lists of lists lose one level.
    #[serde(default = "yes")]
    pub flatten_output: bool,
}

/// What a failed item does.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OnItemError {
    /// Ends the iteration.
    #[default]
    Terminated,
    /// Null stands in the item's place.
    ContinueOnError,
    /// The item is left out.
    RemoveAbnormalOutput,
}

const fn ten() -> u32 {
    10
}

const fn yes() -> bool {
    true
}

pub(crate) fn parse(data: &Map<String, Json>) -> Result<NodeData, String> {
    read(data).map(NodeData::Iteration)
}
