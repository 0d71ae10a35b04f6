//! The answer node of a chatflow: says something.

use gatewright_variables::{Form, Template};
use serde::Deserialize;
use serde_json::{Map, Value as Json};

use super::{Context, NodeData, Outcome, mismatch, read};
use crate::{failure::Failure, fields::Fields};

/// What an answer node is configured with.
#[derive(Debug)]
pub(crate) struct AnswerData {
    pub(crate) template: Template,
}

#[derive(Deserialize)]
struct Raw {
    #[serde(default)]
    answer: String,
}

pub(crate) fn parse(data: &Map<String, Json>) -> Result<NodeData, String> {
    let raw: Raw = read(data)?;
    Ok(NodeData::Answer(AnswerData {
        template: Template::parse(&raw.answer),
    }))
}

/// The rendered text, and the files that it mentions.
pub(crate) fn run(context: &Context<'_>) -> Result<Outcome, Failure> {
    let NodeData::Answer(data) = &context.node.data else {
        return Err(mismatch());
    };
    let text = data
        .template
        .render(context.pool, Form::Markdown, context.limits.output_bytes);
    let text = text.map_err(|e| Failure::new("ValueError", e.to_string()))?;
    let files: Vec<Json> = data
        .template
        .files(context.pool)
        .into_iter()
        .map(|file| file.json().clone())
        .collect();
    Ok(Outcome {
        outputs: Fields::new()
            .with("answer", text)
            .with("files", Json::Array(files)),
        ..Outcome::default()
    })
}
