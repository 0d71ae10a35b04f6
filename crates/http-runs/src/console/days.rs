//! Stretches of time in a query: minutes of the zone in which the account lives.

use chrono::{DateTime, NaiveDateTime, ParseError, TimeDelta, Utc};
use chrono_tz::Tz;
use gatewright_conversation_service::Days;
use gatewright_domain::account::Account;
use gatewright_http_kit::input::text::Text;

use super::failure::NotShown;

/// Longest stretch that runs are counted in: no calendar is older.
const MAX_SECONDS: i64 = 100 * 366 * 24 * 3_600;

/// The stretch from `start` to `end`; empty texts are absent ones.
pub(super) fn days(
    account: &Account,
    start: Option<&Text>,
    end: Option<&Text>,
) -> Result<Days, NotShown> {
    let (from, to) = (
        minute(start).map_err(|_| NotShown::BadStart)?,
        minute(end).map_err(|_| NotShown::BadEnd)?,
    );
    if from.zip(to).is_some_and(|(from, to)| from > to) {
        return Err(NotShown::Reversed);
    }
    Ok(Days {
        zone: zone(account.timezone.as_deref()),
        from,
        to,
    })
}

/// The zone of this name; of one that nobody knows UTC.
pub(super) fn zone(name: Option<&str>) -> &'static str {
    let zone = name.and_then(|name| name.parse::<Tz>().ok());
    zone.unwrap_or(Tz::UTC).name()
}

/// A minute, if one is said.
fn minute(text: Option<&Text>) -> Result<Option<NaiveDateTime>, ParseError> {
    let said = text.filter(|text| !text.is_empty());
    let read = said.map(|text| NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M"));
    read.transpose()
}

/// So long ago: a number and `d`, `h`, `m` or `s`.
pub(super) fn ago(now: DateTime<Utc>, text: &str) -> Result<DateTime<Utc>, NotShown> {
    let unit = text.chars().last().ok_or(NotShown::BadTimeRange)?;
    let unit = match unit {
        'd' => 24 * 3_600,
        'h' => 3_600,
        'm' => 60,
        's' => 1,
        _ => return Err(NotShown::BadTimeRange),
    };
    let number = text.get(..text.len() - 1).unwrap_or_default();
    let number: u32 = number.parse().map_err(|_| NotShown::BadTimeRange)?;
    let seconds = i64::from(number).saturating_mul(unit);
    if seconds > MAX_SECONDS {
        return Err(NotShown::BadTimeRange);
    }
    Ok(now - TimeDelta::seconds(seconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_range_is_a_number_and_a_unit() {
        let now = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
        for (text, seconds) in [("7d", 604_800), ("2h", 7_200), ("30m", 1_800), ("9s", 9)] {
            let expected = now - TimeDelta::seconds(seconds);
            assert_eq!(ago(now, text), Ok(expected), "{text}");
        }
        for bad in ["", "d", "7", "7w", "-7d", "7.5d", "4294967295d", "7ü"] {
            assert_eq!(ago(now, bad), Err(NotShown::BadTimeRange), "{bad}");
        }
    }

    #[test]
    fn zone_that_nobody_knows_is_utc() {
        for (name, expected) in [
            (Some("Europe/Berlin"), "Europe/Berlin"),
            (Some("Pacific/Kiritimati"), "Pacific/Kiritimati"),
            (Some("Mars/Base"), "UTC"),
            (None, "UTC"),
        ] {
            assert_eq!(zone(name), expected, "{name:?}");
        }
    }
}
