//! Tags of a workspace and what they are put on. Every look-up is bound to the workspace.

use gatewright_domain::{
    Class, Classify,
    error::Unavailable,
    ids::{TagId, WorkspaceId},
};
use gatewright_storage_identity::{
    tag,
    tag::{Actor, Tag},
};
use gatewright_storage_kit::{Pool, StorageError};
use gatewright_usecase_kit::{Ctx, Env};
use uuid::Uuid;

/// Why a tag was not made, changed or put on something.
#[derive(Debug, thiserror::Error)]
pub enum TagError {
    /// What a tag is put on is not in this workspace.
    #[error("Not found.")]
    TargetNotFound,
    /// There is no such tag in this workspace.
    #[error("Tag not found")]
    NotFound,
    /// Another tag of this kind has the name.
    #[error("Tag name already exists")]
    NameTaken,
    /// A store did not answer.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

impl From<StorageError> for TagError {
    fn from(error: StorageError) -> Self {
        Self::Unavailable(error.into())
    }
}

impl Classify for TagError {
    fn class(&self) -> Class<'_> {
        match self {
            Self::NotFound | Self::TargetNotFound => Class::not_found("not_found"),
            Self::NameTaken => Class::invalid("invalid_param"),
            Self::Unavailable(error) => error.class(),
        }
    }
}

/// Tags of workspaces.
pub struct Tags {
    pool: Pool,
    env: Env,
}

impl Tags {
    /// In this database.
    pub fn new(pool: Pool, env: Env) -> Self {
        Self { pool, env }
    }

    /// Tags of a kind, the newest first.
    pub async fn list(
        &self,
        workspace: WorkspaceId,
        kind: &str,
        keyword: Option<&str>,
    ) -> Result<Vec<Tag>, TagError> {
        let mut conn = self.pool.get().await?;
        Ok(tag::list(&mut conn, workspace, kind, keyword).await?)
    }

    /// Makes a tag.
    pub async fn create(
        &self,
        ctx: &Ctx,
        actor: Actor,
        kind: &str,
        name: &str,
    ) -> Result<Tag, TagError> {
        let id = TagId::generate(self.env.ids.as_ref());
        let mut tx = self.pool.begin().await?;
        tag::lock_names(&mut tx, actor.workspace, kind).await?;
        if tag::is_name_taken(&mut tx, actor.workspace, kind, name, None).await? {
            return Err(TagError::NameTaken);
        }
        tag::insert(&mut tx, actor, id, kind, name, ctx.now).await?;
        let made = tag::find(&mut tx, actor.workspace, id).await?;
        tx.commit().await?;
        made.ok_or(TagError::NotFound)
    }

    /// Renames a tag.
    pub async fn rename(
        &self,
        workspace: WorkspaceId,
        id: TagId,
        name: &str,
    ) -> Result<Tag, TagError> {
        let mut tx = self.pool.begin().await?;
        let found = tag::find(&mut tx, workspace, id).await?;
        let found = found.ok_or(TagError::NotFound)?;
        tag::lock_names(&mut tx, workspace, &found.kind).await?;
        if tag::is_name_taken(&mut tx, workspace, &found.kind, name, Some(id)).await? {
            return Err(TagError::NameTaken);
        }
        tag::update_name(&mut tx, workspace, id, name).await?;
        tx.commit().await?;
        Ok(Tag {
            name: name.to_owned(),
            ..found
        })
    }

    /// Deletes a tag with its bindings.
    pub async fn delete(&self, workspace: WorkspaceId, id: TagId) -> Result<(), TagError> {
        let mut tx = self.pool.begin().await?;
        if !tag::delete(&mut tx, workspace, id).await? {
            return Err(TagError::NotFound);
        }
        Ok(tx.commit().await?)
    }

    /// Puts tags on something of the workspace.
    pub async fn bind(
        &self,
        ctx: &Ctx,
        actor: Actor,
        kind: &str,
        target: Uuid,
        tags: &[Uuid],
    ) -> Result<(), TagError> {
        let ids = self.env.ids.as_ref();
        let rows: Vec<(Uuid, Uuid)> = tags.iter().map(|tag| (ids.new_uuid(), *tag)).collect();
        let mut tx = self.pool.begin().await?;
        if !tag::is_target_there(&mut tx, actor.workspace, kind, target).await? {
            return Err(TagError::TargetNotFound);
        }
        tag::bind(&mut tx, actor, kind, target, &rows, ctx.now).await?;
        Ok(tx.commit().await?)
    }

    /// Takes tags off something of the workspace.
    pub async fn unbind(
        &self,
        workspace: WorkspaceId,
        kind: &str,
        target: Uuid,
        tags: &[Uuid],
    ) -> Result<(), TagError> {
        let mut tx = self.pool.begin().await?;
        if !tag::is_target_there(&mut tx, workspace, kind, target).await? {
            return Err(TagError::TargetNotFound);
        }
        tag::unbind(&mut tx, workspace, target, tags).await?;
        Ok(tx.commit().await?)
    }
}
