//! The way to Redis, whichever of the three kinds it is, and the names of keys.
//!
//! What happens to a command when its connection fails is decided here, once: what the server did not
//! execute for certain is sent again; what it may have executed only where doing it twice is the same
//! as doing it once ([`Kv::run_repeatable`]).

mod fault;
mod held;
mod pool;
mod subscription;
mod traffic;

use std::{
    collections::BTreeMap,
    sync::Arc,
    time::{Duration, Instant},
};

use chrono::{DateTime, Utc};
use gatewright_domain::error::Unavailable;
use redis::{Cmd, FromRedisValue, RedisResult, ScriptInvocation, Value};

pub use self::traffic::RedisStatus;
use self::{
    fault::Fault,
    held::Held,
    pool::{Link, Pool},
    subscription::Ear,
    traffic::Traffic,
};
use crate::settings::RedisSettings;

/// How long a cluster that moves its slots, or a set without a master, is waited for. With it, an
/// answer still comes within the deadline of a request.
const TIMEOUT: Duration = Duration::from_millis(1200);
/// What a call may take with all that belongs to it: waiting for the connection, making it, being sent again.
/// Requests that hash passwords have a deadline that is much longer, and shall not use it up here.
const CALL: Duration = Duration::from_millis(1700);
/// Between two tries meanwhile.
const PAUSE: Duration = Duration::from_millis(40);

/// What Redis says about itself.
#[derive(Debug, Clone)]
pub struct RedisFacts {
    /// Major and minor.
    pub version: Option<(u32, u32)>,
    /// What it does when it is full.
    pub policy: Option<String>,
    /// What time the server believes it is.
    pub now: DateTime<Utc>,
}

/// The connection to Redis, shared by everything in the process. Cheap to clone.
#[derive(Clone)]
pub struct Kv {
    held: Arc<Held>,
    ear: Arc<Ear>,
    traffic: Arc<Traffic>,
    prefix: Arc<str>,
}

/// Whether a command may be sent a second time when nobody knows whether the first was executed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Repeat {
    /// Twice is once.
    Safe,
    /// It counts, takes or compares.
    Never,
}

#[derive(Clone, Copy)]
enum Call<'a> {
    Command(&'a Cmd),
    Script(&'a ScriptInvocation<'a>),
}

impl Call<'_> {
    async fn send(self, link: &mut Link) -> RedisResult<Value> {
        match self {
            Self::Command(command) => command.query_async(link).await,
            // Loads the script where it is not known yet: then it was not executed.
            Self::Script(script) => script.invoke_async(link).await,
        }
    }
}

impl Kv {
    /// Prepares a connection; it is made when first used, and again when it breaks.
    pub fn new(settings: &RedisSettings) -> Result<Self, Unavailable> {
        let target = settings
            .target()
            .map_err(|error| Unavailable::new("redis", error))?;
        let prefix = if settings.key_prefix.is_empty() {
            String::new()
        } else {
            format!("{}:", settings.key_prefix)
        };
        Ok(Self {
            held: Arc::new(Held::new(Pool::new(&target).map_err(unavailable)?)),
            ear: Arc::new(Ear::new(&target).map_err(unavailable)?),
            traffic: Arc::default(),
            prefix: prefix.into(),
        })
    }

    /// Whether Redis answers; of a cluster, every master.
    pub async fn ping(&self) -> Result<(), Unavailable> {
        self.run_repeatable::<Value>(&redis::cmd("PING"))
            .await
            .map(drop)
    }

    /// What Redis says about itself; of a cluster, one of its nodes. What it does not tell (a managed
    /// service may not) is absent.
    pub async fn facts(&self) -> Result<RedisFacts, Unavailable> {
        let (seconds, micros): (i64, u32) = self.run_repeatable(&redis::cmd("TIME")).await?;
        let mut info = redis::cmd("INFO");
        info.arg("everything");
        let info = self.run_repeatable(&info).await.map(one_text);
        let info = info.unwrap_or_default();
        let line = |name: &str| {
            let mut lines = info.lines().filter_map(|line| line.trim().split_once(':'));
            lines
                .find(|(known, _)| *known == name)
                .map(|(_, value)| value.to_owned())
        };
        let version = line("redis_version").and_then(|text| {
            let mut parts = text.split('.');
            Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
        });
        Ok(RedisFacts {
            version,
            policy: line("maxmemory_policy"),
            now: DateTime::from_timestamp(seconds, micros * 1000).unwrap_or_default(),
        })
    }

