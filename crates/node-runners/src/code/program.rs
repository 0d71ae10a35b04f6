//! The program that a sandbox runs: the node's code, and behind it a call of its `main` that prints what came back
//! between two marks. Inputs travel as base64, so that no text in them is code.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use gatewright_engine::call::{CodeCall, CodeLanguage};
use serde_json::Value;

/// Stands on both sides of the result. It cannot stand within: the wrapper writes `<` as an escape.
const MARK: &str = "<<RESULT>>";

const PYTHON: &str = r"
import base64 as __base64, json as __json, sys as __sys
__inputs = __json.loads(__base64.b64decode('INPUTS').decode('utf-8'))
__result = __json.dumps(main(**__inputs)).replace('<', '\\u003c')
__sys.stdout.write('<<RESULT>>' + __result + '<<RESULT>>\n')
";

const JAVASCRIPT: &str = r"
;(async () => {
  const inputs = JSON.parse(Buffer.from('INPUTS', 'base64').toString('utf-8'));
  const output = await main(inputs);
  const result = JSON.stringify(output === undefined ? null : output).replace(/</g, '\\u003c');
  console.log('<<RESULT>>' + result + '<<RESULT>>');
})();
";

pub(super) fn of(call: &CodeCall) -> String {
    let wrapper = match call.language {
        CodeLanguage::Python3 => PYTHON,
        CodeLanguage::Javascript => JAVASCRIPT,
    };
    let inputs = Value::Object(call.inputs.clone()).to_string();
    let wrapper = wrapper.replace("INPUTS", &STANDARD.encode(inputs));
    format!("{}\n{wrapper}", call.code)
}

/// The result in what was printed: the last one, whatever the program printed before.
pub(super) fn result(stdout: &str) -> Result<Value, String> {
    let parts = stdout
        .rsplit_once(MARK)
        .and_then(|(before, _)| before.rsplit_once(MARK));
    let (_, result) = parts.ok_or("The program ended before it returned a result.")?;
    serde_json::from_str(result).map_err(|error| format!("Failed to parse JSON response: {error}."))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_result_is_the_last_one_between_marks() {
        for (stdout, result_of) in [
            (
                "<<RESULT>>{\n    \"y\": 42\n}<<RESULT>>\n",
                Some(json!({"y": 42})),
            ),
            (
                "printed\n<<RESULT>>{\"y\":1}<<RESULT>>\n",
                Some(json!({"y": 1})),
            ),
            (
                "<<RESULT>>{\"y\":1}<<RESULT>>\n<<RESULT>>{\"y\":0}<<RESULT>>\n",
                Some(json!({"y": 0})),
            ),
            ("<<RESULT>>[1]<<RESULT>>", Some(json!([1]))),
            ("<<RESULT>>NaN<<RESULT>>", None),
            ("<<RESULT>>", None),
            ("", None),
        ] {
            assert_eq!(result(stdout).ok(), result_of, "{stdout}");
        }
    }
}
