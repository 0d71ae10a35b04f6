//! The use-cases of the OAuth device flow (RFC 8628), of its account branch and its SSO branch, and of the bearers
//! that come out of it.

pub mod bearer;
pub mod device;
