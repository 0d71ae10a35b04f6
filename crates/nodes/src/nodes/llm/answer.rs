//! What an LLM node makes of a model's answer.

use serde_json::Value as Json;

use super::super::{Context, NodeData, Outcome, mismatch};
use super::{data::Schema, model::Model};
use crate::{
    call::{CallResult, ModelAnswer, Usage},
    failure::Failure,
    fields::Fields,
    lenient,
    price::Price,
    think,
    totals::Totals,
};

pub(crate) fn conclude(
    context: &Context<'_>,
    _: &Fields,
    result: CallResult,
) -> Result<Outcome, Failure> {
    let (NodeData::Llm(data), CallResult::Model(answer)) = (&context.node.data, result) else {
        return Err(mismatch());
    };
    let model = data.model.resolved(context)?;
    let structured = match &data.structured_output {
        Some(Ok(schema)) => Some(structured(schema, &answer).map_err(|text| Failure {
            metadata: metadata(&answer.usage),
            ..Failure::new("OutputParserError", text)
        })?),
        _ => None,
    };
    let (text, reasoning) = if data.separated {
        let (text, reasoning) = think::split(&answer.text);
        let said = [answer.reasoning.trim(), reasoning.as_str()]
            .into_iter()
            .filter(|part| !part.is_empty());
        let said: Vec<&str> = said.collect();
        (text, said.join("\n"))
    } else {
        (answer.text.clone(), answer.reasoning.clone())
    };
    let finish_reason = answer
        .finish_reason
        .clone()
        .map_or(Json::Null, Json::String);
    let mut outputs = Fields::new()
        .with("text", text)
        .with("reasoning_content", reasoning)
        .with("usage", answer.usage.object.clone())
        .with("finish_reason", finish_reason);
    if let Some(structured) = structured {
        outputs.set("structured_output", structured);
    }
    if !answer.files.is_empty() {
        outputs.set("files", Json::Array(answer.files.clone()));
    }
    Ok(Outcome {
        process_data: process_data(&model, &answer),
        metadata: metadata(&answer.usage),
        totals: totals(&answer.usage),
        outputs,
        ..Outcome::default()
    })
}

/// What nodes that ask models record of it.
pub(crate) fn process_data(model: &Model, answer: &ModelAnswer) -> Fields {
    Fields::new()
        .with("model_mode", model.mode_name())
        .with("prompts", answer.prompts.clone())
        .with("usage", answer.usage.object.clone())
        .with(
            "finish_reason",
            answer
                .finish_reason
                .clone()
                .map_or(Json::Null, Json::String),
        )
        .with("model_provider", model.provider.as_str())
        .with("model_name", model.name.as_str())
}

/// The metadata of a call's cost.
pub(crate) fn metadata(usage: &Usage) -> Fields {
    Fields::new()
        .with("total_tokens", Json::from(usage.total_tokens))
        .with("total_price", usage.total_price.as_str())
        .with("currency", usage.currency.as_str())
}

pub(crate) fn totals(usage: &Usage) -> Totals {
    Totals {
        tokens: usage.total_tokens,
        price: Price::parse(&usage.total_price).unwrap_or_default(),
        currency: usage.currency.clone(),
    }
}

/// The object that stands in the answer, checked against the schema.
fn structured(schema: &Schema, answer: &ModelAnswer) -> Result<Json, String> {
    let (text, _) = think::split(&answer.text);
    let found = lenient::object(&text).map(Json::Object);
    let found =
        found.ok_or_else(|| format!("Failed to parse structured output: {}", answer.text))?;
    if let Some(check) = &schema.check {
        check
            .check(&found)
            .map_err(|wrong| format!("The structured output does not fit its schema: {wrong}"))?;
    }
    Ok(found)
}
