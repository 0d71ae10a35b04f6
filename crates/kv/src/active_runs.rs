//! How many runs an app has under way. Each is a member of a sorted set with the time until which it counts: whoever works on it says
//! again and again that it still runs, so that what a process leaves behind when it dies stops counting by itself.

use std::sync::LazyLock;

use gatewright_domain::error::Unavailable;
use redis::Script;
use uuid::Uuid;

use crate::connection::Kv;

/// Milliseconds for which a run counts without a word of whoever works on it: longer than its lease, which another process takes over.
const COUNTED_FOR: u64 = 30_000;

/// Redis tells the time: the clocks of processes may differ.
const ENTER: &str = r"
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
if not redis.call('ZSCORE', KEYS[1], ARGV[1]) and redis.call('ZCARD', KEYS[1]) >= tonumber(ARGV[3]) then
  return 0
end
redis.call('ZADD', KEYS[1], now + ARGV[2], ARGV[1])
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return 1
";
static ENTER_SCRIPT: LazyLock<Script> = LazyLock::new(|| Script::new(ENTER));

const RENEW: &str = r"
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
for i = 2, #ARGV do
  redis.call('ZADD', KEYS[1], now + ARGV[1], ARGV[i])
end
redis.call('PEXPIRE', KEYS[1], ARGV[1])
return 1
";
static RENEW_SCRIPT: LazyLock<Script> = LazyLock::new(|| Script::new(RENEW));

/// Counts the runs of apps that may have only so many at a time.
#[derive(Clone)]
pub struct ActiveRuns {
    kv: Kv,
}

impl ActiveRuns {
    /// In this Redis.
    pub fn new(kv: Kv) -> Self {
        Self { kv }
    }

    /// Counts a run, unless its app has `limit` others under way. Counted twice it counts once.
    ///
    /// # Errors
    /// When Redis does not answer: then nobody knows, and nothing may begin.
    pub async fn enter(&self, app: Uuid, run: Uuid, limit: u32) -> Result<bool, Unavailable> {
        let mut call = ENTER_SCRIPT.prepare_invoke();
        call.key(self.key(app));
        call.arg(run.to_string()).arg(COUNTED_FOR).arg(limit);
        let entered: i64 = self.kv.invoke_repeatable(&call).await?;
        Ok(entered == 1)
    }

    /// Says that these runs of an app still run, whether they were counted before or not.
    ///
    /// # Errors
    /// When Redis does not answer.
    pub async fn renew(&self, app: Uuid, runs: &[Uuid]) -> Result<(), Unavailable> {
        if runs.is_empty() {
            return Ok(());
        }
        let mut call = RENEW_SCRIPT.prepare_invoke();
        call.key(self.key(app)).arg(COUNTED_FOR);
        for run in runs {
            call.arg(run.to_string());
        }
        let _: i64 = self.kv.invoke_repeatable(&call).await?;
        Ok(())
    }

    /// A run ended or waits: it does not count any more.
    ///
    /// # Errors
    /// When Redis does not answer; then it stops counting by itself.
    pub async fn leave(&self, app: Uuid, run: Uuid) -> Result<(), Unavailable> {
        let mut command = redis::cmd("ZREM");
        command.arg(self.key(app)).arg(run.to_string());
        let _: i64 = self.kv.run_repeatable(&command).await?;
        Ok(())
    }

    fn key(&self, app: Uuid) -> String {
        self.kv.key("active_runs", &app.to_string())
    }
}
