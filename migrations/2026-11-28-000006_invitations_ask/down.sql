DROP INDEX gatewright_invitations_tenant_idx;
DROP INDEX gatewright_invitations_email_idx;
ALTER TABLE gatewright_invitations DROP COLUMN role;
