//! `human_input_forms`, with Dify's columns: a form that waits for a person, and how it was answered. Each change of its status is one
//! conditional update, so that a form is answered once, by whom ever.

use chrono::{DateTime, NaiveDateTime, Utc};
use diesel::{
    OptionalExtension as _, QueryableByName,
    sql_types::{Array, BigInt, Bool, Nullable, Text, Timestamp, Uuid as SqlUuid},
};
use diesel_async::RunQueryDsl;
use gatewright_storage_kit::{Conn, StorageError, statement};
use uuid::Uuid;

use crate::{run::Creator, to_column};

/// A form that a run waits for.
#[derive(Debug, Clone)]
pub struct NewForm<'a> {
    /// Primary key of `human_input_forms`.
    pub id: Uuid,
    /// The workspace that the run belongs to.
    pub tenant_id: Uuid,
    /// The app that is run.
    pub app_id: Uuid,
    /// The run that waits.
    pub run_id: Uuid,
    /// The conversation that the run answers in.
    pub conversation_id: Option<Uuid>,
    /// The node that asks, at most 60 characters.
    pub node_id: &'a str,
    /// A JSON object: fields, buttons, and what the run needs to know the form by.
    pub definition: String,
    /// Markdown, its variables filled in.
    pub rendered_content: &'a str,
    /// When the node gives up waiting, in UTC.
    pub expiration_time: DateTime<Utc>,
    /// When it was made, in UTC.
    pub created_at: DateTime<Utc>,
}

/// Inserts forms, status `waiting`. One that is there already stays as it is. Returns the ids of those that are new.
pub async fn insert(conn: &mut Conn, forms: &[NewForm<'_>]) -> Result<Vec<Uuid>, StorageError> {
    let new: Vec<Inserted> = diesel::sql_query(
        "INSERT INTO human_input_forms (id, tenant_id, app_id, workflow_run_id, conversation_id, form_kind, node_id, form_definition, \
           rendered_content, status, expiration_time, created_at, updated_at) \
         SELECT t.id, t.tenant, t.app, t.run, t.conversation, 'runtime', t.node, t.definition, t.content, 'waiting', t.expiry, \
           t.created, t.created \
         FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) \
           AS t (id, tenant, app, run, conversation, node, definition, content, expiry, created) ON CONFLICT DO NOTHING RETURNING id",
    )
    .bind::<Array<SqlUuid>, _>(forms.iter().map(|form| form.id).collect::<Vec<_>>())
    .bind::<Array<SqlUuid>, _>(forms.iter().map(|form| form.tenant_id).collect::<Vec<_>>())
    .bind::<Array<SqlUuid>, _>(forms.iter().map(|form| form.app_id).collect::<Vec<_>>())
    .bind::<Array<SqlUuid>, _>(forms.iter().map(|form| form.run_id).collect::<Vec<_>>())
    .bind::<Array<Nullable<SqlUuid>>, _>(forms.iter().map(|form| form.conversation_id).collect::<Vec<_>>())
    .bind::<Array<Text>, _>(forms.iter().map(|form| form.node_id).collect::<Vec<_>>())
    .bind::<Array<Text>, _>(forms.iter().map(|form| form.definition.as_str()).collect::<Vec<_>>())
    .bind::<Array<Text>, _>(forms.iter().map(|form| form.rendered_content).collect::<Vec<_>>())
    .bind::<Array<Timestamp>, _>(
        forms.iter().map(|form| to_column(form.expiration_time)).collect::<Vec<_>>(),
    )
    .bind::<Array<Timestamp>, _>(forms.iter().map(|form| to_column(form.created_at)).collect::<Vec<_>>())
    .load(conn.as_mut())
    .await?;
    Ok(new.into_iter().map(|form| form.id).collect())
}

/// A form that was not there before.
#[derive(QueryableByName)]
struct Inserted {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
}

/// A form, as whoever has one of its tokens finds it.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct FoundForm {
    /// Primary key of `human_input_forms`.
    #[diesel(sql_type = SqlUuid)]
    pub id: Uuid,
    /// The app that is run.
    #[diesel(sql_type = SqlUuid)]
    pub app_id: Uuid,
    /// The run that waits; none for a form that tries out a delivery.
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub run_id: Option<Uuid>,
    /// A JSON object: fields and buttons.
    #[diesel(sql_type = Text)]
    pub definition: String,
    /// Markdown, its variables filled in.
    #[diesel(sql_type = Text)]
    pub rendered_content: String,
    /// `waiting`, `submitted`, `timeout` or `expired`.
    #[diesel(sql_type = Text)]
    pub status: String,
    /// When the node gives up waiting, in UTC.
    #[diesel(sql_type = Timestamp)]
    pub expiration_time: NaiveDateTime,
    /// When it was made, in UTC.
    #[diesel(sql_type = Timestamp)]
    pub created_at: NaiveDateTime,
    /// Primary key of the recipient whose token this is.
    #[diesel(sql_type = SqlUuid)]
    pub recipient_id: Uuid,
    /// `standalone_web_app`, `email_member`, `email_external`, `console` or `backstage`.
    #[diesel(sql_type = Text)]
    pub recipient_type: String,
    /// Whether the run has ended, so that nobody waits for an answer.
    #[diesel(sql_type = Bool)]
    pub is_run_over: bool,
}

