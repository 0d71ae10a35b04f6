//! One multiplexed connection that reconnects by itself, and the names of keys.

use std::time::Duration;

use chrono::{DateTime, Utc};
use gatewright_domain::error::Unavailable;
use redis::{
    FromRedisValue, ScriptInvocation,
    aio::{ConnectionManager, ConnectionManagerConfig},
};

use crate::settings::RedisSettings;

/// To connect and to be answered: each at most this long.
const TIMEOUT: Duration = Duration::from_secs(2);

/// What Redis says about itself.
#[derive(Debug, Clone)]
pub struct RedisFacts {
    /// Major and minor.
    pub version: Option<(u32, u32)>,
    /// What it does when it is full.
    pub policy: Option<String>,
    /// Its clock.
    pub now: DateTime<Utc>,
}

/// The connection to Redis, shared by everything in the process. Cheap to clone.
#[derive(Clone)]
pub struct Kv {
    manager: ConnectionManager,
    client: redis::Client,
    prefix: String,
}

impl Kv {
    /// Prepares a connection; it is made when first used, and again when it breaks.
    pub fn new(settings: &RedisSettings) -> Result<Self, Unavailable> {
        let client = settings.client().map_err(unavailable)?;
        let config = ConnectionManagerConfig::new()
            .set_connection_timeout(Some(TIMEOUT))
            .set_response_timeout(Some(TIMEOUT))
            .set_number_of_retries(1)
            .set_min_delay(Duration::from_millis(50))
            .set_max_delay(Duration::from_millis(500));
        let manager =
            ConnectionManager::new_lazy_with_config(client.clone(), config).map_err(unavailable)?;
        let prefix = if settings.key_prefix.is_empty() {
            String::new()
        } else {
            format!("{}:", settings.key_prefix)
        };
        Ok(Self {
            manager,
            client,
            prefix,
        })
    }

    /// Whether Redis answers.
    pub async fn ping(&self) -> Result<(), Unavailable> {
        self.run::<String>(&redis::cmd("PING")).await.map(drop)
    }

    /// What Redis says about itself. What it does not tell (a managed service may not) is absent.
    pub async fn facts(&self) -> Result<RedisFacts, Unavailable> {
        let (seconds, micros): (i64, u32) = self.run(&redis::cmd("TIME")).await?;
        let mut info = redis::cmd("INFO");
        info.arg("everything");
        let info: String = self.run(&info).await.unwrap_or_default();
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

    /// A key: our prefix, the family, and a hash tag around what tells its members apart.
    pub(crate) fn key(&self, family: &str, member: &str) -> String {
        format!("{}gw:{family}:{{{member}}}", self.prefix)
    }

    /// A name without a member, for channels.
    pub(crate) fn channel(&self, name: &str) -> String {
        format!("{}gw:{name}", self.prefix)
    }

    pub(crate) fn client(&self) -> &redis::Client {
        &self.client
    }

    pub(crate) async fn run<T: FromRedisValue>(
        &self,
        command: &redis::Cmd,
    ) -> Result<T, Unavailable> {
        command
            .query_async(&mut self.manager.clone())
            .await
            .map_err(unavailable)
    }

    pub(crate) async fn invoke<T: FromRedisValue>(
        &self,
        script: &ScriptInvocation<'_>,
    ) -> Result<T, Unavailable> {
        script
            .invoke_async(&mut self.manager.clone())
            .await
            .map_err(unavailable)
    }
}

pub(crate) fn unavailable(error: redis::RedisError) -> Unavailable {
    Unavailable::new("redis", error)
}
