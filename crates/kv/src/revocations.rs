//! Word of revocations on other nodes, so that what this process remembers for a second can be
//! dropped at once. Losing a message costs that second and no more.

use std::time::Duration;

use gatewright_auth::bearer::TokenHash;

use crate::connection::Kv;

const RECONNECT: Duration = Duration::from_millis(500);

/// Hears which bearers were revoked on other nodes.
pub struct Revocations {
    kv: Kv,
}

impl Revocations {
    /// Listens through a connection of its own.
    pub fn new(kv: Kv) -> Self {
        Self { kv }
    }

    /// Calls `on_revoked` for each message until the future is dropped; connects again for ever, to
    /// whoever is the master by then, or to another node of the cluster.
    pub async fn listen(self, on_revoked: impl Fn(&TokenHash)) {
        let channel = self.kv.channel("revoked");
        let wakeups = |text: String| on_revoked(&TokenHash::from_column(text));
        for attempt in 0.. {
            if let Err(error) = self.kv.listen(&channel, attempt, &wakeups).await {
                tracing::debug!(
                    event = "redis.revocations_disconnected",
                    %error,
                    "the revocation channel broke; connecting again"
                );
            }
            tokio::time::sleep(RECONNECT).await;
        }
    }
}
