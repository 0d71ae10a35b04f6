-- expand
-- Files that people upload, with Dify's names and types: an existing database has them already.

CREATE TABLE IF NOT EXISTS upload_files (
    id uuid NOT NULL DEFAULT gen_random_uuid() CONSTRAINT upload_file_pkey PRIMARY KEY,
    tenant_id uuid NOT NULL,
    storage_type varchar(255) NOT NULL,
    key varchar(255) NOT NULL,
    name varchar(255) NOT NULL,
    size integer NOT NULL,
    extension varchar(255) NOT NULL,
    mime_type varchar(255),
    created_by uuid NOT NULL,
    created_at timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP(0),
    used boolean NOT NULL DEFAULT false,
    used_by uuid,
    used_at timestamp,
    hash varchar(255),
    created_by_role varchar(255) NOT NULL DEFAULT 'account',
    source_url text NOT NULL DEFAULT ''
);
CREATE INDEX IF NOT EXISTS upload_file_tenant_idx ON upload_files (tenant_id);
