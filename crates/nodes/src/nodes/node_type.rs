//! The table of the types of nodes: what each is called, how it is run, and who does it.

use serde_json::{Map, Value as Json};

use super::{
    Context, NodeData, Outcome, Request, aggregator, answer, assigner, classifier, code,
    document_extractor, end, extractor, http, human_input, if_else, iteration, list_operator, llm,
    looping, refused, start, template,
};
use crate::{call::CallResult, failure::Failure, fields::Fields};

/// A type of node.
#[derive(Debug)]
pub(crate) struct NodeType {
    /// `data.type`.
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    /// Whether it chooses among its ways out.
    pub(crate) branches: bool,
    /// Whether the canvas or a container may begin there.
    pub(crate) root: bool,
    /// The output that it streams.
    pub(crate) streams: Option<&'static str>,
    /// What it adds to a failure that its call reported.
    pub(crate) failed: fn(&Context<'_>, Failure) -> Failure,
    /// Reads its data.
    pub(crate) parse: fn(&Map<String, Json>) -> Result<NodeData, String>,
}

/// How a type of node is run.
#[derive(Debug)]
pub(crate) enum Kind {
    /// By a function of the variables.
    Pure(fn(&Context<'_>) -> Result<Outcome, Failure>),
    /// By a call: what to ask, and what becomes of the answer.
    Call {
        request: fn(&Context<'_>) -> Result<Request, Failure>,
        conclude: fn(&Context<'_>, &Fields, CallResult) -> Result<Outcome, Failure>,
    },
    /// By running what is inside.
    Container,
    /// By a person.
    Form,
    /// The start of a container: leads on, is never told.
    Marker,
    /// Ends its loop.
    LoopEnd,
    /// Not at all, and why.
    Refused(&'static str),
}

const PLAIN: NodeType = NodeType {
    name: "",
    kind: Kind::Marker,
    branches: false,
    root: false,
    streams: None,
    failed: |_, failure| failure,
    parse: nothing,
};

/// Every type of node that a workflow can have.
#[rustfmt::skip]
pub(crate) static TYPES: &[NodeType] = &[
    NodeType { name: "start", kind: Kind::Pure(start::run), root: true, parse: start::parse, ..PLAIN },
    NodeType { name: "end", kind: Kind::Pure(end::run), parse: end::parse, ..PLAIN },
    NodeType { name: "answer", kind: Kind::Pure(answer::run), parse: answer::parse, ..PLAIN },
    NodeType { name: "if-else", kind: Kind::Pure(if_else::run), branches: true, parse: if_else::parse, ..PLAIN },
    NodeType { name: "template-transform", kind: Kind::Pure(template::run), parse: template::parse, ..PLAIN },
    NodeType { name: "variable-aggregator", kind: Kind::Pure(aggregator::run), parse: aggregator::parse, ..PLAIN },
    NodeType { name: "variable-assigner", kind: Kind::Pure(aggregator::run), parse: aggregator::parse, ..PLAIN },
    NodeType { name: "assigner", kind: Kind::Pure(assigner::run), parse: assigner::parse, ..PLAIN },
    NodeType { name: "list-operator", kind: Kind::Pure(list_operator::run), parse: list_operator::parse, ..PLAIN },
    NodeType { name: "llm", kind: Kind::Call { request: llm::request, conclude: llm::conclude }, streams: Some("text"), parse: llm::parse, ..PLAIN },
    NodeType { name: "question-classifier", kind: Kind::Call { request: classifier::request, conclude: classifier::conclude }, branches: true, failed: classifier::failed, parse: classifier::parse, ..PLAIN },
    NodeType { name: "parameter-extractor", kind: Kind::Call { request: extractor::request, conclude: extractor::conclude }, failed: extractor::failed, parse: extractor::parse, ..PLAIN },
    NodeType { name: "code", kind: Kind::Call { request: code::request, conclude: code::conclude }, parse: code::parse, ..PLAIN },
    NodeType { name: "document-extractor", kind: Kind::Call { request: document_extractor::request, conclude: document_extractor::conclude }, failed: document_extractor::failed, parse: document_extractor::parse, ..PLAIN },
    NodeType { name: "http-request", kind: Kind::Call { request: http::request, conclude: http::conclude }, parse: http::parse, ..PLAIN },
    NodeType { name: "iteration", kind: Kind::Container, parse: iteration::parse, ..PLAIN },
    NodeType { name: "iteration-start", root: true, ..PLAIN },
    NodeType { name: "loop", kind: Kind::Container, parse: looping::parse, ..PLAIN },
    NodeType { name: "loop-start", root: true, ..PLAIN },
    NodeType { name: "loop-end", kind: Kind::LoopEnd, ..PLAIN },
    NodeType { name: "human-input", kind: Kind::Form, branches: true, parse: human_input::parse, ..PLAIN },
    NodeType { name: "knowledge-retrieval", kind: Kind::Refused(refused::KNOWLEDGE), ..PLAIN },
    NodeType { name: "tool", kind: Kind::Refused(refused::TOOLS), ..PLAIN },
    NodeType { name: "agent", kind: Kind::Refused(refused::AGENTS), ..PLAIN },
    NodeType { name: "trigger-webhook", kind: Kind::Refused(refused::TRIGGERS), root: true, ..PLAIN },
    NodeType { name: "trigger-schedule", kind: Kind::Refused(refused::TRIGGERS), root: true, ..PLAIN },
    NodeType { name: "trigger-plugin", kind: Kind::Refused(refused::TRIGGERS), root: true, ..PLAIN },
    NodeType { name: "datasource", kind: Kind::Refused(refused::PIPELINES), root: true, ..PLAIN },
    NodeType { name: "knowledge-index", kind: Kind::Refused(refused::PIPELINES), ..PLAIN },
];

/// Every type of node by its name, and why it cannot be run, if so.
pub fn node_types() -> impl Iterator<Item = (&'static str, Option<&'static str>)> {
    TYPES.iter().map(|node_type| {
        let reason = match node_type.kind {
            Kind::Refused(reason) => Some(reason),
            _ => None,
        };
        (node_type.name, reason)
    })
}

/// The type with this name.
pub(crate) fn find(name: &str) -> Option<&'static NodeType> {
    TYPES.iter().find(|node_type| node_type.name == name)
}

#[allow(clippy::unnecessary_wraps)] // the table wants this signature
fn nothing(_: &Map<String, Json>) -> Result<NodeData, String> {
    Ok(NodeData::Nothing)
}
