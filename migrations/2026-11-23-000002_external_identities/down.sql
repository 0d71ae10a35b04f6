DROP TABLE IF EXISTS gatewright_external_identities;
