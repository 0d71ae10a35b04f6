//! What belongs to a workspace: tags and API keys. Every look-up is bound to the workspace.

use gatewright_auth::digest::sha256_hex;
use gatewright_domain::{
    Class, Classify, Secret,
    account::Account,
    audit::{AuditAction, AuditEvent},
    error::Unavailable,
    ids::{ApiKeyId, TagId, WorkspaceId},
    member::Capability,
};
use gatewright_storage_identity::{
    account, api_key,
    api_key::{ApiKey, KeyScope},
    member, tag,
    tag::{Place, Tag},
};
use gatewright_storage_kit::{Pool, StorageError};
use uuid::Uuid;

use gatewright_usecase_kit::{Ambient, Ctx, dry, record};

/// Keys per application, and for knowledge (console.md §7.16).
const MOST_KEYS: usize = 10;
/// Characters of a key after its prefix.
const KEY_CHARS: usize = 24;

/// Why.
#[derive(Debug, thiserror::Error)]
pub enum BelongingError {
    /// There is no such thing in this workspace.
    #[error("Not found.")]
    NotFound,
    /// There is no such tag in this workspace.
    #[error("Tag not found")]
    TagNotFound,
    /// Another tag of this kind has the name.
    #[error("Tag name already exists")]
    NameTaken,
    /// Enough keys.
    #[error("Cannot create more than {MOST_KEYS} API keys for this resource type.")]
    TooManyKeys,
    /// A store did not answer.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

impl From<StorageError> for BelongingError {
    fn from(error: StorageError) -> Self {
        Self::Unavailable(error.into())
    }
}

impl Classify for BelongingError {
    fn class(&self) -> Class<'_> {
        match self {
            Self::NotFound | Self::TagNotFound => Class::not_found("not_found"),
            Self::NameTaken => Class::invalid("invalid_param"),
            // The console says it once more in a member of its own.
            Self::TooManyKeys => {
                Class::invalid("max_keys_exceeded").with("custom", "max_keys_exceeded")
            }
            Self::Unavailable(error) => error.class(),
        }
    }
}

/// Tags and API keys.
pub struct Belongings {
    pool: Pool,
    ambient: Ambient,
}

impl Belongings {
    /// In this database.
    pub fn new(pool: Pool, ambient: Ambient) -> Self {
        Self { pool, ambient }
    }

    /// Tags of a kind, the newest first.
    pub async fn list_tags(
        &self,
        workspace: WorkspaceId,
        kind: &str,
        keyword: Option<&str>,
    ) -> Result<Vec<Tag>, BelongingError> {
        let mut conn = self.pool.get().await?;
        Ok(tag::list(&mut conn, workspace, kind, keyword).await?)
    }

    /// Makes a tag.
    pub async fn create_tag(
        &self,
        ctx: &Ctx,
        place: Place,
        (kind, name): (&str, &str),
    ) -> Result<Tag, BelongingError> {
        let id = TagId::generate(self.ambient.ids.as_ref());
        let mut tx = self.pool.begin().await?;
        tag::lock_names(&mut tx, place.workspace, kind).await?;
        if tag::is_name_taken(&mut tx, place.workspace, (kind, name), None).await? {
            return Err(BelongingError::NameTaken);
        }
        tag::insert(&mut tx, place, id, (kind, name), ctx.now).await?;
        let made = tag::find(&mut tx, place.workspace, id).await?;
        tx.commit().await?;
        made.ok_or(BelongingError::NotFound)
    }

    /// Renames a tag.
    pub async fn rename_tag(
        &self,
        workspace: WorkspaceId,
        id: TagId,
        name: &str,
    ) -> Result<Tag, BelongingError> {
        let mut tx = self.pool.begin().await?;
        let found = tag::find(&mut tx, workspace, id).await?;
        let found = found.ok_or(BelongingError::TagNotFound)?;
        tag::lock_names(&mut tx, workspace, &found.kind).await?;
        let named = (found.kind.as_str(), name);
        if tag::is_name_taken(&mut tx, workspace, named, Some(id)).await? {
            return Err(BelongingError::NameTaken);
        }
        tag::update_name(&mut tx, workspace, id, name).await?;
        tx.commit().await?;
        Ok(Tag {
            name: name.to_owned(),
            ..found
        })
    }

    /// Deletes a tag with its bindings.
    pub async fn delete_tag(
        &self,
        workspace: WorkspaceId,
        id: TagId,
    ) -> Result<(), BelongingError> {
        let mut tx = self.pool.begin().await?;
        if !tag::delete(&mut tx, workspace, id).await? {
            return Err(BelongingError::TagNotFound);
        }
        Ok(tx.commit().await?)
    }

