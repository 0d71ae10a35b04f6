//! Typed ids. On the wire and in the database each is a plain UUID; in the code no two mix.

use std::{
    fmt,
    hash::{BuildHasher as _, RandomState},
    str::FromStr,
    sync::{
        LazyLock,
        atomic::{AtomicU64, Ordering},
    },
};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Makes new ids. A parameter, so that tests can predict them.
pub trait IdGen: Send + Sync {
    /// A fresh UUID, time-ordered (RFC 9562 version 7) in production.
    fn new_uuid(&self) -> Uuid;
}

/// Time-ordered random ids (RFC 9562 version 7). In one process each is greater than the one before.
///
/// An id has to be unique and need not be secret: nothing is allowed for knowing one. So a system that
/// has no randomness to give any more gets ids all the same, from what this process drew when it
/// began; what must be secret is drawn elsewhere, and fails.
#[derive(Debug, Clone, Copy, Default)]
pub struct RandomIds;

/// Milliseconds since 1970 and twelve bits that count within one, of the id that was made last.
static LAST: AtomicU64 = AtomicU64::new(0);
/// Of this process.
static OWN: LazyLock<RandomState> = LazyLock::new(RandomState::new);

impl IdGen for RandomIds {
    fn new_uuid(&self) -> Uuid {
        // Drawn while there is something to draw.
        let own = &*OWN;
        let now = millis() << COUNTER_BITS;
        let after = |last: u64| Some(now.max(last + 1));
        let last = LAST.fetch_update(Ordering::Relaxed, Ordering::Relaxed, after);
        let this = now.max(last.unwrap_or(now) + 1);
        let mut tail = [0; 8];
        if getrandom::fill(&mut tail).is_err() {
            tail = own.hash_one(this).to_be_bytes();
        }
        v7(this, tail)
    }
}

const COUNTER_BITS: u32 = 12;

#[allow(
    clippy::disallowed_methods,
    reason = "the one place that makes ids; their time is only an order"
)]
fn millis() -> u64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since.map_or(0, |since| u64::try_from(since.as_millis()).unwrap_or(0))
}

fn v7(time_and_count: u64, tail: [u8; 8]) -> Uuid {
    let millis = (time_and_count >> COUNTER_BITS).to_be_bytes();
    let count = (time_and_count & 0xfff).to_be_bytes();
    let mut bytes = [0; 16];
    bytes[..6].copy_from_slice(&millis[2..]);
    bytes[6..8].copy_from_slice(&count[6..]);
    bytes[8..].copy_from_slice(&tail);
    uuid::Builder::from_bytes(bytes)
        .with_version(uuid::Version::SortRand)
        .with_variant(uuid::Variant::RFC4122)
        .into_uuid()
}

/// The text is not a UUID in any of its usual spellings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a UUID")]
pub struct NotAUuid;

macro_rules! id {
    ($($(#[$doc:meta])* $name:ident;)+) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl $name {
            /// A fresh id.
            pub fn generate(ids: &dyn IdGen) -> Self {
                Self(ids.new_uuid())
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.0)
            }
        }

        impl FromStr for $name {
            type Err = NotAUuid;

            fn from_str(text: &str) -> Result<Self, NotAUuid> {
                Uuid::try_parse(text).map(Self).map_err(|_| NotAUuid)
            }
        }
    )+};
}

id! {
    /// A row of `accounts`.
    AccountId;
    /// A row of `tenants`; the wire calls it workspace.
    WorkspaceId;
    /// A row of `tenant_account_joins`.
    MembershipId;
    /// A row of `oauth_access_tokens`: the public `token_id` and session id of the API.
    TokenId;
    /// One sign-in of one browser at the console.
    ConsoleSessionId;
    /// One run of the device flow, from code to pick-up. Unique in the database at redemption.
    GrantId;
    /// A row of `upload_files`.
    FileId;
    /// A row of `tool_files`.
    ToolFileId;
    /// A row of `end_users`.
    EndUserId;
    /// A row of the audit trail.
    AuditEventId;
    /// An invitation to a workspace.
    InvitationId;
    /// A row of `tags`.
    TagId;
    /// A row of `api_tokens`.
    ApiKeyId;
    /// A row of `apps`.
    AppId;
    /// A row of `workflows`: the draft or a version.
    WorkflowId;
    /// One import of an app file.
    ImportId;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_version_7_in_order_and_apart_in_parallel() {
        let made: Vec<Uuid> = (0..10_000).map(|_| RandomIds.new_uuid()).collect();
        assert!(made.is_sorted_by(|a, b| a < b));
        assert!(made.iter().all(|id| id.get_version_num() == 7));
        assert!(
            made.iter()
                .all(|id| id.get_variant() == uuid::Variant::RFC4122)
        );
        let workers = (0..4).map(|_| {
            std::thread::spawn(|| (0..5000).map(|_| RandomIds.new_uuid()).collect::<Vec<_>>())
        });
        let workers: Vec<_> = workers.collect();
        let all = workers
            .into_iter()
            .flat_map(|worker| worker.join().unwrap());
        let apart: std::collections::BTreeSet<Uuid> = all.collect();
        assert_eq!(apart.len(), 20_000);
    }

    #[test]
    fn id_carries_its_time_of_creation() {
        let before = millis();
        let id = RandomIds.new_uuid();
        let (seconds, nanos) = id.get_timestamp().unwrap().to_unix();
        let made = seconds * 1000 + u64::from(nanos) / 1_000_000;
        assert!((before..=millis() + 10).contains(&made), "{made}");
    }
}
