//! Announcements of the database, on a connection of its own: it says nothing for hours and is no less
//! alive, so it is asked for a sign of life.

use std::{pin::pin, sync::Arc, time::Duration};

use futures_util::{
    StreamExt as _,
    stream::{self, BoxStream},
};
use tokio::sync::mpsc;
use tokio_postgres::{AsyncMessage, Client};

use crate::{
    connect::{Messages, Opened, open},
    connection_string::Target,
};

/// To connect, and to be answered: each at most this long.
const TIMEOUT: Duration = Duration::from_secs(2);

pub(crate) fn listen(
    target: Arc<Target>,
    channel: &'static str,
    heartbeat: Duration,
) -> BoxStream<'static, ()> {
    // Who has not heard yet that there is news need not hear it twice.
    let (news, mut wakeups) = mpsc::channel(1);
    tokio::spawn(async move {
        let Ok(Ok(Opened { client, messages })) =
            tokio::time::timeout(TIMEOUT, open(&target)).await
        else {
            return;
        };
        let (subscribed, beating) = (
            pin!(subscribe(messages, &news)),
            pin!(beat(client, channel, heartbeat)),
        );
        tokio::select! {
            () = subscribed => {}
            () = beating => tracing::warn!(
                event = "postgres.listener_lost",
                channel,
                "the connection that hears of news is lost; polling goes on"
            ),
            () = news.closed() => {}
        }
    });
    stream::poll_fn(move |context| wakeups.poll_recv(context)).boxed()
}

async fn subscribe(mut messages: Messages, news: &mpsc::Sender<()>) {
    while let Some(Ok(message)) = messages.next().await {
        if matches!(message, AsyncMessage::Notification(_)) {
            let _full_is_as_good = news.try_send(());
        }
    }
}

/// Ends when the server does not answer. Listening twice is listening once, so asking for it is the sign
/// of life.
async fn beat(client: Client, channel: &str, heartbeat: Duration) {
    let listen = format!("LISTEN {channel}");
    while matches!(
        tokio::time::timeout(TIMEOUT, client.batch_execute(&listen)).await,
        Ok(Ok(()))
    ) {
        tokio::time::sleep(heartbeat).await;
    }
}
