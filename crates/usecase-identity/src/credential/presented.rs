//! What somebody presents: a code with its token, a new password typed twice.

use gatewright_auth::secrets_equal;
use gatewright_domain::Secret;

/// A code from a mail, with the token that was answered when the mail was asked for.
#[derive(Clone, Copy)]
pub struct CodeProof<'a> {
    /// The token of this step.
    pub token: &'a str,
    /// As it was typed; spaces around it do not count.
    pub code: &'a str,
}

/// A new password, typed twice.
#[derive(Clone, Copy)]
pub struct RepeatedPassword<'a> {
    /// What it is to be. Not yet held against the policy.
    pub password: &'a Secret,
    /// The same again.
    pub repeated: &'a Secret,
}

impl RepeatedPassword<'_> {
    /// Whether the same was typed both times.
    pub(crate) fn is_repeated(self) -> bool {
        secrets_equal(self.password.expose(), self.repeated.expose())
    }
}
