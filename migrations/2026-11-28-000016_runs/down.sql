-- An existing installation's tables stay: they hold its runs.
DROP TABLE gatewright_run_checkpoints;
DROP TABLE gatewright_run_leases;
