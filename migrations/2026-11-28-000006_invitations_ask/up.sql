-- expand
-- An invitation asks an address: no account and no membership until it is accepted. `account_id` is who
-- accepted, or all zeros; rows without a role are older, of an account that was made for them.
ALTER TABLE gatewright_invitations ADD COLUMN role varchar(16);
CREATE INDEX gatewright_invitations_email_idx ON gatewright_invitations (email);
CREATE INDEX gatewright_invitations_tenant_idx ON gatewright_invitations (tenant_id);
