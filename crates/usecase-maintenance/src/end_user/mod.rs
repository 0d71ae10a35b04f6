//! What is kept of one end user of an app: told to whoever asks for it, and erased.

mod erase;
mod export;

use gatewright_domain::{
    audit::{AuditAction, AuditEvent},
    error::Unavailable,
    ids::{AppId, WorkspaceId},
};
use gatewright_objects::Objects;
use gatewright_storage_kit::{Pool, StorageError};
use gatewright_storage_runs::{
    end_user,
    erasure::{record::Whom, users},
};
use gatewright_usecase_kit::{Ctx, Env, record_alone};
use serde::Serialize;
use uuid::Uuid;

pub use export::{Content, Export};

/// What is kept of end users.
pub struct EndUsers {
    /// Where rows are.
    pub pool: Pool,
    /// Where contents of files are.
    pub objects: Objects,
    /// Time and ids.
    pub env: Env,
}

/// An end user of an app, and how much there is of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct KnownUser {
    /// Primary key of `end_users`.
    pub id: Uuid,
    /// The app that they use.
    pub app: Uuid,
    /// The workspace of the app.
    #[serde(skip)]
    pub workspace: Uuid,
    /// `service-api` for whom the holder of a key named, `browser` for a visitor of the web app.
    #[serde(rename = "type")]
    pub kind: String,
    /// What callers call them.
    pub session_id: String,
    /// How often they began to talk.
    pub conversations: i64,
    /// Questions with their answers.
    pub messages: i64,
    /// Runs that were begun for them.
    pub runs: i64,
    /// Files that they uploaded, and that their runs made.
    pub files: i64,
}

impl KnownUser {
    fn whom(&self) -> Whom {
        Whom {
            app: self.app,
            user: self.id,
        }
    }
}

impl EndUsers {
    /// End users of an app of this name, or of this id. There may be several of one name: each way to the app has its own.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn find(&self, app: AppId, name: &str) -> Result<Vec<KnownUser>, Unavailable> {
        let mut conn = self.pool.get().await?;
        let id = Uuid::parse_str(name).ok();
        let mut known = vec![];
        for user in end_user::list_named(&mut conn, app.0, name, id).await? {
            let counts = users::count(&mut conn, app.0, user.id).await?;
            known.push(KnownUser {
                id: user.id,
                app: app.0,
                workspace: user.tenant_id,
                kind: user.kind,
                session_id: user.session_id,
                conversations: counts.conversations,
                messages: counts.messages,
                runs: counts.runs,
                files: counts.files,
            });
        }
        Ok(known)
    }

    /// Notes in the audit trail what is done with what is kept of an end user; nothing of it is named but the id.
    async fn note(
        &self,
        ctx: &Ctx,
        action: AuditAction,
        user: &KnownUser,
    ) -> Result<(), StorageError> {
        let event = AuditEvent::new(action)
            .within(Some(WorkspaceId(user.workspace)))
            .with("app", user.app)
            .with("end_user", user.id)
            .with("messages", user.messages)
            .with("runs", user.runs)
            .with("files", user.files);
        record_alone(&self.pool, &self.env, ctx, event).await
    }
}
