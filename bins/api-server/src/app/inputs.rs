//! The inputs of a run, as they are typed.

use anyhow::{Context as _, bail};
use gatewright_run_service::{InputField, InputKind};
use serde_json::{Map, Value};

/// What was typed.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Given {
    /// Of `--inputs`.
    object: Map<String, Value>,
    /// Of each `-i`, not read yet: the app says what they are.
    texts: Vec<(String, String)>,
}

/// Takes the arguments apart.
///
/// # Errors
/// When one is not of its form.
pub(super) fn given(object: Option<&str>, pairs: &[String]) -> anyhow::Result<Given> {
    let object = match object {
        None => Map::new(),
        Some(text) => serde_json::from_str(text)
            .context("--inputs is not a JSON object, for example '{\"name\": \"Ada\"}'")?,
    };
    let mut texts: Vec<(String, String)> = vec![];
    for pair in pairs {
        let Some((name, value)) = pair.split_once('=') else {
            bail!("-i {pair}: write NAME=VALUE, for example -i name=Ada");
        };
        if object.contains_key(name) || texts.iter().any(|(known, _)| known == name) {
            bail!("the input {name} is given twice");
        }
        texts.push((name.to_owned(), value.to_owned()));
    }
    Ok(Given { object, texts })
}

impl Given {
    /// The inputs of a run of an app that declares these fields.
    ///
    /// # Errors
    /// When the app takes no input of a name, or a value is not JSON where it has to be.
    pub(super) fn read(self, declared: &[InputField]) -> anyhow::Result<Map<String, Value>> {
        let mut inputs = self.object;
        let known = |name: &str| declared.iter().find(|field| field.variable == name);
        if let Some(stray) = inputs.keys().find(|name| known(name).is_none()) {
            bail!(unknown(stray, declared));
        }
        for (name, text) in self.texts {
            let Some(field) = known(&name) else {
                bail!(unknown(&name, declared));
            };
            let value = match field.kind {
                InputKind::JsonObject | InputKind::File | InputKind::FileList => {
                    serde_json::from_str(&text)
                        .with_context(|| format!("the input {name} is not JSON"))?
                }
                // A number, true and false may come as texts.
                _ => Value::String(text),
            };
            inputs.insert(name, value);
        }
        Ok(inputs)
    }
}

fn unknown(name: &str, declared: &[InputField]) -> String {
    let names: Vec<&str> = declared
        .iter()
        .map(|field| field.variable.as_str())
        .collect();
    if names.is_empty() {
        return format!("there is no input {name}: this app takes none");
    }
    format!(
        "there is no input {name}; this app takes: {}",
        names.join(", ")
    )
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn declared() -> Vec<InputField> {
        serde_json::from_value(json!([
            {"variable": "name", "type": "text-input"},
            {"variable": "n", "type": "number"},
            {"variable": "facts", "type": "json_object"},
        ]))
        .unwrap()
    }

    fn read(object: Option<&str>, pairs: &[&str]) -> anyhow::Result<Value> {
        let pairs: Vec<String> = pairs.iter().map(|pair| (*pair).to_owned()).collect();
        let inputs = given(object, &pairs)?.read(&declared())?;
        Ok(Value::Object(inputs))
    }

    #[test]
    fn inputs_are_read_as_the_app_declares_them() {
        let found = read(Some("{\"n\": 2}"), &["name=a=b", "facts={\"x\": 1}"]).unwrap();
        assert_eq!(found, json!({"n": 2, "name": "a=b", "facts": {"x": 1}}));
        assert_eq!(
            read(None, &["n=7", "name="]).unwrap(),
            json!({"n": "7", "name": ""})
        );
    }

    #[test]
    fn input_that_cannot_be_meant_is_refused_with_what_can() {
        for (object, pairs, says) in [
            (Some("[1]"), vec![], "not a JSON object"),
            (Some("{"), vec![], "not a JSON object"),
            (None, vec!["name"], "NAME=VALUE"),
            (None, vec!["name=a", "name=b"], "given twice"),
            (Some("{\"name\": 1}"), vec!["name=b"], "given twice"),
            (None, vec!["nam=a"], "this app takes: name, n, facts"),
            (
                Some("{\"nam\": 1}"),
                vec![],
                "this app takes: name, n, facts",
            ),
            (None, vec!["facts={"], "facts is not JSON"),
        ] {
            let error = read(object, &pairs).unwrap_err();
            assert!(format!("{error:#}").contains(says), "{error:#}");
        }
    }
}
