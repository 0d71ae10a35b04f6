//! Settings of the device flow and of bearers.

use chrono::TimeDelta;
use gatewright_crypto::equal::secrets_equal;
use gatewright_domain::{
    Secret,
    device_grant::ClientId,
    settings,
    settings::{SettingError, SettingValue},
};

/// What happens to a browser that decides on a code which it never looked up (RFC 8628 §5.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReceiptMode {
    /// Nothing is asked.
    Off,
    /// It is let through, with an audit event.
    Warn,
    /// It is refused.
    Enforce,
}

impl SettingValue for ReceiptMode {
    fn parse_setting(text: &str) -> Result<Self, String> {
        match text.trim() {
            "off" => Ok(Self::Off),
            "warn" => Ok(Self::Warn),
            "enforce" => Ok(Self::Enforce),
            other => Err(format!("`{other}` is none of off, warn, enforce")),
        }
    }
    fn show(&self) -> String {
        match self {
            Self::Off => "off",
            Self::Warn => "warn",
            Self::Enforce => "enforce",
        }
        .into()
    }
}

settings! {
    /// The device flow and the bearers that it hands out.
    pub struct DeviceSettings {
        /// Whether `/openapi/v1` exists at all.
        OPENAPI_ENABLED => openapi_enabled: bool = true, "true";
        /// Client ids that may start a device flow, comma-separated.
        OPENAPI_KNOWN_CLIENT_IDS => known_client_ids: Vec<String> = vec!["difyctl".into()], "difyctl,my-cli";
        /// Whether bearers are accepted and devices approved; false answers 503 there.
        ENABLE_OAUTH_BEARER => bearer_enabled: bool = true, "true";
        /// Days that a new bearer lives; below 1 counts as 1, above 365 as 365.
        OAUTH_TTL_DAYS => ttl_days: u32 = 14, "14";
        /// Whether a browser must have looked a code up before it decides on it: `off`, `warn`, `enforce`.
        GATEWRIGHT_LOOKUP_RECEIPT => lookup_receipt: ReceiptMode = ReceiptMode::Enforce, "enforce";
        /// A file of countries or cities in MaxMind's format: pages and mails then say where about a device asks from. Unset: they do not.
        GATEWRIGHT_GEOIP_DATABASE => geo_ip_database: Option<String> = None, "/data/country.mmdb";
        /// The service that may ask whether a bearer is good (token introspection, RFC 7662).
        GATEWRIGHT_INTROSPECTION_CLIENT_ID => introspection_client: String = "introspection".into(), "my-service";
        /// Its secret, at least 32 characters. Unset: there is no introspection.
        GATEWRIGHT_INTROSPECTION_CLIENT_SECRET => introspection_secret: Secret = Secret::default(), "$(openssl rand -hex 32)";
    }
}

impl DeviceSettings {
    fn validate(&self) -> Result<(), SettingError> {
        let unknown = |id: &&String| id.parse::<ClientId>().is_err();
        if let Some(bad) = self.known_client_ids.iter().find(unknown) {
            return Err(SettingError {
                name: "OPENAPI_KNOWN_CLIENT_IDS",
                problem: format!("`{bad}` is not 1 to 64 printable ASCII characters"),
                example: "difyctl,my-cli",
            });
        }
        if self.introspection_client.parse::<ClientId>().is_err()
            || self.introspection_client.contains(':')
        {
            return Err(SettingError {
                name: "GATEWRIGHT_INTROSPECTION_CLIENT_ID",
                problem: "is not 1 to 64 printable ASCII characters without a colon".into(),
                example: "my-service",
            });
        }
        if (1..32).contains(&self.introspection_secret.expose().trim().len()) {
            return Err(SettingError {
                name: "GATEWRIGHT_INTROSPECTION_CLIENT_SECRET",
                problem: "is shorter than 32 characters".into(),
                example: "$(openssl rand -hex 32)",
            });
        }
        Ok(())
    }

    /// Whether anybody may introspect bearers.
    pub fn offers_introspection(&self) -> bool {
        !self.introspection_secret.expose().trim().is_empty()
    }

    /// Whether these are the credentials of the client that may introspect. Constant time; no
    /// credentials are right while there is no introspection.
    pub fn may_introspect(&self, client: &str, secret: &str) -> bool {
        let known = secrets_equal(client, &self.introspection_client);
        let right = secrets_equal(secret, self.introspection_secret.expose().trim());
        self.offers_introspection() & known & right
    }

    /// Whether a client may start (or finish) a flow.
    pub fn is_known(&self, client: &ClientId) -> bool {
        self.known_client_ids.iter().any(|id| id == client.as_str())
    }

    /// Life of a new bearer.
    pub fn bearer_lifetime(&self) -> TimeDelta {
        TimeDelta::days(i64::from(self.ttl_days.clamp(1, 365)))
    }
}
