//! Deleting an app with everything that hangs on it.

use diesel::{
    dsl::{exists, not},
    prelude::*,
    sql_types::{Text, Uuid as SqlUuid},
};
use diesel_async::RunQueryDsl;
use gatewright_domain::ids::{AppId, WorkspaceId};
use uuid::Uuid;

use crate::schema::{apps, tenants};

use gatewright_storage_kit::{Conn, StorageError};

/// What hangs on an app, then the app. `$1` is the app, `$2` its workspace.
const APP: [&str; 31] = [
    "DELETE FROM human_input_form_upload_files WHERE app_id = $1 AND tenant_id = $2",
    "DELETE FROM human_input_form_upload_tokens WHERE app_id = $1 AND tenant_id = $2",
    "DELETE FROM human_input_form_recipients r USING human_input_forms f \
     WHERE r.form_id = f.id AND f.app_id = $1 AND f.tenant_id = $2",
    "DELETE FROM human_input_form_deliveries d USING human_input_forms f \
     WHERE d.form_id = f.id AND f.app_id = $1 AND f.tenant_id = $2",
    "DELETE FROM execution_extra_contents c USING human_input_forms f \
     WHERE c.form_id = f.id AND f.app_id = $1 AND f.tenant_id = $2",
    "DELETE FROM human_input_forms WHERE app_id = $1 AND tenant_id = $2",
    "DELETE FROM workflow_pause_reasons r USING workflow_pauses p, workflow_runs w \
     WHERE r.pause_id = p.id AND p.workflow_run_id = w.id AND w.app_id = $1 AND w.tenant_id = $2",
    "DELETE FROM workflow_pauses p USING workflow_runs w \
     WHERE p.workflow_run_id = w.id AND w.app_id = $1 AND w.tenant_id = $2",
    "DELETE FROM gatewright_run_checkpoints c USING workflow_runs w \
     WHERE c.run_id = w.id AND w.app_id = $1 AND w.tenant_id = $2",
    "DELETE FROM gatewright_run_leases l USING workflow_runs w \
     WHERE l.run_id = w.id AND w.app_id = $1 AND w.tenant_id = $2",
    "DELETE FROM message_files f USING messages m, apps a \
     WHERE f.message_id = m.id AND m.app_id = a.id AND a.id = $1 AND a.tenant_id = $2",
    "DELETE FROM message_feedbacks f USING apps a \
     WHERE f.app_id = a.id AND a.id = $1 AND a.tenant_id = $2",
    "DELETE FROM message_annotations m USING apps a \
     WHERE m.app_id = a.id AND a.id = $1 AND a.tenant_id = $2",
    "DELETE FROM app_annotation_settings s USING apps a \
     WHERE s.app_id = a.id AND a.id = $1 AND a.tenant_id = $2",
    "DELETE FROM app_annotation_hit_histories h USING apps a \
     WHERE h.app_id = a.id AND a.id = $1 AND a.tenant_id = $2",
    "DELETE FROM saved_messages s USING apps a \
     WHERE s.app_id = a.id AND a.id = $1 AND a.tenant_id = $2",
    "DELETE FROM pinned_conversations p USING apps a \
     WHERE p.app_id = a.id AND a.id = $1 AND a.tenant_id = $2",
    "DELETE FROM messages m USING apps a WHERE m.app_id = a.id AND a.id = $1 AND a.tenant_id = $2",
    "DELETE FROM workflow_conversation_variables v USING apps a \
     WHERE v.app_id = a.id AND a.id = $1 AND a.tenant_id = $2",
    "DELETE FROM conversations c USING apps a \
     WHERE c.app_id = a.id AND a.id = $1 AND a.tenant_id = $2",
    "DELETE FROM workflow_app_logs WHERE app_id = $1 AND tenant_id = $2",
    "DELETE FROM workflow_node_execution_offload WHERE app_id = $1 AND tenant_id = $2",
    "DELETE FROM workflow_node_executions WHERE app_id = $1 AND tenant_id = $2",
    "DELETE FROM workflow_runs WHERE app_id = $1 AND tenant_id = $2",
    "DELETE FROM end_users WHERE app_id = $1 AND tenant_id = $2",
    "DELETE FROM workflows WHERE app_id = $1 AND tenant_id = $2",
    "DELETE FROM app_model_configs c USING apps a \
     WHERE c.app_id = a.id AND a.id = $1 AND a.tenant_id = $2",
    "DELETE FROM gatewright_app_dependencies WHERE app_id = $1 AND tenant_id = $2",
    "DELETE FROM installed_apps WHERE app_id = $1 AND app_owner_tenant_id = $2",
    "DELETE FROM api_tokens WHERE app_id = $1 AND tenant_id = $2",
    "DELETE FROM tag_bindings WHERE target_id = $1 AND tenant_id = $2",
];

/// An app whose workspace is gone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Orphan {
    /// The workspace that it was of.
    pub workspace: WorkspaceId,
    /// Primary key of the app, whose row is still there.
    pub app: AppId,
}

/// Apps whose workspace is gone, so many at most.
pub async fn list_orphans(conn: &mut Conn, limit: i64) -> Result<Vec<Orphan>, StorageError> {
    let homes = tenants::table.filter(tenants::id.eq(apps::tenant_id));
    let rows: Vec<(Uuid, Uuid)> = apps::table
        .filter(not(exists(homes)))
        .order(apps::id)
        .limit(limit)
        .select((apps::tenant_id, apps::id))
        .load(conn.as_mut())
        .await?;
    let orphan = |(workspace, app)| Orphan {
        workspace: WorkspaceId(workspace),
        app: AppId(app),
    };
    Ok(rows.into_iter().map(orphan).collect())
}

/// Large values of its runs, which are files that nobody uploaded.
const VALUES: &str = "DELETE FROM upload_files f USING workflow_node_execution_offload o \
    WHERE f.id = o.file_id AND f.tenant_id = o.tenant_id AND o.app_id = $1 AND o.tenant_id = $2 RETURNING f.key";

#[derive(QueryableByName)]
struct Content {
    #[diesel(sql_type = Text)]
    key: String,
}

/// Deletes an app of the workspace, and its site, keys, workflows, runs, conversations and forms. Files that
/// its users uploaded stay: they are the workspace's. Gives the keys of contents that nobody needs any more; none when there was no such
/// app.
pub async fn delete_app(
    conn: &mut Conn,
    workspace: WorkspaceId,
    id: AppId,
) -> Result<Option<Vec<String>>, StorageError> {
    let values: Vec<Content> = diesel::sql_query(VALUES)
        .bind::<SqlUuid, _>(id.0)
        .bind::<SqlUuid, _>(workspace.0)
        .load(conn.as_mut())
        .await?;
    for statement in APP {
        diesel::sql_query(statement)
            .bind::<SqlUuid, _>(id.0)
            .bind::<SqlUuid, _>(workspace.0)
            .execute(conn.as_mut())
            .await?;
    }
    let site = "DELETE FROM sites s USING apps a \
                WHERE s.app_id = a.id AND a.id = $1 AND a.tenant_id = $2";
    let app = "DELETE FROM apps WHERE id = $1 AND tenant_id = $2";
    let mut gone = 0;
    for statement in [site, app] {
        gone = diesel::sql_query(statement)
            .bind::<SqlUuid, _>(id.0)
            .bind::<SqlUuid, _>(workspace.0)
            .execute(conn.as_mut())
            .await?;
    }
    let keys = values.into_iter().map(|content| content.key).collect();
    Ok((gone == 1).then_some(keys))
}
