//! What each type of node is and does: one file per type, one line per type in [`node_type::TYPES`].
//!
//! A new type: a file with its data (`parse`), what it does (`run`, or `request` and `conclude` for what happens outside), a variant of
//! [`NodeData`], a line in the table. A function gets a [`Context`] and gives an [`Outcome`] or a [`Failure`]; it never writes to the run.
//! Members of its data that the editor leaves out or null are defaults ([`or_default`]); a selector that was never connected is none. A
//! recording in `tests/golden` shows that it does what the original does.

pub(crate) mod aggregator;
pub(crate) mod answer;
pub(crate) mod assigner;
mod budget;
pub(crate) mod classifier;
pub(crate) mod code;
pub(crate) mod document_extractor;
pub(crate) mod end;
pub(crate) mod extractor;
pub(crate) mod http;
pub(crate) mod human_input;
pub(crate) mod if_else;
pub(crate) mod iteration;
pub(crate) mod list_operator;
pub(crate) mod llm;
pub(crate) mod looping;
mod node_type;
mod refused;
pub(crate) mod start;
pub(crate) mod template;

use gatewright_variables::{NodeError, Pool, Segment, Selector, Variable, VariableType};
use serde::{Deserialize, Deserializer, de::DeserializeOwned};
use serde_json::{Map, Value as Json};

pub use self::node_type::node_types;
pub(crate) use self::node_type::{Kind, NodeType, find};
use crate::{
    call::{CallResult, NodeCall},
    failure::Failure,
    fields::Fields,
    graph::{Limits, Node},
    think::ThinkFilter,
    totals::Totals,
};

/// What a node may look at.
#[derive(Clone, Copy)]
pub struct Context<'a> {
    /// The node itself.
    pub node: &'a Node,
    /// The variables that it sees.
    pub pool: &'a Pool,
    /// What it may cost.
    pub limits: &'a Limits,
}

/// How a node ended well.
#[derive(Debug, Default)]
pub struct Outcome {
    /// Inputs to record.
    pub inputs: Fields,
    /// Process data to record.
    pub process_data: Fields,
    /// The outputs to record and to pass on.
    pub outputs: Fields,
    /// Types of outputs that their values do not tell, such as that of an empty list.
    pub types: Vec<(String, VariableType)>,
    /// The way out; `None` = all of them.
    pub handle: Option<String>,
    /// Metadata to record.
    pub metadata: Fields,
    /// Variables of others that it writes.
    pub assignments: Vec<(Selector, Variable)>,
    /// What it cost.
    pub totals: Totals,
}

impl Outcome {
    /// Adds an output with its type.
    pub(crate) fn output(&mut self, name: impl Into<String>, variable: Variable) {
        let name = name.into();
        if variable.kind() != VariableType::of(variable.json()) {
            self.types.push((name.clone(), variable.kind()));
        }
        self.outputs.set(name, variable.into_value());
    }
}

/// An object as fields; anything else is none.
pub(crate) fn fields(json: Json) -> Fields {
    match json {
        Json::Object(map) => map.into(),
        _ => Fields::new(),
    }
}

/// What an effectful node asks for.
#[derive(Debug)]
pub struct Request {
    /// Inputs to record, whatever the answer is.
    pub inputs: Fields,
    /// What to do.
    pub call: NodeCall,
    /// Set when reasoning must be cut out of the stream.
    pub think: Option<ThinkFilter>,
}

/// Typed data of a node.
#[derive(Debug)]
pub(crate) enum NodeData {
    Start(start::StartData),
    End(end::EndData),
    Answer(answer::AnswerData),
    IfElse(if_else::IfElseData),
    Code(code::CodeData),
    Template(template::TemplateData),
    Aggregator(aggregator::AggregatorData),
    DocumentExtractor(document_extractor::DocumentExtractorData),
    Http(Box<http::HttpData>),
    Llm(Box<llm::LlmData>),
    Classifier(Box<classifier::ClassifierData>),
    Extractor(Box<extractor::ExtractorData>),
    Iteration(iteration::IterationData),
    Loop(looping::LoopData),
    HumanInput(Box<human_input::HumanInputData>),
    Assigner(assigner::AssignerData),
    ListOperator(Box<gatewright_variables::list_operator::ListOperator>),
    /// A marker, or a node that cannot be run.
    Nothing,
}

/// What an attempt at a node came to, or what it needs.
#[derive(Debug)]
pub enum Attempt {
    /// It is over already.
    Over(Result<Outcome, Failure>),
    /// This must be done, and the answer given to [`Node::conclude`].
    Call(Request),
    /// What is inside must be run; see [`Node::iteration`] and [`Node::looping`].
    Container,
    /// A person must be asked; see [`Node::form`].
    Form,
    /// Nothing: it is the start of a container.
    Marker,
    /// Its loop ends here.
    LoopEnd,
}

/// How the outputs of a node become those of the run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Speech {
    /// Not at all.
    None,
    /// By their names: an end node.
    Outputs,
    /// As a piece of the answer: an answer node.
    Answer,
}

