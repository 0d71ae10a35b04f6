//! Iterations: the inside of the container once per item, one after the other or several at once.

use std::collections::HashSet;

use gatewright_nodes::{Failure, Fields, IterationData, OnItemError, Outcome, Totals};
use gatewright_variables::{Selector, Value, Variable, VariableType, pool::CONVERSATION};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::{
    Running, Turn,
    passes::{Pass, durations},
};
use crate::{
    happening::{ContainerEnd, ContainerNext, ContainerStart, Happening, Micros, Status},
    state::{Doing, Execution},
};

/// An iteration that is under way.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Iteration {
    /// The list, when a node could write its variable meanwhile; otherwise it stays where it is.
    kept: Option<Value>,
    length: u32,
    /// Items that were begun.
    begun: u32,
    /// What items gave, by index; null as long as they did not end.
    results: Vec<Value>,
    /// Bytes of all results.
    bytes: usize,
    /// Items that failed and give nothing.
    dropped: Vec<u32>,
    /// Items that ended, in the order in which they did.
    durations: Vec<(u32, Micros)>,
    totals: Totals,
}

impl Iteration {
    /// Items that give nothing, to be looked up: there may be as many as items.
    fn dropped(&self) -> HashSet<u32> {
        self.dropped.iter().copied().collect()
    }
}

/// The list that an iteration goes over.
fn list(turn: &Turn<'_>, container: Running, data: &IterationData) -> Value {
    let iteration = under_way(turn, container);
    if let Some(kept) = iteration.and_then(|iteration| iteration.kept.clone()) {
        return kept;
    }
    let frame = turn.state.frames.get(&container.frame);
    let found = frame.and_then(|frame| frame.pool.get(&data.iterator_selector));
    found.map_or_else(Value::default, |found| found.value())
}

/// One element of that list; the others are not copied.
fn item(turn: &Turn<'_>, container: Running, data: &IterationData, at: usize) -> Option<Json> {
    if let Some(kept) = under_way(turn, container)?.kept.as_ref() {
        return kept.json().get(at).cloned();
    }
    let frame = turn.state.frames.get(&container.frame)?;
    let found = frame.pool.get(&data.iterator_selector)?;
    found.json().get(at).cloned()
}

fn inputs(list: Value) -> Fields {
    Fields::new().with("iterator_selector", list)
}

/// Whether a node inside could write the variable of the list.
fn can_change(turn: &Turn<'_>, selector: &Selector) -> bool {
    let container = || {
        turn.graph
            .index_of(selector.node())
            .is_some_and(|at| turn.graph.nodes[at].is_container())
    };
    selector.node() == CONVERSATION || container()
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
        kept: can_change(turn, &data.iterator_selector).then(|| list.clone()),
        length: u32::try_from(length).unwrap_or(u32::MAX),
        begun: 0,
        results: vec![Value::default(); length],
        bytes: 0,
        dropped: Vec::new(),
        durations: Vec::new(),
        totals: Totals::default(),
    };
    let started = ContainerStart {
        node: turn.name(running),
        length: u64::from(iteration.length),
        inputs: inputs(list),
    };
    turn.emit(
        running.frame,
        Happening::IterationStarted(Box::new(started)),
    );
    let length = iteration.length;
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

/// Passes that a run has open at once, about: iterations in iterations multiply. Beyond it, further ones go one by one.
const MAX_PASSES: usize = 200;

fn width(turn: &Turn<'_>, data: &IterationData, length: u32) -> u32 {
    if !data.is_parallel {
        return 1;
    }
    let most = u32::try_from(turn.state.limits.parallel).unwrap_or(u32::MAX);
    let free = MAX_PASSES.saturating_sub(turn.state.frames.len()).max(1);
    let free = u32::try_from(free).unwrap_or(u32::MAX);
    data.parallel_nums
        .clamp(1, most.max(1))
        .min(length)
        .min(free)
}

fn announce(turn: &mut Turn<'_>, container: Running, index: u32) {
    let node = turn.name(container);
    turn.emit(
        container.frame,
        Happening::IterationNext(ContainerNext { node, index }),
    );
}

fn under_way<'t>(turn: &'t Turn<'_>, container: Running) -> Option<&'t Iteration> {
    match &turn.state.executions.get(&container.execution)?.doing {
        Doing::Iteration(iteration) => Some(iteration),
        _ => None,
    }
}

fn under_way_mut<'t>(turn: &'t mut Turn<'_>, container: Running) -> Option<&'t mut Iteration> {
    match &mut turn.state.executions.get_mut(&container.execution)?.doing {
        Doing::Iteration(iteration) => Some(iteration),
        _ => None,
    }
}

