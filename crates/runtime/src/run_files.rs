//! The files of runs, as nodes see them: read and kept on behalf of whoever began the run.

use std::sync::Arc;

use futures_util::future::BoxFuture;
use gatewright_domain::{file::FileOwner, ids::WorkspaceId};
use gatewright_node_runners::files::{FileContent, FileError, RunFiles};
use gatewright_run_events::CreatedBy;
use gatewright_run_service::MessageFile;
use gatewright_usecase_files::{FileAsker, FileSource, Files, NewToolFile};
use gatewright_usecase_kit::{Ctx, Env};
use gatewright_usecase_runs::RunPlan;
use serde_json::Value;

/// The files that one run may see.
pub(crate) struct FilesOfRun {
    files: Arc<Files>,
    env: Env,
    /// None: the plan names nobody, and nobody sees anything.
    asker: Option<FileAsker>,
}

impl FilesOfRun {
    /// Those of whoever began the run.
    pub(crate) fn new(files: Arc<Files>, env: Env, plan: &RunPlan) -> Self {
        let owner = match &plan.created_by {
            CreatedBy::Account { id, .. } => id.parse().map(FileOwner::Account),
            CreatedBy::EndUser { id, .. } => id.parse().map(FileOwner::EndUser),
        };
        let workspace = WorkspaceId(plan.tenant_id);
        let asker = owner.ok().map(|owner| FileAsker { workspace, owner });
        Self { files, env, asker }
    }

    /// The files of an earlier question; those that are not there any more are left out.
    ///
    /// # Errors
    /// When a store does not answer.
    pub(crate) async fn recall(&self, files: &[MessageFile]) -> Result<Vec<Value>, FileError> {
        let asker = self.asker()?;
        let ctx = Ctx::of_system(self.env.clock.now(), "run");
        let mut values = vec![];
        for file in files {
            let id = file.upload_file_id.map(|id| id.to_string());
            let source = match (file.transfer_method.as_str(), id) {
                ("local_file", Some(id)) => FileSource::Upload(id),
                ("tool_file", Some(id)) => FileSource::Tool(id),
                _ => FileSource::Remote(file.url.clone().unwrap_or_default()),
            };
            let found = self.files.recall(&ctx, asker, &source).await;
            values.extend(found.map_err(told)?.map(|value| value.to_json()));
        }
        Ok(values)
    }

    fn asker(&self) -> Result<FileAsker, FileError> {
        self.asker.ok_or_else(|| told("the run has no owner"))
    }
}

impl RunFiles for FilesOfRun {
    fn read<'a>(&'a self, file: &'a Value) -> BoxFuture<'a, Result<FileContent, FileError>> {
        Box::pin(async move {
            let content = self.files.content(self.asker()?, file).await;
            let content = content.map_err(told)?;
            Ok(FileContent {
                name: content.name,
                mime_type: content.mime_type,
                bytes: content.bytes,
            })
        })
    }

    fn keep(&self, content: FileContent) -> BoxFuture<'_, Result<Value, FileError>> {
        Box::pin(async move {
            let FileAsker { workspace, owner } = self.asker()?;
            let new = NewToolFile {
                workspace,
                owner: owner.id(),
                name: content.name,
                mime_type: content.mime_type,
                content: content.bytes,
            };
            let file = self.files.keep(new).await.map_err(told)?;
            let ctx = Ctx::of_system(self.env.clock.now(), "run");
            let value = self.files.value_of_tool_file(&ctx, &file);
            Ok(value.map_err(told)?.to_json())
        })
    }
}

fn told(problem: impl ToString) -> FileError {
    FileError(problem.to_string())
}
