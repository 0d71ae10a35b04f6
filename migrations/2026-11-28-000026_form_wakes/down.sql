ALTER TABLE gatewright_run_leases DROP COLUMN wake_requested_at;
