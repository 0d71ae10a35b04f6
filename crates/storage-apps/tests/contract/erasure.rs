//! `erasure`: an app goes with everything, and nothing of another goes with it.

use gatewright_domain::ids::{AppId, WorkspaceId};
use gatewright_storage_apps::{erasure, installed_app};

use crate::ground::{Ground, id, minutes};

/// A row in each table that hangs on an app, by its insertion.
fn rows(app: AppId, home: WorkspaceId) -> String {
    let [run, form, pause, message, conversation, delivery] = std::array::from_fn(|_| id());
    let nobody = id();
    format!(
        "INSERT INTO workflow_runs (id, tenant_id, app_id, workflow_id, type, triggered_from, version, status, created_by_role, created_by) \
           VALUES ('{run}', '{home}', '{app}', '{nobody}', 'workflow', 'app-run', '1', 'running', 'account', '{nobody}'); \
         INSERT INTO workflow_node_executions (tenant_id, app_id, workflow_id, triggered_from, workflow_run_id, index, node_id, node_type, title, status, created_by_role, created_by) \
           VALUES ('{home}', '{app}', '{nobody}', 'workflow-run', '{run}', 1, 'n', 'start', 'S', 'running', 'account', '{nobody}'); \
         INSERT INTO upload_files (id, tenant_id, storage_type, key, name, size, extension, created_by) \
           VALUES ('{nobody}', '{home}', 'local', 'values/{app}', 'inputs.json', 2, 'json', '{nobody}'); \
         INSERT INTO workflow_node_execution_offload (tenant_id, app_id, type, file_id) VALUES ('{home}', '{app}', 'inputs', '{nobody}'); \
         INSERT INTO workflow_app_logs (tenant_id, app_id, workflow_id, workflow_run_id, created_from, created_by_role, created_by) \
           VALUES ('{home}', '{app}', '{nobody}', '{run}', 'openapi', 'account', '{nobody}'); \
         INSERT INTO gatewright_run_leases (run_id, expires_at) VALUES ('{run}', now()); \
         INSERT INTO gatewright_run_checkpoints (run_id, epoch, state, written_at) VALUES ('{run}', 1, '', now()); \
         INSERT INTO workflow_pauses (id, workflow_id, workflow_run_id, state_object_key) VALUES ('{pause}', '{nobody}', '{run}', ''); \
         INSERT INTO workflow_pause_reasons (pause_id, type_, form_id, message, node_id) VALUES ('{pause}', 'human_input', '{form}', '', 'n'); \
         INSERT INTO human_input_forms (id, tenant_id, app_id, workflow_run_id, form_kind, node_id, form_definition, rendered_content, status, expiration_time) \
           VALUES ('{form}', '{home}', '{app}', '{run}', 'runtime', 'n', '', '', 'waiting', now()); \
         INSERT INTO human_input_form_deliveries (id, form_id, delivery_method_type, channel_payload) VALUES ('{delivery}', '{form}', 'email', ''); \
         INSERT INTO human_input_form_recipients (form_id, delivery_id, recipient_type, recipient_payload, access_token) \
           VALUES ('{form}', '{delivery}', 'email', '', '{}'); \
         INSERT INTO execution_extra_contents (type, workflow_run_id, form_id) VALUES ('human_input', '{run}', '{form}'); \
         INSERT INTO conversations (id, app_id, mode, name, inputs, status, from_source, dialogue_count) \
           VALUES ('{conversation}', '{app}', 'advanced-chat', 'c', '{{}}', 'normal', 'api', 0); \
         INSERT INTO messages (id, app_id, conversation_id, inputs, query, message, message_unit_price, answer, answer_unit_price, currency, from_source) \
           VALUES ('{message}', '{app}', '{conversation}', '{{}}', 'q', '{{}}', 0, 'a', 0, 'USD', 'api'); \
         INSERT INTO message_files (message_id, type, transfer_method, created_by_role, created_by) VALUES ('{message}', 'image', 'local_file', 'account', '{nobody}'); \
         INSERT INTO workflow_conversation_variables (conversation_id, app_id, data) VALUES ('{conversation}', '{app}', '{{}}'); \
         INSERT INTO message_feedbacks (app_id, conversation_id, message_id, rating, from_source) \
           VALUES ('{app}', '{conversation}', '{message}', 'like', 'user'); \
         INSERT INTO message_annotations (app_id, question, content, account_id) VALUES ('{app}', 'q', 'a', '{nobody}'); \
         INSERT INTO app_annotation_settings (app_id, collection_binding_id, created_user_id, updated_user_id) \
           VALUES ('{app}', '{nobody}', '{nobody}', '{nobody}'); \
         INSERT INTO app_annotation_hit_histories (app_id, annotation_id, source, question, account_id, message_id, annotation_question, annotation_content) \
           VALUES ('{app}', '{nobody}', 'api', 'q', '{nobody}', '{message}', 'q', 'a'); \
         INSERT INTO saved_messages (app_id, message_id, created_by) VALUES ('{app}', '{message}', '{nobody}'); \
         INSERT INTO pinned_conversations (app_id, conversation_id, created_by) VALUES ('{app}', '{conversation}', '{nobody}'); \
         INSERT INTO end_users (tenant_id, app_id, type, session_id) VALUES ('{home}', '{app}', 'service-api', 's'); \
         INSERT INTO api_tokens (app_id, tenant_id, type, token) VALUES ('{app}', '{home}', 'app', '{message}'); \
         INSERT INTO tag_bindings (tenant_id, tag_id, target_id, created_by) VALUES ('{home}', '{nobody}', '{app}', '{nobody}'); \
         INSERT INTO gatewright_app_dependencies (app_id, tenant_id, dependencies, expires_at) VALUES ('{app}', '{home}', '[]', now());",
        &message.simple().to_string()
    )
}