/// The form of a token, by the token's digest.
pub async fn find_by_token(
    conn: &mut Conn,
    digest: &str,
) -> Result<Option<FoundForm>, StorageError> {
    let found = diesel::sql_query(
        "SELECT f.id, f.app_id, f.workflow_run_id AS run_id, f.form_definition AS definition, f.rendered_content, f.status, \
           f.expiration_time, f.created_at, r.id AS recipient_id, r.recipient_type, \
           NOT EXISTS (SELECT 1 FROM workflow_runs w WHERE w.id = f.workflow_run_id AND w.status IN ('running', 'paused')) AS is_run_over \
         FROM human_input_form_recipients r JOIN human_input_forms f ON f.id = r.form_id WHERE r.access_token = $1",
    )
    .bind::<Text, _>(digest)
    .get_result(conn.as_mut())
    .await
    .optional()?;
    Ok(found)
}

/// An answer to a form.
#[derive(Debug, Clone)]
pub struct Submission<'a> {
    /// The form that is answered.
    pub form_id: Uuid,
    /// The id of the button that was pressed.
    pub action: &'a str,
    /// A JSON object: the answers by field.
    pub data: &'a str,
    /// The recipient whose token was used.
    pub recipient_id: Uuid,
    /// Who pressed it, where that is known.
    pub by: Option<Creator>,
    /// Now, in UTC.
    pub at: DateTime<Utc>,
    /// Forms that were made before are expired.
    pub made_after: DateTime<Utc>,
}

/// Answers a form. `false`: it was answered before, or nobody may answer it any more.
pub async fn submit(conn: &mut Conn, answer: &Submission<'_>) -> Result<bool, StorageError> {
    let (account, end_user) = match answer.by {
        Some(Creator::Account(id)) => (Some(id), None),
        Some(Creator::EndUser(id)) => (None, Some(id)),
        None => (None, None),
    };
    let changed = diesel::sql_query(
        "UPDATE human_input_forms SET status = 'submitted', selected_action_id = $2, submitted_data = $3, submitted_at = $4, \
           updated_at = $4, completed_by_recipient_id = $5, submission_user_id = $6, submission_end_user_id = $7 \
         WHERE id = $1 AND status = 'waiting' AND expiration_time > $4 AND created_at > $8",
    )
    .bind::<SqlUuid, _>(answer.form_id)
    .bind::<Text, _>(answer.action)
    .bind::<Text, _>(answer.data)
    .bind::<Timestamp, _>(to_column(answer.at))
    .bind::<SqlUuid, _>(answer.recipient_id)
    .bind::<Nullable<SqlUuid>, _>(account)
    .bind::<Nullable<SqlUuid>, _>(end_user)
    .bind::<Timestamp, _>(to_column(answer.made_after))
    .execute(conn.as_mut())
    .await?;
    Ok(changed == 1)
}

#[derive(QueryableByName)]
struct Status {
    #[diesel(sql_type = Text)]
    status: String,
}

/// Whether somebody answered a form.
pub async fn is_submitted(conn: &mut Conn, form: Uuid) -> Result<bool, StorageError> {
    let found: Option<Status> =
        diesel::sql_query("SELECT status FROM human_input_forms WHERE id = $1")
            .bind::<SqlUuid, _>(form)
            .get_result(conn.as_mut())
            .await
            .optional()?;
    Ok(found.is_some_and(|row| row.status == "submitted"))
}

/// How a form was answered, or was not.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct Answered {
    /// The run that waited.
    #[diesel(sql_type = SqlUuid)]
    pub run_id: Uuid,
    /// Primary key of the form.
    #[diesel(sql_type = SqlUuid)]
    pub form_id: Uuid,
    /// A JSON object: fields, buttons, and what the run knows the form by.
    #[diesel(sql_type = Text)]
    pub definition: String,
    /// `submitted`, `timeout` or `expired`.
    #[diesel(sql_type = Text)]
    pub status: String,
    /// The id of the button that was pressed.
    #[diesel(sql_type = Nullable<Text>)]
    pub action: Option<String>,
    /// A JSON object: the answers by field.
    #[diesel(sql_type = Nullable<Text>)]
    pub data: Option<String>,
}

/// Those forms of these runs that do not wait any more, in the order in which they were made.
pub async fn list_answered(conn: &mut Conn, runs: &[Uuid]) -> Result<Vec<Answered>, StorageError> {
    let answered = diesel::sql_query(
        "SELECT workflow_run_id AS run_id, id AS form_id, form_definition AS definition, status, selected_action_id AS action, \
           submitted_data AS data \
         FROM human_input_forms WHERE workflow_run_id = ANY ($1) AND status <> 'waiting' ORDER BY created_at, id",
    )
    .bind::<Array<SqlUuid>, _>(runs)
    .load(conn.as_mut())
    .await?;
    Ok(answered)
}

