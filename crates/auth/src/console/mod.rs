//! The console's tokens: access and CSRF token (signed, short), refresh token (rotated).

mod passport;
mod refresh;
mod settings;

pub use passport::{AccessClaims, ConsoleKeys, CsrfFailure, KNOWN_BROWSER_LIFETIME, KnownBrowser};
pub use refresh::RefreshToken;
pub use settings::{ConsoleSettings, Edition};