    /// How the connection stands now.
    pub fn status(&self) -> RedisStatus {
        self.traffic.status()
    }

    /// How often each limit refused somebody in this process, by its name.
    pub fn refusals(&self) -> BTreeMap<&'static str, u64> {
        self.traffic.refusals()
    }

    /// A limit refused somebody.
    pub(crate) fn refused(&self, limit: &'static str) {
        self.traffic.refused(limit);
    }

    /// A key: our prefix, the family, and a hash tag around what tells its members apart.
    pub(crate) fn key(&self, family: &str, member: &str) -> String {
        format!("{}gw:{family}:{{{member}}}", self.prefix)
    }

    /// A name without a member, for channels.
    pub(crate) fn channel(&self, name: &str) -> String {
        format!("{}gw:{name}", self.prefix)
    }

    /// Calls `on_message` for each message of a channel until the connection breaks.
    pub(crate) async fn listen(
        &self,
        channel: &str,
        attempt: usize,
        on_message: &impl Fn(String),
    ) -> RedisResult<()> {
        self.ear.listen(channel, attempt, on_message).await
    }

    /// A command that is executed once or not at all.
    pub(crate) async fn run<T: FromRedisValue>(&self, command: &Cmd) -> Result<T, Unavailable> {
        self.call(Call::Command(command), Repeat::Never).await
    }

    /// A command that may be executed twice: it reads, or leaves the same behind both times.
    pub(crate) async fn run_repeatable<T: FromRedisValue>(
        &self,
        command: &Cmd,
    ) -> Result<T, Unavailable> {
        self.call(Call::Command(command), Repeat::Safe).await
    }

    /// A script that is executed once or not at all.
    pub(crate) async fn invoke<T: FromRedisValue>(
        &self,
        script: &ScriptInvocation<'_>,
    ) -> Result<T, Unavailable> {
        self.call(Call::Script(script), Repeat::Never).await
    }

    /// A script that may be executed twice, like [`Self::run_repeatable`].
    pub(crate) async fn invoke_repeatable<T: FromRedisValue>(
        &self,
        script: &ScriptInvocation<'_>,
    ) -> Result<T, Unavailable> {
        self.call(Call::Script(script), Repeat::Safe).await
    }

    async fn call<T: FromRedisValue>(
        &self,
        call: Call<'_>,
        repeat: Repeat,
    ) -> Result<T, Unavailable> {
        let _under_way = self.traffic.under_way();
        // Boxed: it would stand in the future of everybody who asks, many layers deep.
        let tries = Box::pin(self.tries(call, repeat));
        match tokio::time::timeout(CALL, tries).await {
            Ok(outcome) => outcome,
            Err(late) => {
                self.traffic.late();
                Err(Unavailable::new("redis", late))
            }
        }
    }

    async fn tries<T: FromRedisValue>(
        &self,
        call: Call<'_>,
        repeat: Repeat,
    ) -> Result<T, Unavailable> {
        let began = Instant::now();
        let mut repeats = u32::from(repeat == Repeat::Safe);
        loop {
            let waiting = self.traffic.waiting();
            let mut lease = self.held.lease().await.map_err(unavailable)?;
            drop(waiting);
            let error = match call.send(&mut lease.link).await {
                Ok(value) => {
                    lease.answered();
                    return T::from_redis_value(value).map_err(|e| unavailable(e.into()));
                }
                Err(error) => error,
            };
            let fault = Fault::of(&error);
            if fault.breaks() {
                lease.broken();
            }
            lease.answered();
            match fault {
                Fault::Lost if repeats > 0 => repeats -= 1,
                Fault::Elsewhere | Fault::Demoted if began.elapsed() < TIMEOUT => {
                    tokio::time::sleep(PAUSE).await;
                }
                Fault::Answer | Fault::Lost | Fault::Elsewhere | Fault::Demoted => {
                    return Err(unavailable(error));
                }
            }
        }
    }
}

/// The text that a server answered, or the first of those that the nodes of a cluster did.
fn one_text(value: Value) -> String {
    let first = match value {
        Value::Map(mut nodes) if !nodes.is_empty() => nodes.swap_remove(0).1,
        Value::Array(mut nodes) if !nodes.is_empty() => nodes.swap_remove(0),
        value => value,
    };
    String::from_redis_value(first).unwrap_or_default()
}

pub(crate) fn unavailable(error: redis::RedisError) -> Unavailable {
    Unavailable::new("redis", error)
}
