//! How somebody comes in: a new account, and the acceptance of an invitation. Registration at the console,
//! an invitation's link and the administrator's commands all come through here.

mod accept;
mod new_account;

pub(crate) use accept::{Accepting, find_by_token};
pub(crate) use new_account::{NewAccount, create, found_workspace, local_part, may_come, settle};
