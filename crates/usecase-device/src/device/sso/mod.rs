//! The SSO branch of the device flow (device-flow.md §5): somebody without an account signs in at
//! their company's identity provider and lets a device in.
//!
//! ```text
//! initiate ─ state envelope ─► broker ─ assertion ─► complete ─ grant cookie ─► context, approve
//! ```
//!
//! What comes after the approval is the same as in the account branch: one transition of the grant,
//! and the token is made at pick-up.

mod approve;
mod complete;
mod error;
mod from_provider;
mod gate;
mod initiate;

pub use approve::{ApprovalContext, ApproveExternal};
pub use complete::{CompleteSso, SsoCompleted};
pub use error::SsoError;
pub use initiate::{InitiateSso, SsoBegun};
