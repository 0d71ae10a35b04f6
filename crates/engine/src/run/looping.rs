//! Loops: the inside of the container again and again, until a condition holds or the passes are used up.

use gatewright_nodes::{Failure, Fields, LoopData, Outcome, Totals};
use gatewright_variables::{Variable, conditions};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};

use super::{
    Running, Turn,
    passes::{Pass, durations},
};
use crate::{
    happening::{ContainerEnd, ContainerNext, ContainerStart, Happening, Micros, Status},
    state::{Doing, Execution},
};

/// A loop that is under way.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Loop {
    inputs: Fields,
    /// Its variables as the last pass left them.
    variables: Vec<(String, Variable)>,
    /// Passes that ended.
    rounds: u32,
    durations: Vec<(u32, Micros)>,
    variable_map: Map<String, Json>,
    /// Bytes of `variable_map`: what goes beyond the limit of a node's outputs is not recorded.
    map_bytes: usize,
    totals: Totals,
}

/// Why a loop ended well.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reason {
    /// A condition held.
    Condition,
    /// The passes are used up, or a loop-end node was met.
    Over,
}

pub(crate) fn begin(turn: &mut Turn<'_>, running: Running, data: &LoopData) {
    let Some(frame) = turn.state.frames.get(&running.frame) else {
        return;
    };
    if data.loop_count as usize > turn.state.limits.items {
        let text = format!(
            "The loop may go round {} times, more than the limit of {}.",
            data.loop_count, turn.state.limits.items
        );
        return turn.fail(running, Failure::new("LoopNodeError", text));
    }
    let variables = match data.initial(&frame.pool) {
        Ok(variables) => variables,
        Err(failure) => return turn.fail(running, failure),
    };
    let mut inputs = Fields::new().with("loop_count", i64::from(data.loop_count));
    for (name, variable) in &variables {
        inputs.set(name, variable.value().clone());
    }
    let holds = {
        let mut pool = frame.pool.clone();
        let id = &turn.graph.nodes[running.node].id;
        // What a condition cannot say yet is not held against it before the first pass.
        pool.set_outputs(id, variables.clone()).is_ok()
            && conditions::evaluate(&data.break_conditions, data.logical_operator, &pool)
                .is_ok_and(|told| told.holds)
    };
    let started = ContainerStart {
        node: turn.name(running),
        length: u64::from(data.loop_count),
        inputs: inputs.clone(),
    };
    turn.emit(running.frame, Happening::LoopStarted(Box::new(started)));
    let state = Loop {
        inputs,
        variables,
        rounds: 0,
        durations: Vec::new(),
        variable_map: Map::new(),
        map_bytes: 0,
        totals: Totals::default(),
    };
    turn.state.executions.insert(
        running.execution,
        Execution {
            frame: running.frame,
            node: running.node,
            started_at: running.started_at,
            attempt: running.attempt,
            doing: Doing::Loop(Box::new(state.clone())),
        },
    );
    if holds {
        return complete(turn, running, state, Reason::Condition, 0);
    }
    if data.loop_count == 0 {
        return complete(turn, running, state, Reason::Over, 0);
    }
    turn.open_pass(running, 0, state.variables, false);
}

