//! What an app is and takes, for programs: facts, parameters, and the schema of its input.

mod input_schema;
mod parameters;

use gatewright_storage_apps::{app::App, model_config, person, tag, tag::AppTag, workflow};
use serde_json::Value;

use crate::{AppError, Apps, WorkflowContent, apps::has_graph, model_config::members};

pub use parameters::Parameters;

/// What an app is and takes.
#[derive(Debug, Clone)]
pub struct Description {
    /// The app that is described.
    pub app: App,
    /// The name of who made it.
    pub author: Option<String>,
    /// The app's tags, ordered by name.
    pub tags: Vec<AppTag>,
    /// None: nothing is published that could take anything.
    pub parameters: Option<Parameters>,
    /// JSON Schema of 2020-12 of what a run takes.
    pub input_schema: Value,
}

impl Apps {
    /// Describes an app that its caller may reach.
    pub async fn describe(&self, app: App) -> Result<Description, AppError> {
        let mut conn = self.pool.get().await?;
        let authors: Vec<_> = app.created_by.into_iter().collect();
        let authors = person::list(&mut conn, &authors).await?;
        let mut tags = tag::list_of_apps(&mut conn, app.workspace, &[app.id]).await?;
        drop(conn);
        let parameters = self.parameters(&app).await?;
        let input_schema = match &parameters {
            Some(parameters) => input_schema::of(&app.mode, &parameters.user_input_form),
            None => input_schema::of_nothing(),
        };
        Ok(Description {
            author: authors.into_values().next().map(|author| author.name),
            tags: tags.remove(&app.id).unwrap_or_default(),
            parameters,
            input_schema,
            app,
        })
    }

    /// What a run of an app takes; none while nothing is published.
    pub async fn parameters(&self, app: &App) -> Result<Option<Parameters>, AppError> {
        let mut conn = self.pool.get().await?;
        if has_graph(app) {
            let Some(version) = app.workflow_id else {
                return Ok(None);
            };
            let found = workflow::find(&mut conn, app.workspace, app.id, version).await?;
            let content = found
                .map(|found| WorkflowContent::read(&self.secrets, app.workspace, &found.content));
            return Ok(
                content.map(|content| Parameters::of_workflow(&content, self.system_parameters))
            );
        }
        let ids: Vec<_> = app.model_config_id.into_iter().collect();
        let configs = model_config::list(&mut conn, &ids).await?;
        let config = configs.into_iter().next();
        Ok(config.map(|config| {
            Parameters::of_model_config(&members(&config.members), self.system_parameters)
        }))
    }
}
