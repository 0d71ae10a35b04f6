//! Names become addresses once: the ones that were checked are the ones that are connected to.

use std::{
    future::Future,
    io,
    net::{IpAddr, SocketAddr},
    pin::Pin,
    sync::Arc,
};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use super::{
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

/// Gives the client those addresses only that it may connect to.
pub(super) struct CheckedNames {
    pub(super) allow: Arc<AllowList>,
    pub(super) resolver: Arc<dyn ResolveName>,
    /// Hosts of proxies: the operator's word.
    pub(super) proxies: Vec<String>,
}

impl CheckedNames {
    fn may_be_anywhere(&self, name: &str) -> bool {
        self.allow.has_name(name) || self.proxies.contains(&canonical(name))
    }
}

pub(super) fn may_connect(allow: &AllowList, address: IpAddr) -> bool {
    is_public(address) || allow.has_address(address)
}

impl Resolve for CheckedNames {
    fn resolve(&self, name: Name) -> Resolving {
        let name = name.as_str().to_owned();
        let lookup = self.resolver.resolve(name.clone());
        let allow = self.allow.clone();
        let anywhere = self.may_be_anywhere(&name);
        Box::pin(async move {
            let found = lookup.await?;
            let checked: Vec<_> = found
                .into_iter()
                .filter(|address| anywhere || may_connect(&allow, *address))
                .map(|address| SocketAddr::new(address, 0))
                .collect();
            if checked.is_empty() {
                return Err(Refused(name).into());
            }
            Ok(Box::new(checked.into_iter()) as Addrs)
        })
    }
}
