//! The variable aggregator: the first of several variables that exists. Branches that were skipped left none.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json, json};

use crate::{Found, Pool, Selector, Variable};

/// A named group of variables.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Group {
    /// The group's name, under which its output stands.
    pub group_name: String,
    /// The candidates in their order.
    #[serde(default)]
    pub variables: Vec<Selector>,
}

/// What an aggregator gives.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Aggregate {
    /// The values that were taken, by their selectors without the node: `{"output": …}`.
    pub inputs: Map<String, Json>,
    /// The outputs. Empty when no candidate exists: the node never fails.
    pub outputs: Vec<(String, Variable)>,
}

/// The first variable that exists (null exists), and where it was.
pub fn first<'a>(candidates: &'a [Selector], pool: &'a Pool) -> Option<(&'a Selector, Found<'a>)> {
    candidates
        .iter()
        .find_map(|selector| Some((selector, pool.get(selector)?)))
}

/// Without groups: one output, `output`, of the variable's own type.
pub fn aggregate(candidates: &[Selector], pool: &Pool) -> Aggregate {
    let Some((selector, found)) = first(candidates, pool) else {
        return Aggregate::default();
    };
    let variable = found.variable();
    Aggregate {
        inputs: Map::from_iter([(path(selector), variable.json().clone())]),
        outputs: vec![("output".to_owned(), variable)],
    }
}

/// With groups: for each group that has a variable an object `{"output": …}` under its name.
pub fn aggregate_groups(groups: &[Group], pool: &Pool) -> Aggregate {
    let mut all = Aggregate::default();
    for group in groups {
        let Some((selector, found)) = first(&group.variables, pool) else {
            continue;
        };
        all.inputs.insert(path(selector), found.json().clone());
        let output = json!({"output": found.json()});
        all.outputs
            .push((group.group_name.clone(), Variable::infer(output)));
    }
    all
}

fn path(selector: &Selector) -> String {
    selector.parts()[1..].join(".")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::VariableType;

    fn selectors(dotted: &[&str]) -> Vec<Selector> {
        dotted
            .iter()
            .map(|text| Selector::new(text.split('.')).unwrap())
            .collect()
    }

    fn pool() -> Pool {
        let mut pool = Pool::default();
        let empty = Variable::typed(VariableType::ArrayString, json!([])).unwrap();
        pool.set("b", "list", empty).unwrap();
        pool.set("b", "null", Variable::none()).unwrap();
        pool.set("b", "o", Variable::infer(json!({"x": 1})))
            .unwrap();
        pool
    }

    #[test]
    fn first_variable_that_exists_is_taken_with_its_type() {
        let pool = pool();
        for (candidates, kind, inputs) in [
            (
                &["a.text", "b.list", "b.o"][..],
                Some(VariableType::ArrayString),
                json!({"list": []}),
            ),
            (
                &["a.text", "b.null", "b.o"],
                Some(VariableType::None),
                json!({"null": null}),
            ),
            (
                &["b.o.y", "b.o.x"],
                Some(VariableType::Integer),
                json!({"o.x": 1}),
            ),
            (&["a.text"], None, json!({})),
            (&[], None, json!({})),
        ] {
            let got = aggregate(&selectors(candidates), &pool);
            let outputs = got.outputs.first();
            assert_eq!(outputs.map(|(_, v)| v.kind()), kind, "{candidates:?}");
            assert!(outputs.is_none_or(|(name, _)| name == "output"));
            assert_eq!(Json::Object(got.inputs), inputs);
        }
    }

    #[test]
    fn group_gives_an_object_under_its_name() {
        let groups: Vec<Group> = serde_json::from_value(json!([
            {"group_name": "g1", "groupId": "i", "output_type": "number", "variables": [["a", "x"], ["b", "o", "x"]]},
            {"group_name": "g2", "output_type": "string", "variables": [["a", "x"]]},
        ]))
        .unwrap();
        let mut pool = pool();
        let got = aggregate_groups(&groups, &pool);
        pool.set_outputs("agg", got.outputs).unwrap();
        let found = |text: &str| {
            let selector = Selector::new(text.split('.')).unwrap();
            pool.get(&selector).map(|found| found.json().clone())
        };
        assert_eq!(found("agg.g1.output"), Some(json!(1)));
        assert_eq!(found("agg.g2"), None);
    }
}
