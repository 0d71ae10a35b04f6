//! Compare-and-swap on one key: the one way in which stored state changes here. What the change
//! is, the domain decides.

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

/// Replaces `expected` (empty: absent) by `next`, unless the key holds something else by now.
pub(crate) async fn compare_and_swap(
    kv: &Kv,
    key: &str,
    expected: &str,
    next: &str,
    ttl_millis: i64,
) -> Result<bool, Unavailable> {
    thread_local! {
        static SWAP: Script = Script::new(SCRIPT);
    }
    let script = SWAP.with(Clone::clone);
    let swapped: i64 = kv
        .invoke(
            script
                .key(key)
                .arg(expected)
                .arg(next)
                .arg(ttl_millis.max(1)),
        )
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

/// Replaces `expected` by `next` and spends a nonce, both or neither.
pub(crate) async fn swap_spending(
    kv: &Kv,
    (key, expected, next, ttl_millis): (&str, &str, &str, i64),
    (spent_key, spent_ttl_millis): (&str, i64),
) -> Result<Swap, Unavailable> {
    thread_local! {
        static SWAP: Script = Script::new(SPENDING_SCRIPT);
    }
    let script = SWAP.with(Clone::clone);
    let outcome: i64 = kv
        .invoke(
            script
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
