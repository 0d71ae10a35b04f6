//! Iterations: the inside of the container once per item, one after the other or several at once.

use gatewright_variables::{Value, Variable, VariableType};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::{
    Running, Turn,
    passes::{Pass, cost, durations},
};
use crate::{
    failure::Failure,
    fields::Fields,
    happening::{ContainerEnd, ContainerNext, ContainerStart, Happening, Micros, Status},
    nodes::{
        Outcome,
        iteration::{IterationData, OnItemError},
    },
    state::{Doing, Execution, Totals},
};

/// An iteration that is under way.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Iteration {
    /// The list.
    items: Value,
    /// Items that were begun.
    begun: u32,
    /// What items gave, by index; `None` = not yet, or dropped.
    results: Vec<Option<Value>>,
    /// Items that ended.
    ended: u32,
    durations: Vec<(u32, Micros)>,
    totals: Totals,
}

impl Iteration {
    fn length(&self) -> u32 {
        let items = self.items.json().as_array().map_or(0, Vec::len);
        u32::try_from(items).unwrap_or(u32::MAX)
    }

    fn inputs(&self) -> Fields {
        Fields::new().with("iterator_selector", self.items.clone())
    }
}

pub(crate) fn begin(turn: &mut Turn<'_>, running: Running, data: &IterationData) {
    let limit = turn.state.limits.items;
    let Some(frame) = turn.state.frames.get(&running.frame) else {
        return;
    };
    let list = match items(&frame.pool, data, limit) {
        Ok(list) => list,
        Err(failure) => return turn.fail(running, failure),
    };
    let length = list.json().as_array().map_or(0, Vec::len);
    if length == 0 {
        let outcome = Outcome {
            inputs: Fields::new().with("iterator_selector", Json::Array(Vec::new())),
            outputs: Fields::new().with("output", Json::Array(Vec::new())),
            types: list_type(
                &list,
                frame
                    .pool
                    .get(&data.iterator_selector)
                    .map(|found| found.kind()),
            ),
            ..Outcome::default()
        };
        return turn.succeed(running, outcome);
    }
    let iteration = Iteration {
        items: list,
        begun: 0,
        results: vec![None; length],
        ended: 0,
        durations: Vec::new(),
        totals: Totals::default(),
    };
    let started = ContainerStart {
        node: turn.name(running),
        length: u64::from(iteration.length()),
        inputs: iteration.inputs(),
    };
    turn.emit(
        running.frame,
        Happening::IterationStarted(Box::new(started)),
    );
    let length = iteration.length();
    let width = width(turn, data, length);
    turn.state.executions.insert(
        running.execution,
        Execution {
            frame: running.frame,
            node: running.node,
            started_at: running.started_at,
            attempt: running.attempt,
            doing: Doing::Iteration(Box::new(iteration)),
        },
    );
    if data.is_parallel {
        for index in 0..length {
            announce(turn, running, index);
        }
    }
    for _ in 0..width {
        next_item(turn, running, data);
    }
}

/// The list to go over; null is an empty one.
fn items(
    pool: &gatewright_variables::Pool,
    data: &IterationData,
    limit: usize,
) -> Result<Value, Failure> {
    let selector = &data.iterator_selector;
    let Some(found) = pool.get(selector) else {
        let text = format!("Iterator variable {selector} not found");
        return Err(Failure::new("IteratorVariableNotFoundError", text));
    };
    match found.json() {
        Json::Null => Ok(Value::from(Json::Array(Vec::new()))),
        Json::Array(items) if items.len() > limit => {
            let text = format!(
                "The list has {} items, more than the limit of {limit} for an iteration.",
                items.len()
            );
            Err(Failure::new("IterationNodeError", text))
        }
        Json::Array(_) => Ok(found.value()),
        other => {
            let shown: String = other.to_string().chars().take(200).collect();
            let text = format!("invalid iterator value: {shown}, please provide a list.");
            Err(Failure::new("InvalidIteratorValueError", text))
        }
    }
}

/// An empty result keeps the type of the list that was empty.
fn list_type(list: &Value, declared: Option<VariableType>) -> Vec<(String, VariableType)> {
    let kind = declared
        .filter(|kind| kind.is_array())
        .unwrap_or(VariableType::of(list.json()));
    vec![("output".to_owned(), kind)]
}

fn width(turn: &Turn<'_>, data: &IterationData, length: u32) -> u32 {
    if !data.is_parallel {
        return 1;
    }
    let most = u32::try_from(turn.state.limits.parallel).unwrap_or(u32::MAX);
    data.parallel_nums.clamp(1, most.max(1)).min(length)
}

fn announce(turn: &mut Turn<'_>, container: Running, index: u32) {
    let node = turn.name(container);
    turn.emit(
        container.frame,
        Happening::IterationNext(ContainerNext { node, index }),
    );
}

fn under_way(turn: &mut Turn<'_>, container: Running) -> Option<Iteration> {
    match turn
        .state
        .executions
        .get(&container.execution)
        .map(|execution| &execution.doing)
    {
        Some(Doing::Iteration(iteration)) => Some((**iteration).clone()),
        _ => None,
    }
}

