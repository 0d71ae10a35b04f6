//! Browsers that an account was signed in with. They have budgets of their own: what strangers try on
//! the account slows them down in nothing.

use gatewright_auth::console::{ConsoleKeys, KnownBrowser};
use gatewright_domain::account::Account;

use crate::env::Ctx;

/// The browser that asks, if the account was signed in with it in its present era. The cookie counts only
/// for the account that it was made for.
pub fn known_browser(
    keys: &ConsoleKeys,
    ctx: &Ctx,
    account: Option<&Account>,
) -> Option<KnownBrowser> {
    let known = keys.open_known_browser(ctx.known_browser.as_deref()?, ctx.now)?;
    let account = account?;
    (known.account_id == account.id && known.era == account.era).then_some(known)
}
