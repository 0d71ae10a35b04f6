//! One multiplexed connection that reconnects by itself, and the names of keys.

use std::time::Duration;

use gatewright_domain::error::Unavailable;
use redis::{
    FromRedisValue, ScriptInvocation,
    aio::{ConnectionManager, ConnectionManagerConfig},
};

use crate::settings::RedisSettings;

/// To connect and to be answered: each at most this long.
const TIMEOUT: Duration = Duration::from_secs(2);

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
