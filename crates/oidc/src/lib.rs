//! Any OpenID Connect provider as an identity provider: discovery, the authorization code flow with
//! PKCE, and every check of the answer. Requests and signatures are openidconnect's; ours are the HTTP
//! client, the memory of what was discovered, and the reading of what comes back: providers differ in
//! what nobody needs, and only what is used is looked at.

mod about;
mod claims;
mod discovery;
mod exchange;
mod id_token;
mod jws;
mod provider;
mod settings;
mod token;

pub use provider::OidcProvider;
pub use settings::{OidcProviderSettings, OidcSettings};
