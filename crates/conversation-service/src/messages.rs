//! The messages of a conversation, a page at a time from the newest back; inside a page the oldest first.

use std::collections::HashMap;

use gatewright_domain::file::FileOwner;
use gatewright_storage_runs::{
    conversation_list::Place,
    form::{self, RunForm},
    message_feedback,
    message_file::{self, ListedFile},
    message_list::{self, Listed},
    run::Creator,
};
use gatewright_usecase_files::{FileAsker, NamedFile, OwnFiles};
use gatewright_usecase_kit::Ctx;
use gatewright_variables::file::IDENTITY;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{ConversationError, Conversations, Talker, Window, asked_forms};

/// A message with what hangs on it.
#[derive(Debug, Clone, PartialEq)]
pub struct MessageRow {
    /// The row; addresses in its answer are good now.
    pub row: Listed,
    /// Its inputs; addresses of files in them are good now.
    pub inputs: Value,
    /// Usage and citations.
    pub metadata: Value,
    /// What the talker says of it: `like` or `dislike`.
    pub rating: Option<String>,
    /// The files of the question and of the answer.
    pub files: Vec<ShownFile>,
    /// Forms that the run asked people: JSON objects.
    pub forms: Vec<Value>,
}

/// A file of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShownFile {
    /// The row of it.
    pub row: ListedFile,
    /// Its name, type, size and address.
    pub named: NamedFile,
}

/// What hangs on the messages of a page.
struct Extras {
    ratings: HashMap<Uuid, String>,
    files: Vec<ListedFile>,
    forms: Vec<RunForm>,
    own: OwnFiles,
    asker: FileAsker,
}

impl Conversations {
    /// A page of a conversation of the talker's: before the message `first`, or the latest.
    ///
    /// # Errors
    /// When they have no such conversation, `first` is none of its messages, or PostgreSQL does not answer.
    pub async fn messages(
        &self,
        ctx: &Ctx,
        talker: &Talker,
        conversation: Uuid,
        first: Option<Uuid>,
        limit: u32,
    ) -> Result<Window<MessageRow>, ConversationError> {
        self.find(talker, conversation).await?;
        self.messages_of(ctx, talker, conversation, first, limit)
            .await
    }

    /// The same, of a conversation that is known to be the talker's.
    pub(crate) async fn messages_of(
        &self,
        ctx: &Ctx,
        talker: &Talker,
        conversation: Uuid,
        first: Option<Uuid>,
        limit: u32,
    ) -> Result<Window<MessageRow>, ConversationError> {
        let window = self.page(talker, conversation, first, limit).await?;
        if window.rows.is_empty() {
            return Ok(Window::empty());
        }
        let rows = window.rows.into_iter().rev().collect();
        Ok(Window {
            rows: self.whole(ctx, talker, rows).await?,
            has_more: window.has_more,
        })
    }

    /// Messages of the talker's with what hangs on them.
    pub(crate) async fn whole(
        &self,
        ctx: &Ctx,
        talker: &Talker,
        rows: Vec<Listed>,
    ) -> Result<Vec<MessageRow>, ConversationError> {
        if rows.is_empty() {
            return Ok(vec![]);
        }
        let extras = self.extras(talker, &rows).await?;
        let mut whole = Vec::with_capacity(rows.len());
        for row in rows {
            whole.push(self.message(ctx, row, &extras).await?);
        }
        Ok(whole)
    }

    /// One message of the talker's.
    pub(crate) async fn one_message(
        &self,
        ctx: &Ctx,
        talker: &Talker,
        row: Listed,
    ) -> Result<MessageRow, ConversationError> {
        let extras = self.extras(talker, std::slice::from_ref(&row)).await?;
        self.message(ctx, row, &extras).await
    }

    async fn page(
        &self,
        talker: &Talker,
        conversation: Uuid,
        first: Option<Uuid>,
        limit: u32,
    ) -> Result<Window<Listed>, ConversationError> {
        let mut conn = self.pool.get().await?;
        let before = match first {
            None => None,
            Some(id) => {
                let (app, creator) = (talker.app.0, talker.creator);
                let found = message_list::find(&mut conn, app, creator, id).await?;
                let found = found.filter(|found| found.conversation_id == conversation);
                let at = found.ok_or(ConversationError::FirstNotFound)?.created_at;
                Some(Place { at, id })
            }
        };
        let most = i64::from(limit) + 1;
        let rows = message_list::list_before(&mut conn, conversation, before, most).await?;
        Ok(Window::of(rows, limit))
    }

    async fn extras(&self, talker: &Talker, rows: &[Listed]) -> Result<Extras, ConversationError> {
        let ids: Vec<Uuid> = rows.iter().map(|row| row.id).collect();
        let mut conn = self.pool.get().await?;
        let ratings = message_feedback::list_ratings(&mut conn, &ids, talker.creator).await?;
        let files = message_file::list_all(&mut conn, &ids).await?;
        let runs: Vec<Uuid> = rows.iter().filter_map(|row| row.run_id).collect();
        let forms = form::list_of_runs(&mut conn, &runs).await?;
        drop(conn);
        let asker = FileAsker {
            workspace: talker.workspace,
            owner: owner(talker.creator),
        };
        let mut wanted: Vec<Uuid> = files
            .iter()
            .filter_map(|file| file.upload_file_id)
            .collect();
        let answers = rows.iter().map(|row| row.answer.as_str());
        wanted.extend(answers.flat_map(|answer| self.files.ids_in(answer)));
        Ok(Extras {
            ratings: ratings
                .into_iter()
                .map(|one| (one.message_id, one.rating))
                .collect(),
            files,
            forms,
            own: self.files.own_files(asker, wanted).await?,
            asker,
        })
    }

    async fn message(
        &self,
        ctx: &Ctx,
        mut row: Listed,
        extras: &Extras,
    ) -> Result<MessageRow, ConversationError> {
        let mut inputs: Value = serde_json::from_str(&row.inputs).unwrap_or_else(|_| json!({}));
        if row.inputs.contains(IDENTITY) {
            self.files.renew(ctx, extras.asker, &mut inputs).await?;
        }
        row.answer = self.files.renew_text(ctx, &extras.own, &row.answer)?;
        let metadata = row.metadata.as_deref().map(serde_json::from_str);
        let files = extras.files.iter().filter(|file| file.message_id == row.id);
        let files = files.map(|file| self.shown(ctx, file, &extras.own));
        let files = files.collect::<Result<Vec<_>, _>>()?;
        let forms = extras.forms.iter();
        let forms = forms.filter(|form| Some(form.run_id) == row.run_id);
        Ok(MessageRow {
            forms: forms
                .map(|form| asked_forms::content(form, &self.form_keys))
                .collect(),
            inputs,
            metadata: metadata.and_then(Result::ok).unwrap_or_default(),
            rating: extras.ratings.get(&row.id).cloned(),
            files: files.into_iter().flatten().collect(),
            row,
        })
    }

    /// A file of a message; none when it is not there any more.
    fn shown(
        &self,
        ctx: &Ctx,
        file: &ListedFile,
        own: &OwnFiles,
    ) -> Result<Option<ShownFile>, ConversationError> {
        let named = match (file.upload_file_id, file.url.as_deref()) {
            (Some(id), _) => self.files.named(ctx, own, id)?,
            (None, Some(url)) => Some(NamedFile::elsewhere(url)),
            (None, None) => None,
        };
        Ok(named.map(|named| ShownFile {
            row: file.clone(),
            named,
        }))
    }
}

fn owner(creator: Creator) -> FileOwner {
    FileOwner::of_row(creator.role(), creator.id())
}
