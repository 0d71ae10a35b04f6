//! Names that begin like ours and are none: a misspelt setting changes nothing, and nobody would notice.

use std::{collections::HashMap, fmt};

use gatewright_domain::settings::{RENAMED, is_named};

use super::is_secret;
use crate::settings::{OTHER_VARIABLES, names};

/// Names that begin like this are ours alone.
const PREFIXES: [&str; 2] = ["GATEWRIGHT_", "DIFY_"];
const PLACEHOLDER: &str = "<NAME>";

/// A variable that is no setting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownName {
    /// As it is written.
    pub name: String,
    /// The setting that is most likely meant.
    pub nearest: String,
}

impl fmt::Display for UnknownName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, nearest } = self;
        write!(
            f,
            "{name} is no setting and changes nothing; is {nearest} meant?"
        )
    }
}

pub(super) fn unknown(written: &HashMap<String, String>, providers: &str) -> Vec<UnknownName> {
    let known = known_names(providers);
    let mut unknown: Vec<UnknownName> = written
        .iter()
        .filter(|(name, _)| PREFIXES.iter().any(|prefix| name.starts_with(prefix)))
        .filter(|(name, value)| !is_known(&known, name) && !is_from_kubernetes(name, value))
        .map(|(name, _)| UnknownName {
            name: name.clone(),
            nearest: nearest(&known, name),
        })
        .collect();
    unknown.sort_by(|a, b| a.name.cmp(&b.name));
    unknown
}

/// All settings; those of providers under the names of the providers that there are.
fn known_names(providers: &str) -> Vec<String> {
    let providers: Vec<String> = providers
        .split(',')
        .map(|name| name.trim().to_uppercase().replace('-', "_"))
        .filter(|name| !name.is_empty())
        .collect();
    let spelt_out = |known: &'static str| -> Vec<String> {
        if !known.contains(PLACEHOLDER) {
            return vec![known.to_owned()];
        }
        let names = providers.iter();
        names.map(|name| known.replace(PLACEHOLDER, name)).collect()
    };
    names().into_iter().flat_map(spelt_out).collect()
}

fn is_known(known: &[String], name: &str) -> bool {
    let is = |name: &str| {
        let former = RENAMED.map(|(_, before)| before);
        let all = known.iter().map(String::as_str).chain(OTHER_VARIABLES);
        let mut all = all.chain(former);
        all.any(|known| is_named(known, name))
    };
    let in_a_file = name.strip_suffix("_FILE").filter(|name| is_secret(name));
    is(name) || in_a_file.is_some_and(is)
}

/// Kubernetes gives every container the addresses of the services of its namespace; one of those may be
/// called like us.
fn is_from_kubernetes(name: &str, value: &str) -> bool {
    let is_link = name.contains("_SERVICE_HOST") || name.contains("_SERVICE_PORT");
    is_link || name.contains("_TCP") || name.contains("_UDP") || value.starts_with("tcp://")
}

/// One of Dify's names with our prefix is that name; otherwise the one that needs the fewest changes.
fn nearest(known: &[String], name: &str) -> String {
    let bare = PREFIXES.iter().find_map(|prefix| name.strip_prefix(prefix));
    if let Some(same) = known.iter().find(|known| Some(known.as_str()) == bare) {
        return same.clone();
    }
    let by_changes = known
        .iter()
        .min_by_key(|known| strsim::damerau_levenshtein(known, name));
    by_changes.cloned().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unknown_of(pairs: &[(&str, &str)]) -> Vec<String> {
        let written = pairs
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let unknown = unknown(&written.collect(), "corp-a");
        unknown.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn g6_misspelt_setting_is_reported_with_the_nearest_name() {
        for (name, nearest) in [
            ("GATEWRIGHT_TRUSTED_PROXYS", "GATEWRIGHT_TRUSTED_PROXIES"),
            ("DIFY_PROT", "DIFY_PORT"),
            ("GATEWRIGHT_DB_HOST", "DB_HOST"),
            (
                "GATEWRIGHT_OIDC_COPR_A_ISSUER",
                "GATEWRIGHT_OIDC_CORP_A_ISSUER",
            ),
            ("DIFY_SHUTDOWN_SECONDS", "GATEWRIGHT_SHUTDOWN_SECONDS"),
        ] {
            let said = unknown_of(&[(name, "1")]);
            assert_eq!(said.len(), 1, "{name}");
            assert!(
                said[0].contains(&format!("is {nearest} meant?")),
                "{said:?}"
            );
        }
    }

    #[test]
    fn known_or_foreign_variable_is_not_reported() {
        let quiet = [
            ("GATEWRIGHT_TRUSTED_PROXIES", "10.0.0.0/8"),
            ("GATEWRIGHT_OIDC_CORP_A_ISSUER", "https://a.example"),
            (
                "GATEWRIGHT_OIDC_CORP_A_CLIENT_SECRET_FILE",
                "/run/secrets/a",
            ),
            ("GATEWRIGHT_ASSUME_YES", "1"),
            ("GATEWRIGHT_PORT_5001_TCP_ADDR", "10.0.0.1"),
            ("DIFY_SERVICE_HOST", "10.0.0.1"),
            ("CODE_EXECUTION_ENDPOINT", "http://sandbox"),
        ];
        assert!(unknown_of(&quiet).is_empty(), "{:?}", unknown_of(&quiet));
    }
}
