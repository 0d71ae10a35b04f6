//! The three kinds of Redis behind one type. Each has a pool of its own type: `deadpool-redis`' for a
//! single server; for the other two, managers of ours in the same pool, because those of
//! `deadpool-redis` take neither certificates nor keepalive nor time-outs (`dev/adr/0003`).

use std::time::Duration;

use deadpool::managed::{
    self, HookError, Metrics, Object, PoolError, RecycleError, RecycleResult, Timeouts,
};
use deadpool_redis::Runtime;
use redis::{
    AsyncConnectionConfig, Cmd, Pipeline, RedisError, RedisFuture, RedisResult, Value,
    aio::{ConnectionLike, MultiplexedConnection},
    cluster::ClusterClient,
    cluster_async::ClusterConnection,
    sentinel::{SentinelClient, SentinelClientBuilder, SentinelServerType},
};
use tokio::sync::Mutex;

use crate::settings::target::{Nodes, Sentinels, Target, tcp};

/// Until a server is reached, with all that belongs to it (names, TLS, signing in).
const CONNECT: Duration = Duration::from_secs(1);
/// Until a command is answered. Below the deadline of a request, so that who waits still hears of it
/// and the connection is given up by whoever noticed.
const ANSWER: Duration = Duration::from_secs(1);
/// Until a connection that was left alone proves that it still stands.
const PROOF: Duration = Duration::from_millis(400);
/// Finding the master may take an unanswered sentinel or two more.
const CREATE: Duration = Duration::from_millis(1500);

/// Connections to one of the three kinds. One each: it carries the commands of the whole process.
pub(super) enum Pool {
    Single(deadpool_redis::Pool),
    Sentinel(managed::Pool<SentinelManager>),
    Cluster(managed::Pool<ClusterManager>),
}

/// A connection that was taken out of its pool. Dropped, it goes back, and the next checkout asks it
/// whether it still stands.
pub(super) enum Checkout {
    Single(deadpool_redis::Connection),
    Sentinel(Object<SentinelManager>),
    Cluster(Object<ClusterManager>),
}

/// A cheap clone of a connection: what commands go through.
#[derive(Clone)]
pub(super) enum Link {
    One(MultiplexedConnection),
    Cluster(ClusterConnection),
}

impl Pool {
    /// Nothing is connected yet.
    pub(super) fn new(target: &Target) -> RedisResult<Self> {
        Ok(match target {
            Target::Single(info) => {
                let manager =
                    deadpool_redis::Manager::new_with_config(info.clone(), how_to_connect())?;
                Self::Single(build(deadpool_redis::Pool::builder(manager))?)
            }
            Target::Sentinel(sentinels) => {
                let manager = SentinelManager(Mutex::new(sentinel_client(sentinels)?));
                Self::Sentinel(build(managed::Pool::builder(manager))?)
            }
            Target::Cluster(nodes) => {
                let manager = ClusterManager(cluster_client(nodes)?);
                Self::Cluster(build(managed::Pool::builder(manager))?)
            }
        })
    }

    /// The connection: the one that was put back, if it still answers, or a new one.
    pub(super) async fn get(&self) -> RedisResult<Checkout> {
        Ok(match self {
            Self::Single(pool) => Checkout::Single(pool.get().await.map_err(flatten)?),
            Self::Sentinel(pool) => Checkout::Sentinel(pool.get().await.map_err(flatten)?),
            Self::Cluster(pool) => Checkout::Cluster(pool.get().await.map_err(flatten)?),
        })
    }
}

impl Checkout {
    pub(super) fn link(&self) -> Link {
        match self {
            Self::Single(connection) => Link::One(MultiplexedConnection::clone(connection)),
            Self::Sentinel(object) => Link::One(MultiplexedConnection::clone(object)),
            Self::Cluster(object) => Link::Cluster(ClusterConnection::clone(object)),
        }
    }

    /// Closes it instead of putting it back.
    pub(super) fn discard(self) {
        match self {
            Self::Single(connection) => drop(deadpool_redis::Connection::take(connection)),
            Self::Sentinel(object) => drop(Object::take(object)),
            Self::Cluster(object) => drop(Object::take(object)),
        }
    }
}

impl ConnectionLike for Link {
    fn req_packed_command<'a>(&'a mut self, command: &'a Cmd) -> RedisFuture<'a, Value> {
        match self {
            Self::One(connection) => connection.req_packed_command(command),
            Self::Cluster(connection) => connection.req_packed_command(command),
        }
    }

    fn req_packed_commands<'a>(
        &'a mut self,
        pipeline: &'a Pipeline,
        offset: usize,
        count: usize,
    ) -> RedisFuture<'a, Vec<Value>> {
        match self {
            Self::One(connection) => connection.req_packed_commands(pipeline, offset, count),
            Self::Cluster(connection) => connection.req_packed_commands(pipeline, offset, count),
        }
    }

    fn get_db(&self) -> i64 {
        match self {
            Self::One(connection) => connection.get_db(),
            Self::Cluster(connection) => connection.get_db(),
        }
    }
}

