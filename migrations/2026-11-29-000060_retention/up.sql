-- expand
-- Ours: what age, apps and end users leave behind is found by an index, so that deleting it costs what it deletes.
CREATE INDEX IF NOT EXISTS gatewright_workflow_runs_end_user_idx
    ON workflow_runs (created_by, id) WHERE created_by_role = 'end_user';
CREATE INDEX IF NOT EXISTS gatewright_end_users_app_idx ON end_users (app_id, id);
CREATE INDEX IF NOT EXISTS gatewright_upload_files_end_user_idx
    ON upload_files (created_by, id) WHERE created_by_role = 'end_user';
CREATE INDEX IF NOT EXISTS gatewright_upload_files_end_user_created_idx
    ON upload_files (created_at, id) WHERE created_by_role = 'end_user';
CREATE INDEX IF NOT EXISTS gatewright_tool_files_user_idx ON tool_files (user_id, id);
CREATE INDEX IF NOT EXISTS gatewright_message_files_upload_idx
    ON message_files (upload_file_id) WHERE upload_file_id IS NOT NULL;
CREATE INDEX IF NOT EXISTS gatewright_human_input_forms_app_idx ON human_input_forms (app_id);
CREATE INDEX IF NOT EXISTS gatewright_human_input_form_upload_files_app_idx
    ON human_input_form_upload_files (app_id);
CREATE INDEX IF NOT EXISTS gatewright_human_input_form_upload_tokens_app_idx
    ON human_input_form_upload_tokens (app_id);
CREATE INDEX IF NOT EXISTS gatewright_node_execution_offload_app_idx
    ON workflow_node_execution_offload (app_id);

-- Contents of files that are being written, or whose row was not written: what a crash leaves in the storage is known by these.
CREATE TABLE gatewright_pending_contents (
    key text NOT NULL CONSTRAINT gatewright_pending_contents_pkey PRIMARY KEY,
    begun_at timestamptz NOT NULL
);
CREATE INDEX gatewright_pending_contents_begun_idx ON gatewright_pending_contents (begun_at);
