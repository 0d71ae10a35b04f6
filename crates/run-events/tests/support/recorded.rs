//! Reads recordings: exchanges of a file, and lines into the events that they show.

use std::{fs, path::Path};

use gatewright_run_events::{
    AgentLog, Audience, Container, ContainerCompleted, ContainerNext, ContainerStarted, CreatedBy,
    Form, HumanInputFormFilled, Json, MessageEnd, MessageIdentity, MessageMetadata, NodeExecution,
    NodeFinished, NodeRetry, NodeStarted, NodeStatus, PauseReason, Recipient, RecipientKind,
    RunError, RunEvent, RunIdentity, StartReason, TextChunk, WorkflowFinished, WorkflowPaused,
    WorkflowStarted,
};
use serde::de::DeserializeOwned;
use serde_json::Value;

/// One request and what came back.
#[derive(Clone)]
pub(crate) struct Exchange {
    file: String,
    pub(crate) label: String,
    request: String,
    pub(crate) stream: Vec<String>,
    pub(crate) blocking: Option<String>,
}

impl Exchange {
    /// Who asked for the run in the recording.
    pub(crate) fn audience(&self) -> Audience {
        match self.request.split(' ').nth(2).unwrap() {
            path if path.starts_with("/console/") => Audience::Debugger,
            path if path.starts_with("/openapi/") => Audience::Openapi,
            path if path.starts_with("/v1/") => Audience::ServiceApi,
            path => panic!("{path}"),
        }
    }
}

/// One line of a stream.
pub(crate) struct Line {
    pub(crate) event: RunEvent,
    pub(crate) run: Option<RunIdentity>,
    pub(crate) audience: Audience,
    pub(crate) snapshot: bool,
    pub(crate) spaced: bool,
}

/// All that were recorded.
pub(crate) fn exchanges() -> Vec<Exchange> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let mut files: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    files.iter().flat_map(|path| of_file(path)).collect()
}

/// One of them.
pub(crate) fn exchange(file: &str, label: &str) -> Exchange {
    let found = exchanges()
        .into_iter()
        .find(|exchange| exchange.file == file && exchange.label == label);
    found.unwrap_or_else(|| panic!("{file}: {label}"))
}

fn of_file(path: &Path) -> Vec<Exchange> {
    let text = fs::read_to_string(path).unwrap();
    let file = path.file_name().unwrap().to_str().unwrap();
    let sections = text.split("########## ").skip(1);
    let exchange = |section: &str| {
        let mut lines = section.split('\n');
        let label = lines.next().unwrap().to_owned();
        let request = lines.next().unwrap().to_owned();
        let lines: Vec<_> = lines.map(str::to_owned).collect();
        Exchange {
            file: file.to_owned(),
            label,
            request,
            stream: lines
                .iter()
                .filter(|line| line.starts_with("data: "))
                .cloned()
                .collect(),
            blocking: lines.iter().find(|line| line.starts_with('{')).cloned(),
        }
    };
    sections.map(exchange).collect()
}

/// Reads one line of an exchange.
pub(crate) fn parse(exchange: &Exchange, text: &str) -> Line {
    let json = text.strip_prefix("data: ").unwrap();
    let tree: Value = serde_json::from_str(json).unwrap();
    let keys: Vec<_> = tree
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    let position = |name: &str| keys.iter().position(|key| *key == name);
    Line {
        event: event(&tree, exchange.audience()),
        run: identity(&tree),
        audience: exchange.audience(),
        snapshot: !keys.contains(&"conversation_id")
            && position("task_id") < position("workflow_run_id")
            && keys.contains(&"task_id"),
        spaced: json.starts_with("{\"event\": "),
    }
}

/// Which run a line or an answer is of; none for an error before there was one.
pub(crate) fn identity(tree: &Value) -> Option<RunIdentity> {
    tree.get("workflow_run_id")
        .or(tree.get("conversation_id"))?;
    Some(RunIdentity {
        workflow_run_id: text(tree, "workflow_run_id"),
        task_id: text(tree, "task_id"),
        message: tree.get("conversation_id").map(|_| MessageIdentity {
            conversation_id: text(tree, "conversation_id"),
            message_id: text(tree, "message_id"),
            created_at: number(tree, "created_at"),
        }),
    })
}

