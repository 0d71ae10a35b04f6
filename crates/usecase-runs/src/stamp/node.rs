//! Nodes and containers.

use gatewright_engine::{
    Micros,
    happening::{
        ContainerEnd, ContainerKind, ContainerNext, ContainerStart, NodeEnd, NodeRef, Status,
    },
};
use gatewright_run_events::{
    Container, ContainerCompleted, ContainerNext as Next, ContainerStarted, Json, NodeExecution,
    NodeFinished, NodeRetry, NodeStarted, NodeStatus, RunEvent,
};

use super::{Stamp, files_of, json_of};
use crate::{
    Lasted, NodeOutcome, NodeRecord, NodeState, Record,
    ids::{attempt_id, execution_id},
    micros::{seconds, unix_seconds},
    record::Stamped,
    storable,
};

/// Nodes whose usage counts.
const MODEL_NODES: [&str; 3] = ["llm", "question-classifier", "parameter-extractor"];

impl Stamp {
    pub(super) fn node_started(&self, node: &NodeRef, now: Micros) -> Stamped {
        let started = NodeStarted {
            node: self.execution(node),
            created_at: unix_seconds(now),
            extras: Json::object(),
            agent_strategy: Json::null(),
        };
        let event = RunEvent::NodeStarted(started.clone());
        self.told(node, event, NodeState::Running(started))
    }

    pub(super) fn node_finished(&mut self, end: &NodeEnd, now: Micros) -> Stamped {
        if MODEL_NODES.contains(&end.node.node_type.as_str()) {
            let usage = end
                .process_data
                .get("usage")
                .or_else(|| end.outputs.get("usage"));
            self.memory
                .usage
                .add(usage.unwrap_or(&serde_json::Value::Null));
        }
        let finished = self.ended(end, status(end.status), now);
        let mut told = finished.clone();
        if told.status == NodeStatus::Exception {
            // What it was stands in the outputs; streams have this text here.
            told.error = Some("Unknown error".to_owned());
        }
        let event = RunEvent::NodeFinished(told);
        self.observe(end, 0, now);
        self.told(&end.node, event, NodeState::Ended(finished))
    }

    pub(super) fn node_retry(&self, end: &NodeEnd, retry_index: u32, now: Micros) -> Stamped {
        let attempt = self.ended(end, NodeStatus::Retry, now);
        self.observe(end, retry_index, now);
        let event = RunEvent::NodeRetry(NodeRetry {
            attempt: attempt.clone(),
            retry_index,
        });
        let mut stamped = self.told(&end.node, event, NodeState::Retried(attempt, retry_index));
        for record in &mut stamped.records {
            if let Record::Node(node) = record {
                node.id = attempt_id(self.plan.key.run_id, end.node.execution, retry_index);
            }
        }
        stamped
    }

    /// Tells whoever looks on; `retry` as in [`NodeOutcome::retry`].
    fn observe(&self, end: &NodeEnd, retry: u32, now: Micros) {
        if let Some(observer) = &self.observer {
            let outcome = NodeOutcome {
                end,
                status: match retry {
                    0 => status(end.status),
                    _ => NodeStatus::Retry,
                },
                retry,
                lasted: Lasted {
                    from: end.started_at,
                    until: now,
                },
            };
            observer.node_ended(&self.plan, &outcome);
        }
    }

    /// Containers are kept as nodes; clients see events of their own instead.
    fn told(&self, node: &NodeRef, event: RunEvent, state: NodeState) -> Stamped {
        let container = matches!(node.node_type.as_str(), "iteration" | "loop");
        let record = NodeRecord {
            id: execution_id(self.plan.key.run_id, node.execution),
            number: node.execution,
            state,
            offloaded: vec![],
        };
        Stamped {
            events: if container { Vec::new() } else { vec![event] },
            records: vec![Record::Node(record)],
        }
    }

    fn execution(&self, node: &NodeRef) -> NodeExecution {
        let within = |kind| {
            let pass = node.within.iter().find(|pass| pass.kind == kind);
            pass.map(|pass| pass.node_id.clone())
        };
        NodeExecution {
            id: execution_id(self.plan.key.run_id, node.execution).to_string(),
            node_id: node.node_id.clone(),
            node_type: node.node_type.clone(),
            title: node.title.clone(),
            index: 1,
            iteration_id: within(ContainerKind::Iteration),
            loop_id: within(ContainerKind::Loop),
        }
    }

    fn ended(&self, end: &NodeEnd, status: NodeStatus, now: Micros) -> NodeFinished {
        NodeFinished {
            node: self.execution(&end.node),
            inputs: json_of(&end.inputs),
            process_data: json_of(&end.process_data),
            outputs: json_of(&end.outputs),
            status,
            error: end
                .error
                .as_deref()
                .map(|error| storable(error).into_owned()),
            elapsed_time: seconds(now.saturating_sub(end.started_at)),
            execution_metadata: if end.metadata.is_empty() {
                Json::null()
            } else {
                json_of(&end.metadata)
            },
            created_at: unix_seconds(end.started_at),
            finished_at: unix_seconds(now),
            files: files_of(&end.outputs),
        }
    }
}

fn status(status: Status) -> NodeStatus {
    match status {
        Status::Succeeded | Status::PartialSucceeded => NodeStatus::Succeeded,
        Status::Failed => NodeStatus::Failed,
        Status::Exception => NodeStatus::Exception,
        Status::Stopped => NodeStatus::Stopped,
    }
}

fn container(node: &NodeRef) -> Container {
    Container {
        node_id: node.node_id.clone(),
        node_type: node.node_type.clone(),
        title: node.title.clone(),
    }
}

pub(super) fn container_started(start: &ContainerStart, now: Micros) -> ContainerStarted {
    ContainerStarted {
        container: container(&start.node),
        created_at: unix_seconds(now),
        length: start.length,
        inputs: json_of(&start.inputs),
    }
}

pub(super) fn container_next(next: &ContainerNext, now: Micros) -> Next {
    Next {
        container: container(&next.node),
        index: u64::from(next.index),
        created_at: unix_seconds(now),
        pre_loop_output: Json::object(),
    }
}

pub(super) fn container_completed(end: &ContainerEnd, now: Micros) -> ContainerCompleted {
    ContainerCompleted {
        container: container(&end.node),
        outputs: json_of(&end.outputs),
        created_at: unix_seconds(end.started_at),
        inputs: json_of(&end.inputs),
        status: status(end.status),
        elapsed_time: seconds(now.saturating_sub(end.started_at)),
        total_tokens: end.total_tokens,
        execution_metadata: json_of(&end.metadata),
        finished_at: unix_seconds(now),
        steps: end.steps,
    }
}
