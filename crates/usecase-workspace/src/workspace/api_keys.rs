//! API keys of a workspace: for its applications and for its knowledge. Every look-up is bound to the workspace.

use gatewright_auth::api_key::{mask, stored};
use gatewright_domain::{
    Class, Classify, Secret,
    account::Account,
    audit::{AuditAction, AuditEvent},
    error::Unavailable,
    ids::{ApiKeyId, WorkspaceId},
    member::Capability,
};
use gatewright_storage_identity::{
    account, api_key,
    api_key::{ApiKey, KeyScope},
    member, tag,
    tag::Actor,
    workspace,
};
use gatewright_storage_kit::{Conn, Pool, StorageError};
use gatewright_usecase_kit::{Ctx, Env, dry, record};

/// Keys per application, and for knowledge (console.md §7.16).
const MAX_KEYS: usize = 10;
/// Characters of a key after its prefix.
const KEY_CHARS: usize = 24;

/// Why a key was not made, listed or deleted.
#[derive(Debug, thiserror::Error)]
pub enum ApiKeyError {
    /// There is no such key, or no such application, in this workspace; or its maker may not any more.
    #[error("Not found.")]
    NotFound,
    /// The scope has as many keys as it may.
    #[error("Cannot create more than {MAX_KEYS} API keys for this resource type.")]
    TooManyKeys,
    /// A store did not answer.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

impl From<StorageError> for ApiKeyError {
    fn from(error: StorageError) -> Self {
        Self::Unavailable(error.into())
    }
}

impl Classify for ApiKeyError {
    fn class(&self) -> Class<'_> {
        match self {
            Self::NotFound => Class::not_found("not_found"),
            // The console says it once more in a member of its own.
            Self::TooManyKeys => {
                Class::invalid("max_keys_exceeded").with("custom", "max_keys_exceeded")
            }
            Self::Unavailable(error) => error.class(),
        }
    }
}

/// API keys of workspaces.
pub struct ApiKeys {
    pool: Pool,
    env: Env,
}

impl ApiKeys {
    /// In this database.
    pub fn new(pool: Pool, env: Env) -> Self {
        Self { pool, env }
    }

    /// Keys of a scope, masked, the newest first.
    pub async fn list(
        &self,
        workspace: WorkspaceId,
        scope: KeyScope,
    ) -> Result<Vec<ApiKey>, ApiKeyError> {
        let mut tx = self.pool.begin().await?;
        self.require_scope(&mut tx, workspace, scope).await?;
        Ok(api_key::list(&mut tx, workspace, scope).await?)
    }

    /// Makes a key. It is told once, here, and stored as a digest. Under the lock whoever makes it may still, and has
    /// ended nothing since they were let in: a key outlives sessions.
    pub async fn create(
        &self,
        ctx: &Ctx,
        actor: Actor,
        maker: &Account,
        scope: KeyScope,
    ) -> Result<(ApiKey, Secret), ApiKeyError> {
        let key = format!(
            "{}-{}",
            scope.kind(),
            self.env.random.alphanumeric(KEY_CHARS).map_err(dry)?
        );
        let masked = mask(&key);
        let id = ApiKeyId::generate(self.env.ids.as_ref());
        let mut tx = self.pool.begin().await?;
        workspace::find_for_update(&mut tx, actor.workspace).await?;
        let role = member::find_role(&mut tx, actor.workspace, maker.id).await?;
        let may_make = role.is_some_and(|role| role.may(Capability::CreateApiKeys));
        let locked = account::lock(&mut tx, maker.id).await?;
        if !may_make || !locked.is_some_and(|locked| locked.is_still(maker)) {
            return Err(ApiKeyError::NotFound);
        }
        self.require_scope(&mut tx, actor.workspace, scope).await?;
        if api_key::list(&mut tx, actor.workspace, scope).await?.len() >= MAX_KEYS {
            return Err(ApiKeyError::TooManyKeys);
        }
        api_key::insert(&mut tx, actor.workspace, scope, id, &stored(&key), ctx.now).await?;
        let event = AuditEvent::new(AuditAction::ApiKeyCreated)
            .by(actor.account)
            .within(Some(actor.workspace))
            .with("key", id)
            .with("type", scope.kind());
        record(&mut tx, &self.env, ctx, event).await?;
        tx.commit().await?;
        let made = ApiKey {
            id,
            masked,
            last_used_at: None,
            created_at: ctx.now,
        };
        Ok((made, Secret::new(key)))
    }

    /// Deletes a key.
    pub async fn delete(
        &self,
        ctx: &Ctx,
        actor: Actor,
        scope: KeyScope,
        id: ApiKeyId,
    ) -> Result<(), ApiKeyError> {
        let mut tx = self.pool.begin().await?;
        if !api_key::delete(&mut tx, actor.workspace, scope, id).await? {
            return Err(ApiKeyError::NotFound);
        }
        let event = AuditEvent::new(AuditAction::ApiKeyDeleted)
            .by(actor.account)
            .within(Some(actor.workspace))
            .with("key", id);
        record(&mut tx, &self.env, ctx, event).await?;
        Ok(tx.commit().await?)
    }

    async fn require_scope(
        &self,
        conn: &mut Conn,
        workspace: WorkspaceId,
        scope: KeyScope,
    ) -> Result<(), ApiKeyError> {
        match scope {
            KeyScope::Knowledge => Ok(()),
            KeyScope::App(id) if tag::is_target_there(conn, workspace, "app", id).await? => Ok(()),
            KeyScope::App(_) => Err(ApiKeyError::NotFound),
        }
    }
}
