//! The if-else node: which case holds first.

use serde_json::{Value as Json, json};

use super::{Case, evaluate};
use crate::{NodeError, Pool};

/// The handle of the edge that is taken when no case holds.
pub const ELSE: &str = "false";

/// What an if-else node decided, and what its record shows of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Decision {
    /// The node's inputs: `{conditions: […]}` of the last case that was evaluated.
    pub inputs: Json,
    /// The node's process data: `{condition_results: [{group, results, final_result}]}`.
    pub process_data: Json,
    /// The id of the case that holds, `false` when none does; or why it could not be found out.
    pub selected: Result<String, NodeError>,
}

impl Decision {
    /// The node's outputs; `None` when it failed.
    pub fn outputs(&self) -> Option<Json> {
        let selected = self.selected.as_ref().ok()?;
        Some(json!({"result": selected != ELSE, "selected_case_id": selected}))
    }
}

/// Evaluates cases in their order until one holds. `legacy` marks the single case of old files, whose
/// conditions stand in the node itself: records call it `default`.
pub fn decide(cases: &[Case], legacy: bool, pool: &Pool) -> Decision {
    let mut inputs = Vec::new();
    let mut groups = Vec::new();
    let selected = select(cases, legacy, pool, &mut inputs, &mut groups);
    Decision {
        inputs: json!({ "conditions": inputs }),
        process_data: json!({ "condition_results": groups }),
        selected,
    }
}

fn select(
    cases: &[Case],
    legacy: bool,
    pool: &Pool,
    inputs: &mut Vec<Json>,
    groups: &mut Vec<Json>,
) -> Result<String, NodeError> {
    for case in cases {
        let evaluation = evaluate(&case.conditions, case.logical_operator, pool)?;
        *inputs = evaluation.inputs;
        let group = if legacy {
            json!("default")
        } else {
            json!(case)
        };
        groups.push(json!({
            "group": group,
            "results": evaluation.results,
            "final_result": evaluation.holds,
        }));
        if evaluation.holds {
            return Ok(case.case_id.clone());
        }
    }
    Ok(ELSE.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Variable;

    fn case(id: &str, value: &str) -> Case {
        serde_json::from_value(json!({
            "case_id": id, "id": id, "logical_operator": "and",
            "conditions": [{"id": "c1", "varType": "number", "comparison_operator": "≥", "value": value,
                "variable_selector": ["start", "num"]}],
        }))
        .unwrap()
    }

    fn pool() -> Pool {
        let mut pool = Pool::default();
        pool.set("start", "num", Variable::infer(json!(12)))
            .unwrap();
        pool
    }

    #[test]
    fn decision_is_recorded_byte_for_byte() {
        let decision = decide(&[case("true", "10")], false, &pool());
        let text = |json: &Json| serde_json::to_string(json).unwrap();
        assert_eq!(
            text(&decision.inputs),
            r#"{"conditions":[{"actual_value":12,"expected_value":"10","comparison_operator":"≥"}]}"#
        );
        assert_eq!(
            text(&decision.process_data),
            r#"{"condition_results":[{"group":{"case_id":"true","logical_operator":"and","conditions":[{"variable_selector":["start","num"],"comparison_operator":"≥","value":"10","sub_variable_condition":null}]},"results":[true],"final_result":true}]}"#
        );
        assert_eq!(
            text(&decision.outputs().unwrap()),
            r#"{"result":true,"selected_case_id":"true"}"#
        );
    }

    #[test]
    fn first_case_that_holds_is_selected() {
        let selected = |cases: &[Case]| decide(cases, false, &pool()).selected;
        let cases = [case("a", "100"), case("b", "12"), case("c", "1")];
        assert_eq!(selected(&cases), Ok("b".into()));
        assert_eq!(selected(&cases[..1]), Ok(ELSE.into()));
        let none = decide(&cases[..1], false, &pool());
        let outputs = none.outputs().unwrap();
        assert_eq!(
            outputs,
            json!({"result": false, "selected_case_id": "false"})
        );
    }

    #[test]
    fn failed_case_keeps_what_was_decided_before() {
        let decision = decide(&[case("a", "100"), case("b", "x")], true, &pool());
        assert!(decision.selected.is_err());
        assert_eq!(decision.outputs(), None);
        let groups = &decision.process_data["condition_results"];
        assert_eq!(groups.as_array().map(Vec::len), Some(1));
        assert_eq!(groups[0]["group"], "default");
    }
}
