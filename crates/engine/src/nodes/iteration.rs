//! What an iteration says about itself; how it goes over its items is the run's ([`crate::run::iteration`]).

use gatewright_variables::Selector;
use serde::Deserialize;
use serde_json::{Map, Value as Json};

use super::{NodeData, or_default, read};

/// Its data.
#[derive(Debug, Deserialize)]
pub(crate) struct IterationData {
    /// The list.
    pub(crate) iterator_selector: Selector,
    /// What each item gives.
    pub(crate) output_selector: Selector,
    #[serde(default, deserialize_with = "or_default")]
    pub(crate) is_parallel: bool,
    /// Items under way at once.
    #[serde(default = "ten")]
    pub(crate) parallel_nums: u32,
    #[serde(default, deserialize_with = "or_default")]
    pub(crate) error_handle_mode: OnItemError,
    /// Whether lists of lists lose one level.
    #[serde(default = "yes")]
    pub(crate) flatten_output: bool,
}

/// What a failed item does.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum OnItemError {
    /// Ends the iteration.
    #[default]
    Terminated,
    /// Gives null.
    ContinueOnError,
    /// Gives nothing.
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
