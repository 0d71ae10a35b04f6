//! Members of a workspace: who they are, inviting, removing, roles, giving the workspace away. The
//! console and the API share these.

mod error;
mod invite;
mod manage;
mod transfer;

pub use error::MemberError;
pub use invite::{Invited, InvitedAs, Invitee};
pub use manage::{Members, MembersParts};
