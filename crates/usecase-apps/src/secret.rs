//! Secrets that a workspace keeps in the database: encrypted under a key of the installation and its own id, so
//! that a row copied into another workspace opens there for nobody.

use gatewright_auth::{
    keys::{HmacKey, KeyRing, MasterKeys, Purpose},
    veil::{unveil, veil},
};
use gatewright_domain::{error::Unavailable, ids::WorkspaceId};

/// What a stored secret of ours begins with; Dify's are base64 and have no colon.
const PREFIX: &str = "gatewright:";

/// Encrypts and decrypts secrets of workspaces.
#[derive(Clone)]
pub struct SecretKeys(KeyRing);

impl SecretKeys {
    /// From the installation's keys.
    pub fn new(master: &MasterKeys) -> Self {
        Self(master.ring(Purpose::WorkspaceSecret))
    }

    /// The secret as it is stored.
    pub(crate) fn seal(&self, workspace: WorkspaceId, text: &str) -> Result<String, Unavailable> {
        let key = of_workspace(&self.0.active(), workspace);
        let sealed = veil(&key, text);
        let sealed =
            sealed.ok_or_else(|| Unavailable::new("the cipher", "a secret is too large"))?;
        Ok(format!("{PREFIX}{sealed}"))
    }

    /// The secret in clear; none when it was sealed elsewhere or by a key that is gone.
    pub(crate) fn open(&self, workspace: WorkspaceId, stored: &str) -> Option<String> {
        let sealed = stored.strip_prefix(PREFIX)?;
        let keys = self.0.keys();
        let mut texts = keys
            .iter()
            .map(|key| unveil(&of_workspace(key, workspace), sealed));
        texts.find_map(|text| text)
    }
}

fn of_workspace(key: &HmacKey, workspace: WorkspaceId) -> String {
    key.digest_hex(workspace.0.as_bytes())
}

#[cfg(test)]
mod tests {
    use gatewright_domain::ids::WorkspaceId;
    use uuid::Uuid;

    use super::*;

    fn keys(secret: &str) -> SecretKeys {
        SecretKeys::new(&MasterKeys::new(secret.repeat(32).as_bytes(), []))
    }

    #[test]
    fn secret_opens_in_its_workspace_with_its_key_alone() {
        let (mine, other) = (
            WorkspaceId(Uuid::from_u128(1)),
            WorkspaceId(Uuid::from_u128(2)),
        );
        let sealed = keys("a").seal(mine, "s3cret").unwrap();
        assert!(!sealed.contains("s3cret"));
        assert_eq!(keys("a").open(mine, &sealed).as_deref(), Some("s3cret"));
        assert_eq!(keys("a").open(other, &sealed), None);
        assert_eq!(keys("b").open(mine, &sealed), None);
        assert_eq!(keys("a").open(mine, "SFlCUklE"), None);
    }

    #[test]
    fn secret_opens_after_its_key_was_rotated() {
        let mine = WorkspaceId(Uuid::from_u128(1));
        let sealed = keys("a").seal(mine, "s3cret").unwrap();
        let (new, old) = ("b".repeat(32), "a".repeat(32));
        let rotated = SecretKeys::new(&MasterKeys::new(new.as_bytes(), [old.as_bytes()]));
        assert_eq!(rotated.open(mine, &sealed).as_deref(), Some("s3cret"));
    }
}
