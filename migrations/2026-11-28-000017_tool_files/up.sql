-- expand
-- Files that runs make or get, with Dify's names and types: an existing database has them already.

CREATE TABLE IF NOT EXISTS tool_files (
    id uuid NOT NULL DEFAULT gen_random_uuid() CONSTRAINT tool_file_pkey PRIMARY KEY,
    user_id uuid NOT NULL,
    tenant_id uuid NOT NULL,
    conversation_id uuid,
    file_key varchar(255) NOT NULL,
    mimetype varchar(255) NOT NULL,
    original_url varchar(2048),
    name varchar(255) NOT NULL DEFAULT '',
    size integer NOT NULL DEFAULT -1
);
CREATE INDEX IF NOT EXISTS tool_file_conversation_id_idx ON tool_files (conversation_id);
