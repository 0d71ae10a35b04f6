//! How a connection is made: where, with what TLS, with which time-outs, and what is set in it.

use std::time::Duration;

use diesel::{ConnectionError, ConnectionResult};
use futures_util::{
    StreamExt as _,
    stream::{self, BoxStream},
};
use tokio_postgres::{
    AsyncMessage, Client, Connection, NoTls, Socket,
    config::{Host, SslMode},
    error::SqlState,
    tls::TlsStream,
};

use crate::{connection_string::Target, tls::Mode};

/// To reach a server, each of its addresses.
const REACH: Duration = Duration::from_secs(2);
/// A peer that is silently gone is noticed after about 30 s of silence, or 10 s after it should have
/// confirmed what was sent; whoever says otherwise in the connection string is heard.
const KEEPALIVE_IDLE: Duration = Duration::from_secs(15);
const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(5);
const KEEPALIVE_RETRIES: u32 = 3;
const UNCONFIRMED: Duration = Duration::from_secs(10);
/// What tokio-postgres has when nobody says anything.
const DRIVERS_IDLE: Duration = Duration::from_hours(2);

/// Set after connecting: poolers refuse what they do not know at the start of a connection.
const SESSION: &str =
    "SET statement_timeout = 2000; SET idle_in_transaction_session_timeout = 10000";

/// What the server says by itself, until the connection ends. Polling it is what drives the connection.
pub(crate) type Messages = BoxStream<'static, Result<AsyncMessage, tokio_postgres::Error>>;

/// An open connection.
pub(crate) struct Opened {
    pub(crate) client: Client,
    pub(crate) messages: Messages,
}

impl Target {
    /// With our name and time-outs.
    pub(crate) fn prepared(mut self, application: &str) -> Self {
        let config = &mut self.config;
        config.connect_timeout(REACH).application_name(application);
        if config.get_keepalives_idle() == DRIVERS_IDLE {
            config.keepalives_idle(KEEPALIVE_IDLE);
        }
        if config.get_keepalives_interval().is_none() {
            config.keepalives_interval(KEEPALIVE_INTERVAL);
        }
        if config.get_keepalives_retries().is_none() {
            config.keepalives_retries(KEEPALIVE_RETRIES);
        }
        if config.get_tcp_user_timeout().is_none() {
            config.tcp_user_timeout(UNCONFIRMED);
        }
        self
    }

    /// As the driver knows it: a socket of this machine is never encrypted.
    fn mode(&self) -> Mode {
        let hosts = self.config.get_hosts();
        let is_local = !hosts.is_empty() && hosts.iter().all(|host| matches!(host, Host::Unix(_)));
        if is_local {
            Mode::Disable
        } else {
            self.tls.mode
        }
    }

    async fn open(&self) -> ConnectionResult<Opened> {
        match self.mode() {
            Mode::Disable => self.open_plain().await,
            Mode::Prefer => match self.open_tls(SslMode::Prefer).await {
                Err(Failure::Tls(_)) => self.open_plain().await,
                other => other.map_err(Failure::into_error),
            },
            Mode::Require | Mode::VerifyCa | Mode::VerifyFull => self
                .open_tls(SslMode::Require)
                .await
                .map_err(Failure::into_error),
        }
    }

    async fn open_plain(&self) -> ConnectionResult<Opened> {
        let mut config = self.config.clone();
        let connecting = config.ssl_mode(SslMode::Disable).connect(NoTls).await;
        let (client, connection) = connecting.map_err(|error| bad_connection(&error))?;
        Ok(opened(client, connection))
    }

    async fn open_tls(&self, mode: SslMode) -> Result<Opened, Failure> {
        let connector = self.tls.connector().map_err(Failure::Files)?;
        let mut config = self.config.clone();
        let connecting = config.ssl_mode(mode).connect(connector).await;
        let (client, connection) = connecting.map_err(Failure::from)?;
        Ok(opened(client, connection))
    }
}

/// Why there is no TLS connection.
enum Failure {
    /// Our own files.
    Files(String),
    /// The handshake, or the server takes no encrypted connection: without TLS it may work.
    Tls(tokio_postgres::Error),
    /// Any other error of the driver.
    Other(tokio_postgres::Error),
}

impl From<tokio_postgres::Error> for Failure {
    fn from(error: tokio_postgres::Error) -> Self {
        let is_refused = error.code() == Some(&SqlState::INVALID_AUTHORIZATION_SPECIFICATION);
        // The driver keeps its kinds to itself.
        if is_refused
            || error
                .to_string()
                .starts_with("error performing TLS handshake")
        {
            Self::Tls(error)
        } else {
            Self::Other(error)
        }
    }
}

impl Failure {
    fn into_error(self) -> ConnectionError {
        match self {
            Self::Files(text) => ConnectionError::BadConnection(text),
            Self::Tls(error) | Self::Other(error) => bad_connection(&error),
        }
    }
}

fn opened<S>(client: Client, mut connection: Connection<Socket, S>) -> Opened
where
    S: TlsStream + Unpin + Send + 'static,
{
    let messages = stream::poll_fn(move |context| connection.poll_message(context)).boxed();
    Opened { client, messages }
}

/// Connects and sets the session up. The caller bounds the time.
pub(crate) async fn open(target: &Target) -> ConnectionResult<Opened> {
    let Opened {
        client,
        mut messages,
    } = target.open().await?;
    {
        let mut setting = std::pin::pin!(client.batch_execute(SESSION));
        let done = loop {
            tokio::select! {
                done = &mut setting => break done,
                Some(Ok(_)) = messages.next() => {}
            }
        };
        done.map_err(|error| bad_connection(&error))?;
    }
    Ok(Opened { client, messages })
}

/// The error keeps its whole chain, so that the log says why.
fn bad_connection(error: &tokio_postgres::Error) -> ConnectionError {
    let mut text = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    ConnectionError::BadConnection(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::connection_string::parse;

    #[test]
    fn c1_keepalive_and_tcp_user_timeout_are_set_unless_the_string_says_otherwise() {
        let ours = parse("postgres://u@h/d", vec![]).unwrap().prepared("x");
        assert!(ours.config.get_keepalives());
        assert_eq!(ours.config.get_keepalives_idle(), KEEPALIVE_IDLE);
        assert_eq!(ours.config.get_tcp_user_timeout(), Some(&UNCONFIRMED));
        let theirs = "postgres://u@h/d?keepalives_idle=60&tcp_user_timeout=30000";
        let theirs = parse(theirs, vec![]).unwrap().prepared("x").config;
        assert_eq!(theirs.get_keepalives_idle(), Duration::from_mins(1));
        let timeout = Duration::from_secs(30);
        assert_eq!(theirs.get_tcp_user_timeout(), Some(&timeout));
        assert_eq!(
            theirs.get_keepalives_retries(),
            Some(KEEPALIVE_RETRIES),
            "the rest stays ours"
        );
    }
}