fn event(tree: &Value, audience: Audience) -> RunEvent {
    let data = &tree["data"];
    match tree["event"].as_str().unwrap() {
        "workflow_started" => RunEvent::WorkflowStarted(WorkflowStarted {
            workflow_id: text(data, "workflow_id"),
            inputs: json(data, "inputs"),
            stored_inputs: Json::null(),
            created_at: number(data, "created_at"),
            reason: typed::<StartReason>(data, "reason"),
        }),
        "node_started" => RunEvent::NodeStarted(NodeStarted {
            node: node(data),
            created_at: number(data, "created_at"),
            extras: json(data, "extras"),
            agent_strategy: json(data, "agent_strategy"),
        }),
        "node_finished" => RunEvent::NodeFinished(node_finished(data)),
        "node_retry" => RunEvent::NodeRetry(NodeRetry {
            attempt: node_finished(data),
            retry_index: typed(data, "retry_index"),
        }),
        "iteration_started" => {
            RunEvent::IterationStarted(container_started(data, "iteration_length"))
        }
        "loop_started" => RunEvent::LoopStarted(container_started(data, "loop_length")),
        "iteration_next" => RunEvent::IterationNext(container_next(data)),
        "loop_next" => RunEvent::LoopNext(container_next(data)),
        "iteration_completed" => RunEvent::IterationCompleted(container_completed(data)),
        "loop_completed" => RunEvent::LoopCompleted(container_completed(data)),
        "text_chunk" => text_chunk(data, "text"),
        "message" => text_chunk(tree, "answer"),
        "message_end" => RunEvent::MessageEnd(MessageEnd {
            metadata: metadata(&tree["metadata"], audience),
            files: json(tree, "files"),
        }),
        "agent_log" => RunEvent::AgentLog(AgentLog {
            node_execution_id: text(data, "node_execution_id"),
            id: text(data, "id"),
            label: text(data, "label"),
            parent_id: typed(data, "parent_id"),
            error: typed(data, "error"),
            status: text(data, "status"),
            data: json(data, "data"),
            metadata: json(data, "metadata"),
            node_id: text(data, "node_id"),
        }),
        "human_input_required" => RunEvent::HumanInputRequired(Box::new(form(data, audience))),
        "human_input_form_filled" => RunEvent::HumanInputFormFilled(HumanInputFormFilled {
            node_id: text(data, "node_id"),
            node_title: text(data, "node_title"),
            rendered_content: text(data, "rendered_content"),
            action_id: text(data, "action_id"),
            action_text: text(data, "action_text"),
            submitted_data: json(data, "submitted_data"),
        }),
        "workflow_paused" => paused(data, audience),
        "workflow_finished" => finished(data),
        "error" => RunEvent::Error(RunError {
            code: typed(tree, "code"),
            status: typed(tree, "status"),
            message: text(tree, "message"),
            after_start: !tree["workflow_run_id"].is_null(),
        }),
        other => panic!("{other}"),
    }
}

fn node(data: &Value) -> NodeExecution {
    NodeExecution {
        id: text(data, "id"),
        node_id: text(data, "node_id"),
        node_type: text(data, "node_type"),
        title: text(data, "title"),
        index: typed(data, "index"),
        iteration_id: typed(data, "iteration_id"),
        loop_id: typed(data, "loop_id"),
    }
}

fn node_finished(data: &Value) -> NodeFinished {
    NodeFinished {
        node: node(data),
        inputs: json(data, "inputs"),
        process_data: json(data, "process_data"),
        outputs: json(data, "outputs"),
        status: typed::<NodeStatus>(data, "status"),
        error: typed(data, "error"),
        elapsed_time: typed(data, "elapsed_time"),
        execution_metadata: json(data, "execution_metadata"),
        created_at: number(data, "created_at"),
        finished_at: number(data, "finished_at"),
        files: json(data, "files"),
    }
}

fn container(data: &Value) -> Container {
    Container {
        node_id: text(data, "node_id"),
        node_type: text(data, "node_type"),
        title: text(data, "title"),
    }
}

fn container_started(data: &Value, length: &str) -> ContainerStarted {
    ContainerStarted {
        container: container(data),
        created_at: number(data, "created_at"),
        length: typed(&data["metadata"], length),
        inputs: json(data, "inputs"),
    }
}

fn container_next(data: &Value) -> ContainerNext {
    ContainerNext {
        container: container(data),
        index: typed(data, "index"),
        created_at: number(data, "created_at"),
        pre_loop_output: json(data, "pre_loop_output"),
    }
}

