//! API extensions of a workspace: servers of others that judge what is said to apps, and what apps say. They are asked by an object with a
//! `point`, and shown a key.

use std::{future::Future, pin::Pin, sync::Arc};

use gatewright_domain::{Class, Classify, error::Unavailable, ids::WorkspaceId};
use gatewright_storage_apps::api_extension::{self, ApiExtension, NewApiExtension};
use gatewright_storage_kit::{Pool, StorageError};
use gatewright_usecase_kit::{Ctx, Env};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::SecretKeys;

/// Characters of a name or an address.
const MAX_CHARS: usize = 255;
/// A key that is shorter is none.
const MIN_KEY_CHARS: usize = 5;
/// What the console sends in the place of a key that is to stay.
const KEPT: &str = "[__HIDDEN__]";

/// Asks a server elsewhere by JSON. There is one implementation that asks, guarded against addresses of the own network, and one in tests.
pub trait RemoteApi: Send + Sync {
    /// What it answers; else why it does not, in a few words for people.
    fn post<'a>(
        &'a self,
        url: &'a str,
        key: &'a str,
        body: &'a Value,
    ) -> Pin<Box<dyn Future<Output = Result<Value, String>> + Send + 'a>>;
}

/// API extensions of workspaces.
pub struct ApiExtensions {
    /// The pool of connections to PostgreSQL.
    pub pool: Pool,
    /// Time, ids, randomness.
    pub env: Env,
    /// For their keys.
    pub secrets: SecretKeys,
    /// Asks them over HTTP.
    pub remote: Arc<dyn RemoteApi>,
}

/// What is said of one.
#[derive(Debug, Clone)]
pub struct ExtensionSave {
    /// What people call it.
    pub name: String,
    /// Where it is asked.
    pub api_endpoint: String,
    /// What it is shown.
    pub api_key: String,
}

/// One as people see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShownExtension {
    /// The row of it.
    pub row: ApiExtension,
    /// Its key, most of it hidden; empty: it cannot be read.
    pub masked_key: String,
}

/// Why nothing is done, or nothing answered.
#[derive(Debug, thiserror::Error)]
pub enum ExtensionError {
    /// The workspace has no such extension.
    #[error("API based extension is not found")]
    NotFound,
    /// Something that it must have is missing, or too long.
    #[error("{0}")]
    Refused(&'static str),
    /// Another one has the name.
    #[error("name must be unique, it is already existed")]
    NameTaken,
    /// It does not answer as it should: why, for people.
    #[error("connection error: {0}")]
    Silent(String),
    /// A store did not answer.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

impl From<StorageError> for ExtensionError {
    fn from(error: StorageError) -> Self {
        Self::Unavailable(error.into())
    }
}

impl Classify for ExtensionError {
    fn class(&self) -> Class<'_> {
        match self {
            Self::NotFound | Self::Refused(_) | Self::NameTaken | Self::Silent(_) => {
                Class::invalid("invalid_param")
            }
            Self::Unavailable(error) => error.class(),
        }
    }
}

impl ApiExtensions {
    /// Those of a workspace, the newest first.
    ///
    /// # Errors
    /// When PostgreSQL does not answer.
    pub async fn list(
        &self,
        workspace: WorkspaceId,
    ) -> Result<Vec<ShownExtension>, ExtensionError> {
        let mut conn = self.pool.get().await?;
        let rows = api_extension::list(&mut conn, workspace).await?.into_iter();
        Ok(rows.map(|row| self.shown(workspace, row)).collect())
    }

    /// One of a workspace.
    ///
    /// # Errors
    /// When it has none of that id, or PostgreSQL does not answer.
    pub async fn find(
        &self,
        workspace: WorkspaceId,
        id: Uuid,
    ) -> Result<ShownExtension, ExtensionError> {
        Ok(self.shown(workspace, self.row(workspace, id).await?))
    }

    /// Makes one known that answers.
    ///
    /// # Errors
    /// When something is missing, the name is taken, it does not answer, or PostgreSQL does not.
    pub async fn create(
        &self,
        ctx: &Ctx,
        workspace: WorkspaceId,
        save: ExtensionSave,
    ) -> Result<ShownExtension, ExtensionError> {
        let id = self.env.ids.new_uuid();
        let key = save.api_key.clone();
        let sealed = self.tried(workspace, &save, &key).await?;
        let new = NewApiExtension {
            id,
            workspace,
            name: &save.name,
            api_endpoint: &save.api_endpoint,
            api_key: &sealed,
            at: ctx.now,
        };
        let made = {
            let mut conn = self.pool.get().await?;
            api_extension::insert(&mut conn, &new).await?
        };
        if !made {
            return Err(ExtensionError::NameTaken);
        }
        self.find(workspace, id).await
    }

    /// Changes one; a key that comes back hidden stays as it is.
    ///
    /// # Errors
    /// As [`Self::create`], and when there is none of that id.
    pub async fn change(
        &self,
        ctx: &Ctx,
        workspace: WorkspaceId,
        id: Uuid,
        save: ExtensionSave,
    ) -> Result<ShownExtension, ExtensionError> {
        let old = self.row(workspace, id).await?;
        let key = if save.api_key == KEPT {
            self.key(workspace, &old)?
        } else {
            save.api_key.clone()
        };
        let sealed = self.tried(workspace, &save, &key).await?;
        let new = NewApiExtension {
            id,
            workspace,
            name: &save.name,
            api_endpoint: &save.api_endpoint,
            api_key: &sealed,
            at: ctx.now,
        };
        let changed = {
            let mut conn = self.pool.get().await?;
            api_extension::update(&mut conn, &new).await?
        };
        if !changed {
            return Err(ExtensionError::NameTaken);
        }
        self.find(workspace, id).await
    }

