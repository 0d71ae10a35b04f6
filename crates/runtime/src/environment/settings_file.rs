//! The file of settings, in TOML: `NAME = "value"`, a line each, with the names of the variables. Texts
//! are kept to the character: what TOML would make a number of another shape must stand in quotes.

use std::collections::HashMap;

use config::{Config, File, FileFormat, Value, ValueKind};

use super::is_secret;

/// The variables of the file.
///
/// # Errors
/// What cannot be read: its place, and never the line itself, which may hold a secret.
pub(super) fn parse(text: &str) -> Result<HashMap<String, String>, String> {
    let file = File::from_str(text, FileFormat::Toml);
    let table = Config::builder()
        .add_source(file)
        .build()
        .and_then(Config::try_deserialize::<HashMap<String, Value>>)
        // The parser's message goes on to quote the line.
        .map_err(|error| {
            error
                .to_string()
                .lines()
                .next()
                .unwrap_or_default()
                .to_owned()
        })?;
    let pairs = table.into_iter().map(|(name, value)| {
        let text = text_of(&name, value).map_err(|problem| format!("{name} {problem}"))?;
        Ok((name, text))
    });
    pairs.collect()
}

fn text_of(name: &str, value: Value) -> Result<String, &'static str> {
    match value.kind {
        ValueKind::String(text) => Ok(text),
        ValueKind::Boolean(_) | ValueKind::I64(_) | ValueKind::U64(_) if is_secret(name) => {
            Err("is a secret and must stand in quotes, or it would not be kept to the character")
        }
        ValueKind::Boolean(is) => Ok(is.to_string()),
        ValueKind::I64(number) => Ok(number.to_string()),
        ValueKind::U64(number) => Ok(number.to_string()),
        ValueKind::Array(members) => {
            let texts = members.into_iter().map(|member| text_of(name, member));
            Ok(texts.collect::<Result<Vec<_>, _>>()?.join(","))
        }
        ValueKind::Table(_) => {
            Err("is a section; settings stand at the top, each with its whole name")
        }
        _ => Err("must stand in quotes"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_file_reads_texts_numbers_lists_and_booleans() {
        let text = "DB_PASSWORD = \"0123\"\nDIFY_PORT = 5001\nSMTP_USE_TLS = true\n\
                    OPENAPI_KNOWN_CLIENT_IDS = [\"difyctl\", \"mine\"]\nREDIS_PASSWORD = '1e5$x'\n";
        let read = parse(text).unwrap();
        for (name, value) in [
            ("DB_PASSWORD", "0123"),
            ("DIFY_PORT", "5001"),
            ("SMTP_USE_TLS", "true"),
            ("OPENAPI_KNOWN_CLIENT_IDS", "difyctl,mine"),
            ("REDIS_PASSWORD", "1e5$x"),
        ] {
            assert_eq!(read[name], value);
        }
    }

    #[test]
    fn settings_file_value_that_would_not_round_trip_is_refused_without_echo() {
        for (text, words) in [
            ("DB_PASSWORD = 1_000", "DB_PASSWORD is a secret"),
            ("REDIS_PASSWORD = 1e5", "must stand in quotes"),
            ("[db]\nHOST = \"x\"", "is a section"),
            ("DB_PASSWORD = \"hunter2", "line 1"),
            ("A = 1\nDB_PASSWORD = hunter2", "line 2"),
        ] {
            let error = parse(text).unwrap_err();
            assert!(error.contains(words), "{text}: {error}");
            assert!(!error.contains("hunter2"), "{error}");
        }
    }
}