const TABLES: [&str; 31] = [
    "apps",
    "workflows",
    "installed_apps",
    "workflow_runs",
    "workflow_node_executions",
    "workflow_node_execution_offload",
    "upload_files",
    "workflow_app_logs",
    "gatewright_run_leases",
    "gatewright_run_checkpoints",
    "workflow_pauses",
    "workflow_pause_reasons",
    "human_input_forms",
    "human_input_form_deliveries",
    "human_input_form_recipients",
    "execution_extra_contents",
    "conversations",
    "message_feedbacks",
    "message_annotations",
    "app_annotation_settings",
    "app_annotation_hit_histories",
    "saved_messages",
    "pinned_conversations",
    "messages",
    "message_files",
    "workflow_conversation_variables",
    "end_users",
    "api_tokens",
    "tag_bindings",
    "gatewright_app_dependencies",
    "sites",
];

#[tokio::test]
async fn app_goes_with_everything_and_nothing_of_another_with_it() {
    let ground = Ground::new().await;
    let home = WorkspaceId(id());
    let mut apps = vec![];
    for name in ["goes", "stays"] {
        let app = ground.app(home, name, "workflow", 0).await;
        ground.draft(&app, "{}").await;
        let mut conn = ground.conn().await;
        installed_app::insert_own(&mut conn, id(), home, app.id, minutes(0))
            .await
            .unwrap();
        ground.db.execute(&rows(app.id, home)).await;
        let site = "INSERT INTO sites (app_id, title, default_language, customize_token_strategy, custom_disclaimer) VALUES";
        ground
            .db
            .execute(&format!(
                "{site} ('{}', 'T', 'en-US', 'not_allow', '')",
                app.id
            ))
            .await;
        apps.push(app.id);
    }
    let mut conn = ground.conn().await;
    let elsewhere = WorkspaceId(id());
    let foreign = erasure::delete_app(&mut conn, elsewhere, apps[0]).await;
    assert_eq!(foreign.unwrap(), None);
    for table in TABLES {
        let rows = ground.db.query(&format!("SELECT 1 FROM {table}")).await;
        assert_eq!(rows.len(), 2, "{table}");
    }
    let gone = erasure::delete_app(&mut conn, home, apps[0]).await.unwrap();
    assert_eq!(gone, Some(vec![format!("values/{}", apps[0])]));
    for table in TABLES {
        let rows = ground.db.query(&format!("SELECT 1 FROM {table}")).await;
        assert_eq!(rows.len(), 1, "{table}");
    }
}

#[tokio::test]
async fn app_whose_workspace_is_gone_is_an_orphan() {
    let ground = Ground::new().await;
    let (home, gone) = (WorkspaceId(id()), WorkspaceId(id()));
    let tenant = format!("INSERT INTO tenants (id, name) VALUES ('{home}', 'WS')");
    ground.db.execute(&tenant).await;
    ground.app(home, "at home", "workflow", 0).await;
    let orphan = ground.app(gone, "orphan", "workflow", 0).await;
    let mut conn = ground.conn().await;
    let found = erasure::list_orphans(&mut conn, 10).await.unwrap();
    let (workspace, app) = (gone, orphan.id);
    assert_eq!(found, [erasure::Orphan { workspace, app }]);
    assert_eq!(erasure::list_orphans(&mut conn, 0).await.unwrap(), []);
}
