//! What decides: the engine, behind the few calls that a task needs of it.

use gatewright_engine::{Effect, Engine, Event, Micros};
use gatewright_run_events::Json;

/// One run of a graph.
pub trait Machine: Send {
    /// Takes in what happened and says what to do. The clock tells microseconds since 1970.
    fn step(&mut self, clock: &dyn Fn() -> Micros, event: Event) -> Vec<Effect>;

    /// The whole state, for a checkpoint.
    ///
    /// # Errors
    /// When it has no JSON form; then the run cannot go on safely.
    fn state(&self) -> Result<Json, serde_json::Error>;
}

impl Machine for Engine {
    fn step(&mut self, clock: &dyn Fn() -> Micros, event: Event) -> Vec<Effect> {
        self.step_by(clock, event)
    }

    fn state(&self) -> Result<Json, serde_json::Error> {
        Json::of(Self::state(self))
    }
}
