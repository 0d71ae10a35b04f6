//! What only the web console of Dify 1.16 asks for.

pub(super) mod empty_lists;
pub(super) mod licence;
pub(super) mod permissions;
pub(super) mod summary;
