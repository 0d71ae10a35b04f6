//! End users: whom the holders of keys of apps name.

use gatewright_storage_runs::{end_user, end_user::Session};
use gatewright_usecase_apps::App;
use gatewright_usecase_kit::Ctx;
use uuid::Uuid;

use crate::{RunService, RunServiceError};

/// Characters of a name that a caller gives an end user.
const MAX_USER_CHARS: usize = 255;

impl RunService {
    /// The id of whom the holder of an app's key names; they get a row when they have none.
    ///
    /// # Errors
    /// When PostgreSQL does not answer, or the name is longer than 255 characters.
    pub async fn end_user(
        &self,
        ctx: &Ctx,
        app: &App,
        user: &str,
    ) -> Result<Uuid, RunServiceError> {
        if user.chars().count() > MAX_USER_CHARS {
            let problem = format!("user must have at most {MAX_USER_CHARS} characters");
            return Err(RunServiceError::Graph(problem));
        }
        let user = user.replace('\0', "");
        let session = session(app, &user);
        let mut conn = self.pool.get().await?;
        let known = end_user::find(&mut conn, session).await?;
        drop(conn);
        if let Some(id) = known {
            return Ok(id);
        }
        let mut tx = self.pool.begin().await?;
        let id = self.env.ids.new_uuid();
        let id = end_user::find_or_insert(&mut tx, session, id, ctx.now).await?;
        tx.commit().await?;
        Ok(id)
    }
}

/// The session of whom the holder of an app's key names; nobody in particular is one of its own.
pub(crate) fn session<'a>(app: &App, user: &'a str) -> Session<'a> {
    let named = Some(user).filter(|user| !user.is_empty());
    Session {
        tenant_id: app.workspace.0,
        app_id: app.id.0,
        kind: "service-api",
        session_id: named.unwrap_or(end_user::DEFAULT_SESSION),
    }
}
