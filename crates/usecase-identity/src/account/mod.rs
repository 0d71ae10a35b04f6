//! Accounts as their owners change them: passwords, addresses, profiles, deletion; and the codes that
//! prove whose mailbox it is.

mod activate;
mod change_email;
mod codes;
mod delete;
mod endings;
mod error;
mod identities;
mod ownership;
mod password;
mod profile;
mod reset;
mod service;

pub use activate::{Activation, InvitationView};
pub use codes::Codes;
pub(crate) use codes::NewCode;
pub(crate) use endings::{begin_era, commit_ending, end_all, end_everything, lock_own};
pub use error::AccountError;
pub use gatewright_storage_identity::profile::ProfileChange;
pub use identities::LinkedProvider;
pub(crate) use identities::disconnect_all;
pub use ownership::OwnerProof;
pub use service::{Accounts, AccountsParts};
