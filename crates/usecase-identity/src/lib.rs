//! The use-cases of identity: accounts, sign-in and sessions of the console, members of workspaces, and what an
//! administrator may do. They own the transactions; the rules are in `domain` and `auth`, the statements in
//! `storage-identity` and `kv`.
//!
//! The modules see each other one way only: `console` → `account` → `credential`, `joining`; `member` → `credential`.

pub mod account;
pub mod admin;
pub mod console;
pub mod credential;
mod joining;
pub mod member;
