//! Workflow graphs, and what each type of node is and does.
//!
//! Pure, like the engine on top of it: a node reads variables and gives an [`Outcome`], a [`Failure`], or a request for what happens outside
//! ([`NodeCall`]) and later makes an outcome of the answer. It never writes to a run, and knows nothing of other nodes' turns: when a node
//! runs, and what becomes of its outcome, is the engine's.
//!
//! * [`Graph::parse`] checks a workflow's `graph` and refuses it with the node that is wrong.
//! * [`Node::attempt`] runs a node, or says what its run needs; [`Node::conclude`] takes an answer in.
//! * [`call`] are the requests and answers; who performs them needs neither the graph nor the variables.

// A failure is made once per failed attempt; boxing it everywhere would only blur what functions give.
#![allow(clippy::result_large_err)]

pub mod call;
mod failure;
mod fields;
mod graph;
mod jinja;
mod lenient;
mod nodes;
mod price;
mod think;
mod totals;

pub use self::{
    call::{CallId, CallResult, NodeCall, TimerId},
    failure::Failure,
    fields::Fields,
    graph::{Edge, Graph, GraphError, Level, Limits, Node, OnError, Retry},
    nodes::{
        Attempt, Context, Outcome, Request, Speech,
        human_input::{Filled, Form},
        iteration::{IterationData, OnItemError},
        looping::LoopData,
        node_types,
        start::INPUTS,
    },
    price::Price,
    think::ThinkFilter,
    totals::Totals,
};
