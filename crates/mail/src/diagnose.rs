//! Why mail does not work, in words for whoever has to mend it. Each step is tried for itself, so
//! that the first that fails is named.

use std::time::Duration;

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::timeout,
};

use crate::{
    domain::host_in_ascii,
    settings::{MailSettings, MailType, Security},
};

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

/// Tries the way to the mail server up to the point where a mail would be handed over.
///
/// # Errors
/// The first thing that is wrong.
pub async fn diagnose(settings: &MailSettings) -> Result<(), Finding> {
    match settings.mail_type {
        None => {
            return Err(finding(
                "mail is not configured: codes and invitations are not sent",
                "set MAIL_TYPE=smtp, SMTP_SERVER, SMTP_PORT and MAIL_DEFAULT_SEND_FROM",
            ));
        }
        Some(MailType::File) => return Ok(()),
        Some(MailType::Smtp) => {}
    }
    let server = settings.server.as_deref().unwrap_or_default();
    let server = host_in_ascii(server).unwrap_or_else(|| server.to_owned());
    let server = server.as_str();
    let addresses = tokio::net::lookup_host((server, settings.port)).await;
    if addresses.map_or(0, Iterator::count) == 0 {
        return Err(finding(
            format!("the name `{server}` does not resolve"),
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
                "{server}:{} starts unencrypted, but TLS from the first byte is configured",
                settings.port
            ),
            "set SMTP_OPPORTUNISTIC_TLS=true (with SMTP_USE_TLS=true), or SMTP_PORT=465",
        )),
        (Security::None | Security::StartTls, false) => Err(finding(
            format!(
                "{server}:{} sends no greeting: it expects TLS, or is not a mail server",
                settings.port
            ),
            "set SMTP_USE_TLS=true and SMTP_OPPORTUNISTIC_TLS=false, or SMTP_PORT to 587",
        )),
        (Security::StartTls, true) => require_starttls(stream, server, settings.port).await,
        (Security::None, true) => require_clear(stream, settings, server).await,
        (Security::Tls, false) => Ok(()),
    }
}

async fn connect(server: &str, port: u16) -> Result<TcpStream, Finding> {
    match timeout(CONNECT, TcpStream::connect((server, port))).await {
        Ok(Ok(stream)) => Ok(stream),
        Ok(Err(error)) => Err(finding(
            format!("{server}:{port} refuses connections ({error})"),
            "set SMTP_SERVER and SMTP_PORT to the address on which the mail server listens",
        )),
        Err(_) => Err(finding(
            format!(
                "{server}:{port} does not answer within {} s; a firewall may block it",
                CONNECT.as_secs()
            ),
            "open SMTP_PORT in the firewall, or set SMTP_PORT to an open port",
        )),
    }
}

/// What the server answers to `EHLO`, in capitals; empty when it does not.
async fn offers(stream: &mut TcpStream) -> String {
    // The greeting's rest, then a list.
    let list = ask(stream, "EHLO gatewright", |line| line.starts_with("250 "));
    list.await.to_uppercase()
}

/// Sends a line and reads until a line that is the last one, or as far as there is something.
async fn ask(stream: &mut TcpStream, line: &str, is_last: impl Fn(&str) -> bool) -> String {
    let mut answer = vec![];
    let asked = async {
        stream.write_all(format!("{line}\r\n").as_bytes()).await?;
        let mut chunk = [0; 512];
        while !String::from_utf8_lossy(&answer).lines().any(&is_last) {
            let read = stream.read(&mut chunk).await?;
            if read == 0 || answer.len() > 16_384 {
                break;
            }
            answer.extend_from_slice(&chunk[..read]);
        }
        Ok::<_, std::io::Error>(())
    };
    // What came until then is what there is.
    drop(timeout(CONNECT, asked).await);
    String::from_utf8_lossy(&answer).into_owned()
}

