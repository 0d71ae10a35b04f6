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
