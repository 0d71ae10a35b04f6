-- Bearers. Of a token only its SHA-256 is kept, in lower-case hex; times are UTC.
CREATE TABLE oauth_access_tokens (
    id uuid NOT NULL DEFAULT gen_random_uuid() PRIMARY KEY,
    subject_email varchar(255) NOT NULL,      -- as it was when the token was made
    subject_issuer varchar(255),              -- 'dify:account', or the identity provider
    account_id uuid,                          -- null exactly for people without an account
    client_id varchar(64) NOT NULL,           -- the client that ran the device flow
    device_label varchar(255) NOT NULL,
    prefix varchar(8) NOT NULL,               -- 'dfoa_' with an account, 'dfoe_' without
    token_hash varchar(64) UNIQUE,            -- null once the token is worth nothing
    created_at timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP,
    last_used_at timestamptz,
    expires_at timestamptz NOT NULL,          -- at this instant it is dead
    revoked_at timestamptz
);
CREATE INDEX idx_oauth_token_hash ON oauth_access_tokens (token_hash) WHERE revoked_at IS NULL;
-- One live token per person, client and device.
CREATE UNIQUE INDEX uq_oauth_active_per_device
    ON oauth_access_tokens (subject_email, subject_issuer, client_id, device_label)
    WHERE revoked_at IS NULL;
