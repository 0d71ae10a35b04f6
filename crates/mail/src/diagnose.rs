//! Why mail does not work, in words for whoever has to mend it. Each step is tried for itself, so
//! that the first that fails is named.

use std::time::Duration;

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::timeout,
};

use crate::settings::{MailSettings, MailType, Security};

const CONNECT: Duration = Duration::from_secs(5);
/// A server that speaks first does so at once.
const GREETING: Duration = Duration::from_secs(2);

/// What is wrong, why anybody would notice, and what to change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What is wrong.
    pub what: String,
    /// The setting, and what to set it to.
    pub change: String,
}

fn finding(what: impl Into<String>, change: impl Into<String>) -> Finding {
    Finding {
        what: what.into(),
        change: change.into(),
    }
}

/// Tries the way to the mail server up to the point where a letter would be handed over.
///
/// # Errors
/// The first thing that is wrong.
pub async fn diagnose(settings: &MailSettings) -> Result<(), Finding> {
    match settings.mail_type {
        None => {
            return Err(finding(
                "no mail is configured: nobody gets codes or invitations",
                "set MAIL_TYPE=smtp, SMTP_SERVER, SMTP_PORT and MAIL_DEFAULT_SEND_FROM",
            ));
        }
        Some(MailType::File) => return Ok(()),
        Some(MailType::Smtp) => {}
    }
    let server = settings.server.as_deref().unwrap_or_default();
    let addresses = tokio::net::lookup_host((server, settings.port)).await;
    if addresses.map_or(0, Iterator::count) == 0 {
        return Err(finding(
            format!("the name `{server}` has no address"),
            "set SMTP_SERVER to a host that this machine can resolve",
        ));
    }
    let mut stream = connect(server, settings.port).await?;
    let mut first = [0; 3];
    let greeted = timeout(GREETING, stream.read_exact(&mut first)).await;
    let speaks_first = matches!(greeted, Ok(Ok(_))) && &first == b"220";
    match (settings.security(), speaks_first) {
        (Security::Tls, true) => Err(finding(
            format!(
                "{server}:{} begins in clear, but TLS from the first byte is configured",
                settings.port
            ),
            "set SMTP_OPPORTUNISTIC_TLS=true (with SMTP_USE_TLS=true), or SMTP_PORT=465",
        )),
        (Security::None | Security::StartTls, false) => Err(finding(
            format!(
                "{server}:{} does not greet; it waits for TLS, or is no mail server",
                settings.port
            ),
            "set SMTP_USE_TLS=true and SMTP_OPPORTUNISTIC_TLS=false, or SMTP_PORT to 587",
        )),
        (Security::StartTls, true) => require_starttls(stream, server, settings.port).await,
        (Security::None, true) | (Security::Tls, false) => Ok(()),
    }
}

async fn connect(server: &str, port: u16) -> Result<TcpStream, Finding> {
    match timeout(CONNECT, TcpStream::connect((server, port))).await {
        Ok(Ok(stream)) => Ok(stream),
        Ok(Err(error)) => Err(finding(
            format!("{server}:{port} refuses connections ({error})"),
            "set SMTP_SERVER and SMTP_PORT to where the mail server listens",
        )),
        Err(_) => Err(finding(
            format!(
                "{server}:{port} does not answer within {} s: a firewall, perhaps",
                CONNECT.as_secs()
            ),
            "open the way to SMTP_PORT, or set SMTP_PORT to one that is open",
        )),
    }
}

async fn require_starttls(mut stream: TcpStream, server: &str, port: u16) -> Result<(), Finding> {
    let asked = async {
        stream.write_all(b"EHLO gatewright\r\n").await?;
        let mut answer = vec![];
        let mut chunk = [0; 512];
        // The greeting's rest, then a list whose last line has a blank after its code.
        while !String::from_utf8_lossy(&answer)
            .lines()
            .any(|line| line.starts_with("250 "))
        {
            let read = stream.read(&mut chunk).await?;
            if read == 0 || answer.len() > 16_384 {
                break;
            }
            answer.extend_from_slice(&chunk[..read]);
        }
        Ok::<_, std::io::Error>(String::from_utf8_lossy(&answer).to_uppercase())
    };
    match timeout(CONNECT, asked).await {
        Ok(Ok(answer)) if answer.contains("STARTTLS") => Ok(()),
        _ => Err(finding(
            format!("{server}:{port} does not offer STARTTLS"),
            "set SMTP_USE_TLS=false for a server on your own network, or SMTP_PORT to its TLS port",
        )),
    }
}
