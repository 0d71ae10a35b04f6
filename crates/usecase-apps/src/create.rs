//! A new app: its row, its site, its place under Explore, and what a classic one is configured as.

use gatewright_domain::{
    audit::{AuditAction, AuditEvent},
    error::Unavailable,
    ids::AppId,
    language::Language,
};
use gatewright_dsl::AppMode;
use gatewright_storage_apps::{
    app::{self, App, Icon},
    installed_app,
    model_config::{self, Members, ModelConfig},
    site::{self, Look, Site},
};
use gatewright_storage_kit::{Conn, StorageError};
use gatewright_usecase_kit::{Ctx, Env, dry, record};

use crate::{Actor, AppDetail, AppError, Apps, actor::Act, model_config::of_new, view};

/// Characters of a site's code.
const CODE_CHARS: usize = 16;

/// What somebody wants made.
#[derive(Debug, Clone)]
pub struct NewApp {
    /// From 1 to 255 characters.
    pub name: String,
    /// At most 400 characters; may be empty.
    pub description: String,
    /// What kind of app.
    pub mode: AppMode,
    /// How it looks.
    pub icon: Icon,
    /// The interface language of who makes it: that of its site.
    pub language: Option<String>,
}

impl Apps {
    /// Makes an app. One with a graph has no draft until its editor saves one.
    pub async fn create(
        &self,
        ctx: &Ctx,
        actor: Actor,
        new: NewApp,
    ) -> Result<AppDetail, AppError> {
        let members = (!new.mode.has_graph()).then(|| of_new(new.mode.as_str()));
        let mut tx = self.pool.begin().await?;
        let app = insert(&mut tx, &self.env, Act { ctx, actor }, new, members).await?;
        let event = AuditEvent::new(AuditAction::AppCreated)
            .by(actor.account)
            .within(Some(actor.workspace))
            .with("app", app.id)
            .with("mode", &app.mode);
        record(&mut tx, &self.env, ctx, event).await?;
        let detail = view::detail(&mut tx, app).await?;
        tx.commit().await?;
        Ok(detail)
    }
}

/// Why an app was not written.
#[derive(Debug)]
pub(crate) enum NotInserted {
    Storage(StorageError),
    Unavailable(Unavailable),
}

impl From<StorageError> for NotInserted {
    fn from(error: StorageError) -> Self {
        Self::Storage(error)
    }
}

impl From<NotInserted> for AppError {
    fn from(error: NotInserted) -> Self {
        match error {
            NotInserted::Storage(error) => error.into(),
            NotInserted::Unavailable(error) => error.into(),
        }
    }
}

/// Writes an app with all that every app has; `members` are the configuration of a classic one.
pub(crate) async fn insert(
    conn: &mut Conn,
    env: &Env,
    act: Act<'_>,
    new: NewApp,
    members: Option<Members>,
) -> Result<App, NotInserted> {
    let (actor, now) = (act.actor, act.ctx.now);
    let id = AppId::generate(env.ids.as_ref());
    let model_config_id = members.is_some().then(|| env.ids.new_uuid());
    let app = App {
        id,
        workspace: actor.workspace,
        name: new.name,
        description: new.description,
        mode: new.mode.as_str().to_owned(),
        icon: new.icon,
        model_config_id,
        workflow_id: None,
        is_normal: true,
        has_site: true,
        has_api: true,
        max_active_requests: None,
        tracing: None,
        created_by: Some(actor.account),
        created_at: now,
        updated_by: Some(actor.account),
        updated_at: now,
    };
    app::insert(conn, &app).await?;
    if let (Some(members), Some(config)) = (members, model_config_id) {
        let config = ModelConfig {
            id: config,
            app: id,
            members,
            created_by: Some(actor.account),
            created_at: now,
            updated_by: Some(actor.account),
            updated_at: now,
        };
        model_config::insert(conn, &config).await?;
    }
    let code = new_code(env).map_err(NotInserted::Unavailable)?;
    let site = site_of(&app, env, code, new.language.as_deref());
    site::insert(conn, &site).await?;
    let installed = env.ids.new_uuid();
    installed_app::insert_own(conn, installed, actor.workspace, id, now).await?;
    Ok(app)
}

/// A new code for the address of a site.
pub(crate) fn new_code(env: &Env) -> Result<String, Unavailable> {
    env.random.alphanumeric(CODE_CHARS).map_err(dry)
}

fn site_of(app: &App, env: &Env, code: String, language: Option<&str>) -> Site {
    Site {
        id: env.ids.new_uuid(),
        app: app.id,
        look: Look {
            title: app.name.clone(),
            icon_type: app.icon.kind.clone(),
            icon: app.icon.content.clone(),
            icon_background: app.icon.background.clone(),
            description: None,
            default_language: Language::or_default(language).tag.to_owned(),
            chat_color_theme: None,
            chat_color_theme_inverted: false,
            copyright: None,
            privacy_policy: None,
            show_workflow_steps: true,
            use_icon_as_answer_icon: false,
            custom_disclaimer: Some(String::new()),
            customize_token_strategy: "not_allow".to_owned(),
            prompt_public: false,
            embed_origins: None,
            remote_pictures: None,
        },
        code,
        customize_domain: None,
        created_by: app.created_by,
        created_at: app.created_at,
        updated_by: app.updated_by,
        updated_at: app.updated_at,
    }
}