impl Node {
    /// Runs the node, or says what its run needs.
    pub fn attempt(&self, context: &Context<'_>) -> Attempt {
        match &self.spec.kind {
            Kind::Pure(run) => Attempt::Over(run(context)),
            Kind::Call { request, .. } => {
                request(context).map_or_else(|failure| Attempt::Over(Err(failure)), Attempt::Call)
            }
            Kind::Container => Attempt::Container,
            Kind::Form => Attempt::Form,
            Kind::Marker => Attempt::Marker,
            Kind::LoopEnd => Attempt::LoopEnd,
            Kind::Refused(reason) => Attempt::Over(Err(Failure::new("NotSupported", *reason))),
        }
    }

    /// Makes an outcome of the answer to its call; `inputs` are those of the request.
    pub fn conclude(
        &self,
        context: &Context<'_>,
        inputs: &Fields,
        result: CallResult,
    ) -> Result<Outcome, Failure> {
        match &self.spec.kind {
            Kind::Call { conclude, .. } => conclude(context, inputs, result),
            _ => Err(mismatch()),
        }
    }

    /// What a failure of its call is to those who hear of it.
    pub fn failed(&self, context: &Context<'_>, failure: Failure) -> Failure {
        (self.spec.failed)(context, failure)
    }

    /// The form that it shows.
    pub fn form(&self, context: &Context<'_>) -> Result<human_input::Form, Failure> {
        human_input::form(context)
    }

    /// What an answer to its form comes to.
    pub fn submitted(
        &self,
        context: &Context<'_>,
        action: &str,
        inputs: Map<String, Json>,
    ) -> Result<(human_input::Filled, Outcome), Failure> {
        human_input::submitted(context, action, inputs)
    }

    /// What it comes to when nobody answered.
    pub fn timed_out(&self, context: &Context<'_>) -> Result<Outcome, Failure> {
        human_input::timed_out(context)
    }

    /// Its data, when it is an iteration.
    pub fn iteration(&self) -> Option<&iteration::IterationData> {
        match &self.data {
            NodeData::Iteration(data) => Some(data),
            _ => None,
        }
    }

    /// Its data, when it is a loop.
    pub fn looping(&self) -> Option<&looping::LoopData> {
        match &self.data {
            NodeData::Loop(data) => Some(data),
            _ => None,
        }
    }

    /// Whether it is the start that takes the inputs of a run.
    pub fn is_start(&self) -> bool {
        matches!(self.data, NodeData::Start(_))
    }

    /// Whether it only leads on, or back: nobody hears of it.
    pub fn is_marker(&self) -> bool {
        matches!(self.spec.kind, Kind::Marker | Kind::LoopEnd)
    }

    /// Why it cannot be run.
    pub fn refusal(&self) -> Option<&'static str> {
        match self.spec.kind {
            Kind::Refused(reason) => Some(reason),
            _ => None,
        }
    }

    /// Whether it chooses among its ways out by its type.
    pub fn chooses(&self) -> bool {
        self.spec.branches
    }

    /// The output that it streams.
    pub fn streams(&self) -> Option<&'static str> {
        self.spec.streams
    }

    /// The template that it streams: of answer and end nodes; empty for all others.
    pub fn segments(&self) -> &[Segment] {
        self.data.segments()
    }

    /// How its outputs become those of the run.
    pub fn speech(&self) -> Speech {
        match self.data {
            NodeData::End(_) => Speech::Outputs,
            NodeData::Answer(_) => Speech::Answer,
            _ => Speech::None,
        }
    }
}

impl NodeData {
    /// The template that the node streams: of answer and end nodes; empty for all others.
    pub(crate) fn segments(&self) -> &[Segment] {
        match self {
            Self::Answer(data) => data.template.segments(),
            Self::End(data) => &data.segments,
            _ => &[],
        }
    }

    /// The variables of others that it writes.
    pub(crate) fn assigned(&self) -> Vec<Selector> {
        match self {
            Self::Assigner(data) => data.written(),
            _ => Vec::new(),
        }
    }
}

/// Reads the members that a type wants; others are passed over.
pub(crate) fn read<T: DeserializeOwned>(data: &Map<String, Json>) -> Result<T, String> {
    serde_json::from_value(Json::Object(data.clone())).map_err(|e| e.to_string())
}

/// A member that is null is one that is not there.
pub(crate) fn or_default<'de, D: Deserializer<'de>, T: Deserialize<'de> + Default>(
    deserializer: D,
) -> Result<T, D::Error> {
    Option::deserialize(deserializer).map(Option::unwrap_or_default)
}

/// The engine gave a node the data of another type: cannot happen, and must not panic.
pub(crate) fn mismatch() -> Failure {
    Failure {
        permanent: true,
        ..Failure::new("TypeError", "The node's data are those of another type.")
    }
}

impl From<NodeError> for Failure {
    fn from(error: NodeError) -> Self {
        Self::new(error.error_type(), error.message)
    }
}

#[cfg(test)]
mod tests;
