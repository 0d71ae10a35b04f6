-- The reference's tables stay: they may have been there before us.
DROP TABLE gatewright_audit_heads;
DROP INDEX gatewright_audit_events_chain_idx;
ALTER TABLE gatewright_audit_events DROP COLUMN chain, DROP COLUMN seq, DROP COLUMN hash;
DROP TABLE gatewright_invitations;
DROP TABLE gatewright_mail_deliveries;
DROP TABLE gatewright_schedule_ticks;
DROP TABLE gatewright_jobs;
