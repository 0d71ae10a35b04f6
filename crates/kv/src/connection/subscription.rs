//! A connection that only listens, to any of the three kinds.

use std::time::Duration;

use futures_util::StreamExt as _;
use redis::{
    Client, FromRedisValue as _, RedisError, RedisResult,
    aio::{PubSub, PubSubSink},
    sentinel::SentinelClient,
};
use tokio::{sync::Mutex, time::timeout};

use super::pool::sentinel_client;
use crate::settings::target::Target;

/// To connect and subscribe, and to be answered.
const TIMEOUT: Duration = Duration::from_millis(1500);
/// A connection that only listens cannot know that it was forgotten: it asks this often.
const PROVE_EVERY: Duration = Duration::from_secs(1);

/// Where to listen.
pub(super) enum Ear {
    Single(Client),
    /// The master; replicas are told too, but one that was cut off is not.
    Sentinel(Mutex<SentinelClient>),
    /// Any node: the cluster tells all.
    Cluster(Vec<Client>),
}

impl Ear {
    pub(super) fn new(target: &Target) -> RedisResult<Self> {
        Ok(match target {
            Target::Single(info) => Self::Single(Client::open(info.clone())?),
            Target::Sentinel(sentinels) => Self::Sentinel(Mutex::new(sentinel_client(sentinels)?)),
            Target::Cluster(nodes) => Self::Cluster(
                nodes
                    .nodes
                    .iter()
                    .map(|node| Client::open(node.clone()))
                    .collect::<RedisResult<_>>()?,
            ),
        })
    }

    /// Calls `on_message` for each message until the connection breaks or falls silent. `attempt`
    /// chooses the node of a cluster: another one each time.
    pub(super) async fn listen(
        &self,
        channel: &str,
        attempt: usize,
        on_message: &impl Fn(String),
    ) -> RedisResult<()> {
        let connect = async {
            let mut pubsub = self.connect(attempt).await?;
            pubsub.subscribe(channel).await?;
            RedisResult::Ok(pubsub)
        };
        let (mut sink, mut messages) = timed(connect).await?.split();
        loop {
            match timeout(PROVE_EVERY, messages.next()).await {
                Ok(Some(message)) => {
                    on_message(String::from_redis_value(message.get_payload()?)?);
                }
                Ok(None) => return Ok(()),
                Err(_) => prove(&mut sink).await?,
            }
        }
    }

    async fn connect(&self, attempt: usize) -> RedisResult<PubSub> {
        match self {
            Self::Single(client) => client.get_async_pubsub().await,
            Self::Sentinel(sentinels) => {
                let master = sentinels.lock().await.async_get_client().await?;
                master.get_async_pubsub().await
            }
            Self::Cluster(nodes) => {
                let node = &nodes[attempt % nodes.len().max(1)];
                node.get_async_pubsub().await
            }
        }
    }
}

async fn prove(sink: &mut PubSubSink) -> RedisResult<()> {
    timed(sink.ping::<redis::Value>()).await.map(drop)
}

async fn timed<T>(work: impl Future<Output = RedisResult<T>>) -> RedisResult<T> {
    let late = |_| RedisError::from(std::io::Error::from(std::io::ErrorKind::TimedOut));
    timeout(TIMEOUT, work).await.map_err(late)?
}
