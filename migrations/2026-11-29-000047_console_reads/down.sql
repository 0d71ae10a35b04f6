DROP INDEX IF EXISTS gatewright_messages_run_idx;
DROP INDEX IF EXISTS gatewright_workflow_runs_app_created_idx;
