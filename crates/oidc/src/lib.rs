//! Any OpenID Connect provider as an identity provider: discovery, the authorization code flow with
//! PKCE, and every check of the answer. The protocol is openidconnect's; ours are the HTTP client, the
//! memory of what was discovered, and the rules about `iss` (RFC 9207) and verified addresses.

mod discovery;
mod provider;
mod settings;

pub use provider::OidcProvider;
pub use settings::{OidcProviderSettings, OidcSettings};
