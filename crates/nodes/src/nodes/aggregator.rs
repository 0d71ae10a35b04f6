//! The variable aggregator: the first variable that is there, of one list or of several groups.

use gatewright_variables::{
    Selector,
    aggregator::{Aggregate, Group, aggregate, aggregate_groups, first},
};
use serde::Deserialize;
use serde_json::{Map, Value as Json};

use super::{Context, NodeData, Outcome, budget::Budget, mismatch, read};
use crate::failure::Failure;

/// One list, or groups of lists.
#[derive(Debug)]
pub(crate) enum AggregatorData {
    /// One value, as the output `output`.
    One(Vec<Selector>),
    /// Each gives an object with `output` under its name.
    Groups(Vec<Group>),
}

#[derive(Deserialize)]
struct Raw {
    #[serde(default)]
    variables: Vec<Json>,
    #[serde(default)]
    advanced_settings: Option<RawSettings>,
}

#[derive(Deserialize)]
struct RawSettings {
    #[serde(default)]
    group_enabled: bool,
    #[serde(default)]
    groups: Vec<RawGroup>,
}

#[derive(Deserialize)]
struct RawGroup {
    group_name: String,
    #[serde(default)]
    variables: Vec<Json>,
}

/// Selectors that are none belong to variables that were never connected.
fn selectors(raw: &[Json]) -> Vec<Selector> {
    raw.iter()
        .filter_map(|one| Selector::from_json(one).ok())
        .collect()
}

pub(crate) fn parse(data: &Map<String, Json>) -> Result<NodeData, String> {
    let raw: Raw = read(data)?;
    let group = |raw: RawGroup| Group {
        group_name: raw.group_name,
        variables: selectors(&raw.variables),
    };
    Ok(NodeData::Aggregator(match raw.advanced_settings {
        Some(settings) if settings.group_enabled => {
            AggregatorData::Groups(settings.groups.into_iter().map(group).collect())
        }
        _ => AggregatorData::One(selectors(&raw.variables)),
    }))
}

/// Never fails: without any variable there are no outputs.
pub(crate) fn run(context: &Context<'_>) -> Result<Outcome, Failure> {
    let NodeData::Aggregator(data) = &context.node.data else {
        return Err(mismatch());
    };
    let Aggregate { inputs, outputs } = match data {
        AggregatorData::One(variables) => aggregate(variables, context.pool),
        AggregatorData::Groups(groups) => {
            let taken = groups
                .iter()
                .filter_map(|group| first(&group.variables, context.pool));
            // Each group has its value by itself: as input and as output.
            Budget::new(context).take(taken.map(|(_, found)| found.bytes()).sum())?;
            aggregate_groups(groups, context.pool)
        }
    };
    let mut outcome = Outcome {
        inputs: inputs.into(),
        ..Outcome::default()
    };
    for (name, variable) in outputs {
        outcome.output(name, variable);
    }
    Ok(outcome)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn unconnected_variables_are_passed_over() {
        let data = json!({"variables": [["a", "b"], [], ["c"], ["d", "e"]]});
        let parsed = parse(data.as_object().unwrap());
        assert!(
            matches!(parsed, Ok(NodeData::Aggregator(AggregatorData::One(variables))) if variables.len() == 2)
        );
    }
}