/// A pass is over.
pub(crate) fn ended(turn: &mut Turn<'_>, container: Running, data: &LoopData, pass: Pass) {
    let execution = turn.state.executions.get_mut(&container.execution);
    let Some(Doing::Loop(state)) = execution.map(|execution| &mut execution.doing) else {
        return;
    };
    // Taken out and put back, not copied: it grows with every pass.
    let mut state = std::mem::take(&mut **state);
    let index = pass.owner.index;
    let id = turn.graph.nodes[container.node].id.clone();
    state
        .durations
        .push((index, turn.now.saturating_sub(pass.frame.started_at)));
    state.totals.add(&pass.frame.totals);
    if let Some(failure) = pass.failure {
        return fail(turn, container, state, failure);
    }
    state.rounds += 1;
    for (name, variable) in &mut state.variables {
        if let Some(now) = pass.frame.pool.variable(&id, name) {
            *variable = now.clone();
        }
    }
    state.map_bytes += state
        .variables
        .iter()
        .map(|(_, variable)| variable.value().bytes())
        .sum::<usize>();
    if state.map_bytes <= turn.state.limits.output_bytes {
        let values = state
            .variables
            .iter()
            .map(|(name, variable)| (name.clone(), variable.json().clone()));
        state
            .variable_map
            .insert(index.to_string(), Json::Object(values.collect()));
    }
    let steps = u64::from(data.loop_count);
    if pass.broken {
        return complete(turn, container, state, Reason::Over, steps);
    }
    match conditions::evaluate(
        &data.break_conditions,
        data.logical_operator,
        &pass.frame.pool,
    ) {
        Ok(told) if told.holds => {
            return complete(turn, container, state, Reason::Condition, steps);
        }
        Ok(_) => {}
        Err(error) => {
            let failure = Failure::new(error.error_type(), error.message);
            return fail(turn, container, state, failure);
        }
    }
    if state.rounds >= data.loop_count {
        return complete(turn, container, state, Reason::Over, steps);
    }
    let node = turn.name(container);
    turn.emit(
        container.frame,
        Happening::LoopNext(ContainerNext {
            node,
            index: index + 1,
        }),
    );
    let variables = state.variables.clone();
    turn.remember(container, Doing::Loop(Box::new(state)));
    turn.open_pass(container, index + 1, variables, false);
}

fn complete(turn: &mut Turn<'_>, container: Running, state: Loop, reason: Reason, steps: u64) {
    let outputs = outputs(&state);
    let metadata = metadata(&state);
    let reason = match reason {
        Reason::Condition => "loop_break",
        Reason::Over => "loop_completed",
    };
    let mut end = end(
        turn,
        container,
        &state,
        Status::Succeeded,
        outputs.clone(),
        steps,
    );
    end.metadata.set("completed_reason", reason);
    turn.leave_container(container, Happening::LoopCompleted(Box::new(end)));
    let outcome = Outcome {
        inputs: state.inputs,
        outputs,
        metadata,
        types: state
            .variables
            .iter()
            .map(|(name, variable)| (name.clone(), variable.kind()))
            .collect(),
        ..Outcome::default()
    };
    turn.succeed(container, outcome);
}

fn fail(turn: &mut Turn<'_>, container: Running, state: Loop, failure: Failure) {
    let outputs = outputs(&state);
    let steps = u64::from(state.rounds) + 1;
    let mut end = end(
        turn,
        container,
        &state,
        Status::Failed,
        outputs.clone(),
        steps,
    );
    end.error = Some(failure.message.clone());
    end.metadata.set("completed_reason", "error");
    turn.leave_container(container, Happening::LoopCompleted(Box::new(end)));
    let failure = Failure {
        metadata: metadata(&state),
        inputs: state.inputs,
        outputs,
        process_data: Fields::new(),
        permanent: true,
        ..failure
    };
    turn.fail(container, failure);
}

fn outputs(state: &Loop) -> Fields {
    let mut outputs = Fields::new();
    for (name, variable) in &state.variables {
        outputs.set(name, variable.value().clone());
    }
    outputs.set("loop_round", i64::from(state.rounds));
    outputs
}

fn metadata(state: &Loop) -> Fields {
    state
        .totals
        .metadata()
        .with("loop_duration_map", durations(&state.durations))
        .with(
            "loop_variable_map",
            Json::Object(state.variable_map.clone()),
        )
}

fn end(
    turn: &Turn<'_>,
    container: Running,
    state: &Loop,
    status: Status,
    outputs: Fields,
    steps: u64,
) -> ContainerEnd {
    ContainerEnd {
        node: turn.name(container),
        status,
        started_at: container.started_at,
        inputs: state.inputs.clone(),
        outputs,
        metadata: metadata(state),
        steps,
        total_tokens: state.totals.tokens,
        error: None,
    }
}
