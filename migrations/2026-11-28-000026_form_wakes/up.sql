-- expand
-- Somebody answered a form of a run whose owner is at work on it: the owner looks at its forms.
ALTER TABLE gatewright_run_leases ADD COLUMN wake_requested_at timestamptz;
