//! Accounts as their owners change them: passwords, addresses, profiles, deletion.

mod activate;
mod change_email;
mod delete;
mod endings;
mod error;
mod identities;
mod password;
mod profile;
mod reset;
mod service;

pub use activate::{Activation, InvitationView};
pub(crate) use endings::{begin_era, commit_ending, end_all, end_everything};
pub use error::AccountError;
pub use gatewright_storage_identity::profile::ProfileChange;
pub use identities::LinkedProvider;
pub(crate) use identities::disconnect_all;
pub use service::Accounts;
