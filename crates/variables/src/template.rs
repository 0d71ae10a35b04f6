//! Templates: text with `{{#node.name#}}` in it, split once into text and variables.
//!
//! A reference is a node of 1–50 letters, digits and underscores, and one to ten names that begin with a letter or
//! an underscore and have at most 30 characters. What does not look like that is text, braces and all; a reference
//! to nothing becomes its inner text, without braces.

use std::fmt::{self, Write};

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use crate::{
    Pool, Selector, Value, file,
    render::Form,
    text::{BoundedText, TooLong},
};

const OPEN: &str = "{{#";
const CLOSE: &str = "#}}";
/// Files that one template mentions, at most.
const MAX_FILES: usize = 1_000;
const MAX_NODE: usize = 50;
const MAX_NAME: usize = 30;
const MAX_NAMES: usize = 10;
/// The longest reference without its braces.
const LONGEST: usize = MAX_NODE + MAX_NAMES * (1 + MAX_NAME);

/// A piece of a template.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Segment {
    /// Text that stays as it is; never empty.
    Text(String),
    /// A reference to a value.
    Variable(Selector),
}

impl Segment {
    /// Writes the piece with the values of a pool.
    pub fn write<W: Write + ?Sized>(&self, out: &mut W, pool: &Pool, form: Form) -> fmt::Result {
        match self {
            Self::Text(text) => out.write_str(text),
            Self::Variable(selector) => match pool.get(selector) {
                Some(found) => found.write(out, form),
                None => out.write_str(&selector.dotted()),
            },
        }
    }

    /// The piece as text, at most `limit` bytes long.
    pub fn render(&self, pool: &Pool, form: Form, limit: usize) -> Result<String, TooLong> {
        let mut out = BoundedText::new(limit);
        let written = self.write(&mut out, pool, form);
        out.finish(written)
    }
}

/// A template, split into its pieces.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Template(Vec<Segment>);

impl Template {
    /// Splits a text. Never fails, and takes time linear in its length.
    pub fn parse(text: &str) -> Self {
        let mut segments = Vec::new();
        let mut text_from = 0;
        let mut at = 0;
        while let Some(found) = text[at..].find(OPEN) {
            let start = at + found;
            let Some((selector, length)) = reference(&text[start + OPEN.len()..]) else {
                at = start + 1;
                continue;
            };
            if text_from < start {
                segments.push(Segment::Text(text[text_from..start].to_owned()));
            }
            segments.push(Segment::Variable(selector));
            at = start + OPEN.len() + length;
            text_from = at;
        }
        if text_from < text.len() {
            segments.push(Segment::Text(text[text_from..].to_owned()));
        }
        Self(segments)
    }

    /// The pieces in their order.
    pub fn segments(&self) -> &[Segment] {
        &self.0
    }

    /// The references in their order, repetitions included.
    pub fn selectors(&self) -> impl Iterator<Item = &Selector> {
        self.0.iter().filter_map(|segment| match segment {
            Segment::Variable(selector) => Some(selector),
            Segment::Text(_) => None,
        })
    }

    /// The text with the values of a pool, at most `limit` bytes long.
    pub fn render(&self, pool: &Pool, form: Form, limit: usize) -> Result<String, TooLong> {
        let mut out = BoundedText::new(limit);
        let written = self
            .0
            .iter()
            .try_for_each(|segment| segment.write(&mut out, pool, form));
        out.finish(written)
    }

    /// The files that the template mentions, whole variables and lists of files alike, in their order; the first 1,000 of them.
    pub fn files(&self, pool: &Pool) -> Vec<Value> {
        let mut files = Vec::new();
        for found in self.selectors().filter_map(|selector| pool.get(selector)) {
            if files.len() >= MAX_FILES {
                break;
            }
            match found.json() {
                value if file::is_file(value) => files.push(found.value()),
                Json::Array(items) => files.extend(
                    items
                        .iter()
                        .filter(|item| file::is_file(item))
                        .map(|item| Value::from(item.clone())),
                ),
                _ => {}
            }
        }
        files.truncate(MAX_FILES);
        files
    }
}

