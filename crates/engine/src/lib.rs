//! The workflow engine: which node of a graph runs next, with what, and what clients hear of it.
//!
//! Not to be confused with `engines`, which fetches and runs PostgreSQL and Redis.
//!
//! What a graph is and what each type of node does stands in `nodes`, whose types are exported here too; this crate decides whose turn it is.
//!
//! Pure: no I/O, no async, no clock of its own, no randomness. What a run needs from outside it asks for, and what happens outside comes back:
//!
//! ```text
//!            Event ──► Engine::step ──► [Effect, …]
//!   Start, CallDone, FormSubmitted …     Emit(Happening), Call, Cancel, StartTimer, Yield, Pause, Finished
//! ```
//!
//! * **Events** come one at a time, each with a clock: microseconds, any that the caller keeps to for the whole run.
//!   The engine compares instants (durations, the time limit) and knows no other clock.
//! * **Effects** are done in their order. [`Effect::Emit`] goes to clients and the recorder; [`Effect::Call`] is answered by a later event
//!   with the same [`CallId`]; reports about calls that nobody waits for any more are ignored, so a caller need not be careful about races.
//! * **Ids**: the engine numbers node executions ([`happening::NodeRef::execution`]) from 1, the same in every replay. The caller derives ids from
//!   the run's id and that number; the instant of a happening comes with it.
//! * **State**: [`Engine::state`] is one serialisable value. Stored after any step and given to [`Engine::restore`], a run goes on from there
//!   with the same happenings; the first event is then [`Event::Resume`].
//! * A step runs at most 256 nodes and then yields ([`Effect::Yield`], answered by [`Event::Continue`]).
//!
//! Whatever started and did not end when its container or the run ended was given up: a stopped run, a failed sibling of an item. Clients hear
//! nothing of it; a record of such an execution is to be closed with the run.
//!
//! The order of happenings of a node: started, text that its end releases, finished; then the nodes behind it. Those of an item of a
//! parallel iteration are held back and come together when the item is over; calls go out at once.
//!
//! ```
//! use std::sync::Arc;
//! use gatewright_engine::{Effect, Engine, Event, Graph, Happened, Happening, Limits, Start};
//! use serde_json::json;
//!
//! let graph = json!({
//!     "nodes": [
//!         {"id": "start", "data": {"type": "start", "title": "Start", "variables": [{"variable": "name", "type": "text-input"}]}},
//!         {"id": "end", "data": {"type": "end", "title": "End", "outputs": [{"variable": "who", "value_selector": ["start", "name"]}]}},
//!     ],
//!     "edges": [{"source": "start", "sourceHandle": "source", "target": "end"}],
//! });
//! let limits = Limits::default();
//! let graph = Arc::new(Graph::parse(&graph, &limits).unwrap());
//! let mut engine = Engine::new(graph, limits);
//!
//! let inputs = json!({"name": "Ada"}).as_object().cloned().unwrap();
//! let mut effects = engine.step(0, Event::Start(Start { inputs, ..Start::default() }));
//! assert_eq!(effects.pop(), Some(Effect::Finished));
//! let Some(Effect::Emit(Happened { what: Happening::RunFinished(end), .. })) = effects.pop() else { panic!("the run is over") };
//! assert_eq!(json!(end.outputs), json!({"who": "Ada"}));
//! ```

// A failure is made once per failed attempt; boxing it everywhere would only blur what functions give.
#![allow(clippy::result_large_err)]

mod effect;
mod engine;
mod event;
pub mod happening;
mod release;
mod run;
mod state;

pub use gatewright_nodes::{
    CallId, CallResult, Failure, Fields, Graph, GraphError, Limits, Node, NodeCall, OnError, Price,
    Retry, TimerId, call, node_types,
};

pub use self::{
    effect::Effect,
    engine::Engine,
    event::{Declared, Event, Preset, Start},
    happening::{Happened, Happening, Micros},
    state::EngineState,
};