    /// Puts tags on something of the workspace.
    pub async fn bind_tags(
        &self,
        ctx: &Ctx,
        place: Place,
        target: (&str, Uuid),
        tags: &[Uuid],
    ) -> Result<(), BelongingError> {
        let ids = self.ambient.ids.as_ref();
        let rows: Vec<(Uuid, Uuid)> = tags.iter().map(|tag| (ids.new_uuid(), *tag)).collect();
        let mut tx = self.pool.begin().await?;
        if !tag::is_target_there(&mut tx, place.workspace, target).await? {
            return Err(BelongingError::NotFound);
        }
        tag::bind(&mut tx, place, target, &rows, ctx.now).await?;
        Ok(tx.commit().await?)
    }

    /// Takes tags off something of the workspace.
    pub async fn unbind_tags(
        &self,
        workspace: WorkspaceId,
        target: (&str, Uuid),
        tags: &[Uuid],
    ) -> Result<(), BelongingError> {
        let mut tx = self.pool.begin().await?;
        if !tag::is_target_there(&mut tx, workspace, target).await? {
            return Err(BelongingError::NotFound);
        }
        tag::unbind(&mut tx, workspace, target.1, tags).await?;
        Ok(tx.commit().await?)
    }

    /// Keys of a scope, masked, the newest first.
    pub async fn list_keys(
        &self,
        workspace: WorkspaceId,
        scope: KeyScope,
    ) -> Result<Vec<ApiKey>, BelongingError> {
        let mut tx = self.pool.begin().await?;
        self.require_scope(&mut tx, workspace, scope).await?;
        Ok(api_key::list(&mut tx, workspace, scope).await?)
    }

    /// Makes a key. It is told once, here, and stored as a digest. Whoever makes it may still, and has
    /// ended nothing since they were let in: a key outlives sessions.
    pub async fn create_key(
        &self,
        ctx: &Ctx,
        (place, maker): (Place, &Account),
        scope: KeyScope,
    ) -> Result<(ApiKey, Secret), BelongingError> {
        let key = format!(
            "{}-{}",
            scope.kind(),
            self.ambient.random.alphanumeric(KEY_CHARS).map_err(dry)?
        );
        let masked = api_key::mask(&key);
        let id = ApiKeyId::generate(self.ambient.ids.as_ref());
        let mut tx = self.pool.begin().await?;
        gatewright_storage_identity::workspace::find_for_update(&mut tx, place.workspace).await?;
        let role = member::find_role(&mut tx, place.workspace, maker.id).await?;
        let may_make = role.is_some_and(|role| role.may(Capability::CreateApiKeys));
        let locked = account::lock(&mut tx, maker.id).await?;
        if !may_make || !locked.is_some_and(|locked| locked.is_still(maker)) {
            return Err(BelongingError::NotFound);
        }
        self.require_scope(&mut tx, place.workspace, scope).await?;
        if api_key::list(&mut tx, place.workspace, scope).await?.len() >= MOST_KEYS {
            return Err(BelongingError::TooManyKeys);
        }
        let stored = format!("{masked}:{}", sha256_hex(&key));
        api_key::insert(&mut tx, place.workspace, scope, (id, &stored), ctx.now).await?;
        let event = AuditEvent::new(AuditAction::ApiKeyCreated)
            .by(place.account)
            .within(Some(place.workspace))
            .with("key", id)
            .with("type", scope.kind());
        record(&mut tx, &self.ambient, ctx, event).await?;
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
    pub async fn delete_key(
        &self,
        ctx: &Ctx,
        place: Place,
        scope: KeyScope,
        id: ApiKeyId,
    ) -> Result<(), BelongingError> {
        let mut tx = self.pool.begin().await?;
        if !api_key::delete(&mut tx, place.workspace, scope, id).await? {
            return Err(BelongingError::NotFound);
        }
        let event = AuditEvent::new(AuditAction::ApiKeyDeleted)
            .by(place.account)
            .within(Some(place.workspace))
            .with("key", id);
        record(&mut tx, &self.ambient, ctx, event).await?;
        Ok(tx.commit().await?)
    }

    async fn require_scope(
        &self,
        conn: &mut gatewright_storage_kit::Conn,
        workspace: WorkspaceId,
        scope: KeyScope,
    ) -> Result<(), BelongingError> {
        match scope {
            KeyScope::Knowledge => Ok(()),
            KeyScope::App(id) if tag::is_target_there(conn, workspace, ("app", id)).await? => {
                Ok(())
            }
            KeyScope::App(_) => Err(BelongingError::NotFound),
        }
    }
}
