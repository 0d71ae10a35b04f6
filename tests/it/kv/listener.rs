//! Somebody who hears of revocations.

use std::time::Duration;

use gatewright_auth::bearer::TokenHash;
use gatewright_kv::{Kv, RedisSettings, Revocations};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use super::{
    contract::{Ground, unique},
    servers::wait_until,
};

/// Listens until it is dropped.
pub(super) struct Listener {
    subscriber: UnboundedReceiver<String>,
    listening: tokio::task::JoinHandle<()>,
}

impl Listener {
    pub(super) fn new(settings: &RedisSettings) -> Self {
        let (sender, subscriber) = unbounded_channel();
        let revocations = Revocations::new(Kv::new(settings).unwrap());
        let task = tokio::spawn(revocations.listen(move |hash: &TokenHash| {
            let _test_is_over = sender.send(hash.as_str().to_owned());
        }));
        Self {
            subscriber,
            listening: task,
        }
    }

    /// Waits until a revocation that `ground` speaks of arrives.
    pub(super) async fn subscriber(&mut self, ground: &Ground) {
        wait_until("a revocation is heard", async || {
            let (hash, cache) = (unique(), ground.bearer_cache());
            let said = cache.deny(&TokenHash::from_column(hash.clone())).await;
            said.is_ok() && self.learns_of(&hash).await
        })
        .await;
    }

    async fn learns_of(&mut self, hash: &str) -> bool {
        let wakeups = async {
            // Others became dead letters too.
            while let Some(wakeups) = self.subscriber.recv().await {
                if wakeups == hash {
                    return true;
                }
            }
            false
        };
        tokio::time::timeout(Duration::from_millis(300), wakeups)
            .await
            .unwrap_or(false)
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.listening.abort();
    }
}
