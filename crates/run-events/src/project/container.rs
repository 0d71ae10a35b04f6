//! Lines of iterations and loops. They are the same for all readers, but for the length of values.

use crate::{
    Container, ContainerCompleted, ContainerNext, ContainerStarted, Json, Projection,
    object::Object,
};

/// How the two kinds are called.
#[derive(Clone, Copy)]
pub(super) struct Names {
    started: &'static str,
    completed: &'static str,
    length: &'static str,
}

pub(super) const ITERATION: Names = Names {
    started: "iteration_started",
    completed: "iteration_completed",
    length: "iteration_length",
};
pub(super) const LOOP: Names = Names {
    started: "loop_started",
    completed: "loop_completed",
    length: "loop_length",
};

impl Projection {
    pub(super) fn container_started(
        &self,
        names: Names,
        event: &ContainerStarted,
        out: &mut Vec<u8>,
    ) {
        let (inputs, cut) = self.shown(&event.inputs);
        self.of_run(names.started, out, |data| {
            identity(&event.container, data)
                .field("created_at", &event.created_at)
                .field("extras", &Json::object())
                .object("metadata", |metadata| {
                    metadata.field(names.length, &event.length);
                })
                .field("inputs", &inputs)
                .field("inputs_truncated", &cut);
        });
    }

    pub(super) fn iteration_next(&self, event: &ContainerNext, out: &mut Vec<u8>) {
        self.of_run("iteration_next", out, |data| {
            identity(&event.container, data)
                .field("index", &event.index)
                .field("created_at", &event.created_at)
                .field("extras", &Json::object());
        });
    }

    pub(super) fn loop_next(&self, event: &ContainerNext, out: &mut Vec<u8>) {
        let (output, _) = self.shown(&event.pre_loop_output);
        self.of_run("loop_next", out, |data| {
            identity(&event.container, data)
                .field("index", &event.index)
                .field("created_at", &event.created_at)
                .field("pre_loop_output", &output)
                .field("extras", &Json::object());
        });
    }

    pub(super) fn container_completed(
        &self,
        names: Names,
        event: &ContainerCompleted,
        out: &mut Vec<u8>,
    ) {
        let (outputs, outputs_cut) = self.shown(&event.outputs);
        let (inputs, inputs_cut) = self.shown(&event.inputs);
        self.of_run(names.completed, out, |data| {
            identity(&event.container, data)
                .field("outputs", &outputs)
                .field("outputs_truncated", &outputs_cut)
                .field("created_at", &event.created_at)
                .field("extras", &Json::object())
                .field("inputs", &inputs)
                .field("inputs_truncated", &inputs_cut)
                .field("status", event.status.as_str())
                .field("error", &())
                .field("elapsed_time", &event.elapsed_time)
                .field("total_tokens", &event.total_tokens)
                .field("execution_metadata", &event.execution_metadata)
                .field("finished_at", &event.finished_at)
                .field("steps", &event.steps);
        });
    }
}

/// A container's id is that of its node.
fn identity<'object, 'out>(
    container: &Container,
    data: &'object mut Object<'out>,
) -> &'object mut Object<'out> {
    data.field("id", &container.node_id)
        .field("node_id", &container.node_id)
        .field("node_type", &container.node_type)
        .field("title", &container.title)
}
