//! What the flows of accounts are made of.

use std::sync::Arc;

use gatewright_auth::{
    account::{AccountSettings, InvitationKeys},
    console::ConsoleSettings,
    limits::Limits,
};
use gatewright_kv::{RateLimits, Throttles};
use gatewright_storage_kit::Pool;

use crate::credential::{Codes, OwnerChecks, Passwords};
use gatewright_usecase_kit::CachedBearers;
use gatewright_usecase_kit::{AccountCache, Env, mail::MailQueue, provider::Providers};

/// The flows of accounts.
pub struct Accounts {
    /// The pool of connections to PostgreSQL.
    pub pool: Pool,
    /// Codes by mail.
    pub codes: Codes,
    /// Queues mails in the transaction that causes them.
    pub mail_queue: MailQueue,
    /// Charges requests to the limits.
    pub limiter: RateLimits,
    /// How much each limit allows.
    pub limits: Limits,
    /// Counts failed sign-ins, and says who has to wait.
    pub throttles: Throttles,
    /// The look-up of bearers, which must hear when they end.
    pub store: CachedBearers,
    /// What this process remembers of accounts.
    pub known: Arc<AccountCache>,
    /// Links of invitations.
    pub invitations: InvitationKeys,
    /// The identity providers.
    pub providers: Providers,
    /// Settings of the console.
    pub console: ConsoleSettings,
    /// Settings of these flows.
    pub settings: AccountSettings,
    /// Asks owners for their proof.
    pub owners: OwnerChecks,
    /// Hashes and verifies passwords, on threads of their own.
    pub passwords: Passwords,
    /// Time, ids, randomness.
    pub env: Env,
}

impl Accounts {
    /// Whether people may change their address.
    pub fn may_change_email(&self) -> bool {
        self.settings.change_email_enabled
    }

    /// Whether mails are sent at all.
    pub fn is_mail_set_up(&self) -> bool {
        self.mail_queue.is_set_up()
    }
}
