//! An app that asks a person, on its page or by mail.

/// By the page of the web app.
pub const WEB_APP: &str =
    "[{config: {}, enabled: true, id: 3f5b1d0e-7a31-4a7e-8d2e-6a4f2f7c1b01, type: webapp}]";

/// By mail, to everybody in the workspace and to somebody elsewhere.
pub const MAIL: &str = "[{config: {body: 'Dear {{#start.who#}}, **answer** <i>here</i>: {{#url#}}', debug_mode: false, recipients: {items: [{type: external, email: boss@elsewhere.example}], whole_workspace: true}, subject: 'Please <b>answer</b>'}, enabled: true, id: 3f5b1d0e-7a31-4a7e-8d2e-6a4f2f7c1b02, type: email}]";

/// Asks for a comment and a button; the branches of both buttons end. `methods` are the ways of delivery, as YAML in one line.
pub fn file(methods: &str) -> String {
    let edge = |id: &str, from: &str, handle: &str, to: &str| {
        format!(
            "    - id: {id}\n      source: {from}\n      sourceHandle: {handle}\n      target: {to}\n      targetHandle: target\n      type: custom\n"
        )
    };
    let end = |id: &str, field: &str| {
        format!(
            "    - data:\n        outputs:\n        - value_selector: [ask, {field}]\n          variable: result\n        \
             - value_selector: [ask, __action_id]\n          variable: action\n        title: End\n        type: end\n      id: {id}\n      type: custom\n"
        )
    };
    let edges = [
        edge("a", "start", "source", "ask"),
        edge("b", "ask", "'yes'", "agreed"),
        edge("c", "ask", "'no'", "refused"),
        edge("d", "ask", "__timeout", "late"),
    ]
    .concat();
    let ends = [
        end("agreed", "comment"),
        end("refused", "comment"),
        end("late", "__rendered_content"),
    ]
    .concat();
    format!(
        "app:\n  mode: workflow\n  name: asks\nkind: app\nversion: 0.6.0\nworkflow:\n  features: {{}}\n  graph:\n    edges:\n{edges}    nodes:\n    \
         - data:\n        title: Start\n        type: start\n        variables:\n        - label: who\n          max_length: 48\n          required: true\n          type: text-input\n          variable: who\n      id: start\n      type: custom\n    \
         - data:\n        delivery_methods: {methods}\n        form_content: 'Dear {{{{#start.who#}}}}, comment: {{{{#$output.comment#}}}}'\n        inputs:\n        \
         - default: {{selector: [], type: constant, value: none}}\n          output_variable_name: comment\n          type: paragraph\n        \
         timeout: 1\n        timeout_unit: hour\n        title: Ask\n        type: human-input\n        user_actions:\n        \
         - {{button_style: primary, id: 'yes', title: 'Yes'}}\n        - {{button_style: default, id: 'no', title: 'No'}}\n      id: ask\n      type: custom\n{ends}"
    )
}
