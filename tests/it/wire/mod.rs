//! The wire, against a server in this process. Tests of a row of the security cases carry its number.

mod bad_input;
mod bearer;
mod console;
mod decide;
mod device;
mod limits;
mod login;
mod outage;
mod refresh;
mod secrets;
mod sso;
mod stores;
mod workspaces;
