//! Making an app of a file, or making an app what a file says. All of it or nothing.

use gatewright_domain::{
    audit::{AuditAction, AuditEvent},
    ids::{AppId, ImportId},
    text::visible_name,
};
use gatewright_dsl::{
    AppBody, AppFile, AppMode, ImportError,
    draft::{DraftError, check_save},
};
use gatewright_storage_apps::{
    app::{self, App, Icon},
    workflow,
};
use gatewright_storage_kit::Conn;
use gatewright_usecase_kit::{Ctx, record};

use super::{ImportOutcome, begin::Opened};
use crate::{
    Actor, AppError, Apps, NewApp, Overrides, WorkflowContent, actor::Act, create::insert,
    model_config::of_file,
};

/// Characters of an app's name, at most.
const MAX_NAME_CHARS: usize = 255;

/// Why a file does not become an app, though it can be read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Refused {
    #[error(transparent)]
    File(#[from] ImportError),
    #[error(transparent)]
    Draft(#[from] DraftError),
    #[error("Missing app name in YAML content")]
    NameMissing,
    #[error("The name of an app has at most {MAX_NAME_CHARS} characters")]
    NameTooLong,
    #[error("The file is of a {file} app and cannot overwrite one of mode {app}")]
    OtherMode { file: &'static str, app: String },
    /// A store did not answer: no outcome of the import.
    #[error("{0}")]
    Fault(AppError),
}

impl<E: Into<AppError>> From<Fault<E>> for Refused {
    fn from(fault: Fault<E>) -> Self {
        Self::Fault(fault.0.into())
    }
}

impl From<Refused> for AppError {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Fault(error) => error,
            Refused::File(error) => Self::File(error),
            Refused::Draft(error) => Self::Draft(error),
            other => Self::Refused(other.to_string()),
        }
    }
}

/// Marks what is no outcome of the import.
struct Fault<E>(E);

impl Apps {
    /// Imports what was opened. What waited is reported with the status of its version.
    pub(super) async fn apply(
        &self,
        ctx: &Ctx,
        actor: Actor,
        id: ImportId,
        opened: Opened,
    ) -> Result<ImportOutcome, AppError> {
        let status = opened.document.status();
        let imported_version = opened.document.version().to_owned();
        match self.write(Act { ctx, actor }, opened).await {
            Ok(app) => Ok(ImportOutcome {
                id: id.to_string(),
                status,
                app: Some(app),
                imported_version,
                error: String::new(),
            }),
            Err(Refused::Fault(error)) => Err(error),
            Err(refused) => Ok(ImportOutcome::failed(id.to_string(), refused)),
        }
    }

    async fn write(&self, act: Act<'_>, opened: Opened) -> Result<(AppId, AppMode), Refused> {
        let Act { ctx, actor } = act;
        let pending = opened.pending;
        let file = opened.document.into_app_file(None)?;
        let mode = file.app.mode;
        let dependencies = file.dependencies.clone();
        let mut tx = self.pool.begin().await.map_err(Fault)?;
        let target = match pending.app {
            // Gone since the import began: a new one.
            Some(id) => app::find_for_update(&mut tx, actor.workspace, id)
                .await
                .map_err(Fault)?,
            None => None,
        };
        let action = match target {
            Some(_) => AuditAction::AppOverwritten,
            None => AuditAction::AppCreated,
        };
        let look = pending.overrides;
        let app = match target {
            Some(app) => self.overwrite(&mut tx, act, app, file, look).await?,
            None => {
                self.create_from(&mut tx, act, file, look, pending.language)
                    .await?
            }
        };
        self.remember_dependencies(&mut tx, act, app, &dependencies)
            .await
            .map_err(Fault)?;
        let event = AuditEvent::new(action)
            .by(actor.account)
            .within(Some(actor.workspace))
            .with("app", app)
            .with("mode", mode.as_str());
        record(&mut tx, &self.env, ctx, event)
            .await
            .map_err(Fault)?;
        tx.commit().await.map_err(Fault)?;
        Ok((app, mode))
    }

    /// Makes an app of a file.
    pub(crate) async fn create_from(
        &self,
        conn: &mut Conn,
        act: Act<'_>,
        file: AppFile,
        overrides: Overrides,
        language: Option<String>,
    ) -> Result<AppId, Refused> {
        let new = NewApp {
            name: name(&file, &overrides)?,
            description: description(&file, &overrides),
            mode: file.app.mode,
            icon: icon(&file, overrides),
            language,
        };
        match file.body {
            AppBody::ModelConfig(config) => {
                let members = Some(of_file(&config));
                let made = insert(conn, &self.env, act, new, members).await;
                Ok(made.map_err(Fault)?.id)
            }
            AppBody::Workflow(part) => {
                check_save(&part.graph)?;
                let content = WorkflowContent::of_part(part, self.env.ids.as_ref());
                let made = insert(conn, &self.env, act, new, None).await;
                let app = made.map_err(Fault)?;
                self.write_draft(conn, act, &app, None, &content)
                    .await
                    .map_err(Fault)?;
                Ok(app.id)
            }
        }
    }

    async fn overwrite(
        &self,
        conn: &mut Conn,
        act: Act<'_>,
        mut app: App,
        file: AppFile,
        overrides: Overrides,
    ) -> Result<AppId, Refused> {
        let mode = file.app.mode.as_str();
        if app.mode != mode {
            return Err(Refused::OtherMode {
                file: mode,
                app: app.mode,
            });
        }
        app.name = name(&file, &overrides)?;
        app.description = description(&file, &overrides);
        app.icon = icon(&file, overrides);
        app.updated_by = Some(act.actor.account);
        app.updated_at = act.ctx.now;
        app::update(conn, &app).await.map_err(Fault)?;
        if let AppBody::Workflow(part) = file.body {
            check_save(&part.graph)?;
            let content = WorkflowContent::of_part(part, self.env.ids.as_ref());
            let stored = workflow::find_draft(conn, act.actor.workspace, app.id).await;
            let stored = stored.map_err(Fault)?;
            self.write_draft(conn, act, &app, stored, &content)
                .await
                .map_err(Fault)?;
        }
        Ok(app.id)
    }
}

fn name(file: &AppFile, overrides: &Overrides) -> Result<String, Refused> {
    let named = overrides.name.as_ref().filter(|name| !name.is_empty());
    let name = visible_name(&without_nul(named.unwrap_or(&file.app.name)));
    match name.chars().count() {
        0 => Err(Refused::NameMissing),
        chars if chars > MAX_NAME_CHARS => Err(Refused::NameTooLong),
        _ => Ok(name),
    }
}

fn description(file: &AppFile, overrides: &Overrides) -> String {
    let described = overrides.description.as_ref();
    without_nul(described.unwrap_or(&file.app.description))
}

fn icon(file: &AppFile, overrides: Overrides) -> Icon {
    let of_file = Some(icon_text(&file.app.icon)).filter(|icon| !icon.is_empty());
    let kind = overrides.icon_type;
    let background = file.app.icon_background.as_deref();
    Icon {
        kind: kind.or_else(|| Some(file.app.icon_type.as_str().to_owned())),
        content: overrides.icon.or(of_file),
        background: overrides
            .icon_background
            .or_else(|| background.map(icon_text)),
        is_answer_icon: file.app.use_icon_as_answer_icon,
    }
}

/// A column takes any character but this one, and a file may hold it.
fn without_nul(text: &str) -> String {
    text.replace('\0', "")
}

/// The columns of an icon are not longer.
fn icon_text(text: &str) -> String {
    without_nul(text).chars().take(MAX_NAME_CHARS).collect()
}
