//! Names become addresses once: the ones that were checked are the ones that are connected to.

use std::{
    error::Error,
    fmt,
    future::Future,
    io,
    net::{IpAddr, SocketAddr},
    pin::Pin,
    sync::Arc,
};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use url::{Host, Url};

use super::{
    GuardError, Policy,
    address::is_public,
    allow::{AllowList, canonical},
};

/// The addresses of a name, on their way.
pub type Lookup = Pin<Box<dyn Future<Output = io::Result<Vec<IpAddr>>> + Send>>;

/// Finds the addresses of a name.
pub trait ResolveName: Send + Sync {
    /// All of them, in the order in which they are tried.
    fn resolve(&self, name: String) -> Lookup;
}

/// As the machine does it.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemResolver;

impl ResolveName for SystemResolver {
    fn resolve(&self, name: String) -> Lookup {
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            Ok(found.map(|address| address.ip()).collect())
        })
    }
}

/// The place is not on the public internet, and not allowed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a public address, and not allowed")]
pub(super) struct Refused(pub(super) String);

/// Where one may go: URLs are checked by what they say, names by the addresses that they have.
pub(super) struct Destinations {
    allow: AllowList,
    resolver: Arc<dyn ResolveName>,
    /// Hosts of proxies: the operator's word.
    proxies: Vec<String>,
}

impl fmt::Debug for Destinations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Destinations");
        shown.field("allow", &self.allow).finish_non_exhaustive()
    }
}

impl Destinations {
    pub(super) fn new(policy: &Policy, resolver: Arc<dyn ResolveName>) -> Self {
        let urls = [&policy.http_proxy, &policy.https_proxy];
        let hosts = urls.into_iter().flatten().filter_map(Url::host_str);
        Self {
            allow: policy.allow.clone(),
            resolver,
            proxies: hosts.map(canonical).collect(),
        }
    }

    /// Schemes and addresses. Names are checked when they are resolved.
    pub(super) fn check(&self, url: &Url) -> Result<(), GuardError> {
        let host = url
            .host()
            .filter(|_| matches!(url.scheme(), "http" | "https"));
        let address = match host.ok_or_else(|| GuardError::Scheme(format!("{}:…", url.scheme())))?
        {
            Host::Domain(name) => {
                // A proxy is resolved without a check; nobody else may use that.
                let is_proxy = self.proxies.contains(&canonical(name));
                return if is_proxy && !self.allow.has_name(name) {
                    Err(GuardError::Refused(name.to_owned()))
                } else {
                    Ok(())
                };
            }
            Host::Ipv4(address) => address.into(),
            Host::Ipv6(address) => address.into(),
        };
        if self.may_connect(address) {
            Ok(())
        } else {
            Err(GuardError::Refused(address.to_string()))
        }
    }

    /// Those addresses of a name that may be connected to; [`Refused`] where there are others only.
    pub(super) async fn addresses(
        &self,
        name: &str,
    ) -> Result<Vec<IpAddr>, Box<dyn Error + Send + Sync>> {
        let found = self.resolver.resolve(name.to_owned()).await?;
        let anywhere = self.may_be_anywhere(name);
        let checked: Vec<_> = found
            .into_iter()
            .filter(|address| anywhere || self.may_connect(*address))
            .collect();
        if checked.is_empty() {
            return Err(Refused(name.to_owned()).into());
        }
        Ok(checked)
    }

    fn may_be_anywhere(&self, name: &str) -> bool {
        self.allow.has_name(name) || self.proxies.contains(&canonical(name))
    }

    fn may_connect(&self, address: IpAddr) -> bool {
        is_public(address) || self.allow.has_address(address)
    }
}

/// Gives the client those addresses only that it may connect to.
pub(super) struct CheckedNames(pub(super) Arc<Destinations>);

impl Resolve for CheckedNames {
    fn resolve(&self, name: Name) -> Resolving {
        let destinations = Arc::clone(&self.0);
        Box::pin(async move {
            let checked = destinations.addresses(name.as_str()).await?;
            let sockets = checked
                .into_iter()
                .map(|address| SocketAddr::new(address, 0));
            Ok(Box::new(sockets) as Addrs)
        })
    }
}
