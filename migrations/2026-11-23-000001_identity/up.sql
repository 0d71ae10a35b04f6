-- expand
-- The tables of console identity and of bearers, with the reference's names and types, so that an
-- existing database can be switched over: what is there already stays as it is. Core SQL only.

CREATE TABLE IF NOT EXISTS accounts (
    id uuid NOT NULL DEFAULT gen_random_uuid() CONSTRAINT account_pkey PRIMARY KEY,
    name varchar(255) NOT NULL,
    email varchar(255) NOT NULL,
    password varchar(255),
    password_salt varchar(255),
    avatar varchar(255),
    interface_language varchar(255),
    interface_theme varchar(255),
    timezone varchar(255),
    last_login_at timestamp,
    last_login_ip varchar(255),
    status varchar(16) NOT NULL DEFAULT 'active',
    initialized_at timestamp,
    created_at timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP(0),
    updated_at timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP(0),
    last_active_at timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP(0)
);
CREATE INDEX IF NOT EXISTS account_email_idx ON accounts (email);
-- Ours: addresses are compared without case.
CREATE INDEX IF NOT EXISTS gatewright_account_lower_email_idx ON accounts (lower(email));

CREATE TABLE IF NOT EXISTS tenants (
    id uuid NOT NULL DEFAULT gen_random_uuid() CONSTRAINT tenant_pkey PRIMARY KEY,
    name varchar(255) NOT NULL,
    encrypt_public_key text,
    plan varchar(255) NOT NULL DEFAULT 'basic',
    status varchar(255) NOT NULL DEFAULT 'normal',
    created_at timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP(0),
    updated_at timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP(0),
    custom_config text
);

CREATE TABLE IF NOT EXISTS tenant_account_joins (
    id uuid NOT NULL DEFAULT gen_random_uuid() CONSTRAINT tenant_account_join_pkey PRIMARY KEY,
    tenant_id uuid NOT NULL,
    account_id uuid NOT NULL,
    role varchar(16) NOT NULL DEFAULT 'normal',
    invited_by uuid,
    created_at timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP(0),
    updated_at timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP(0),
    current boolean NOT NULL DEFAULT false,
    CONSTRAINT unique_tenant_account_join UNIQUE (tenant_id, account_id)
);
CREATE INDEX IF NOT EXISTS tenant_account_join_account_id_idx ON tenant_account_joins (account_id);
CREATE INDEX IF NOT EXISTS tenant_account_join_tenant_id_idx ON tenant_account_joins (tenant_id);

CREATE TABLE IF NOT EXISTS account_integrates (
    id uuid NOT NULL DEFAULT gen_random_uuid() CONSTRAINT account_integrate_pkey PRIMARY KEY,
    account_id uuid NOT NULL,
    provider varchar(16) NOT NULL,
    open_id varchar(255) NOT NULL,
    encrypted_token varchar(255) NOT NULL,
    created_at timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP(0),
    updated_at timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP(0),
    CONSTRAINT unique_account_provider UNIQUE (account_id, provider),
    CONSTRAINT unique_provider_open_id UNIQUE (provider, open_id)
);

CREATE TABLE IF NOT EXISTS invitation_codes (
    id serial CONSTRAINT invitation_code_pkey PRIMARY KEY,
    batch varchar(255) NOT NULL,
    code varchar(32) NOT NULL,
    status varchar(16) NOT NULL DEFAULT 'unused',
    used_at timestamp,
    used_by_tenant_id uuid,
    used_by_account_id uuid,
    deprecated_at timestamp,
    created_at timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP(0)
);
CREATE INDEX IF NOT EXISTS invitation_codes_batch_idx ON invitation_codes (batch);
CREATE INDEX IF NOT EXISTS invitation_codes_code_idx ON invitation_codes (code, status);

CREATE TABLE IF NOT EXISTS dify_setups (
    version varchar(255) NOT NULL CONSTRAINT dify_setup_pkey PRIMARY KEY,
    setup_at timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP(0)
);

CREATE TABLE IF NOT EXISTS oauth_access_tokens (
    id uuid NOT NULL DEFAULT gen_random_uuid() CONSTRAINT oauth_access_tokens_pkey PRIMARY KEY,
    subject_email varchar(255) NOT NULL,
    subject_issuer varchar(255),
    account_id uuid CONSTRAINT fk_oauth_access_tokens_account_id
        REFERENCES accounts (id) ON DELETE SET NULL,
    client_id varchar(64) NOT NULL,
    device_label varchar(255) NOT NULL,
    prefix varchar(8) NOT NULL,
    token_hash varchar(64) CONSTRAINT oauth_access_tokens_token_hash_key UNIQUE,
    created_at timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP,
    last_used_at timestamptz,
    expires_at timestamptz NOT NULL,
    revoked_at timestamptz
);
CREATE INDEX IF NOT EXISTS idx_oauth_subject_email
    ON oauth_access_tokens (subject_email) WHERE revoked_at IS NULL;
CREATE INDEX IF NOT EXISTS idx_oauth_account
    ON oauth_access_tokens (account_id) WHERE revoked_at IS NULL AND account_id IS NOT NULL;
CREATE INDEX IF NOT EXISTS idx_oauth_client
    ON oauth_access_tokens (subject_email, client_id) WHERE revoked_at IS NULL;
CREATE INDEX IF NOT EXISTS idx_oauth_token_hash
    ON oauth_access_tokens (token_hash) WHERE revoked_at IS NULL;
CREATE UNIQUE INDEX IF NOT EXISTS uq_oauth_active_per_device
    ON oauth_access_tokens (subject_email, subject_issuer, client_id, device_label)
    WHERE revoked_at IS NULL;

-- Our own tables. Their names begin with gatewright_.

CREATE TABLE gatewright_console_sessions (
    id uuid NOT NULL CONSTRAINT gatewright_console_sessions_pkey PRIMARY KEY,
    account_id uuid NOT NULL CONSTRAINT gatewright_console_sessions_account_fk
        REFERENCES accounts (id) ON DELETE CASCADE,
    refresh_salt bytea NOT NULL,
    generation integer NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL,
    rotated_at timestamptz NOT NULL,
    idle_expires_at timestamptz NOT NULL,
    absolute_expires_at timestamptz NOT NULL,
    revoked_at timestamptz,
    ip varchar(64),
    user_agent varchar(255)
);
CREATE INDEX gatewright_console_sessions_account_idx
    ON gatewright_console_sessions (account_id) WHERE revoked_at IS NULL;

-- One row per picked-up device grant: the primary key is what makes a second pick-up impossible,
-- whatever Redis remembers.
CREATE TABLE gatewright_device_redemptions (
    grant_id uuid NOT NULL CONSTRAINT gatewright_device_redemptions_pkey PRIMARY KEY,
    token_id uuid NOT NULL,
    redeemed_at timestamptz NOT NULL
);

CREATE TABLE gatewright_audit_events (
    id uuid NOT NULL CONSTRAINT gatewright_audit_events_pkey PRIMARY KEY,
    occurred_at timestamptz NOT NULL,
    action varchar(64) NOT NULL,
    actor_account_id uuid,
    tenant_id uuid,
    ip varchar(64),
    user_agent varchar(255),
    request_id varchar(64),
    details jsonb NOT NULL DEFAULT '{}'
);
CREATE INDEX gatewright_audit_events_tenant_idx ON gatewright_audit_events (tenant_id, occurred_at);
CREATE INDEX gatewright_audit_events_actor_idx ON gatewright_audit_events (actor_account_id, occurred_at);
