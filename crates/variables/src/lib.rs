//! The values of a workflow: what a variable is, where it is kept, how it reads as text, and the pure decisions
//! that nodes take with it. No I/O, no async, no clock.
//!
//! * [`Value`]: JSON behind an `Arc`; [`Variable`]: a value with its [`VariableType`].
//! * [`Selector`] names a variable, [`Pool`] keeps all variables of a run.
//! * [`Template`] is text with `{{#node.name#}}` in it, split once and rendered often.
//! * [`NodeError`] is how a node fails: a class name that workflows can read, and a message.

pub mod aggregator;
pub mod assigner;
pub mod conditions;
pub mod error;
pub mod file;
pub mod inputs;
pub mod jinja;
pub mod kind;
pub mod list_operator;
pub mod pool;
pub mod python;
pub mod render;
pub mod selector;
pub mod template;
pub mod text;
pub mod value;
pub mod variable;

pub use error::{ErrorKind, NodeError};
pub use kind::VariableType;
pub use pool::{Found, Pool, PoolError, PoolLimits};
pub use render::Form;
pub use selector::{Selector, SelectorError};
pub use template::{Segment, Template};
pub use text::{BoundedText, TooLong};
pub use value::Value;
pub use variable::{TypeMismatch, Variable};
