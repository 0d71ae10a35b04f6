//! Which addresses and names beyond the public internet the operator allows.

use std::{net::IpAddr, str::FromStr};

use ipnet::IpNet;

/// `GATEWRIGHT_OUTBOUND_ALLOW`: networks (`10.0.0.0/8`, `127.0.0.1`, `fd00::/8`) and names (`wiki.corp.example`,
/// `*.corp.example`), by commas or white space. A name stands for every address that it resolves to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AllowList {
    networks: Vec<IpNet>,
    names: Vec<String>,
    /// With the dot: `.corp.example`.
    suffixes: Vec<String>,
}

/// An entry is neither a network nor a name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is neither a network (10.0.0.0/8) nor a name (wiki.corp.example, *.corp.example)")]
pub struct BadEntry(String);

impl AllowList {
    /// Whether the address is in one of the networks. An IPv4 address in IPv6 clothes is that IPv4 address.
    pub fn has_address(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.networks.iter().any(|net| net.contains(&address))
    }

    /// Whether the name is allowed, in any case of letters, with or without the dot at its end.
    pub fn has_name(&self, name: &str) -> bool {
        let name = canonical(name);
        let under = |suffix: &String| name.ends_with(suffix.as_str());
        self.names.contains(&name) || self.suffixes.iter().any(under)
    }
}

pub(super) fn canonical(name: &str) -> String {
    name.trim_end_matches('.').to_ascii_lowercase()
}

impl FromStr for AllowList {
    type Err = BadEntry;

    fn from_str(text: &str) -> Result<Self, BadEntry> {
        let mut list = Self::default();
        let entries = text.split(|character: char| character == ',' || character.is_whitespace());
        for entry in entries.filter(|entry| !entry.is_empty()) {
            if let Ok(net) = entry.parse::<IpNet>() {
                list.networks.push(net);
            } else if let Ok(address) = entry.trim_matches(['[', ']']).parse::<IpAddr>() {
                list.networks.push(address.into());
            } else if let Some(rest) = entry.strip_prefix("*.").filter(|rest| is_name(rest)) {
                list.suffixes.push(format!(".{}", canonical(rest)));
            } else if is_name(entry) {
                list.names.push(canonical(entry));
            } else {
                return Err(BadEntry(entry.to_owned()));
            }
        }
        Ok(list)
    }
}

fn is_name(text: &str) -> bool {
    let of_names = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_');
    // What consists of digits and dots is an address that is wrong.
    let has_alphabetic = text.bytes().any(|byte| byte.is_ascii_alphabetic());
    has_alphabetic && !text.starts_with('.') && text.bytes().all(of_names)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outbound_allow_list_takes_networks_and_host_names() {
        let list: AllowList = "10.0.0.0/8, 127.0.0.1\n[::1] fd00::/8,Wiki.Corp.example.,*.lan"
            .parse()
            .unwrap();
        for (address, allowed) in [
            ("10.9.8.7", true),
            ("::ffff:10.9.8.7", true),
            ("11.0.0.1", false),
            ("127.0.0.1", true),
            ("127.0.0.2", false),
            ("::1", true),
            ("fd12::1", true),
            ("fe80::1", false),
        ] {
            assert_eq!(
                list.has_address(address.parse().unwrap()),
                allowed,
                "{address}"
            );
        }
        for (name, allowed) in [
            ("wiki.corp.example", true),
            ("WIKI.corp.example.", true),
            ("a.wiki.corp.example", false),
            ("nas.lan", true),
            ("a.b.lan", true),
            ("lan", false),
            ("evil-lan", false),
        ] {
            assert_eq!(list.has_name(name), allowed, "{name}");
        }
    }

    #[test]
    fn outbound_allow_list_entry_that_is_neither_network_nor_host_is_refused() {
        for text in [
            "10.0.0.0/33",
            "1.2.3",
            "http://x",
            "a/b",
            "*",
            "*.",
            ".x",
            "ä",
        ] {
            assert!(text.parse::<AllowList>().is_err(), "{text}");
        }
        assert_eq!("".parse(), Ok(AllowList::default()));
    }
}
