//! What proves who somebody is, and that a mailbox or an account is theirs: codes by mail, passwords, the
//! owner's proof. Accounts, the console and members stand on it; it knows none of them.

mod codes;
mod error;
mod ownership;
mod passwords;
mod presented;

pub use codes::Codes;
pub(crate) use codes::NewCode;
pub use error::CredentialError;
pub(crate) use ownership::lock_own;
pub use ownership::{OwnerChecks, OwnerProof};
pub use passwords::Passwords;
pub use presented::{CodeProof, RepeatedPassword};
