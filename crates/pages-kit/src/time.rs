//! Times as people read them: in the time zone of their account, with UTC where one points.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use gatewright_domain::account::Account;

/// The time zone of whoever reads a page.
#[derive(Debug, Clone, Copy)]
pub struct Zone(Tz);

impl Zone {
    /// Of an account; UTC when it has none that is known.
    pub fn of(account: &Account) -> Self {
        let zone = account
            .timezone
            .as_deref()
            .and_then(|name| name.parse().ok());
        Self(zone.unwrap_or(Tz::UTC))
    }

    /// A time in it.
    pub fn show(self, at: DateTime<Utc>) -> When {
        let local = at.with_timezone(&self.0);
        When {
            local: local.format("%Y-%m-%d %H:%M %Z").to_string(),
            utc: at.format("%Y-%m-%d %H:%M:%S UTC").to_string(),
            machine: at.format("%Y-%m-%dT%H:%M:%SZ").to_string(),
        }
    }
}

/// A time: what is shown, what stands in the title, what the element says (HTML `time`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct When {
    /// In the zone of whoever reads it.
    pub local: String,
    /// In UTC, for comparing.
    pub utc: String,
    /// As RFC 3339, for the element `time`.
    pub machine: String,
}

/// A line about something, which may end with a time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fact {
    /// What a person reads.
    pub text: String,
    /// The time that belongs to it.
    pub when: Option<When>,
}

impl Fact {
    /// A line without a time.
    pub fn text(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            when: None,
        }
    }

    /// A line that ends with a time.
    pub fn at(text: &str, when: When) -> Self {
        Self {
            text: text.to_owned(),
            when: Some(when),
        }
    }

    /// A line that ends with a time, or with a word when there is none.
    pub fn maybe_at(text: &str, when: Option<When>, never: &str) -> Self {
        match when {
            Some(when) => Self::at(text, when),
            None => Self::text(format!("{text} {never}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn g10_time_is_shown_in_the_zone_and_in_utc() {
        let at = DateTime::from_timestamp(1_795_858_925, 0).unwrap();
        let zurich = Zone("Europe/Zurich".parse().unwrap()).show(at);
        assert_eq!(zurich.local, "2026-11-28 10:42 CET");
        assert_eq!(zurich.utc, "2026-11-28 09:42:05 UTC");
        assert_eq!(zurich.machine, "2026-11-28T09:42:05Z");
        assert_eq!(Zone(Tz::UTC).show(at).local, "2026-11-28 09:42 UTC");
    }
}
