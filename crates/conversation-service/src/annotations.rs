//! Answers that the owner of an app gives in its place.

use gatewright_domain::error::Unavailable;
use gatewright_storage_runs::annotation::{self, Annotation, AnnotationsOf, NewAnnotation};
use gatewright_usecase_apps::App;
use gatewright_usecase_kit::Ctx;
use uuid::Uuid;

use crate::{ConversationError, Conversations, pattern::pattern};

/// A question and what is answered to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnnotationText {
    /// What is asked.
    pub question: String,
    /// What is answered.
    pub answer: String,
}

/// A page of annotations.
#[derive(Debug, Clone)]
pub struct AnnotationPage {
    /// The newest first.
    pub rows: Vec<Annotation>,
    /// Annotations of all pages.
    pub total: u64,
}

impl Conversations {
    /// A page of the annotations of an app whose question or answer has the keyword; the first page is 1.
    ///
    /// # Errors
    /// When PostgreSQL does not answer.
    pub async fn annotations(
        &self,
        app: &App,
        keyword: Option<&str>,
        page: u32,
        limit: u32,
    ) -> Result<AnnotationPage, ConversationError> {
        let keyword = keyword.filter(|word| !word.is_empty()).map(pattern);
        let which = AnnotationsOf {
            app: app.id.0,
            pattern: keyword.as_deref(),
        };
        let offset = i64::from(page.saturating_sub(1)) * i64::from(limit);
        let mut conn = self.pool.get().await?;
        let (rows, total) = annotation::list(&mut conn, which, offset, i64::from(limit)).await?;
        Ok(AnnotationPage {
            rows,
            total: u64::try_from(total).unwrap_or_default(),
        })
    }

    /// Adds an annotation to an app, in the name of the owner of its workspace.
    ///
    /// # Errors
    /// When PostgreSQL does not answer.
    pub async fn annotate(
        &self,
        ctx: &Ctx,
        app: &App,
        text: &AnnotationText,
    ) -> Result<Annotation, ConversationError> {
        let new = new(self.env.ids.new_uuid(), ctx, app, text);
        let mut conn = self.pool.get().await?;
        let made = annotation::insert(&mut conn, &new).await?;
        let ownerless = || Unavailable::new("postgres", "the workspace has no owner");
        Ok(made.ok_or_else(ownerless)?)
    }

    /// Changes an annotation of an app.
    ///
    /// # Errors
    /// When the app has none of that id, or PostgreSQL does not answer.
    pub async fn change_annotation(
        &self,
        ctx: &Ctx,
        app: &App,
        id: Uuid,
        text: &AnnotationText,
    ) -> Result<Annotation, ConversationError> {
        let mut conn = self.pool.get().await?;
        let changed = annotation::update(&mut conn, &new(id, ctx, app, text)).await?;
        changed.ok_or(ConversationError::AnnotationNotFound)
    }

    /// Deletes an annotation of an app.
    ///
    /// # Errors
    /// When the app has none of that id, or PostgreSQL does not answer.
    pub async fn delete_annotation(&self, app: &App, id: Uuid) -> Result<(), ConversationError> {
        let mut conn = self.pool.get().await?;
        match annotation::delete(&mut conn, app.id.0, &[id]).await? {
            0 => Err(ConversationError::AnnotationNotFound),
            _ => Ok(()),
        }
    }
}

/// An annotation of an app with this text.
pub(crate) fn new<'a>(
    id: Uuid,
    ctx: &Ctx,
    app: &App,
    text: &'a AnnotationText,
) -> NewAnnotation<'a> {
    NewAnnotation {
        id,
        app_id: app.id.0,
        tenant_id: app.workspace.0,
        question: &text.question,
        answer: &text.answer,
        at: ctx.now,
    }
}
