//! The service, and who it is asked for.

use std::sync::Arc;

use gatewright_auth::form_token::FormKeys;
use gatewright_domain::ids::{AppId, EndUserId, WorkspaceId};
use gatewright_model::{ModelCatalogue, SpeechCatalogue};
use gatewright_storage_kit::Pool;
use gatewright_storage_runs::{
    conversation_list::{self, Listed, Owned},
    end_user::{self, Session},
    run::Creator,
};
use gatewright_usecase_apps::{App, Apps};
use gatewright_usecase_files::Files;
use gatewright_usecase_kit::Env;
use tokio::sync::Semaphore;
use uuid::Uuid;

use crate::{ConversationError, speech::room};

/// Where conversations of the service API begin.
pub const SERVICE_API: &[&str] = &["service-api"];
/// Where conversations of web apps begin.
pub const WEB_APP: &[&str] = &["web-app"];
/// Conversations that wait for a name at a time; those beyond keep the beginning of their question.
const MAX_UNNAMED: usize = 256;

/// Conversations of apps, after the fact.
pub struct Conversations {
    /// The pool of connections to PostgreSQL.
    pub pool: Pool,
    /// Time, ids, randomness.
    pub env: Env,
    /// What is published.
    pub apps: Arc<Apps>,
    /// The files of messages.
    pub files: Arc<Files>,
    /// Who names conversations, and finds questions.
    pub models: Arc<dyn ModelCatalogue>,
    /// Who hears and speaks.
    pub speech: Arc<dyn SpeechCatalogue>,
    /// Computes the tokens of forms.
    pub form_keys: FormKeys,
    /// One for each conversation that may wait for a name.
    pub(crate) unnamed: Arc<Semaphore>,
    /// What recordings may take, a permit for each MiB.
    pub(crate) room: Arc<Semaphore>,
}

/// Models that are asked beside runs.
#[derive(Clone)]
pub struct Models {
    /// Who names conversations, and finds questions.
    pub chat: Arc<dyn ModelCatalogue>,
    /// Who hears and speaks.
    pub speech: Arc<dyn SpeechCatalogue>,
}

/// Whose conversations with which app.
#[derive(Debug, Clone, Copy)]
pub struct Talker {
    /// The workspace of the app.
    pub workspace: WorkspaceId,
    /// The app that is talked to.
    pub app: AppId,
    /// Who talks to it.
    pub creator: Creator,
    /// The surfaces whose conversations the caller lists.
    pub surfaces: &'static [&'static str],
}

impl Talker {
    /// A visitor of the page of an app.
    pub fn visitor(app: &App, id: EndUserId) -> Self {
        Self {
            workspace: app.workspace,
            app: app.id,
            creator: Creator::EndUser(id.0),
            surfaces: WEB_APP,
        }
    }

    pub(crate) fn owned(&self) -> Owned<'static> {
        Owned {
            app: self.app.0,
            creator: self.creator,
            surfaces: self.surfaces,
        }
    }
}

/// A part of a list, and whether there is more behind it.
#[derive(Debug, Clone, PartialEq)]
pub struct Window<T> {
    /// The rows, in the order of the list.
    pub rows: Vec<T>,
    /// Whether the list goes on.
    pub has_more: bool,
}

impl<T> Window<T> {
    /// Of rows that were asked for one more than are wanted.
    pub(crate) fn of(mut rows: Vec<T>, limit: u32) -> Self {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let has_more = rows.len() > limit;
        rows.truncate(limit);
        Self { rows, has_more }
    }

    pub(crate) fn empty() -> Self {
        Self {
            rows: vec![],
            has_more: false,
        }
    }
}

impl Conversations {
    /// Over these apps and models.
    pub fn new(
        pool: Pool,
        env: Env,
        apps: Arc<Apps>,
        files: Arc<Files>,
        models: Models,
        form_keys: FormKeys,
    ) -> Self {
        Self {
            pool,
            env,
            apps,
            files,
            models: models.chat,
            speech: models.speech,
            form_keys,
            unnamed: Arc::new(Semaphore::new(MAX_UNNAMED)),
            room: room(),
        }
    }

    /// Whom the holder of an app's key names; empty: nobody in particular. Of whom the app has never heard has nothing, and gets no
    /// row by asking.
    ///
    /// # Errors
    /// When PostgreSQL does not answer.
    pub async fn talker(&self, app: &App, user: &str) -> Result<Talker, ConversationError> {
        let session = Session::of_key(app.workspace.0, app.id.0, user);
        let mut conn = self.pool.get().await?;
        let known = end_user::find(&mut conn, session).await?;
        Ok(Talker {
            workspace: app.workspace,
            app: app.id,
            creator: Creator::EndUser(known.unwrap_or(Uuid::nil())),
            surfaces: SERVICE_API,
        })
    }

    /// A conversation that the talker has.
    pub(crate) async fn find(
        &self,
        talker: &Talker,
        id: Uuid,
    ) -> Result<Listed, ConversationError> {
        let mut conn = self.pool.get().await?;
        let found = conversation_list::find(&mut conn, talker.app.0, talker.creator, id).await?;
        found.ok_or(ConversationError::NotFound)
    }
}
