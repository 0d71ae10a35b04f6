//! How a crate declares its settings: names, types, defaults and prose in one place. Reading gives
//! one error line that names the variable, what is wrong with it and an example; the same
//! declaration makes `docs/settings.md`.

use std::{fmt, path::PathBuf};

/// Where values come from. Only `runtime` implements this over the environment.
pub trait Source {
    /// The raw text of a variable; its default where nobody wrote one and the source knows it. Blank counts
    /// as unset.
    fn get(&self, name: &str) -> Option<String>;
}

impl<F: Fn(&str) -> Option<String>> Source for F {
    fn get(&self, name: &str) -> Option<String> {
        self(name)
    }
}

/// One setting, for people.
#[derive(Debug, Clone)]
pub struct SettingDoc {
    /// The environment variable.
    pub name: &'static str,
    /// What it is for, with unit and range.
    pub about: &'static str,
    /// The default as one would write it; empty when there is none.
    pub default: String,
    /// A value that works.
    pub example: &'static str,
}

/// A setting is missing or unusable.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{name}: {problem} (for example {})", assignment(name, example))]
pub struct SettingError {
    /// The environment variable.
    pub name: &'static str,
    /// What is wrong. Never contains the value of a secret.
    pub problem: String,
    /// A value that works.
    pub example: &'static str,
}

/// `NAME=value` as a shell, a `.env` file and systemd all read it: in quotes where they need them. An
/// example that is a command (`$(…)`) stays one.
pub fn assignment(name: &str, value: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "_-+./:,@=%".contains(c);
    if value.starts_with("$(") || value.chars().all(is_plain) {
        format!("{name}={value}")
    } else if value.contains('\'') || !value.contains(['"', '\\', '$', '`']) {
        let escaped = value.replace('\\', "\\\\").replace('"', "\\\"");
        format!(
            "{name}=\"{}\"",
            escaped.replace('$', "\\$").replace('`', "\\`")
        )
    } else {
        format!("{name}='{value}'")
    }
}

/// A type that a setting can have.
pub trait SettingValue: Sized {
    /// Reads the text of a variable; the error says what is expected.
    fn parse_setting(text: &str) -> Result<Self, String>;
    /// The default as one would write it.
    fn show(&self) -> String;
}

macro_rules! from_str_setting {
    ($($ty:ty => $expected:literal),+ $(,)?) => {$(
        impl SettingValue for $ty {
            fn parse_setting(text: &str) -> Result<Self, String> {
                text.trim().parse().map_err(|_| format!("`{text}` is not {}", $expected))
            }
            fn show(&self) -> String {
                self.to_string()
            }
        }
    )+};
}

from_str_setting! {
    u16 => "a whole number from 0 to 65535",
    u32 => "a whole number from 0 upwards",
    u64 => "a whole number from 0 upwards",
    f64 => "a number",
}

impl SettingValue for String {
    fn parse_setting(text: &str) -> Result<Self, String> {
        Ok(text.to_owned())
    }
    fn show(&self) -> String {
        self.clone()
    }
}

impl SettingValue for PathBuf {
    fn parse_setting(text: &str) -> Result<Self, String> {
        Ok(Self::from(text))
    }
    fn show(&self) -> String {
        self.display().to_string()
    }
}

impl SettingValue for bool {
    fn parse_setting(text: &str) -> Result<Self, String> {
        match text.trim().to_ascii_lowercase().as_str() {
            "true" | "1" | "yes" | "on" => Ok(true),
            "false" | "0" | "no" | "off" => Ok(false),
            _ => Err(format!("`{text}` is neither true nor false")),
        }
    }
    fn show(&self) -> String {
        self.to_string()
    }
}

impl SettingValue for crate::client_address::TrustedProxies {
    fn parse_setting(text: &str) -> Result<Self, String> {
        text.parse()
    }
    fn show(&self) -> String {
        self.to_string()
    }
}

/// A comma-separated list; empty members are dropped, blanks around members trimmed.
impl SettingValue for Vec<String> {
    fn parse_setting(text: &str) -> Result<Self, String> {
        Ok(text
            .split(',')
            .map(str::trim)
            .filter(|s| !s.is_empty())
            .map(str::to_owned)
            .collect())
    }
    fn show(&self) -> String {
        self.join(",")
    }
}

