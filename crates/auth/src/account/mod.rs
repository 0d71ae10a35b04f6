//! What people get by mail, and how long it is good for.

mod code;
mod invitation;
mod settings;

pub use code::CodeKeys;
pub use invitation::InvitationKeys;
pub use settings::AccountSettings;
