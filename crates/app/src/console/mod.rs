//! Console identity: set-up, sign-in, sessions.

mod error;
mod external;
mod external_error;
mod login;
mod logout;
mod passwords;
mod refresh;
mod session;
mod setup;

pub use error::ConsoleError;
pub use external::{ExternalLogin, SignInBegun};
pub use external_error::ExternalLoginError;
pub use login::{Login, LoginOutcome};
pub use passwords::Passwords;
pub use refresh::RefreshError;
pub use session::{Console, ConsoleIdentity, ConsoleParts, SessionTokens};
pub use setup::{Setup, SetupCommand, SetupError, SetupStatus};