impl<T: SettingValue> SettingValue for Option<T> {
    fn parse_setting(text: &str) -> Result<Self, String> {
        T::parse_setting(text).map(Some)
    }
    fn show(&self) -> String {
        self.as_ref().map(T::show).unwrap_or_default()
    }
}

/// Reads one variable (or the file that `<NAME>_FILE` names, which only `runtime` resolves).
pub fn read<T: SettingValue>(
    source: &dyn Source,
    name: &'static str,
    example: &'static str,
    default: T,
) -> Result<T, SettingError> {
    let written = |name: &str| source.get(name).filter(|text| !text.trim().is_empty());
    match written(name).or_else(|| written(former_name(name)?)) {
        None => Ok(default),
        Some(text) => T::parse_setting(&text).map_err(|problem| SettingError {
            name,
            problem,
            example,
        }),
    }
}

/// Settings that were called otherwise: `(the name, the name of before)`. Both are read; the name of today wins.
pub const RENAMED: [(&str, &str); 1] =
    [("GATEWRIGHT_GEOIP_DATABASE", "GATEWRIGHT_PLACES_DATABASE")];

/// What a setting was called before.
fn former_name(name: &str) -> Option<&'static str> {
    let found = RENAMED.iter().find(|(now, _)| *now == name);
    found.map(|(_, before)| *before)
}

/// A group of settings, as the generated structs implement it.
pub trait Settings: Sized {
    /// Reads and validates the group.
    fn load(source: &dyn Source) -> Result<Self, SettingError>;
    /// The group for people.
    fn docs() -> Vec<SettingDoc>;
}

/// Everything that is wrong with a group, not only the first: each error is put right with its example
/// and the group is read again.
pub fn all_errors<G: Settings>(source: &dyn Source) -> Vec<SettingError> {
    let mut mended: Vec<(&'static str, &'static str)> = vec![];
    let mut errors = vec![];
    loop {
        let patched = |name: &str| {
            let example = mended.iter().find(|(known, _)| is_named(known, name));
            example.map_or_else(|| source.get(name), |(_, text)| Some((*text).to_owned()))
        };
        let Err(error) = G::load(&patched) else {
            return errors;
        };
        // The example does not help: this one hangs on something else.
        if mended.iter().any(|(known, _)| *known == error.name) {
            return errors;
        }
        mended.push((error.name, error.example));
        errors.push(error);
    }
}

/// Whether `name` is the variable `known`, in which `<NAME>` may stand for any part.
pub fn is_named(known: &str, name: &str) -> bool {
    match known.split_once("<NAME>") {
        None => known == name,
        Some((start, end)) => {
            let part = name
                .strip_prefix(start)
                .and_then(|rest| rest.strip_suffix(end));
            part.is_some_and(|part| !part.is_empty())
        }
    }
}

impl fmt::Display for SettingDoc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let default = if self.default.is_empty() {
            "—".into()
        } else {
            format!("`{}`", self.default)
        };
        write!(
            f,
            "| `{}` | {} | {default} | `{}` |",
            self.name,
            self.about,
            // What has to stand behind `NAME=`.
            assignment("", self.example).trim_start_matches('=')
        )
    }
}