/// Reads `node.name…#}}`: the selector, and how many bytes it took.
fn reference(text: &str) -> Option<(Selector, usize)> {
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let end = text
        .bytes()
        .take(LONGEST + 1)
        .position(|b| !is_word(char::from(b)) && b != b'.')?;
    if !text.as_bytes()[end..].starts_with(CLOSE.as_bytes()) {
        return None;
    }
    let inner = &text[..end];
    let mut parts = inner.split('.');
    let node = parts.next()?;
    if node.is_empty() || node.len() > MAX_NODE || !node.chars().all(is_word) {
        return None;
    }
    let is_name = |name: &str| {
        name.len() <= MAX_NAME
            && name.chars().all(is_word)
            && name.starts_with(|c: char| !c.is_ascii_digit())
    };
    if !parts.all(is_name) {
        return None;
    }
    let selector = Selector::new(inner.split('.')).ok()?;
    Some((selector, end + CLOSE.len()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::Variable;

    fn pool() -> Pool {
        let mut pool = Pool::default();
        for (node, name, value) in [
            ("sys", "query", json!("hi")),
            ("n", "t", json!(true)),
            ("n", "o", json!({"a": 1, "é": [1, 2]})),
            ("n", "f", json!(1.0)),
            ("n", "nothing", json!(null)),
            ("1732", "text", json!("{{#sys.query#}}")),
        ] {
            pool.set(node, name, Variable::infer(value)).unwrap();
        }
        pool
    }

    #[test]
    fn template_renders_with_its_quirks() {
        let pool = pool();
        let long_node = "n".repeat(51);
        let eleven = format!("{{{{#a{}#}}}}", ".b".repeat(11));
        for (template, text) in [
            ("U: {{{#sys.query#}} echo:{{#sys.query#}}", "U: {hi echo:hi"),
            ("{{{#sys.query#}}}", "{hi}"),
            ("{{#n.missing#}}", "n.missing"),
            ("{{#nobody.a.b#}}!", "nobody.a.b!"),
            ("{{#n.t#}} {{#n.f#}} [{{#n.nothing#}}]", "True 1.0 []"),
            ("{{#n.o#}} {{#n.o.a#}}", "{\"a\": 1, \"é\": [1, 2]} 1"),
            // A value is never read as a template.
            ("{{#1732.text#}}", "{{#sys.query#}}"),
            // No references:
            (
                "{{#context#}} {{#histories#}}",
                "{{#context#}} {{#histories#}}",
            ),
            (
                "{{#$output.x#}} {{ sys.query }}",
                "{{#$output.x#}} {{ sys.query }}",
            ),
            (
                "{{#sys.1x#}} {{#sys. query#}}",
                "{{#sys.1x#}} {{#sys. query#}}",
            ),
            ("{{#sys.query#} {{#sys.query", "{{#sys.query#} {{#sys.query"),
            ("{{#sys..query#}} {{#.a#}}", "{{#sys..query#}} {{#.a#}}"),
            ("{{#é.a#}}", "{{#é.a#}}"),
            (
                &format!("{{{{#{long_node}.a#}}}}"),
                &format!("{{{{#{long_node}.a#}}}}"),
            ),
            (&eleven, &eleven),
            // What follows a broken one is found.
            ("{{#{{#sys.query#}}", "{{#hi"),
            ("{{#a{{#sys.query#}}#}}", "{{#ahi#}}"),
            ("", ""),
        ] {
            let rendered = Template::parse(template).render(&pool, Form::Text, 1000);
            assert_eq!(rendered.unwrap(), text, "{template}");
        }
    }

    #[test]
    fn template_splits_into_text_and_variables() {
        let template = Template::parse("a {{#llm.text#}}{{#llm.usage.total#}} b");
        let selector = |parts: &[&str]| Segment::Variable(Selector::new(parts.to_vec()).unwrap());
        assert_eq!(
            template.segments(),
            [
                Segment::Text("a ".into()),
                selector(&["llm", "text"]),
                selector(&["llm", "usage", "total"]),
                Segment::Text(" b".into()),
            ]
        );
        assert_eq!(template.selectors().count(), 2);
    }

    #[test]
    fn template_mentions_files() {
        let file = json!({"dify_model_identity": "__dify__file__", "type": "image", "filename": "a", "url": "u"});
        let mut pool = pool();
        pool.set("s", "one", Variable::infer(file.clone())).unwrap();
        pool.set("s", "many", Variable::infer(json!([file, file])))
            .unwrap();
        let template = Template::parse("{{#s.one#}} {{#s.many#}} {{#s.one.name#}} {{#sys.query#}}");
        assert_eq!(template.files(&pool).len(), 3);
        let text = template.render(&pool, Form::Markdown, 1000).unwrap();
        assert_eq!(text, "![a](u) ![a](u)\n![a](u) a hi");
    }

    #[test]
    fn hostile_template_is_split_in_linear_time_and_bounded() {
        let template = Template::parse(&"{{#a.b".repeat(100_000));
        assert_eq!(template.segments().len(), 1);
        let mut pool = pool();
        let large = Variable::infer("x".repeat(1000));
        pool.set("n", "large", large).unwrap();
        let many = Template::parse(&"{{#n.large#}}".repeat(1000));
        let rendered = many.render(&pool, Form::Text, 10_000);
        assert_eq!(rendered, Err(TooLong { limit: 10_000 }));
    }
}
