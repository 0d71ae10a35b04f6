//! Members of a workspace: who they are, inviting, removing, roles, giving the workspace away. The
//! console and the API share these.

mod error;
mod guests;
mod invite;
mod manage;
mod transfer;

pub use error::MemberError;
pub use guests::{GuestOutcome, GuestResult, Guests};
pub use invite::{Invited, Invitee};
pub use manage::Members;
