-- expand
-- The address that a provider told when an identity was connected: what its owner knows it by. Never
-- what it is found by. Empty for those that were connected before.
ALTER TABLE gatewright_external_identities ADD COLUMN email varchar(255);
