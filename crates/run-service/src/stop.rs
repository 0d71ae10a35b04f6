//! Stops, asked for by whoever may, in whichever process.

use gatewright_domain::ids::AppId;
use gatewright_storage_kit::Conn;
use gatewright_storage_runs::{end_user, lease};
use gatewright_usecase_apps::App;
use uuid::Uuid;

use crate::{
    LEASE_SECONDS, RunService, RunServiceError, end_users::session, service::task_id,
    store::STOPPED,
};

impl RunService {
    /// Asks for a run of an app to stop, by the task id that its stream shows, whichever process has it: another one sees it when
    /// it next keeps something or renews its leases. What there is none of, or what is another app's, is left alone: nobody learns
    /// the difference.
    ///
    /// # Errors
    /// When PostgreSQL does not answer.
    pub async fn stop(&self, app: AppId, task: &str) -> Result<(), RunServiceError> {
        let Ok(task) = task.parse::<Uuid>() else {
            return Ok(());
        };
        let mut conn = self.pool.get().await?;
        let runs = lease::list_of_app(&mut conn, app.0).await?;
        self.stop_one(&mut conn, &runs, task).await
    }

    /// The same for a user of the app, who can stop what was begun for them.
    ///
    /// # Errors
    /// When PostgreSQL does not answer.
    pub async fn stop_of_user(
        &self,
        app: &App,
        user: &str,
        task: &str,
    ) -> Result<(), RunServiceError> {
        let Ok(task) = task.parse::<Uuid>() else {
            return Ok(());
        };
        let mut conn = self.pool.get().await?;
        let Some(user) = end_user::find(&mut conn, session(app, user)).await? else {
            return Ok(());
        };
        let runs = lease::list_of_user(&mut conn, app.id.0, user).await?;
        self.stop_one(&mut conn, &runs, task).await
    }

    /// The same for a visitor of the app's page.
    ///
    /// # Errors
    /// When PostgreSQL does not answer.
    pub async fn stop_of_visitor(
        &self,
        app: AppId,
        visitor: Uuid,
        task: &str,
    ) -> Result<(), RunServiceError> {
        let Ok(task) = task.parse::<Uuid>() else {
            return Ok(());
        };
        let mut conn = self.pool.get().await?;
        let runs = lease::list_of_user(&mut conn, app.0, visitor).await?;
        self.stop_one(&mut conn, &runs, task).await
    }

    async fn stop_one(
        &self,
        conn: &mut Conn,
        runs: &[Uuid],
        task: Uuid,
    ) -> Result<(), RunServiceError> {
        let Some(run) = runs.iter().find(|run| task_id(**run) == task) else {
            return Ok(());
        };
        lease::request_stop(conn, *run).await?;
        if !self.registry.stop(*run, STOPPED).await {
            // One that waits for people is nobody's: it goes on here, to end.
            let waiting = lease::take_waiting(conn, *run, self.people.owner, LEASE_SECONDS).await?;
            if let Some(lease) = waiting {
                self.take_up(lease).await?;
            } else if let Some(remote) = &self.remote {
                remote.stop(*run).await;
            }
        }
        Ok(())
    }
}
