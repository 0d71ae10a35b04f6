//! Console identity: set-up, sign-in, sessions.

mod attempt;
mod browsers;
mod code_login;
mod connect;
mod error;
mod external;
mod external_error;
mod invited;
mod login;
mod logout;
mod refresh;
mod session;
mod setup;

pub use code_login::Preferences;
pub use error::{CHALLENGE, ConsoleError};
pub use external::{ExternalLogin, SignInBegun};
pub use external_error::ExternalLoginError;
pub use login::{Login, LoginOutcome};
pub use refresh::RefreshError;
pub use session::{Console, SessionTokens};
pub use setup::{Setup, SetupCommand, SetupError, SetupStatus};
