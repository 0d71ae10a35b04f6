//! Annotations of an app as its owners work on them: made of a message, many at once, deleted, exported, and what each answered.

use gatewright_domain::error::Unavailable;
use gatewright_storage_kit::Tx;
use gatewright_storage_runs::{
    annotation::{self, Annotation, AnnotationsOf},
    conversation_list::Place,
    message_feedback,
    owner_annotation::{self, Annotated, Hit, NewAnnotations},
    owner_message,
};
use gatewright_usecase_apps::App;
use gatewright_usecase_kit::Ctx;
use uuid::Uuid;

use crate::{AnnotationText, ConversationError, Conversations, annotation_csv, annotations};

/// Annotations that go in one statement, or come of one.
const BATCH: i64 = 1_000;

/// What an annotation answered.
#[derive(Debug, Clone)]
pub struct HitPage {
    /// The newest first.
    pub rows: Vec<Hit>,
    /// Hits of all pages, as far as they are counted.
    pub total: u64,
}

impl Conversations {
    /// Adds an annotation to an app, in the name of an account. Of a message whose question is asked where none is said; the message's
    /// annotation is changed where it has one.
    ///
    /// # Errors
    /// When the app has no such message, nothing is asked, or PostgreSQL does not answer.
    pub async fn annotate_as_owner(
        &self,
        ctx: &Ctx,
        app: &App,
        account: Uuid,
        message: Option<Uuid>,
        mut text: AnnotationText,
    ) -> Result<Annotation, ConversationError> {
        let mut tx = self.pool.begin().await?;
        let of = match message {
            Some(message) => Some(asked(&mut tx, app, message, &mut text).await?),
            None => None,
        };
        if text.question.trim().is_empty() {
            return Err(ConversationError::NoQuestion);
        }
        let known = match of {
            Some(of) => owner_annotation::find_of_message(&mut tx, app.id.0, of.message).await?,
            None => None,
        };
        let made = if let Some(id) = known {
            let new = annotations::new(id, ctx, app, &text);
            annotation::update(&mut tx, &new).await?
        } else {
            let new = NewAnnotations {
                app: app.id.0,
                account,
                of,
                ids: &[self.env.ids.new_uuid()],
                questions: &[&text.question],
                answers: &[&text.answer],
                at: ctx.now,
            };
            owner_annotation::insert(&mut tx, &new).await?.pop()
        };
        tx.commit().await?;
        Ok(made.ok_or_else(|| Unavailable::new("postgres", "the annotation was not written"))?)
    }

    /// Adds the annotations of a file to an app: all of them, or none. Returns how many there were.
    ///
    /// # Errors
    /// When the file cannot be read, or PostgreSQL does not answer.
    pub async fn import_annotations(
        &self,
        ctx: &Ctx,
        app: &App,
        account: Uuid,
        file: &[u8],
    ) -> Result<usize, ConversationError> {
        let texts = annotation_csv::read(file)?;
        let mut tx = self.pool.begin().await?;
        for part in texts.chunks(usize::try_from(BATCH).unwrap_or(usize::MAX)) {
            let ids: Vec<Uuid> = part.iter().map(|_| self.env.ids.new_uuid()).collect();
            let questions: Vec<&str> = part.iter().map(|text| text.question.as_str()).collect();
            let answers: Vec<&str> = part.iter().map(|text| text.answer.as_str()).collect();
            let new = NewAnnotations {
                app: app.id.0,
                account,
                of: None,
                ids: &ids,
                questions: &questions,
                answers: &answers,
                at: ctx.now,
            };
            owner_annotation::insert(&mut tx, &new).await?;
        }
        tx.commit().await?;
        Ok(texts.len())
    }

    /// A part of the annotations of an app, the newest first, behind this one. Nothing: that was all.
    ///
    /// # Errors
    /// When PostgreSQL does not answer.
    pub async fn exported_annotations(
        &self,
        app: &App,
        after: Option<&Annotation>,
    ) -> Result<Vec<Annotation>, ConversationError> {
        let after = after.map(|row| Place {
            at: row.created_at,
            id: row.id,
        });
        let mut conn = self.pool.get().await?;
        Ok(owner_annotation::list_part(&mut conn, app.id.0, after, BATCH).await?)
    }

    /// How many annotations an app has, as far as they are counted.
    ///
    /// # Errors
    /// When PostgreSQL does not answer.
    pub async fn count_annotations(&self, app: &App) -> Result<u64, ConversationError> {
        let which = AnnotationsOf {
            app: app.id.0,
            pattern: None,
        };
        let mut conn = self.pool.get().await?;
        let rows = annotation::count(&mut conn, which).await?;
        Ok(u64::try_from(rows).unwrap_or_default())
    }

    /// Deletes annotations of an app: those of these ids, or all. What is another app's stays.
    ///
    /// # Errors
    /// When PostgreSQL does not answer; what went until then stays away.
    pub async fn delete_annotations(
        &self,
        app: &App,
        ids: Option<&[Uuid]>,
    ) -> Result<(), ConversationError> {
        if let Some(ids) = ids {
            let mut conn = self.pool.get().await?;
            annotation::delete(&mut conn, app.id.0, ids).await?;
            return Ok(());
        }
        loop {
            let mut conn = self.pool.get().await?;
            let gone = owner_annotation::delete_some(&mut conn, app.id.0, BATCH).await?;
            if gone < usize::try_from(BATCH).unwrap_or_default() {
                return Ok(());
            }
        }
    }

    /// A page of what an annotation of an app answered; the first page is 1.
    ///
    /// # Errors
    /// When the app has no such annotation, or PostgreSQL does not answer.
    pub async fn annotation_hits(
        &self,
        app: &App,
        id: Uuid,
        page: u32,
        limit: u32,
    ) -> Result<HitPage, ConversationError> {
        let mut conn = self.pool.get().await?;
        let total = owner_annotation::count_hits(&mut conn, app.id.0, id).await?;
        let total = total.ok_or(ConversationError::AnnotationNotFound)?;
        let (offset, limit) = (
            i64::from(page.saturating_sub(1)) * i64::from(limit),
            i64::from(limit),
        );
        let rows = owner_annotation::list_hits(&mut conn, app.id.0, id, offset, limit).await?;
        Ok(HitPage {
            rows,
            total: u64::try_from(total).unwrap_or_default(),
        })
    }
}

/// The message of an app that is annotated, locked, so that of two who annotate it the second one finds what the first one made. Its
/// question is asked where none is said.
async fn asked(
    tx: &mut Tx,
    app: &App,
    message: Uuid,
    text: &mut AnnotationText,
) -> Result<Annotated, ConversationError> {
    let found = owner_message::find(tx, app.id.0, message).await?;
    let (row, _) = found.ok_or(ConversationError::MessageNotFound)?;
    message_feedback::lock(tx, message).await?;
    if text.question.trim().is_empty() {
        text.question = row.query;
    }
    Ok(Annotated {
        conversation: row.conversation_id,
        message,
    })
}
