//! Values as text: the plain form (prompts, templates, conditions) and the Markdown form (answers, forms).

use std::fmt::{self, Write};

use serde_json::Value as Json;

use crate::{
    VariableType, file,
    python::{self, JsonStyle},
    text::{BoundedText, TooLong},
};

/// Which of the two forms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Objects and lists on one line; files give nothing, for they travel beside the text.
    Text,
    /// Objects indented, lists as bullets, files as links.
    Markdown,
}

const MARKDOWN_OBJECT: JsonStyle = JsonStyle {
    indent: Some(2),
    ascii: false,
    sort_keys: false,
};

/// Writes a value of a type in a form.
///
/// Texts as they are, numbers and booleans as Python prints them, null as nothing. A list of texts is JSON, other
/// lists print as Python lists; an empty list is nothing.
pub fn write_value<W: Write + ?Sized>(
    out: &mut W,
    kind: VariableType,
    value: &Json,
    form: Form,
) -> fmt::Result {
    match (value, form) {
        (Json::Null, _) => Ok(()),
        (Json::Array(items), _) => write_list(out, kind, items, value, form),
        (Json::Object(members), Form::Markdown) if file::is_file(value) => {
            out.write_str(&file::markdown(members))
        }
        (Json::Object(_), Form::Text) if file::is_file(value) => Ok(()),
        (Json::Object(_), Form::Text) => python::write_json(out, value, JsonStyle::default()),
        (Json::Object(_), Form::Markdown) => python::write_json(out, value, MARKDOWN_OBJECT),
        _ => python::write_str(out, value),
    }
}

fn write_list<W: Write + ?Sized>(
    out: &mut W,
    kind: VariableType,
    items: &[Json],
    list: &Json,
    form: Form,
) -> fmt::Result {
    match (kind, form) {
        _ if items.is_empty() => Ok(()),
        (VariableType::ArrayFile, Form::Text) => Ok(()),
        (VariableType::ArrayString, Form::Text) => {
            python::write_json(out, list, JsonStyle::default())
        }
        (_, Form::Text) => python::write_repr(out, list),
        (_, Form::Markdown) => {
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    out.write_str("\n")?;
                }
                write_bullet(out, kind, item)?;
            }
            Ok(())
        }
    }
}

fn write_bullet<W: Write + ?Sized>(out: &mut W, kind: VariableType, item: &Json) -> fmt::Result {
    match item {
        Json::Object(members) if kind == VariableType::ArrayFile => {
            out.write_str(&file::markdown(members))
        }
        item => {
            out.write_str("- ")?;
            python::write_str(out, item)
        }
    }
}

/// A value of a type in a form, at most `limit` bytes long.
pub fn render(
    kind: VariableType,
    value: &Json,
    form: Form,
    limit: usize,
) -> Result<String, TooLong> {
    let mut out = BoundedText::new(limit);
    let written = write_value(&mut out, kind, value, form);
    out.finish(written)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn both(value: &Json) -> (String, String) {
        let kind = VariableType::of(value);
        let form = |form| render(kind, value, form, 10_000).unwrap();
        (form(Form::Text), form(Form::Markdown))
    }

    #[test]
    fn value_renders_in_both_forms() {
        for (value, text, markdown) in [
            (json!("a b"), "a b", "a b"),
            (json!(1), "1", "1"),
            (json!(1.0), "1.0", "1.0"),
            (json!(1e16), "1e+16", "1e+16"),
            (json!(true), "True", "True"),
            (json!(false), "False", "False"),
            (json!(null), "", ""),
            (json!({}), "{}", "{}"),
            (
                json!({"a": 1, "é": [1, 2]}),
                r#"{"a": 1, "é": [1, 2]}"#,
                "{\n  \"a\": 1,\n  \"é\": [\n    1,\n    2\n  ]\n}",
            ),
            (json!([]), "", ""),
            (json!([1, 2]), "[1, 2]", "- 1\n- 2"),
            (json!(["x", "y"]), r#"["x", "y"]"#, "- x\n- y"),
            (json!(["x", 1]), "['x', 1]", "- x\n- 1"),
            (
                json!([{"a": null}, {"b": "it's"}]),
                r#"[{'a': None}, {'b': "it's"}]"#,
                "- {'a': None}\n- {'b': \"it's\"}",
            ),
            (json!([true, false]), "[True, False]", "- True\n- False"),
            (json!([[1], []]), "[[1], []]", "- [1]\n- []"),
        ] {
            assert_eq!(
                both(&value),
                (text.to_owned(), markdown.to_owned()),
                "{value}"
            );
        }
    }

    #[test]
    fn file_is_nothing_in_text_and_a_link_in_markdown() {
        let file = |kind| json!({"dify_model_identity": "__dify__file__", "type": kind, "filename": "a.png", "url": "http://x/a"});
        let picture = file("image");
        let both_of = json!([file("image"), file("document")]);
        assert_eq!(
            both(&picture),
            (String::new(), "![a.png](http://x/a)".to_owned())
        );
        assert_eq!(
            both(&both_of),
            (
                String::new(),
                "![a.png](http://x/a)\n[a.png](http://x/a)".to_owned()
            )
        );
    }

    #[test]
    fn rendering_past_the_limit_is_refused() {
        let deep = (0..100).fold(json!([1]), |inner, _| json!([inner]));
        let wide = json!({"k": vec![deep; 100]});
        let all = render(VariableType::Object, &wide, Form::Markdown, 100_000);
        assert_eq!(all, Err(TooLong { limit: 100_000 }));
        assert!(render(VariableType::Object, &wide, Form::Text, 100_000).is_ok());
    }
}
