-- Takes away our own tables only: the reference's may hold an existing installation.
DROP TABLE gatewright_audit_events;
DROP TABLE gatewright_device_redemptions;
DROP TABLE gatewright_console_sessions;
DROP INDEX IF EXISTS gatewright_account_lower_email_idx;
