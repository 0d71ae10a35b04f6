//! The LLM node: a prompt out of templates, an answer as outputs.

mod answer;
mod data;
pub(crate) mod model;
mod prompt;

pub(crate) use self::{
    answer::{conclude, metadata, process_data, totals},
    data::{LlmData, MemoryData, RawMemory, RawVision, Vision, parse},
    prompt::{add_files, look_at, render},
};
use super::{Context, NodeData, Request, mismatch};
use crate::{
    call::{ModelCall, NodeCall, StructuredOutput},
    failure::Failure,
    fields::Fields,
    think::ThinkFilter,
};

pub(crate) fn request(context: &Context<'_>) -> Result<Request, Failure> {
    let NodeData::Llm(data) = &context.node.data else {
        return Err(mismatch());
    };
    let model = data.model.resolved(context)?;
    let mut inputs = Fields::new();
    let named =
        |failure: Failure, inputs: &Fields| failure.with_inputs(model.named(inputs.clone()));
    let prompt = prompt::build(data, context, model.mode, &mut inputs)
        .map_err(|failure| named(failure, &inputs))?;
    let structured_output = match &data.structured_output {
        None => None,
        Some(Ok(schema)) => Some(StructuredOutput {
            schema: schema.json.clone(),
        }),
        Some(Err(text)) => return Err(named(Failure::new("LLMNodeError", text), &inputs)),
    };
    Ok(Request {
        inputs: model.named(inputs),
        think: data.separated.then(ThinkFilter::default),
        call: NodeCall::Model(Box::new(ModelCall {
            parameters: model.parameters(context),
            provider: model.provider,
            model: model.name,
            mode: model.mode,
            prompt,
            tools: Vec::new(),
            structured_output,
            stream: true,
            reasoning_apart: data.separated,
        })),
    })
}