/// Begins the next item, when there is one.
fn next_item(turn: &mut Turn<'_>, container: Running, data: &IterationData) {
    let Some(Doing::Iteration(iteration)) = turn
        .state
        .executions
        .get_mut(&container.execution)
        .map(|e| &mut e.doing)
    else {
        return;
    };
    let index = iteration.begun;
    let Some(item) = iteration.items.json().get(index as usize).cloned() else {
        return;
    };
    iteration.begun += 1;
    if !data.is_parallel {
        announce(turn, container, index);
    }
    let variables = vec![
        ("item".to_owned(), Variable::infer(item)),
        ("index".to_owned(), Variable::infer(i64::from(index))),
    ];
    turn.open_pass(container, index, variables, data.is_parallel);
}

/// An item is over.
pub(crate) fn ended(turn: &mut Turn<'_>, container: Running, data: &IterationData, pass: Pass) {
    let now = turn.now;
    let Some(Doing::Iteration(iteration)) = turn
        .state
        .executions
        .get_mut(&container.execution)
        .map(|e| &mut e.doing)
    else {
        return;
    };
    let index = pass.owner.index;
    iteration.ended += 1;
    iteration
        .durations
        .push((index, now.saturating_sub(pass.frame.started_at)));
    iteration.totals.add(&pass.frame.totals);
    let result = match (&pass.failure, data.error_handle_mode) {
        (Some(failure), OnItemError::Terminated) => return fail(turn, container, failure.clone()),
        (Some(_), OnItemError::RemoveAbnormalOutput) => None,
        (Some(_), OnItemError::ContinueOnError) => Some(Value::default()),
        (None, _) => Some(
            pass.frame
                .pool
                .get(&data.output_selector)
                .map(|found| found.value())
                .unwrap_or_default(),
        ),
    };
    if let Some(slot) = iteration.results.get_mut(index as usize) {
        *slot = result;
    }
    if iteration.ended == iteration.length() {
        return complete(turn, container, data);
    }
    next_item(turn, container, data);
}

fn complete(turn: &mut Turn<'_>, container: Running, data: &IterationData) {
    let Some(iteration) = under_way(turn, container) else {
        return;
    };
    let outputs = Fields::new().with("output", collected(&iteration.results, data));
    let metadata = metadata(&iteration);
    let end = end(
        turn,
        container,
        &iteration,
        Status::Succeeded,
        outputs.clone(),
        None,
    );
    turn.leave_container(container, Happening::IterationCompleted(Box::new(end)));
    let outcome = Outcome {
        inputs: iteration.inputs(),
        outputs,
        metadata,
        ..Outcome::default()
    };
    turn.succeed(container, outcome);
}

/// One item failed, and the node says that this ends it: the others are given up.
fn fail(turn: &mut Turn<'_>, container: Running, failure: Failure) {
    for pass in turn.passes_of(container.execution) {
        turn.drop_pass(pass);
    }
    let Some(iteration) = under_way(turn, container) else {
        return;
    };
    let so_far: Vec<Json> = iteration
        .results
        .iter()
        .flatten()
        .map(|value| value.json().clone())
        .collect();
    let outputs = Fields::new().with("output", Json::Array(so_far));
    let end = end(
        turn,
        container,
        &iteration,
        Status::Failed,
        outputs.clone(),
        Some(failure.message.clone()),
    );
    turn.leave_container(container, Happening::IterationCompleted(Box::new(end)));
    let failure = Failure {
        inputs: iteration.inputs(),
        outputs,
        metadata: metadata(&iteration),
        process_data: Fields::new(),
        permanent: true,
        ..failure
    };
    turn.fail(container, failure);
}

fn metadata(iteration: &Iteration) -> Fields {
    cost(&iteration.totals).with("iteration_duration_map", durations(&iteration.durations))
}

fn end(
    turn: &Turn<'_>,
    container: Running,
    iteration: &Iteration,
    status: Status,
    outputs: Fields,
    error: Option<String>,
) -> ContainerEnd {
    ContainerEnd {
        node: turn.name(container),
        status,
        started_at: container.started_at,
        inputs: iteration.inputs(),
        outputs,
        metadata: metadata(iteration),
        steps: u64::from(iteration.length()),
        total_tokens: iteration.totals.tokens,
        error,
    }
}

/// The results in the order of the items. When all that are not null are lists and the node says so, one level of lists goes.
fn collected(results: &[Option<Value>], data: &IterationData) -> Json {
    let results: Vec<&Json> = results.iter().flatten().map(Value::json).collect();
    let dropped_nulls = data.error_handle_mode == OnItemError::RemoveAbnormalOutput;
    let present = || results.iter().filter(|value| !value.is_null());
    if data.flatten_output && present().next().is_some() && present().all(|value| value.is_array())
    {
        let inner = present().filter_map(|value| value.as_array());
        return Json::Array(inner.flatten().cloned().collect());
    }
    let kept = results
        .iter()
        .filter(|value| !(dropped_nulls && value.is_null()));
    Json::Array(kept.map(|&value| value.clone()).collect())
}
