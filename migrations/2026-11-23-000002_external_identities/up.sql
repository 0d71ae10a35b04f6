-- expand
-- Who an account is at identity providers. The identity is the pair of issuer and subject: never the
-- address, and never the provider's name in our settings, which may come to mean another issuer
-- (as `account_integrates` has it).
CREATE TABLE IF NOT EXISTS gatewright_external_identities (
    issuer varchar(255) NOT NULL,
    subject varchar(255) NOT NULL,
    account_id uuid NOT NULL,
    created_at timestamptz NOT NULL,
    CONSTRAINT gatewright_external_identities_pkey PRIMARY KEY (issuer, subject),
    CONSTRAINT gatewright_external_identities_account UNIQUE (account_id, issuer)
);
