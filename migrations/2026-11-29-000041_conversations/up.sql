-- expand
-- What people say of answers, and what owners answer in a model's place; lists of conversations, messages and
-- logs, each read in the order of an index.
CREATE TABLE IF NOT EXISTS message_feedbacks (
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    app_id uuid NOT NULL,
    conversation_id uuid NOT NULL,
    message_id uuid NOT NULL,
    rating varchar(255) NOT NULL,
    content text,
    from_source varchar(255) NOT NULL,
    from_end_user_id uuid,
    from_account_id uuid,
    created_at timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP,
    updated_at timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP,
    CONSTRAINT message_feedback_pkey PRIMARY KEY (id)
);
CREATE INDEX IF NOT EXISTS message_feedback_app_idx ON message_feedbacks (app_id);
CREATE INDEX IF NOT EXISTS message_feedback_conversation_idx
    ON message_feedbacks (conversation_id, from_source, rating);
CREATE INDEX IF NOT EXISTS message_feedback_message_idx ON message_feedbacks (message_id, from_source);

CREATE TABLE IF NOT EXISTS message_annotations (
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    app_id uuid NOT NULL,
    conversation_id uuid,
    message_id uuid,
    question text NOT NULL,
    content text NOT NULL,
    hit_count integer NOT NULL DEFAULT 0,
    account_id uuid NOT NULL,
    created_at timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP,
    updated_at timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP,
    CONSTRAINT message_annotation_pkey PRIMARY KEY (id)
);
CREATE INDEX IF NOT EXISTS message_annotation_app_idx ON message_annotations (app_id);
CREATE INDEX IF NOT EXISTS message_annotation_conversation_idx ON message_annotations (conversation_id);
CREATE INDEX IF NOT EXISTS message_annotation_message_idx ON message_annotations (message_id);

CREATE TABLE IF NOT EXISTS app_annotation_settings (
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    app_id uuid NOT NULL,
    score_threshold double precision NOT NULL DEFAULT 0,
    collection_binding_id uuid NOT NULL,
    created_user_id uuid NOT NULL,
    created_at timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP,
    updated_user_id uuid NOT NULL,
    updated_at timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP,
    CONSTRAINT app_annotation_settings_pkey PRIMARY KEY (id)
);
CREATE INDEX IF NOT EXISTS app_annotation_settings_app_idx ON app_annotation_settings (app_id);

CREATE TABLE IF NOT EXISTS app_annotation_hit_histories (
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    app_id uuid NOT NULL,
    annotation_id uuid NOT NULL,
    source text NOT NULL,
    question text NOT NULL,
    account_id uuid NOT NULL,
    created_at timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP,
    score double precision NOT NULL DEFAULT 0,
    message_id uuid NOT NULL,
    annotation_question text NOT NULL,
    annotation_content text NOT NULL,
    CONSTRAINT app_annotation_hit_histories_pkey PRIMARY KEY (id)
);
CREATE INDEX IF NOT EXISTS app_annotation_hit_histories_account_idx ON app_annotation_hit_histories (account_id);
CREATE INDEX IF NOT EXISTS app_annotation_hit_histories_annotation_idx
    ON app_annotation_hit_histories (annotation_id);
CREATE INDEX IF NOT EXISTS app_annotation_hit_histories_app_idx ON app_annotation_hit_histories (app_id);
CREATE INDEX IF NOT EXISTS app_annotation_hit_histories_message_idx ON app_annotation_hit_histories (message_id);

CREATE TABLE IF NOT EXISTS pinned_conversations (
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    app_id uuid NOT NULL,
    conversation_id uuid NOT NULL,
    created_by_role varchar(255) NOT NULL DEFAULT 'end_user',
    created_by uuid NOT NULL,
    created_at timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP,
    CONSTRAINT pinned_conversation_pkey PRIMARY KEY (id)
);
CREATE INDEX IF NOT EXISTS pinned_conversation_conversation_idx
    ON pinned_conversations (app_id, conversation_id, created_by_role, created_by);

CREATE TABLE IF NOT EXISTS saved_messages (
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    app_id uuid NOT NULL,
    message_id uuid NOT NULL,
    created_by_role varchar(255) NOT NULL DEFAULT 'end_user',
    created_by uuid NOT NULL,
    created_at timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP,
    CONSTRAINT saved_message_pkey PRIMARY KEY (id)
);
CREATE INDEX IF NOT EXISTS saved_message_message_id_idx ON saved_messages (message_id);
CREATE INDEX IF NOT EXISTS saved_message_message_idx
    ON saved_messages (app_id, message_id, created_by_role, created_by);

-- Ours: a page costs what it shows, however many rows there are beside it.
CREATE INDEX IF NOT EXISTS gatewright_conversations_user_updated_idx
    ON conversations (app_id, from_end_user_id, updated_at, id)
    WHERE NOT is_deleted AND from_end_user_id IS NOT NULL;
CREATE INDEX IF NOT EXISTS gatewright_conversations_user_created_idx
    ON conversations (app_id, from_end_user_id, created_at, id)
    WHERE NOT is_deleted AND from_end_user_id IS NOT NULL;
CREATE INDEX IF NOT EXISTS gatewright_conversations_account_updated_idx
    ON conversations (app_id, from_account_id, updated_at, id)
    WHERE NOT is_deleted AND from_account_id IS NOT NULL;
CREATE INDEX IF NOT EXISTS gatewright_conversations_account_created_idx
    ON conversations (app_id, from_account_id, created_at, id)
    WHERE NOT is_deleted AND from_account_id IS NOT NULL;
CREATE INDEX IF NOT EXISTS gatewright_messages_conversation_created_idx
    ON messages (conversation_id, created_at, id);
CREATE INDEX IF NOT EXISTS gatewright_message_feedbacks_app_created_idx
    ON message_feedbacks (app_id, created_at, id);
CREATE INDEX IF NOT EXISTS gatewright_workflow_app_logs_app_created_idx
    ON workflow_app_logs (tenant_id, app_id, created_at, id);
CREATE INDEX IF NOT EXISTS gatewright_message_annotations_app_created_idx
    ON message_annotations (app_id, created_at, id);
