//! Lines of nodes and of what agents tell.

use crate::{
    AgentLog, Json, NodeExecution, NodeFinished, NodeRetry, NodeStarted, Projection, object::Object,
};

impl Projection {
    pub(super) fn node_started(&self, event: &NodeStarted, out: &mut Vec<u8>) {
        self.of_run("node_started", out, |data| {
            identity(&event.node, data).field("inputs", &());
            if !self.simple {
                data.field("inputs_truncated", &false);
            }
            let extras = if self.simple {
                Json::object()
            } else {
                event.extras.clone()
            };
            data.field("created_at", &event.created_at)
                .field("extras", &extras);
            frames(&event.node, data);
            if !self.simple {
                data.field("agent_strategy", &event.agent_strategy);
            }
        });
    }

    pub(super) fn node_finished(&self, event: &NodeFinished, out: &mut Vec<u8>) {
        self.of_run("node_finished", out, |data| {
            if self.simple {
                stripped(event, data);
            } else {
                self.complete(event, data);
            }
        });
    }

    /// An attempt that failed: simple readers see no more of it than of a node that ended.
    pub(super) fn node_retry(&self, event: &NodeRetry, out: &mut Vec<u8>) {
        self.of_run("node_retry", out, |data| {
            if self.simple {
                stripped(&event.attempt, data);
            } else {
                self.complete(&event.attempt, data);
            }
            data.field("retry_index", &event.retry_index);
        });
    }

    pub(super) fn agent_log(&self, event: &AgentLog, out: &mut Vec<u8>) {
        self.of_task("agent_log", out, |data| {
            data.field("node_execution_id", &event.node_execution_id)
                .field("id", &event.id)
                .field("label", &event.label)
                .field("parent_id", &event.parent_id)
                .field("error", &event.error)
                .field("status", &event.status)
                .field("data", &event.data)
                .field("metadata", &event.metadata)
                .field("node_id", &event.node_id);
        });
    }

    fn complete(&self, event: &NodeFinished, data: &mut Object<'_>) {
        identity(&event.node, data);
        let values = [
            ("inputs", "inputs_truncated", &event.inputs),
            (
                "process_data",
                "process_data_truncated",
                &event.process_data,
            ),
            ("outputs", "outputs_truncated", &event.outputs),
        ];
        for (key, flag, value) in values {
            let (value, cut) = self.shown(value);
            data.field(key, &value).field(flag, &cut);
        }
        data.field("status", event.status.as_str())
            .field("error", &event.error)
            .field("elapsed_time", &event.elapsed_time)
            .field("execution_metadata", &event.execution_metadata)
            .field("created_at", &event.created_at)
            .field("finished_at", &event.finished_at)
            .field("files", &event.files);
        frames(&event.node, data);
    }
}

fn stripped(event: &NodeFinished, data: &mut Object<'_>) {
    identity(&event.node, data)
        .field("inputs", &())
        .field("process_data", &())
        .field("outputs", &())
        .field("status", event.status.as_str())
        .field("error", &())
        .field("elapsed_time", &event.elapsed_time)
        .field("execution_metadata", &())
        .field("created_at", &event.created_at)
        .field("finished_at", &event.finished_at)
        .field("files", &Json::array());
    frames(&event.node, data);
}

/// Nobody fills in the predecessor any more.
fn identity<'object, 'out>(
    node: &NodeExecution,
    data: &'object mut Object<'out>,
) -> &'object mut Object<'out> {
    data.field("id", &node.id)
        .field("node_id", &node.node_id)
        .field("node_type", &node.node_type)
        .field("title", &node.title)
        .field("index", &node.index)
        .field("predecessor_node_id", &())
}

fn frames(node: &NodeExecution, data: &mut Object<'_>) {
    data.field("iteration_id", &node.iteration_id)
        .field("loop_id", &node.loop_id);
}
