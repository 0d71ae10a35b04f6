-- expand
-- Ours: what owners of apps look at, each list read in the order of an index.
CREATE INDEX IF NOT EXISTS gatewright_workflow_runs_app_created_idx
    ON workflow_runs (tenant_id, app_id, triggered_from, created_at, id);
-- The message that a run answered.
CREATE INDEX IF NOT EXISTS gatewright_messages_run_idx
    ON messages (workflow_run_id) WHERE workflow_run_id IS NOT NULL;
