//! The parameter extractor: a model fills in parameters out of a text. What it does not fill in is no failure.

mod convert;
mod data;

use serde_json::{Map, Value as Json};

pub(crate) use self::data::{ExtractorData, parse};
use super::{Context, NodeData, Outcome, Request, budget::Budget, llm, mismatch};
use crate::{
    call::{
        CallResult, ModelAnswer, ModelCall, ModelMode, NodeCall, PromptMessage, PromptPart, Role,
        ToolCall, ToolSpec,
    },
    failure::Failure,
    fields::Fields,
    lenient, think,
};

const TASK: &str = "You take structured information out of a text: the values of the parameters that a JSON schema describes. \
Use what the text says and nothing else; leave a parameter out when the text does not say it. \
When there is a function to call, call it with the values; otherwise answer with one JSON object that fits the schema, and nothing else.";

pub(crate) fn request(context: &Context<'_>) -> Result<Request, Failure> {
    let NodeData::Extractor(data) = &context.node.data else {
        return Err(mismatch());
    };
    let model = data.model.resolved(context)?;
    let found = context
        .pool
        .get(&data.query)
        .map(|found| found.value())
        .unwrap_or_default();
    let query = match found.json() {
        Json::String(text) => text.clone(),
        Json::Null => String::new(),
        other => other.to_string(),
    };
    let files = data
        .vision
        .as_ref()
        .map(|vision| llm::look_at(vision, context.pool))
        .unwrap_or_default();
    let file_list: Vec<Json> = files.iter().map(|part| part.file.clone()).collect();
    let inputs = Fields::new()
        .with("query", query.as_str())
        .with("files", Json::Array(file_list))
        .with("parameters", data.recorded())
        .with("instruction", data.instruction_text.as_str());
    let inputs = model.named(inputs);
    let mut prompt = prompt(data, context, model.mode, &query)
        .map_err(|failure| failure.with_inputs(inputs.clone()))?;
    llm::add_files(files, &mut prompt);
    Ok(Request {
        inputs,
        think: None,
        call: NodeCall::Model(Box::new(ModelCall {
            parameters: model.parameters(context),
            provider: model.provider,
            model: model.name,
            mode: model.mode,
            prompt,
            tools: if data.by_function {
                vec![tool(data)]
            } else {
                Vec::new()
            },
            structured_output: None,
            stream: false,
            reasoning_apart: false,
        })),
    })
}

fn tool(data: &ExtractorData) -> ToolSpec {
    ToolSpec {
        name: "extract_parameters".to_owned(),
        description: "Extract parameters from the natural language text".to_owned(),
        parameters: data.schema(),
    }
}

fn prompt(
    data: &ExtractorData,
    context: &Context<'_>,
    mode: ModelMode,
    query: &str,
) -> Result<Vec<PromptPart>, Failure> {
    let instruction = llm::render(&data.instruction, &Budget::new(context))?;
    let mut task = format!("{TASK}\nSchema:\n{}\n", data.schema());
    if !instruction.is_empty() {
        task.push_str(&format!("Mind this as well:\n{instruction}\n"));
    }
    let asked = format!("Text:\n{query}\n");
    let message = |role, text| {
        PromptPart::Message(PromptMessage {
            role,
            text,
            files: Vec::new(),
        })
    };
    let history = data
        .memory
        .as_ref()
        .map(|memory| PromptPart::History(memory.memory.clone()));
    let parts = match mode {
        ModelMode::Chat => [
            Some(message(Role::System, task)),
            history,
            Some(message(Role::User, asked)),
        ],
        ModelMode::Completion => [
            history,
            Some(message(Role::User, format!("{task}{asked}JSON:\n"))),
            None,
        ],
    };
    Ok(parts.into_iter().flatten().collect())
}

pub(crate) fn conclude(
    context: &Context<'_>,
    _: &Fields,
    result: CallResult,
) -> Result<Outcome, Failure> {
    let (NodeData::Extractor(data), CallResult::Model(answer)) = (&context.node.data, result)
    else {
        return Err(mismatch());
    };
    let mut reason = None;
    let given = given(&answer).unwrap_or_else(|| {
        reason = Some(
            "Failed to extract result from function call or text response, using empty result."
                .to_owned(),
        );
        Map::new()
    });
    let checked = convert::check(&data.parameters, &given);
    let success = checked.is_ok();
    let reason = checked.err().or(reason).map_or(Json::Null, Json::String);
    let mut outputs = Fields::new()
        .with("__is_success", i64::from(success))
        .with("__reason", reason)
        .with("__usage", answer.usage.object.clone());
    let mut types = Vec::new();
    for parameter in &data.parameters {
        outputs.set(
            parameter.name.as_str(),
            convert::converted(parameter, given.get(&parameter.name)),
        );
        if let Some(kind) = parameter.kind.array() {
            types.push((parameter.name.clone(), kind));
        }
    }
    Ok(Outcome {
        process_data: process_data(context, data, Some(&answer))?,
        metadata: llm::metadata(&answer.usage),
        totals: llm::totals(&answer.usage),
        outputs,
        types,
        ..Outcome::default()
    })
}

/// The object that the model gave: the arguments of its call, or what stands in its text.
fn given(answer: &ModelAnswer) -> Option<Map<String, Json>> {
    if let Some(call) = &answer.tool_call {
        return lenient::object(&call.arguments);
    }
    let (text, _) = think::split(&answer.text);
    first_object(&text)
}

/// The first whole object in a text; half of one is none.
fn first_object(text: &str) -> Option<Map<String, Json>> {
    let starts = text.match_indices('{').map(|(at, _)| at).take(MAX_STARTS);
    let mut objects = starts.filter_map(|at| {
        let mut values =
            serde_json::Deserializer::from_str(&text[at..]).into_iter::<Map<String, Json>>();
        values.next().and_then(Result::ok)
    });
    objects.next()
}

/// Braces that are tried: prose has few.
const MAX_STARTS: usize = 100;

fn process_data(
    context: &Context<'_>,
    data: &ExtractorData,
    answer: Option<&ModelAnswer>,
) -> Result<Fields, Failure> {
    let model = data.model.resolved(context)?;
    let offered = data.by_function && answer.is_none_or(|answer| answer.tools_offered);
    let function = if offered {
        serde_json::to_value(tool(data)).unwrap_or_default()
    } else {
        Json::Object(Map::new())
    };
    let prompts = answer
        .map(|answer| answer.prompts.clone())
        .unwrap_or_default();
    let usage = answer
        .map(|answer| answer.usage.object.clone())
        .unwrap_or_default();
    let tool_call = answer
        .and_then(|answer| answer.tool_call.as_ref())
        .map(ToolCall::recorded)
        .unwrap_or_default();
    let mut fields = Fields::new()
        .with("model_mode", model.mode_name())
        .with("prompts", prompts)
        .with("usage", usage)
        .with("function", function)
        .with("tool_call", tool_call)
        .with("model_provider", model.provider.as_str())
        .with("model_name", model.name.as_str());
    if let Some(answer) = answer {
        fields.set("llm_text", answer.text.as_str());
    }
    Ok(fields)
}

/// The model did not answer: the outputs say so too.
pub(crate) fn failed(context: &Context<'_>, failure: Failure) -> Failure {
    let NodeData::Extractor(data) = &context.node.data else {
        return failure;
    };
    let outputs = Fields::new()
        .with("__is_success", 0)
        .with("__reason", "Failed to invoke model")
        .with("__error", failure.message.as_str());
    let known = process_data(context, data, None).unwrap_or_default();
    Failure {
        process_data: known.merged(failure.process_data),
        outputs,
        ..failure
    }
}
