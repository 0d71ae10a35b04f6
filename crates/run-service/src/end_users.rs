//! End users: whom the holders of keys of apps name.

use gatewright_storage_runs::end_user::{self, MAX_SESSION_CHARS, Session};
use gatewright_usecase_apps::App;
use gatewright_usecase_kit::Ctx;
use uuid::Uuid;

use crate::{RunService, RunServiceError};

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
        if user.chars().count() > MAX_SESSION_CHARS {
            let problem = format!("user must have at most {MAX_SESSION_CHARS} characters");
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

/// The session of whom the holder of an app's key names.
pub(crate) fn session<'a>(app: &App, user: &'a str) -> Session<'a> {
    Session::of_key(app.workspace.0, app.id.0, user)
}
