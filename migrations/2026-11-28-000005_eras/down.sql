ALTER TABLE gatewright_invitations DROP COLUMN inviter_era;
ALTER TABLE gatewright_console_sessions DROP COLUMN rotated_in_db;
DROP TABLE gatewright_eras;
ALTER TABLE accounts DROP COLUMN gatewright_era;
