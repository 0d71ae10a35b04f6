ALTER TABLE gatewright_external_identities DROP COLUMN email;
