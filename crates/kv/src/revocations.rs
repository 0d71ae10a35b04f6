//! Word of revocations on other nodes, so that what this process remembers for a second can be
//! dropped at once. Losing a message costs that second and no more.

use std::time::Duration;

use futures_util::StreamExt as _;
use gatewright_auth::bearer::TokenHash;

use crate::connection::Kv;

const RECONNECT: Duration = Duration::from_millis(500);

/// The listener.
pub struct Revocations {
    kv: Kv,
}

impl Revocations {
    /// Listens through a connection of its own.
    pub fn new(kv: Kv) -> Self {
        Self { kv }
    }

    /// Calls `on_revoked` for each message until the future is dropped; reconnects for ever.
    pub async fn listen(self, on_revoked: impl Fn(&TokenHash)) {
        loop {
            if let Err(error) = self.listen_once(&on_revoked).await {
                tracing::debug!(%error, "the revocation channel broke; connecting again");
            }
            tokio::time::sleep(RECONNECT).await;
        }
    }

    async fn listen_once(&self, on_revoked: &impl Fn(&TokenHash)) -> redis::RedisResult<()> {
        let mut pubsub = self.kv.client().get_async_pubsub().await?;
        pubsub.subscribe(self.kv.channel("revoked")).await?;
        let mut messages = pubsub.into_on_message();
        while let Some(message) = messages.next().await {
            on_revoked(&TokenHash::from_column(message.get_payload::<String>()?));
        }
        Ok(())
    }
}
