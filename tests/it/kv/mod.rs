//! Redis as it really is: behind firewalls that forget, with TLS, with sentinels, as a cluster, and
//! writable by somebody else. Time is real here: waiting is polling with a deadline.

mod certificates;
/// Beside the stores: what each of them promises over any Redis.
#[path = "../../../crates/kv/tests/contract/checks.rs"]
mod contract;
mod firewall;
mod forgery;
mod kinds;
mod listener;
mod servers;
