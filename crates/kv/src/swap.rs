//! Compare-and-swap on one key: the one way in which stored state changes here. What the change
//! is, the domain decides.

use std::sync::LazyLock;

use gatewright_domain::error::Unavailable;
use redis::Script;

use crate::connection::Kv;

/// How often a swap is tried again after somebody else was faster. Each failure means that
/// another caller got through, so this is only reached under a flood on one key.
pub(crate) const ATTEMPTS: usize = 80;

const SCRIPT: &str = r"
local current = redis.call('GET', KEYS[1]) or ''
if current ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
return 1
";
static SWAP: LazyLock<Script> = LazyLock::new(|| Script::new(SCRIPT));

/// One value for another, in one key.
#[derive(Clone, Copy)]
pub(crate) struct Replacement<'a> {
    pub(crate) key: &'a str,
    /// What the key must hold; empty: nothing.
    pub(crate) expected: &'a str,
    pub(crate) next: &'a str,
    /// Of the new value, from now; at least one.
    pub(crate) ttl_millis: i64,
}

/// Replaces a value, unless the key holds something else by now.
pub(crate) async fn compare_and_swap(
    kv: &Kv,
    replacement: Replacement<'_>,
) -> Result<bool, Unavailable> {
    let Replacement {
        key,
        expected,
        next,
        ttl_millis,
    } = replacement;
    let swapped: i64 = kv
        .invoke(SWAP.key(key).arg(expected).arg(next).arg(ttl_millis.max(1)))
        .await?;
    Ok(swapped == 1)
}

/// What became of a swap that also spends a nonce.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Swap {
    /// Both were done.
    Done,
    /// Neither: the key holds something else by now.
    Changed,
    /// Neither: the nonce was spent before.
    Spent,
}

const SPENDING_SCRIPT: &str = r"
if redis.call('EXISTS', KEYS[2]) == 1 then return 2 end
local current = redis.call('GET', KEYS[1]) or ''
if current ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
redis.call('SET', KEYS[2], '1', 'PX', ARGV[4])
return 1
";
static SPENDING_SWAP: LazyLock<Script> = LazyLock::new(|| Script::new(SPENDING_SCRIPT));

/// Replaces a value and spends a nonce, both or neither. The key of the nonce lives for `spent_ttl_millis`.
pub(crate) async fn swap_spending(
    kv: &Kv,
    replacement: Replacement<'_>,
    spent_key: &str,
    spent_ttl_millis: i64,
) -> Result<Swap, Unavailable> {
    let Replacement {
        key,
        expected,
        next,
        ttl_millis,
    } = replacement;
    let outcome: i64 = kv
        .invoke(
            SPENDING_SWAP
                .key(key)
                .key(spent_key)
                .arg(expected)
                .arg(next)
                .arg(ttl_millis.max(1))
                .arg(spent_ttl_millis.max(1)),
        )
        .await?;
    Ok(match outcome {
        1 => Swap::Done,
        0 => Swap::Changed,
        _ => Swap::Spent,
    })
}