fn container_completed(data: &Value) -> ContainerCompleted {
    ContainerCompleted {
        container: container(data),
        outputs: json(data, "outputs"),
        created_at: number(data, "created_at"),
        inputs: json(data, "inputs"),
        status: typed(data, "status"),
        elapsed_time: typed(data, "elapsed_time"),
        total_tokens: typed(data, "total_tokens"),
        execution_metadata: json(data, "execution_metadata"),
        finished_at: number(data, "finished_at"),
        steps: typed(data, "steps"),
    }
}

fn text_chunk(tree: &Value, key: &str) -> RunEvent {
    RunEvent::TextChunk(TextChunk {
        text: text(tree, key),
        from_variable_selector: typed(tree, "from_variable_selector"),
    })
}

fn metadata(tree: &Value, audience: Audience) -> MessageMetadata {
    MessageMetadata {
        annotated: tree.get("annotation_reply").is_none() && !audience.is_simple(),
        retriever_resources: json(tree, "retriever_resources"),
        usage: json(tree, "usage"),
        ..MessageMetadata::default()
    }
}

/// A form whose token is that of the recipient whom this reader may act as, beside one whom they may not.
fn form(data: &Value, audience: Audience) -> Form {
    let (own, other) = match audience {
        Audience::Debugger => (RecipientKind::Console, RecipientKind::EmailMember),
        _ => (RecipientKind::StandaloneWebApp, RecipientKind::Backstage),
    };
    let recipient = |kind, token: &str| Recipient {
        kind,
        token: token.to_owned(),
    };
    Form {
        form_id: text(data, "form_id"),
        node_id: text(data, "node_id"),
        node_title: text(data, "node_title"),
        form_content: text(data, "form_content"),
        form_template: String::new(),
        inputs: json(data, "inputs"),
        actions: json(data, "actions"),
        display_in_ui: data["display_in_ui"].as_bool().unwrap_or_default(),
        recipients: vec![
            recipient(other, "not ours"),
            recipient(own, &text(data, "form_token")),
        ],
        resolved_default_values: json(data, "resolved_default_values"),
        expiration_time: number(data, "expiration_time"),
    }
}

/// `workflow_paused`, from its data or from that of a blocking answer.
pub(crate) fn paused(data: &Value, audience: Audience) -> RunEvent {
    let reason = |reason: &Value| {
        assert_eq!(reason["TYPE"], "human_input_required");
        PauseReason::HumanInputRequired(Box::new(form(reason, audience)))
    };
    RunEvent::WorkflowPaused(WorkflowPaused {
        paused_nodes: typed(data, "paused_nodes"),
        outputs: json(data, "outputs"),
        reasons: data["reasons"]
            .as_array()
            .unwrap()
            .iter()
            .map(reason)
            .collect(),
        created_at: number(data, "created_at"),
        elapsed_time: typed(data, "elapsed_time"),
        total_tokens: typed(data, "total_tokens"),
        total_steps: typed(data, "total_steps"),
    })
}

/// `workflow_finished`, from its data or from that of a blocking answer.
pub(crate) fn finished(data: &Value) -> RunEvent {
    let who = &data["created_by"];
    let created_by = if who.get("email").is_some() {
        CreatedBy::Account {
            id: text(who, "id"),
            name: text(who, "name"),
            email: text(who, "email"),
        }
    } else {
        CreatedBy::EndUser {
            id: text(who, "id"),
            user: text(who, "user"),
        }
    };
    RunEvent::WorkflowFinished(WorkflowFinished {
        workflow_id: text(data, "workflow_id"),
        status: typed(data, "status"),
        outputs: json(data, "outputs"),
        error: typed(data, "error"),
        elapsed_time: data["elapsed_time"].as_f64().unwrap_or_default(),
        total_tokens: data["total_tokens"].as_u64().unwrap_or_default(),
        total_steps: data["total_steps"].as_u64().unwrap_or_default(),
        created_by,
        created_at: number(data, "created_at"),
        finished_at: number(data, "finished_at"),
        exceptions_count: data["exceptions_count"].as_u64().unwrap_or_default(),
        files: json(data, "files"),
    })
}

/// A text, empty where there is none.
fn text(tree: &Value, key: &str) -> String {
    tree[key].as_str().unwrap_or_default().to_owned()
}

fn number(tree: &Value, key: &str) -> i64 {
    tree[key].as_i64().unwrap_or_default()
}

fn json(tree: &Value, key: &str) -> Json {
    Json::from(&tree[key])
}

fn typed<T: DeserializeOwned>(tree: &Value, key: &str) -> T {
    serde_json::from_value(tree[key].clone())
        .unwrap_or_else(|error| panic!("{key}: {error}: {tree}"))
}