/// Asks sentinels for the master.
pub(super) struct SentinelManager(Mutex<SentinelClient>);

impl managed::Manager for SentinelManager {
    type Type = MultiplexedConnection;
    type Error = RedisError;

    async fn create(&self) -> RedisResult<MultiplexedConnection> {
        let mut sentinels = self.0.lock().await;
        sentinels
            .get_async_connection_with_config(&how_to_connect())
            .await
    }

    async fn recycle(
        &self,
        connection: &mut MultiplexedConnection,
        _: &Metrics,
    ) -> RecycleResult<RedisError> {
        // A master that became a replica still answers a PING.
        let role: Value = redis::cmd("ROLE").query_async(connection).await?;
        match role {
            Value::Array(parts) if parts.first() == Some(&Value::BulkString(b"master".into())) => {
                Ok(())
            }
            _ => Err(RecycleError::message("it is not the master any more")),
        }
    }
}

/// Finds all nodes of a cluster.
pub(super) struct ClusterManager(ClusterClient);

impl managed::Manager for ClusterManager {
    type Type = ClusterConnection;
    type Error = RedisError;

    async fn create(&self) -> RedisResult<ClusterConnection> {
        self.0.get_async_connection().await
    }

    async fn recycle(
        &self,
        connection: &mut ClusterConnection,
        _: &Metrics,
    ) -> RecycleResult<RedisError> {
        // Goes to every master.
        redis::cmd("PING").query_async::<String>(connection).await?;
        Ok(())
    }
}

/// Asks `sentinels`, which may be those of somebody else than the pool: their own connections.
pub(super) fn sentinel_client(sentinels: &Sentinels) -> RedisResult<SentinelClient> {
    let mut builder = SentinelClientBuilder::new(
        sentinels.addresses.clone(),
        &sentinels.service,
        SentinelServerType::Master,
    )?
    .set_client_to_redis_tcp_settings(tcp())
    .set_client_to_sentinel_tcp_settings(tcp());
    let (username, password) = &sentinels.login;
    if let Some(username) = username {
        builder = builder.set_client_to_sentinel_username(username);
    }
    if let Some(password) = password {
        builder = builder.set_client_to_sentinel_password(password);
    }
    let (username, password, db) = &sentinels.at_servers;
    builder = builder.set_client_to_redis_db(*db);
    if let Some(username) = username {
        builder = builder.set_client_to_redis_username(username);
    }
    if let Some(password) = password {
        builder = builder.set_client_to_redis_password(password);
    }
    if let Some(tls) = &sentinels.tls {
        builder = builder
            .set_client_to_redis_tls_mode(tls.mode)
            .set_client_to_sentinel_tls_mode(tls.mode);
        if let Some(certificates) = &tls.certificates {
            builder = builder
                .set_client_to_redis_certificates(certificates.clone())
                .set_client_to_sentinel_certificates(certificates.clone());
        }
    }
    builder.build()
}

fn cluster_client(nodes: &Nodes) -> RedisResult<ClusterClient> {
    let mut builder = ClusterClient::builder(nodes.nodes.clone())
        // It would send again what may have been executed; `Kv` knows what may be.
        .retries(0)
        .connection_timeout(CONNECT)
        .response_timeout(ANSWER)
        .tcp_settings(tcp());
    if let Some(certificates) = nodes.tls.as_ref().and_then(|tls| tls.certificates.clone()) {
        builder = builder.certs(certificates);
    }
    builder.build()
}

fn how_to_connect() -> AsyncConnectionConfig {
    AsyncConnectionConfig::new()
        .set_connection_timeout(Some(CONNECT))
        .set_response_timeout(Some(ANSWER))
}

fn build<M, W>(builder: managed::PoolBuilder<M, W>) -> RedisResult<managed::Pool<M, W>>
where
    M: managed::Manager,
    W: From<Object<M>>,
{
    let pool = builder
        .max_size(1)
        .runtime(Runtime::Tokio1)
        .timeouts(Timeouts {
            wait: Some(CREATE),
            create: Some(CREATE),
            recycle: Some(PROOF),
        })
        .build();
    pool.map_err(|error| RedisError::from(std::io::Error::other(error)))
}

fn flatten(error: PoolError<RedisError>) -> RedisError {
    match error {
        PoolError::Backend(error) | PoolError::PostCreateHook(HookError::Backend(error)) => error,
        PoolError::Timeout(_) => std::io::Error::from(std::io::ErrorKind::TimedOut).into(),
        other => std::io::Error::other(other).into(),
    }
}
