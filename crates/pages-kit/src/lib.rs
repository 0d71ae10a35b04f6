//! What the pages that the server writes have in common: their shell in two languages and its headers, forms, who is signed in, lists
//! and times, and how they are registered. Templates of this crate are found by those of the other crates of pages (`askama.toml`).

pub mod absence;
pub mod form;
pub mod guard;
pub mod link;
pub mod page;
pub mod pager;
pub mod routes;
pub mod time;
pub mod unavailable;
