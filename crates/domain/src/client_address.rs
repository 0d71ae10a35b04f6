//! The address a request is counted under: the peer, or behind trusted proxies the right-most
//! hop that is not one of them. IPv6 is counted per /64 (DECISIONS §2, "Client address").

use std::{fmt, net::IpAddr, str::FromStr};

use ipnet::IpNet;

/// The networks whose `X-Forwarded-For` entries are believed. Empty: nobody's.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TrustedProxies(Vec<IpNet>);

impl TrustedProxies {
    /// Whether none is ours.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether `address` is one of our proxies.
    pub fn contains(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.0.iter().any(|net| net.contains(&address))
    }
}

impl FromStr for TrustedProxies {
    type Err = String;

    /// A comma-separated list of CIDRs or single addresses.
    fn from_str(text: &str) -> Result<Self, String> {
        text.split(',')
            .map(str::trim)
            .filter(|entry| !entry.is_empty())
            .map(|entry| {
                entry
                    .parse::<IpNet>()
                    .or_else(|_| entry.parse::<IpAddr>().map(IpNet::from))
                    .map_err(|_| format!("`{entry}` is not an address or a CIDR"))
            })
            .collect::<Result<_, _>>()
            .map(Self)
    }
}

impl fmt::Display for TrustedProxies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let nets: Vec<String> = self.0.iter().map(ToString::to_string).collect();
        f.write_str(&nets.join(","))
    }
}

/// Where a request came from, as far as we believe it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ClientAddress(IpAddr);

impl ClientAddress {
    /// The address behind a direct connection.
    pub fn from_peer(peer: IpAddr) -> Self {
        Self(peer.to_canonical())
    }

    /// Walks `X-Forwarded-For` from the right for as long as the hops are trusted. An entry that
    /// is not an address ends the walk: what stands left of it is somebody's text.
    pub fn resolve<'a>(
        peer: IpAddr,
        forwarded_for: impl DoubleEndedIterator<Item = &'a str>,
        trusted: &TrustedProxies,
    ) -> Self {
        let mut current = peer.to_canonical();
        for entry in forwarded_for.rev().flat_map(|line| line.rsplit(',')) {
            if !trusted.contains(current) {
                break;
            }
            match parse_hop(entry.trim()) {
                Some(hop) => current = hop,
                None => break,
            }
        }
        Self(current)
    }

    /// The full address, for audit rows.
    pub fn ip(self) -> IpAddr {
        self.0
    }

    /// What limits are keyed by: the address, or the /64 of an IPv6 address.
    pub fn limit_key(self) -> String {
        match self.0 {
            IpAddr::V4(v4) => v4.to_string(),
            IpAddr::V6(v6) => {
                let [a, b, c, d, ..] = v6.segments();
                format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
            }
        }
    }
}

/// An entry may carry a port and IPv6 may stand in brackets.
fn parse_hop(entry: &str) -> Option<IpAddr> {
    entry
        .parse::<IpAddr>()
        .or_else(|_| {
            entry
                .parse::<std::net::SocketAddr>()
                .map(|socket| socket.ip())
        })
        .ok()
        .map(|ip| ip.to_canonical())
}

impl fmt::Display for ClientAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolve(peer: &str, forwarded: &[&str], trusted: &str) -> String {
        let trusted: TrustedProxies = trusted.parse().unwrap();
        ClientAddress::resolve(peer.parse().unwrap(), forwarded.iter().copied(), &trusted)
            .to_string()
    }

    #[test]
    fn forwarded_header_is_ignored_without_trusted_proxies() {
        assert_eq!(resolve("203.0.113.9", &["198.51.100.1"], ""), "203.0.113.9");
    }

    #[test]
    fn sec_009_client_address_is_the_right_most_untrusted_hop() {
        let chain = ["6.6.6.6, 198.51.100.7, 10.0.0.3", "10.0.0.2"];
        assert_eq!(resolve("10.0.0.1", &chain, "10.0.0.0/8"), "198.51.100.7");
    }

    #[test]
    fn forwarded_header_with_garbage_yields_the_last_known_hop() {
        assert_eq!(
            resolve("10.0.0.1", &["1.2.3.4, <script>"], "10.0.0.0/8"),
            "10.0.0.1"
        );
        assert_eq!(
            resolve("10.0.0.1", &["1.2.3.4, 10.0.0.9:80"], "10.0.0.0/8"),
            "1.2.3.4"
        );
    }

    #[test]
    fn client_address_key_is_the_ipv6_prefix_and_mapped_ipv4_is_ipv4() {
        let a = ClientAddress::from_peer("2001:db8:1:2::1".parse().unwrap());
        let b = ClientAddress::from_peer("2001:db8:1:2:ffff::9".parse().unwrap());
        assert_eq!(a.limit_key(), b.limit_key());
        let mapped = ClientAddress::from_peer("::ffff:192.0.2.1".parse().unwrap());
        assert_eq!(mapped.limit_key(), "192.0.2.1");
    }

    #[test]
    fn trusted_proxies_with_an_invalid_entry_name_it_in_the_error() {
        assert!(
            "10.0.0.0/8,nonsense"
                .parse::<TrustedProxies>()
                .unwrap_err()
                .contains("nonsense")
        );
    }
}
