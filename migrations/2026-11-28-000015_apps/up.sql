-- expand
-- Applications and their workflows, with Dify's names and types: an existing database has them already.

CREATE TABLE IF NOT EXISTS apps (
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    tenant_id uuid NOT NULL,
    name varchar(255) NOT NULL,
    description text NOT NULL,
    mode varchar(255) NOT NULL,
    icon_type varchar(255),
    icon varchar(255),
    icon_background varchar(255),
    app_model_config_id uuid,
    workflow_id uuid,
    status varchar(255) NOT NULL DEFAULT 'normal',
    enable_site boolean NOT NULL,
    enable_api boolean NOT NULL,
    api_rpm integer NOT NULL DEFAULT 0,
    api_rph integer NOT NULL DEFAULT 0,
    is_demo boolean NOT NULL DEFAULT false,
    is_public boolean NOT NULL DEFAULT false,
    is_universal boolean NOT NULL DEFAULT false,
    max_active_requests integer,
    tracing text,
    created_by uuid,
    created_at timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP,
    updated_by uuid,
    updated_at timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP,
    use_icon_as_answer_icon boolean NOT NULL DEFAULT false,
    CONSTRAINT app_pkey PRIMARY KEY (id)
);
CREATE INDEX IF NOT EXISTS app_tenant_id_idx ON apps (tenant_id);

CREATE TABLE IF NOT EXISTS app_model_configs (
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    app_id uuid NOT NULL,
    provider varchar(255),
    model_id varchar(255),
    configs json,
    created_by uuid,
    created_at timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP,
    updated_by uuid,
    updated_at timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP,
    opening_statement text,
    suggested_questions text,
    suggested_questions_after_answer text,
    speech_to_text text,
    text_to_speech text,
    more_like_this text,
    model text,
    user_input_form text,
    dataset_query_variable varchar(255),
    pre_prompt text,
    agent_mode text,
    sensitive_word_avoidance text,
    retriever_resource text,
    prompt_type varchar(255) NOT NULL DEFAULT 'simple',
    chat_prompt_config text,
    completion_prompt_config text,
    dataset_configs text,
    external_data_tools text,
    file_upload text,
    CONSTRAINT app_model_config_pkey PRIMARY KEY (id)
);
CREATE INDEX IF NOT EXISTS app_app_id_idx ON app_model_configs (app_id);

CREATE TABLE IF NOT EXISTS sites (
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    app_id uuid NOT NULL,
    title varchar(255) NOT NULL,
    icon_type varchar(255),
    icon varchar(255),
    icon_background varchar(255),
    description text,
    default_language varchar(255) NOT NULL,
    chat_color_theme varchar(255),
    chat_color_theme_inverted boolean NOT NULL DEFAULT false,
    copyright varchar(255),
    privacy_policy varchar(255),
    show_workflow_steps boolean NOT NULL DEFAULT true,
    use_icon_as_answer_icon boolean NOT NULL DEFAULT false,
    custom_disclaimer text NOT NULL,
    customize_domain varchar(255),
    customize_token_strategy varchar(255) NOT NULL,
    prompt_public boolean NOT NULL DEFAULT false,
    status varchar(255) NOT NULL DEFAULT 'normal',
    created_by uuid,
    created_at timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP,
    updated_by uuid,
    updated_at timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP,
    code varchar(255),
    CONSTRAINT site_pkey PRIMARY KEY (id)
);
CREATE INDEX IF NOT EXISTS site_app_id_idx ON sites (app_id);
CREATE INDEX IF NOT EXISTS site_code_idx ON sites (code, status);

CREATE TABLE IF NOT EXISTS workflows (
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    tenant_id uuid NOT NULL,
    app_id uuid NOT NULL,
    type varchar(255) NOT NULL,
    kind varchar(255) DEFAULT 'standard',
    version varchar(255) NOT NULL,
    marked_name varchar(255) NOT NULL DEFAULT '',
    marked_comment varchar(255) NOT NULL DEFAULT '',
    graph text NOT NULL,
    features text NOT NULL,
    created_by uuid NOT NULL,
    created_at timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP,
    updated_by uuid,
    updated_at timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP,
    environment_variables text NOT NULL,
    conversation_variables text NOT NULL,
    rag_pipeline_variables text NOT NULL,
    CONSTRAINT workflow_pkey PRIMARY KEY (id)
);
CREATE INDEX IF NOT EXISTS workflow_version_idx ON workflows (tenant_id, app_id, version);

CREATE TABLE IF NOT EXISTS installed_apps (
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    tenant_id uuid NOT NULL,
    app_id uuid NOT NULL,
    app_owner_tenant_id uuid NOT NULL,
    position integer NOT NULL,
    is_pinned boolean NOT NULL DEFAULT false,
    last_used_at timestamp,
    created_at timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP,
    CONSTRAINT installed_app_pkey PRIMARY KEY (id),
    CONSTRAINT unique_tenant_installed_app UNIQUE (tenant_id, app_id)
);
CREATE INDEX IF NOT EXISTS installed_app_app_id_idx ON installed_apps (app_id);
CREATE INDEX IF NOT EXISTS installed_app_tenant_id_idx ON installed_apps (tenant_id);

-- A file of a newer format waits here until somebody confirms it; Dify keeps such files in Redis.
CREATE TABLE gatewright_app_imports (
    id uuid NOT NULL CONSTRAINT gatewright_app_imports_pkey PRIMARY KEY,
    tenant_id uuid NOT NULL,
    account_id uuid NOT NULL,
    payload text NOT NULL,
    expires_at timestamptz NOT NULL
);
CREATE INDEX gatewright_app_imports_expiry_idx ON gatewright_app_imports (expires_at);

-- The plugins that an imported app asks for, until somebody had time to look; Dify keeps them in Redis.
CREATE TABLE gatewright_app_dependencies (
    app_id uuid NOT NULL CONSTRAINT gatewright_app_dependencies_pkey PRIMARY KEY,
    tenant_id uuid NOT NULL,
    dependencies text NOT NULL,
    expires_at timestamptz NOT NULL
);
CREATE INDEX gatewright_app_dependencies_expiry_idx ON gatewright_app_dependencies (expires_at);