async fn require_starttls(mut stream: TcpStream, server: &str, port: u16) -> Result<(), Finding> {
    if offers(&mut stream).await.contains("STARTTLS") {
        return Ok(());
    }
    Err(finding(
        format!("{server}:{port} does not offer STARTTLS"),
        "set SMTP_USE_TLS=false for a server on your own network, or SMTP_PORT to its TLS port",
    ))
}

/// Without TLS: a server that wants it says so when somebody signs in, or with the first mail.
async fn require_clear(
    mut stream: TcpStream,
    settings: &MailSettings,
    server: &str,
) -> Result<(), Finding> {
    let offers = offers(&mut stream).await;
    if !offers.contains("STARTTLS") {
        return Ok(());
    }
    let wants_tls = || {
        finding(
            format!(
                "{server}:{} accepts messages and sign-ins only after STARTTLS, but no TLS is configured",
                settings.port
            ),
            BEGIN_TLS,
        )
    };
    if settings.username.is_some() && !offers.contains("AUTH") {
        return Err(wants_tls());
    }
    // The null sender (RFC 5321 §4.5.5) commits to nothing.
    let is_answer = |line: &str| line.as_bytes().get(3) == Some(&b' ');
    let answer = ask(&mut stream, "MAIL FROM:<>", is_answer).await;
    if is_about_tls(&answer) {
        return Err(wants_tls());
    }
    Ok(())
}

/// What to set for a server that begins in clear and goes on with TLS, as on port 587.
const BEGIN_TLS: &str = "set SMTP_USE_TLS=true and SMTP_OPPORTUNISTIC_TLS=true";

/// Whether a refusal is for want of TLS (RFC 3207 §4: 530), and not of a name and a password.
fn is_about_tls(said: &str) -> bool {
    let said = said.to_ascii_lowercase();
    let refused = ["530", "538", "554", "no compatible authentication"];
    refused.iter().any(|word| said.contains(word))
        && (said.contains("tls") || said.contains("encrypt") || said.contains("no compatible"))
}

/// What to change when the server did not take a mail, by what it said.
pub fn explain(settings: &MailSettings, said: &str) -> Finding {
    let lower = said.to_lowercase();
    let change = if settings.security() == Security::None && is_about_tls(said) {
        BEGIN_TLS
    } else if lower.contains("certificate") {
        "give the mail server a certificate for the name in SMTP_SERVER; for a certificate authority of your own, set GATEWRIGHT_SMTP_CA_FILE"
    } else if lower.contains("auth") || lower.contains("535") || lower.contains("530") {
        "correct SMTP_USERNAME and SMTP_PASSWORD"
    } else if lower.contains("sender") || lower.contains("from") {
        "set MAIL_DEFAULT_SEND_FROM to an address that the server allows you to send from"
    } else {
        "ask whoever runs SMTP_SERVER what this answer means"
    };
    finding(
        format!("the mail server rejected the message: {said}"),
        change,
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use gatewright_domain::settings::Settings as _;

    #[test]
    fn f_refusal_for_want_of_tls_is_not_blamed_on_name_and_password() {
        let clear = MailSettings::load(&|_: &str| None::<String>).unwrap();
        for said in [
            "530 5.7.0 Must issue a STARTTLS command first",
            "538 5.7.11 Encryption required for requested authentication mechanism",
            "internal client error: No compatible authentication mechanism was found",
        ] {
            let change = explain(&clear, said).change;
            assert!(change.contains("SMTP_USE_TLS=true"), "{said}: {change}");
            assert!(
                change.contains("SMTP_OPPORTUNISTIC_TLS=true"),
                "{said}: {change}"
            );
        }
        for said in [
            "535 5.7.8 Username and Password not accepted",
            "530 5.7.0 Authentication required",
        ] {
            let change = explain(&clear, said).change;
            assert!(change.contains("SMTP_PASSWORD"), "{said}: {change}");
        }
    }
}
