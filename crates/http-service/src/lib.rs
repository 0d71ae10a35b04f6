//! The service API `/v1`: apps run by programs that hold a key of theirs. A handler takes the app that the key opens ([`key::KeyedApp`],
//! [`request::ForUser`]), calls one use-case, and answers in the envelope of this surface.

mod annotations;
mod app;
mod audio;
mod chat;
mod conversations;
mod end_users;
mod events;
mod feedbacks;
mod files;
mod forms;
mod key;
mod logs;
mod messages;
mod request;
mod slice;
mod variables;
mod workflows;

pub use slice::{operations, operations_elsewhere};
