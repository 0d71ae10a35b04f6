-- expand
-- The queue, what mail was sent, invitations, the audit chain; and the reference's tables of tags and
-- API keys, which an existing database has already.

CREATE TABLE gatewright_jobs (
    id uuid NOT NULL CONSTRAINT gatewright_jobs_pkey PRIMARY KEY,
    queue varchar(32) NOT NULL,
    kind varchar(64) NOT NULL,
    payload jsonb NOT NULL,
    created_at timestamptz NOT NULL,
    run_at timestamptz NOT NULL,
    attempts integer NOT NULL DEFAULT 0,
    max_attempts integer NOT NULL,
    leased_by uuid,
    leased_until timestamptz,
    last_error varchar(1000),
    dead_at timestamptz
);
CREATE INDEX gatewright_jobs_due_idx ON gatewright_jobs (run_at, id) WHERE dead_at IS NULL;
CREATE INDEX gatewright_jobs_dead_idx ON gatewright_jobs (dead_at) WHERE dead_at IS NOT NULL;

-- One row per tick of a schedule: whoever inserts it is the one who enqueues the job.
CREATE TABLE gatewright_schedule_ticks (
    schedule varchar(64) NOT NULL,
    due_at timestamptz NOT NULL,
    CONSTRAINT gatewright_schedule_ticks_pkey PRIMARY KEY (schedule, due_at)
);

-- One row per mail that went out. The primary key is what makes a second record impossible.
CREATE TABLE gatewright_mail_deliveries (
    job_id uuid NOT NULL CONSTRAINT gatewright_mail_deliveries_pkey PRIMARY KEY,
    letter varchar(128) NOT NULL,
    sent_at timestamptz NOT NULL
);
CREATE INDEX gatewright_mail_deliveries_sent_idx ON gatewright_mail_deliveries (sent_at);

CREATE TABLE gatewright_invitations (
    id uuid NOT NULL CONSTRAINT gatewright_invitations_pkey PRIMARY KEY,
    tenant_id uuid NOT NULL,
    account_id uuid NOT NULL,
    email varchar(255) NOT NULL,
    invited_by uuid NOT NULL,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL
);
CREATE INDEX gatewright_invitations_account_idx ON gatewright_invitations (account_id);
CREATE INDEX gatewright_invitations_expiry_idx ON gatewright_invitations (expires_at);

-- The chain of a workspace, or of the installation (several, so that sign-ins do not wait for each
-- other). A row says the hash of all before it; the head says where the chain ends, its base where
-- retention has cut it.
ALTER TABLE gatewright_audit_events
    ADD COLUMN chain uuid,
    ADD COLUMN seq bigint,
    ADD COLUMN hash varchar(64);
CREATE UNIQUE INDEX gatewright_audit_events_chain_idx ON gatewright_audit_events (chain, seq);
CREATE TABLE gatewright_audit_heads (
    chain uuid NOT NULL CONSTRAINT gatewright_audit_heads_pkey PRIMARY KEY,
    seq bigint NOT NULL,
    hash varchar(64) NOT NULL,
    base_seq bigint NOT NULL DEFAULT 0,
    base_hash varchar(64) NOT NULL DEFAULT ''
);

CREATE TABLE IF NOT EXISTS api_tokens (
    id uuid NOT NULL DEFAULT gen_random_uuid() CONSTRAINT api_token_pkey PRIMARY KEY,
    app_id uuid,
    type varchar(16) NOT NULL,
    token varchar(255) NOT NULL,
    last_used_at timestamp,
    created_at timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP(0),
    tenant_id uuid
);
CREATE INDEX IF NOT EXISTS api_token_app_id_type_idx ON api_tokens (app_id, type);
CREATE INDEX IF NOT EXISTS api_token_tenant_idx ON api_tokens (tenant_id, type);
CREATE INDEX IF NOT EXISTS api_token_token_idx ON api_tokens (token, type);

CREATE TABLE IF NOT EXISTS tags (
    id uuid NOT NULL DEFAULT gen_random_uuid() CONSTRAINT tag_pkey PRIMARY KEY,
    tenant_id uuid,
    type varchar(16) NOT NULL,
    name varchar(255) NOT NULL,
    created_by uuid NOT NULL,
    created_at timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP(0)
);
CREATE INDEX IF NOT EXISTS tag_name_idx ON tags (name);
CREATE INDEX IF NOT EXISTS tag_type_idx ON tags (type);

CREATE TABLE IF NOT EXISTS tag_bindings (
    id uuid NOT NULL DEFAULT gen_random_uuid() CONSTRAINT tag_binding_pkey PRIMARY KEY,
    tenant_id uuid,
    tag_id uuid,
    target_id uuid,
    created_by uuid NOT NULL,
    created_at timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP(0)
);
CREATE INDEX IF NOT EXISTS tag_bind_tag_id_idx ON tag_bindings (tag_id);
CREATE INDEX IF NOT EXISTS tag_bind_target_id_idx ON tag_bindings (target_id);
