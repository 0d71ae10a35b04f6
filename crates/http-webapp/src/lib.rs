//! The API of web apps `/api`: apps run by visitors of their pages. A handler takes the visitor whom a passport lets in
//! ([`visitor::Visiting`]), calls one use-case, and answers in the envelope of `/v1`, by the same functions where the wire is equal.

mod access;
mod app;
mod audio;
mod chat;
mod conversations;
mod events;
mod files;
mod forms;
mod login;
mod messages;
mod passport;
mod saved;
mod slice;
mod visitor;
mod workflows;

pub use slice::{WebAppServices, operations, operations_elsewhere};