/// A form whose time is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, QueryableByName)]
pub struct Due {
    /// Primary key of the form.
    #[diesel(sql_type = SqlUuid)]
    pub form_id: Uuid,
    /// The run that waits.
    #[diesel(sql_type = SqlUuid)]
    pub run_id: Uuid,
}

/// Forms that nobody may answer any more and that say so nowhere: the node's own time is over at `now`, or they were made before
/// `made_after`. At most `limit`, the oldest first.
pub async fn list_due(
    conn: &mut Conn,
    now: DateTime<Utc>,
    made_after: DateTime<Utc>,
    limit: i64,
) -> Result<Vec<Due>, StorageError> {
    let due = diesel::sql_query(
        "SELECT id AS form_id, workflow_run_id AS run_id FROM human_input_forms \
         WHERE status = 'waiting' AND workflow_run_id IS NOT NULL AND (expiration_time <= $1 OR created_at <= $2) \
         ORDER BY expiration_time, id LIMIT $3",
    )
    .bind::<Timestamp, _>(to_column(now))
    .bind::<Timestamp, _>(to_column(made_after))
    .bind::<BigInt, _>(limit)
    .load(conn.as_mut())
    .await?;
    Ok(due)
}

/// Ends a form that nobody answered: `expired` when it was made before `made_after`, else `timeout`. `false`: it does not wait any
/// more, or its time is not over.
pub async fn end(
    conn: &mut Conn,
    form: Uuid,
    now: DateTime<Utc>,
    made_after: DateTime<Utc>,
) -> Result<bool, StorageError> {
    let changed = diesel::sql_query(
        "UPDATE human_input_forms SET status = CASE WHEN created_at <= $3 THEN 'expired' ELSE 'timeout' END, updated_at = $2 \
         WHERE id = $1 AND status = 'waiting' AND (expiration_time <= $2 OR created_at <= $3)",
    )
    .bind::<SqlUuid, _>(form)
    .bind::<Timestamp, _>(to_column(now))
    .bind::<Timestamp, _>(to_column(made_after))
    .execute(conn.as_mut())
    .await?;
    Ok(changed == 1)
}

/// A form of a run, whoever may answer it.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct RunForm {
    /// Primary key of `human_input_forms`.
    #[diesel(sql_type = SqlUuid)]
    pub id: Uuid,
    /// The run that asks.
    #[diesel(sql_type = SqlUuid)]
    pub run_id: Uuid,
    /// The node that asks.
    #[diesel(sql_type = Text)]
    pub node_id: String,
    /// A JSON object: fields, buttons, the title of the node.
    #[diesel(sql_type = Text)]
    pub definition: String,
    /// Markdown, its variables filled in.
    #[diesel(sql_type = Text)]
    pub rendered_content: String,
    /// `waiting`, `submitted`, `timeout` or `expired`.
    #[diesel(sql_type = Text)]
    pub status: String,
    /// The id of the button that was pressed.
    #[diesel(sql_type = Nullable<Text>)]
    pub action: Option<String>,
    /// A JSON object: the answers by field.
    #[diesel(sql_type = Nullable<Text>)]
    pub data: Option<String>,
    /// What the node made of the answer: a JSON object.
    #[diesel(sql_type = Nullable<Text>)]
    pub outputs: Option<String>,
    /// When the node gives up waiting, in UTC.
    #[diesel(sql_type = Timestamp)]
    pub expiration_time: NaiveDateTime,
    /// The recipient who answers on the page of the app.
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub recipient_id: Option<Uuid>,
    /// Of their token.
    #[diesel(sql_type = Nullable<Text>)]
    pub digest: Option<String>,
}

/// Forms that one list shows at most.
const MAX_LISTED: i64 = 1_000;

/// The forms of these runs, in the order in which they were made.
pub async fn list_of_runs(conn: &mut Conn, runs: &[Uuid]) -> Result<Vec<RunForm>, StorageError> {
    let found = statement(
        "SELECT f.id, f.workflow_run_id AS run_id, f.node_id, f.form_definition AS definition, f.rendered_content, f.status, \
           f.selected_action_id AS action, f.submitted_data AS data, f.expiration_time, e.outputs, r.id AS recipient_id, \
           r.access_token AS digest \
         FROM human_input_forms f \
           LEFT JOIN LATERAL (SELECT x.outputs FROM workflow_node_executions x WHERE x.workflow_run_id = f.workflow_run_id \
             AND x.node_id = f.node_id AND f.status = 'submitted' AND x.finished_at IS NOT NULL ORDER BY x.created_at DESC LIMIT 1) e ON true \
           LEFT JOIN LATERAL (SELECT y.id, y.access_token FROM human_input_form_recipients y WHERE y.form_id = f.id \
             AND f.status = 'waiting' AND y.recipient_type = 'standalone_web_app' ORDER BY y.created_at, y.id LIMIT 1) r ON true \
         WHERE f.workflow_run_id = ANY ($1) ORDER BY f.created_at, f.id LIMIT $2",
    )
    .bind::<Array<SqlUuid>, _>(runs)
    .bind::<BigInt, _>(MAX_LISTED)
    .load(conn.as_mut())
    .await?;
    Ok(found)
}
