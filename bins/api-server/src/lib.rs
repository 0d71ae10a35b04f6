//! The API server's command line and composition, as a library so that tests can use them.

pub mod admin;
pub mod app;
pub mod audit;
pub mod command;
pub mod compose;
pub mod end_user;
pub mod file;
pub mod keys;
pub mod mail;
pub mod migrations;
pub mod operate;
pub mod serve;
pub mod show;
