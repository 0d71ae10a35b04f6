//! The wire, against a server in this process. Tests of a row of the security cases carry its number.

mod account_pages;
mod accounts;
mod audit;
mod bad_input;
mod bearer;
mod console;
mod decide;
mod device;
mod device_pages;
mod endings;
mod files;
mod jobs;
mod limits;
mod login;
mod members;
mod outage;
mod pages;
mod reference;
mod refresh;
mod secrets;
mod sso;
mod stores;
mod upkeep;
mod workspace_pages;
mod workspaces;