/// Declares a settings struct: `NAME => field: Type = default, "example";` under a doc comment.
/// The struct must have an inherent `fn validate(&self) -> Result<(), SettingError>`.
#[macro_export]
macro_rules! settings {
    (
        $(#[doc = $about:literal])+
        pub struct $group:ident {
            $( $(#[doc = $doc:literal])+ $name:ident => $field:ident : $ty:ty = $default:expr, $example:literal; )+
        }
    ) => {
        $(#[doc = $about])+
        #[derive(Debug, Clone)]
        pub struct $group {
            $( $(#[doc = $doc])+ pub $field: $ty, )+
        }

        impl Default for $group {
            fn default() -> Self {
                Self { $( $field: $default, )+ }
            }
        }

        impl $crate::settings::Settings for $group {
            fn load(source: &dyn $crate::settings::Source) -> Result<Self, $crate::settings::SettingError> {
                let defaults = Self::default();
                let settings = Self {
                    $( $field: $crate::settings::read(source, stringify!($name), $example, defaults.$field)?, )+
                };
                settings.validate()?;
                Ok(settings)
            }

            fn docs() -> Vec<$crate::settings::SettingDoc> {
                let defaults = Self::default();
                vec![$(
                    $crate::settings::SettingDoc {
                        name: stringify!($name),
                        about: concat!($($doc),+).trim(),
                        default: $crate::settings::SettingValue::show(&defaults.$field),
                        example: $example,
                    },
                )+]
            }
        }
    };
}

#[cfg(test)]
mod tests {
    #![allow(
        unreachable_pub,
        clippy::struct_field_names,
        reason = "the macro makes what crates export"
    )]

    use super::*;

    settings! {
        /// Three of them.
        pub struct Three {
            /// The first of three settings.
            ONE => one: u16 = 1, "1";
            /// The second of three settings.
            TWO => two: bool = false, "true";
            /// The third of three settings.
            THREE => three: Option<String> = None, "c";
        }
    }

    impl Three {
        fn validate(&self) -> Result<(), SettingError> {
            if self.three.is_none() {
                return Err(SettingError {
                    name: "THREE",
                    problem: "is not set".into(),
                    example: "c",
                });
            }
            Ok(())
        }
    }

    settings! {
        /// One that was renamed.
        pub struct Renamed {
            /// A setting that had another name before.
            GATEWRIGHT_GEOIP_DATABASE => file: Option<String> = None, "/data/country.mmdb";
        }
    }

    impl Renamed {
        #[allow(
            clippy::unused_self,
            clippy::unnecessary_wraps,
            reason = "the macro calls it"
        )]
        fn validate(&self) -> Result<(), SettingError> {
            Ok(())
        }
    }

    #[test]
    fn renamed_setting_under_its_former_name_is_read_and_todays_name_wins() {
        let file = |names: &'static [&'static str]| {
            let source = move |name: &str| names.contains(&name).then(|| name.to_owned());
            Renamed::load(&source).unwrap().file
        };
        let [(now, before)] = RENAMED;
        assert_eq!(file(&[]), None);
        assert_eq!(
            file(&["GATEWRIGHT_PLACES_DATABASE"]).as_deref(),
            Some(before)
        );
        let both = &["GATEWRIGHT_PLACES_DATABASE", "GATEWRIGHT_GEOIP_DATABASE"];
        assert_eq!(file(both).as_deref(), Some(now));
    }

    #[test]
    fn g6_settings_group_reports_all_its_errors() {
        let source = |name: &str| match name {
            "ONE" => Some("many".to_owned()),
            "TWO" => Some("perhaps".to_owned()),
            _ => None,
        };
        let names: Vec<&str> = all_errors::<Three>(&source)
            .iter()
            .map(|error| error.name)
            .collect();
        assert_eq!(names, ["ONE", "TWO", "THREE"]);
        let well = |name: &str| (name == "THREE").then(|| "x".to_owned());
        assert!(all_errors::<Three>(&well).is_empty());
    }

    #[test]
    fn setting_example_is_quoted_where_needed() {
        for (value, text) in [
            ("INFO", "A=INFO"),
            ("no-reply <a@b.co>", "A=\"no-reply <a@b.co>\""),
            ("\"Acme, Inc.\" <a@b.co>", "A='\"Acme, Inc.\" <a@b.co>'"),
            ("it's", "A=\"it's\""),
            ("$(openssl rand -base64 42)", "A=$(openssl rand -base64 42)"),
        ] {
            assert_eq!(assignment("A", value), text);
        }
    }

    #[test]
    fn setting_name_of_a_numbered_group_is_recognised() {
        assert!(is_named(
            "GATEWRIGHT_OIDC_<NAME>_ISSUER",
            "GATEWRIGHT_OIDC_CORP_A_ISSUER"
        ));
        assert!(!is_named(
            "GATEWRIGHT_OIDC_<NAME>_ISSUER",
            "GATEWRIGHT_OIDC__ISSUER"
        ));
        assert!(!is_named(
            "GATEWRIGHT_OIDC_<NAME>_ISSUER",
            "GATEWRIGHT_OIDC_CORP_LABEL"
        ));
    }
}
