-- expand
-- Dify's: servers of others that judge what is said to apps, and what they say.
CREATE TABLE IF NOT EXISTS api_based_extensions (
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    tenant_id uuid NOT NULL,
    name varchar(255) NOT NULL,
    api_endpoint varchar(255) NOT NULL,
    api_key text NOT NULL,
    created_at timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP,
    CONSTRAINT api_based_extension_pkey PRIMARY KEY (id)
);
CREATE INDEX IF NOT EXISTS api_based_extension_tenant_idx ON api_based_extensions (tenant_id);