    /// Forgets one; apps that have it asked do not run any more.
    ///
    /// # Errors
    /// When there is none of that id, or PostgreSQL does not answer.
    pub async fn delete(&self, workspace: WorkspaceId, id: Uuid) -> Result<(), ExtensionError> {
        let mut conn = self.pool.get().await?;
        if api_extension::delete(&mut conn, workspace, id).await? {
            return Ok(());
        }
        Err(ExtensionError::NotFound)
    }

    /// What one answers to an object with a `point`.
    ///
    /// # Errors
    /// When there is none of that id, its key cannot be read, it does not answer, or PostgreSQL does not.
    pub async fn ask(
        &self,
        workspace: WorkspaceId,
        id: Uuid,
        body: &Value,
    ) -> Result<Value, ExtensionError> {
        let row = self.row(workspace, id).await?;
        let key = self.key(workspace, &row)?;
        let answer = self.remote.post(&row.api_endpoint, &key, body).await;
        answer.map_err(ExtensionError::Silent)
    }

    async fn row(&self, workspace: WorkspaceId, id: Uuid) -> Result<ApiExtension, ExtensionError> {
        let mut conn = self.pool.get().await?;
        let found = api_extension::find(&mut conn, workspace, id).await?;
        found.ok_or(ExtensionError::NotFound)
    }

    fn key(&self, workspace: WorkspaceId, row: &ApiExtension) -> Result<String, ExtensionError> {
        let key = self.secrets.open(workspace, &row.api_key);
        let unreadable = "the key of the extension cannot be read: save it again";
        key.ok_or(ExtensionError::Refused(unreadable))
    }

    /// That it can be, and answers; its key as it is stored.
    async fn tried(
        &self,
        workspace: WorkspaceId,
        save: &ExtensionSave,
        key: &str,
    ) -> Result<String, ExtensionError> {
        check(save, key).map_err(ExtensionError::Refused)?;
        let ping = json!({"point": "ping"});
        let answer = self.remote.post(&save.api_endpoint, key, &ping);
        let answer = answer.await.map_err(ExtensionError::Silent)?;
        if answer["result"] != "pong" {
            let odd = "the answer to a ping is {\"result\": \"pong\"}".to_owned();
            return Err(ExtensionError::Silent(odd));
        }
        Ok(self.secrets.seal(workspace, key)?)
    }

    fn shown(&self, workspace: WorkspaceId, row: ApiExtension) -> ShownExtension {
        let key = self.secrets.open(workspace, &row.api_key);
        ShownExtension {
            masked_key: key.as_deref().map(masked).unwrap_or_default(),
            row,
        }
    }
}

fn check(save: &ExtensionSave, key: &str) -> Result<(), &'static str> {
    let is_long = |text: &str| text.chars().count() > MAX_CHARS;
    if save.name.trim().is_empty() {
        return Err("name must not be empty");
    }
    if save.api_endpoint.trim().is_empty() {
        return Err("api_endpoint must not be empty");
    }
    if key.is_empty() {
        return Err("api_key must not be empty");
    }
    if key.chars().count() < MIN_KEY_CHARS {
        return Err("api_key must be at least 5 characters");
    }
    if is_long(&save.name) || is_long(&save.api_endpoint) || is_long(key) {
        return Err("name, api_endpoint and api_key must have at most 255 characters");
    }
    if !key.chars().all(|c| c.is_ascii_graphic() || c == ' ') {
        return Err("api_key must be of letters that a header can carry");
    }
    Ok(())
}

/// Its first and its last letters.
fn masked(key: &str) -> String {
    const LONG: usize = 8;
    let chars: Vec<char> = key.chars().collect();
    let seen = if chars.len() > LONG { 3 } else { 1 };
    let first: String = chars.iter().take(seen).collect();
    let last: String = chars
        .iter()
        .skip(chars.len().saturating_sub(seen))
        .collect();
    format!("{first}******{last}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn key_is_shown_by_its_first_and_last_characters() {
        for (key, expected) in [
            ("secret-key", "sec******key"),
            ("short678", "s******8"),
            ("12345", "1******5"),
        ] {
            assert_eq!(masked(key), expected);
        }
    }

    #[test]
    fn extension_has_a_name_an_address_and_a_key() {
        let save = |name: &str, api_endpoint: &str| ExtensionSave {
            name: name.to_owned(),
            api_endpoint: api_endpoint.to_owned(),
            api_key: String::new(),
        };
        let long = "x".repeat(256);
        for (name, endpoint, key, is_right) in [
            ("n", "https://x.example", "12345", true),
            (" ", "https://x.example", "12345", false),
            ("n", "", "12345", false),
            ("n", "https://x.example", "1234", false),
            ("n", "https://x.example", "12\n45", false),
            (&long, "https://x.example", "12345", false),
        ] {
            let checked = check(&save(name, endpoint), key);
            assert_eq!(checked.is_ok(), is_right, "{name} {endpoint} {key:?}");
        }
    }
}
