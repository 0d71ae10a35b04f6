//! Changing an app: its name and look, how its site presents it. What is not named stays as it is.

use gatewright_domain::{ids::AppId, language::Language};
use gatewright_storage_apps::{
    app::{self, Icon},
    site::{self, Look, Site},
};
use gatewright_usecase_kit::Ctx;

use crate::{Actor, AppDetail, AppError, Apps, apps::get_for_update, create::new_code, view};

/// Characters of a disclaimer, at most.
const MAX_DISCLAIMER_CHARS: usize = 512;

/// What is to be different about an app.
#[derive(Debug, Clone, Default)]
pub struct AppChange {
    /// From 1 to 255 characters.
    pub name: Option<String>,
    /// At most 400 characters.
    pub description: Option<String>,
    /// How it looks.
    pub icon: IconChange,
    /// Runs at a time; 0: as many as the installation allows.
    pub max_active_requests: Option<i32>,
}

/// What is to be different about a look.
#[derive(Debug, Clone, Default)]
pub struct IconChange {
    /// `emoji`, `image` or `link`.
    pub kind: Option<&'static str>,
    /// A character, the id of an uploaded file, or an address.
    pub content: Option<String>,
    /// A colour of CSS.
    pub background: Option<String>,
    /// Whether answers show it.
    pub is_answer_icon: Option<bool>,
}

impl IconChange {
    fn apply(self, icon: &mut Icon) {
        if let Some(kind) = self.kind {
            icon.kind = Some(kind.to_owned());
        }
        icon.content = self.content.or(icon.content.take());
        icon.background = self.background.or(icon.background.take());
        icon.is_answer_icon = self.is_answer_icon.unwrap_or(icon.is_answer_icon);
    }
}

/// What is to be different about a site.
#[derive(Debug, Clone, Default)]
#[allow(missing_docs, reason = "the members of `Look`, each of which may stay")]
pub struct SiteChange {
    pub title: Option<String>,
    pub icon_type: Option<&'static str>,
    pub icon: Option<String>,
    pub icon_background: Option<String>,
    pub description: Option<String>,
    pub default_language: Option<String>,
    pub chat_color_theme: Option<String>,
    pub chat_color_theme_inverted: Option<bool>,
    pub copyright: Option<String>,
    pub privacy_policy: Option<String>,
    pub show_workflow_steps: Option<bool>,
    pub use_icon_as_answer_icon: Option<bool>,
    pub custom_disclaimer: Option<String>,
    pub customize_token_strategy: Option<&'static str>,
    pub prompt_public: Option<bool>,
    pub embed_origins: Option<String>,
    pub remote_pictures: Option<bool>,
}

impl SiteChange {
    fn check(&self) -> Result<(), AppError> {
        let disclaimer = self.custom_disclaimer.as_deref().unwrap_or_default();
        if disclaimer.chars().count() > MAX_DISCLAIMER_CHARS {
            return Err(AppError::Site(
                "Custom disclaimer cannot exceed 512 characters.",
            ));
        }
        match &self.default_language {
            Some(language) if Language::tags().all(|known| known != language) => {
                Err(AppError::Site("default_language is not a valid language."))
            }
            _ => Ok(()),
        }
    }

    fn apply(self, look: &mut Look) {
        macro_rules! set {
            ($($member:ident),+) => {$(
                if let Some(value) = self.$member {
                    look.$member = value;
                }
            )+};
        }
        macro_rules! set_some {
            ($($member:ident),+) => {$(
                if let Some(value) = self.$member {
                    look.$member = Some(value.into());
                }
            )+};
        }
        set!(
            title,
            default_language,
            chat_color_theme_inverted,
            show_workflow_steps
        );
        set!(use_icon_as_answer_icon, prompt_public);
        set_some!(
            icon_type,
            icon,
            icon_background,
            description,
            chat_color_theme
        );
        set_some!(copyright, privacy_policy, custom_disclaimer);
        set_some!(embed_origins, remote_pictures);
        if let Some(strategy) = self.customize_token_strategy {
            strategy.clone_into(&mut look.customize_token_strategy);
        }
    }
}

impl Apps {
    /// Changes an app.
    pub async fn change(
        &self,
        ctx: &Ctx,
        actor: Actor,
        id: AppId,
        change: AppChange,
    ) -> Result<AppDetail, AppError> {
        let mut tx = self.pool.begin().await?;
        let mut app = get_for_update(&mut tx, actor.workspace, id).await?;
        let before = app.clone();
        app.name = change.name.unwrap_or(app.name);
        app.description = change.description.unwrap_or(app.description);
        change.icon.apply(&mut app.icon);
        app.max_active_requests = change.max_active_requests.or(app.max_active_requests);
        if app != before {
            app.updated_by = Some(actor.account);
            app.updated_at = ctx.now;
            app::update(&mut tx, &app).await?;
        }
        let detail = view::detail(&mut tx, app).await?;
        tx.commit().await?;
        Ok(detail)
    }

    /// Changes how the site of an app presents it.
    pub async fn change_site(
        &self,
        ctx: &Ctx,
        actor: Actor,
        id: AppId,
        change: SiteChange,
    ) -> Result<Site, AppError> {
        change.check()?;
        self.with_site(ctx, actor, id, |site| {
            change.apply(&mut site.look);
            Ok(())
        })
        .await
    }

    /// Gives the site of an app another address; the one before leads nowhere.
    pub async fn reset_site_code(
        &self,
        ctx: &Ctx,
        actor: Actor,
        id: AppId,
    ) -> Result<Site, AppError> {
        let code = new_code(&self.env)?;
        self.with_site(ctx, actor, id, |site| {
            site.code = code;
            Ok(())
        })
        .await
    }

    async fn with_site(
        &self,
        ctx: &Ctx,
        actor: Actor,
        id: AppId,
        change: impl FnOnce(&mut Site) -> Result<(), AppError>,
    ) -> Result<Site, AppError> {
        let mut tx = self.pool.begin().await?;
        get_for_update(&mut tx, actor.workspace, id).await?;
        let mut site = site::find(&mut tx, id).await?.ok_or(AppError::NotFound)?;
        change(&mut site)?;
        site.updated_by = Some(actor.account);
        site.updated_at = ctx.now;
        site::update(&mut tx, &site).await?;
        tx.commit().await?;
        Ok(site)
    }
}
