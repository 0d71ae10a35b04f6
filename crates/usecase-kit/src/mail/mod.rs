//! Letters: asked for in the transaction that causes them, sent by a worker.

mod letter;
mod postman;
mod recipients;

pub use letter::{Letter, Post, SendLetter};
pub use postman::Postman;
pub use postman::invitation_path;
pub use recipients::Recipients;
