//! The rules of Gatewright's identity core, free of I/O: another service can embed this crate
//! without bringing along an async runtime, a web framework or a database driver.
//!
//! * [`account`]: codes sent by mail, links of invitations, how long they live.
//! * [`api_key`]: how keys of apps are shown and stored.
//! * [`bearer`]: the token format, kinds and scopes, and the authenticator whose order of steps
//!   (prefix, checksum, limit, look-up) is the same for live and dead tokens.
//! * [`console`]: the console's access, CSRF and refresh tokens.
//! * [`device`]: lookup receipts and the settings of the device flow.
//! * [`envelope`]: the signed objects of the SSO branch, from text to verified claims.
//! * [`file`]: the signed addresses of files, ours and Dify's.
//! * [`form_token`]: tokens that open a form of a run.
//! * [`sso`]: the ports to whoever knows people without an account.
//! * [`limits`]: every rate limit by name.
//! * [`origin`]: the one place that knows this installation's public addresses.

pub mod account;
pub mod api_key;
pub mod bearer;
pub mod claims;
pub mod console;
pub mod device;
pub mod envelope;
pub mod file;
pub mod form_token;
pub mod limits;
pub mod origin;
pub mod secret_key;
pub mod sso;
pub mod web_passport;

/// The types that ports and envelopes speak in, for those who embed this crate alone.
pub use gatewright_domain as domain;

/// The key ring and the purposes of keys, for those who embed this crate.
pub use gatewright_crypto::{
    digest,
    equal::secrets_equal,
    jws, key_set, keys, password,
    random::{NoRandomness, OsRandom, Random},
    unique_json, veil,
};