/// Begins the next item, when there is one.
fn next_item(turn: &mut Turn<'_>, container: Running, data: &IterationData) {
    let Some(index) = under_way(turn, container).map(|iteration| iteration.begun) else {
        return;
    };
    let Some(item) = item(turn, container, data, index as usize) else {
        return;
    };
    if let Some(iteration) = under_way_mut(turn, container) {
        iteration.begun += 1;
    }
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
    let (now, limit) = (turn.now, turn.state.limits.output_bytes);
    let Some(iteration) = under_way_mut(turn, container) else {
        return;
    };
    let index = pass.owner.index;
    let took = now.saturating_sub(pass.frame.started_at);
    iteration.durations.push((index, took));
    iteration.totals.add(&pass.frame.totals);
    match (&pass.failure, data.error_handle_mode) {
        (Some(failure), OnItemError::Terminated) => {
            iteration.dropped.push(index);
            return fail(turn, container, data, failure.clone());
        }
        (Some(_), OnItemError::RemoveAbnormalOutput) => iteration.dropped.push(index),
        (Some(_), OnItemError::ContinueOnError) => {}
        (None, _) => {
            let found = pass.frame.pool.get(&data.output_selector);
            if let (Some(slot), Some(found)) = (iteration.results.get_mut(index as usize), found) {
                *slot = found.value();
                iteration.bytes += slot.bytes();
            }
        }
    }
    if iteration.bytes > limit {
        let text = format!("The outputs are too large: at most {limit} bytes are allowed.");
        return fail(turn, container, data, Failure::new("OutputTooLarge", text));
    }
    if iteration.durations.len() == iteration.length as usize {
        return complete(turn, container, data);
    }
    next_item(turn, container, data);
}

fn complete(turn: &mut Turn<'_>, container: Running, data: &IterationData) {
    let inputs = inputs(list(turn, container, data));
    let Some(iteration) = under_way(turn, container) else {
        return;
    };
    let outputs = Fields::new().with("output", collected(iteration, data));
    let metadata = metadata(iteration);
    let end = ContainerEnd {
        inputs: inputs.clone(),
        outputs: outputs.clone(),
        ..end(turn, container, iteration, Status::Succeeded)
    };
    turn.leave_container(container, Happening::IterationCompleted(Box::new(end)));
    let outcome = Outcome {
        inputs,
        outputs,
        metadata,
        ..Outcome::default()
    };
    turn.succeed(container, outcome);
}

/// One item failed, and the node says that this ends it: the others are given up.
fn fail(turn: &mut Turn<'_>, container: Running, data: &IterationData, failure: Failure) {
    for pass in turn.passes_of(container.execution) {
        turn.drop_pass(pass);
    }
    let inputs = inputs(list(turn, container, data));
    let Some(iteration) = under_way(turn, container) else {
        return;
    };
    let dropped = iteration.dropped();
    let ended = iteration.durations.iter().map(|(index, _)| *index);
    let ended: HashSet<u32> = ended.filter(|index| !dropped.contains(index)).collect();
    let results = (0..)
        .zip(&iteration.results)
        .filter(|(index, _)| ended.contains(index));
    let so_far: Vec<Json> = results.map(|(_, value)| value.json().clone()).collect();
    let outputs = Fields::new().with("output", Json::Array(so_far));
    let metadata = metadata(iteration);
    let end = ContainerEnd {
        inputs: inputs.clone(),
        outputs: outputs.clone(),
        error: Some(failure.message.clone()),
        ..end(turn, container, iteration, Status::Failed)
    };
    turn.leave_container(container, Happening::IterationCompleted(Box::new(end)));
    let failure = Failure {
        inputs,
        outputs,
        metadata,
        process_data: Fields::new(),
        permanent: true,
        ..failure
    };
    turn.fail(container, failure);
}

fn metadata(iteration: &Iteration) -> Fields {
    iteration
        .totals
        .metadata()
        .with("iteration_duration_map", durations(&iteration.durations))
}

/// The end of an iteration, but for what went in and came out.
fn end(turn: &Turn<'_>, container: Running, iteration: &Iteration, status: Status) -> ContainerEnd {
    ContainerEnd {
        node: turn.name(container),
        status,
        started_at: container.started_at,
        inputs: Fields::new(),
        outputs: Fields::new(),
        metadata: metadata(iteration),
        steps: u64::from(iteration.length),
        total_tokens: iteration.totals.tokens,
        error: None,
    }
}

/// The results in the order of the items, without those that were dropped. When all that are not null are lists and the node says so, one
/// level of lists goes, and so do the nulls.
fn collected(iteration: &Iteration, data: &IterationData) -> Json {
    let dropped = iteration.dropped();
    let results = (0..)
        .zip(&iteration.results)
        .filter(|(index, _)| !dropped.contains(index));
    let results: Vec<&Json> = results.map(|(_, value)| value.json()).collect();
    let lists = || results.iter().filter(|value| !value.is_null());
    if data.flatten_output && lists().next().is_some() && lists().all(|value| value.is_array()) {
        let inner = lists().filter_map(|value| value.as_array());
        return Json::Array(inner.flatten().cloned().collect());
    }
    let no_nulls = data.error_handle_mode == OnItemError::RemoveAbnormalOutput;
    let kept = results
        .iter()
        .filter(|value| !(no_nulls && value.is_null()));
    Json::Array(kept.map(|&value| value.clone()).collect())
}
