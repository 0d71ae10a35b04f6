//! `app_model_configs`: what a classic app is. Each member is a JSON text, or a plain one where the field says so.

use chrono::{DateTime, NaiveDateTime, Utc};
use diesel::{pg::Pg, prelude::*};
use diesel_async::RunQueryDsl;
use gatewright_domain::ids::{AccountId, AppId};
use uuid::Uuid;

use crate::schema::app_model_configs as configs;
use crate::to_column;
use gatewright_storage_kit::{Conn, StorageError};

/// The configuration of a classic app.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelConfig {
    /// Primary key of `app_model_configs`.
    pub id: Uuid,
    /// Of which app.
    pub app: AppId,
    /// What it says.
    pub members: Members,
    /// Who made it.
    pub created_by: Option<AccountId>,
    /// When it was made, in UTC.
    pub created_at: DateTime<Utc>,
    /// Who changed it last.
    pub updated_by: Option<AccountId>,
    /// When it was last changed, in UTC.
    pub updated_at: DateTime<Utc>,
}

/// What a configuration says.
#[derive(Debug, Clone, Default, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = configs, check_for_backend(Pg))]
pub struct Members {
    /// A plain text.
    pub opening_statement: Option<String>,
    /// A list of texts.
    pub suggested_questions: Option<String>,
    /// A switch, a JSON object as text.
    pub suggested_questions_after_answer: Option<String>,
    /// A switch, a JSON object as text.
    pub speech_to_text: Option<String>,
    /// A switch with a voice and a language.
    pub text_to_speech: Option<String>,
    /// A switch, a JSON object as text.
    pub more_like_this: Option<String>,
    /// Provider, name, mode, parameters.
    pub model: Option<String>,
    /// A list of objects of one member.
    pub user_input_form: Option<String>,
    /// A plain text.
    pub dataset_query_variable: Option<String>,
    /// A plain text.
    pub pre_prompt: Option<String>,
    /// Tools and the strategy of an agent.
    pub agent_mode: Option<String>,
    /// A switch with its configuration.
    pub sensitive_word_avoidance: Option<String>,
    /// A switch, a JSON object as text.
    pub retriever_resource: Option<String>,
    /// A plain text: `simple` or `advanced`.
    pub prompt_type: String,
    /// A JSON object as text.
    pub chat_prompt_config: Option<String>,
    /// A JSON object as text.
    pub completion_prompt_config: Option<String>,
    /// Knowledge and how it is searched.
    pub dataset_configs: Option<String>,
    /// A JSON list as text.
    pub external_data_tools: Option<String>,
    /// Which files are taken.
    pub file_upload: Option<String>,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = configs, check_for_backend(Pg))]
struct Row {
    id: Uuid,
    app_id: Uuid,
    #[diesel(embed)]
    members: Members,
    created_by: Option<Uuid>,
    created_at: NaiveDateTime,
    updated_by: Option<Uuid>,
    updated_at: NaiveDateTime,
}

impl From<Row> for ModelConfig {
    fn from(row: Row) -> Self {
        Self {
            id: row.id,
            app: AppId(row.app_id),
            members: row.members,
            created_by: row.created_by.map(AccountId),
            created_at: row.created_at.and_utc(),
            updated_by: row.updated_by.map(AccountId),
            updated_at: row.updated_at.and_utc(),
        }
    }
}

/// The configurations of these ids.
pub async fn list(conn: &mut Conn, ids: &[Uuid]) -> Result<Vec<ModelConfig>, StorageError> {
    let rows: Vec<Row> = configs::table
        .filter(configs::id.eq_any(ids))
        .select(Row::as_select())
        .load(conn.as_mut())
        .await?;
    Ok(rows.into_iter().map(ModelConfig::from).collect())
}

/// Adds a configuration.
pub async fn insert(conn: &mut Conn, config: &ModelConfig) -> Result<(), StorageError> {
    diesel::insert_into(configs::table)
        .values((
            configs::id.eq(config.id),
            configs::app_id.eq(config.app.0),
            &config.members,
            configs::created_by.eq(config.created_by.map(|id| id.0)),
            configs::created_at.eq(to_column(config.created_at)),
            configs::updated_by.eq(config.updated_by.map(|id| id.0)),
            configs::updated_at.eq(to_column(config.updated_at)),
        ))
        .execute(conn.as_mut())
        .await?;
    Ok(())
}
