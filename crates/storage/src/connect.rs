//! How a connection is made.

use diesel::{ConnectionError, ConnectionResult};
use diesel_async::AsyncPgConnection;

/// Connects with time-outs; the error keeps its whole chain, so that the log says why.
pub(crate) async fn connect(config: tokio_postgres::Config) -> ConnectionResult<AsyncPgConnection> {
    let (client, connection) = config
        .connect(tokio_postgres::NoTls)
        .await
        .map_err(|error| bad_connection(&error))?;
    AsyncPgConnection::try_from_client_and_connection(client, connection).await
}

fn bad_connection(error: &tokio_postgres::Error) -> ConnectionError {
    let mut text = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    ConnectionError::BadConnection(text)
}
