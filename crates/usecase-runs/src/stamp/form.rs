//! Fields and buttons of a form, their members in the order in which clients know them, whatever order their author's file has.

use serde_json::{Map, Value};

/// Members of a field.
const INPUT: [&str; 4] = ["output_variable_name", "type", "default", "option_source"];
/// Members of where a field's value or options come from.
const SOURCE: [&str; 3] = ["type", "selector", "value"];
/// Members of a button.
const ACTION: [&str; 3] = ["id", "title", "button_style"];

/// Fields in order; what is not known comes behind, as it was.
pub(super) fn inputs(inputs: &mut [Value]) {
    for input in inputs.iter_mut().filter_map(Value::as_object_mut) {
        for source in ["default", "option_source"] {
            if let Some(Value::Object(source)) = input.get_mut(source) {
                order(source, &SOURCE);
            }
        }
        order(input, &INPUT);
    }
}

/// Buttons in order.
pub(super) fn actions(actions: &mut [Value]) {
    for action in actions.iter_mut().filter_map(Value::as_object_mut) {
        order(action, &ACTION);
    }
}

fn order(members: &mut Map<String, Value>, first: &[&str]) {
    let mut rest = std::mem::take(members);
    for key in first {
        if let Some(value) = rest.shift_remove(*key) {
            members.insert((*key).to_owned(), value);
        }
    }
    members.extend(rest);
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn members_of_fields_and_buttons_come_in_the_known_order_and_unknown_ones_behind() {
        let mut fields = vec![json!({
            "default": {"value": "v", "selector": [], "type": "constant"}, "number_limits": 1, "type": "paragraph",
            "output_variable_name": "n",
        })];
        inputs(&mut fields);
        assert_eq!(
            fields[0].to_string(),
            r#"{"output_variable_name":"n","type":"paragraph","default":{"type":"constant","selector":[],"value":"v"},"number_limits":1}"#
        );
        let mut buttons = vec![json!({"button_style": "primary", "title": "Yes", "id": "yes"})];
        actions(&mut buttons);
        assert_eq!(
            buttons[0].to_string(),
            r#"{"id":"yes","title":"Yes","button_style":"primary"}"#
        );
    }
}
