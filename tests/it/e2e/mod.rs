//! End to end: the real binaries, real services that are really stopped, clients that we did not
//! write. Here time is real: waiting is polling with a deadline.

mod app_command;
mod app_pages;
mod contract;
mod doctor;
pub(crate) mod engines;
mod foreign_client;
mod keys;
mod lost_connections;
mod mail;
mod operate;
mod outage;
mod pages;
mod poolers;
mod postgres_servers;
mod postgres_tls;
mod quiet;
pub(crate) mod remote;
mod sso;
mod start;
mod up;
mod web_pages;

use crate::support::process;
