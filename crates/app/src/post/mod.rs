//! Letters: asked for in the transaction that causes them, sent by a worker.

mod letter;
mod postman;

pub use letter::{Letter, Post, SendLetter};
pub use postman::Postman;
pub(crate) use postman::invitation_path;
