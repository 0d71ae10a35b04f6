//! What is offered and cannot work, and what is switched off that should not be.

use gatewright_mail::MailType;
use gatewright_usecase_kit::GeoIp;

use super::Finding;
use crate::settings::ServerSettings;

pub(super) fn examine(settings: &ServerSettings) -> Vec<Finding> {
    let mut findings = vec![];
    findings.extend(registration(settings));
    findings.extend(ways_in(settings));
    findings.extend(mail(settings));
    findings.extend(limits(settings));
    findings.extend(secret(settings));
    findings.extend(geo_ip(settings));
    findings
}

fn geo_ip(settings: &ServerSettings) -> Option<Finding> {
    let file = settings.device.geo_ip_database.as_deref();
    let error = GeoIp::open(file).err()?;
    Some(Finding::error(
        "geo_ip_unreadable",
        format!("GATEWRIGHT_GEOIP_DATABASE cannot be used: {}", error.source),
        "the server does not start",
        "set GATEWRIGHT_GEOIP_DATABASE to a file in MaxMind's format (.mmdb) that the server may read, or unset it",
    ))
}

fn registration(settings: &ServerSettings) -> Option<Finding> {
    let console = &settings.console;
    (console.allow_register && !console.allow_create_workspace).then(|| {
        Finding::error(
            "registration_without_workspace",
            "ALLOW_REGISTER is on and ALLOW_CREATE_WORKSPACE is not",
            "whoever registers gets no workspace: registering ends with not_allowed_create_workspace",
            "set ALLOW_CREATE_WORKSPACE=true, or ALLOW_REGISTER=false",
        )
    })
}

fn ways_in(settings: &ServerSettings) -> Option<Finding> {
    let console = &settings.console;
    let has_one =
        console.password_login || console.email_code_login || !settings.oidc.providers.is_empty();
    (!has_one).then(|| {
        Finding::error(
            "no_way_in",
            "passwords, e-mail codes and identity providers are all switched off",
            "nobody can sign in",
            "set ENABLE_EMAIL_PASSWORD_LOGIN=true, or configure GATEWRIGHT_OIDC_PROVIDERS",
        )
    })
}

fn mail(settings: &ServerSettings) -> Option<Finding> {
    let console = &settings.console;
    match settings.mail.mail_type {
        None if console.email_code_login || console.allow_register => Some(Finding::error(
            "mail_needed",
            "e-mail codes or registration are offered, and MAIL_TYPE is not set",
            "people wait for codes that never come",
            "set MAIL_TYPE=smtp with SMTP_SERVER and MAIL_DEFAULT_SEND_FROM",
        )),
        None => Some(Finding::warning(
            "mail_unset",
            "MAIL_TYPE is not set",
            "nobody can reset a password, and invitations have to be passed on by hand",
            "set MAIL_TYPE=smtp with SMTP_SERVER and MAIL_DEFAULT_SEND_FROM",
        )),
        Some(MailType::File) if !settings.secret.is_development() => Some(Finding::warning(
            "mail_to_files",
            "MAIL_TYPE=file writes messages to a folder",
            "messages reach nobody",
            "set MAIL_TYPE=smtp",
        )),
        Some(MailType::Smtp) if settings.mail.security() == gatewright_mail::Security::None => {
            Some(Finding::warning(
                "mail_in_clear",
                "messages go to the mail server in clear",
                "whoever listens on the way reads codes and invitations",
                "set SMTP_USE_TLS=true",
            ))
        }
        Some(_) => None,
    }
}

/// The limit that an operator sets or does without: what it bounds is paid for by whoever holds a key.
const OFF_BY_DEFAULT: &str = "GATEWRIGHT_LIMIT_APP_KEY";

fn limits(settings: &ServerSettings) -> Vec<Finding> {
    let rates = settings.limits.rates();
    let off = rates
        .into_iter()
        .filter(|(name, rate)| rate.count == 0 && *name != OFF_BY_DEFAULT);
    off.map(|(name, _)| {
        Finding::warning(
            "limit_off",
            format!("{name} is 0"),
            "nothing stops whoever tries without end",
            &format!("unset {name}, or give it a rate such as 60/1h"),
        )
    })
    .collect()
}

fn secret(settings: &ServerSettings) -> Option<Finding> {
    let key = settings.secret.active.expose().trim();
    let is_short = settings.secret.keys_file.is_none() && key.len() < 32;
    is_short.then(|| {
        Finding::warning(
            "secret_short",
            "SECRET_KEY is shorter than 32 characters, which only DEPLOY_ENV=DEVELOPMENT accepts",
            "whoever guesses it signs in as anybody",
            "set SECRET_KEY=$(openssl rand -base64 42)",
        )
    })
}
