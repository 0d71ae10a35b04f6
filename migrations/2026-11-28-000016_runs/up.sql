-- expand
-- Runs, their nodes, conversations and forms, with Dify's names and types: an existing database has them
-- already. And whom a run belongs to.

CREATE TABLE IF NOT EXISTS workflow_runs (
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    tenant_id uuid NOT NULL,
    app_id uuid NOT NULL,
    workflow_id uuid NOT NULL,
    type varchar(255) NOT NULL,
    triggered_from varchar(255) NOT NULL,
    version varchar(255) NOT NULL,
    graph text,
    inputs text,
    status varchar(255) NOT NULL,
    outputs text,
    error text,
    elapsed_time double precision NOT NULL DEFAULT 0,
    total_tokens bigint NOT NULL DEFAULT 0,
    total_steps integer DEFAULT 0,
    created_by_role varchar(255) NOT NULL,
    created_by uuid NOT NULL,
    created_at timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP,
    finished_at timestamp,
    exceptions_count integer DEFAULT 0,
    CONSTRAINT workflow_run_pkey PRIMARY KEY (id)
);
CREATE INDEX IF NOT EXISTS workflow_run_created_at_id_idx ON workflow_runs (created_at, id);
CREATE INDEX IF NOT EXISTS workflow_run_triggerd_from_idx
    ON workflow_runs (tenant_id, app_id, triggered_from);

CREATE TABLE IF NOT EXISTS workflow_node_executions (
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    tenant_id uuid NOT NULL,
    app_id uuid NOT NULL,
    workflow_id uuid NOT NULL,
    triggered_from varchar(255) NOT NULL,
    workflow_run_id uuid,
    "index" integer NOT NULL,
    predecessor_node_id varchar(255),
    node_execution_id varchar(255),
    node_id varchar(255) NOT NULL,
    node_type varchar(255) NOT NULL,
    title varchar(255) NOT NULL,
    inputs text,
    process_data text,
    outputs text,
    status varchar(255) NOT NULL,
    error text,
    elapsed_time double precision NOT NULL DEFAULT 0,
    execution_metadata text,
    created_at timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP,
    created_by_role varchar(255) NOT NULL,
    created_by uuid NOT NULL,
    finished_at timestamp,
    CONSTRAINT workflow_node_execution_pkey PRIMARY KEY (id)
);
CREATE INDEX IF NOT EXISTS workflow_node_execution_id_idx
    ON workflow_node_executions (tenant_id, app_id, workflow_id, triggered_from, node_execution_id);
CREATE INDEX IF NOT EXISTS workflow_node_execution_node_run_idx
    ON workflow_node_executions (tenant_id, app_id, workflow_id, triggered_from, node_id);
CREATE INDEX IF NOT EXISTS workflow_node_execution_workflow_run_id_idx
    ON workflow_node_executions (workflow_run_id);
CREATE INDEX IF NOT EXISTS workflow_node_executions_tenant_id_idx
    ON workflow_node_executions (tenant_id, workflow_id, node_id, created_at DESC);

CREATE TABLE IF NOT EXISTS workflow_node_execution_offload (
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    created_at timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP,
    tenant_id uuid NOT NULL,
    app_id uuid NOT NULL,
    node_execution_id uuid,
    type varchar(20) NOT NULL,
    file_id uuid NOT NULL,
    CONSTRAINT workflow_node_execution_offload_pkey PRIMARY KEY (id),
    CONSTRAINT workflow_node_execution_offload_node_execution_id_type_key UNIQUE (node_execution_id, type)
);

CREATE TABLE IF NOT EXISTS workflow_app_logs (
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    tenant_id uuid NOT NULL,
    app_id uuid NOT NULL,
    workflow_id uuid NOT NULL,
    workflow_run_id uuid NOT NULL,
    created_from varchar(255) NOT NULL,
    created_by_role varchar(255) NOT NULL,
    created_by uuid NOT NULL,
    created_at timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP,
    CONSTRAINT workflow_app_log_pkey PRIMARY KEY (id)
);
CREATE INDEX IF NOT EXISTS workflow_app_log_app_idx ON workflow_app_logs (tenant_id, app_id);
CREATE INDEX IF NOT EXISTS workflow_app_log_workflow_run_id_idx ON workflow_app_logs (workflow_run_id);

CREATE TABLE IF NOT EXISTS workflow_pauses (
    workflow_id uuid NOT NULL,
    workflow_run_id uuid NOT NULL,
    state_object_key varchar(255) NOT NULL,
    resumed_at timestamp,
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    created_at timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP,
    updated_at timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP,
    CONSTRAINT workflow_pauses_pkey PRIMARY KEY (id),
    CONSTRAINT workflow_pauses_workflow_run_id_key UNIQUE (workflow_run_id)
);

CREATE TABLE IF NOT EXISTS workflow_pause_reasons (
    pause_id uuid NOT NULL,
    type_ varchar(20) NOT NULL,
    form_id varchar(36) NOT NULL,
    message varchar(255) NOT NULL,
    node_id varchar(255) NOT NULL,
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    created_at timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP,
    updated_at timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP,
    CONSTRAINT workflow_pause_reasons_pkey PRIMARY KEY (id)
);
CREATE INDEX IF NOT EXISTS workflow_pause_reasons_pause_id_idx ON workflow_pause_reasons (pause_id);

CREATE TABLE IF NOT EXISTS workflow_conversation_variables (
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    conversation_id uuid NOT NULL,
    app_id uuid NOT NULL,
    data text NOT NULL,
    created_at timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP,
    updated_at timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP,
    CONSTRAINT workflow__conversation_variables_pkey PRIMARY KEY (id, conversation_id)
);
CREATE INDEX IF NOT EXISTS workflow_conversation_variables_app_id_idx
    ON workflow_conversation_variables (app_id);
CREATE INDEX IF NOT EXISTS workflow_conversation_variables_conversation_id_idx
    ON workflow_conversation_variables (conversation_id);
CREATE INDEX IF NOT EXISTS workflow_conversation_variables_created_at_idx
    ON workflow_conversation_variables (created_at);

CREATE TABLE IF NOT EXISTS conversations (
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    app_id uuid NOT NULL,
    app_model_config_id uuid,
    model_provider varchar(255),
    override_model_configs text,
    model_id varchar(255),
    mode varchar(255) NOT NULL,
    name varchar(255) NOT NULL,
    summary text,
    inputs json NOT NULL,
    introduction text,
    system_instruction text,
    system_instruction_tokens integer NOT NULL DEFAULT 0,
    status varchar(255) NOT NULL,
    invoke_from varchar(255),
    from_source varchar(255) NOT NULL,
    from_end_user_id uuid,
    from_account_id uuid,
    read_at timestamp,
    read_account_id uuid,
    dialogue_count integer NOT NULL,
    created_at timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP,
    updated_at timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP,
    is_deleted boolean NOT NULL DEFAULT false,
    CONSTRAINT conversation_pkey PRIMARY KEY (id)
);
CREATE INDEX IF NOT EXISTS conversation_app_created_at_idx
    ON conversations (app_id, created_at DESC) WHERE is_deleted IS FALSE;
CREATE INDEX IF NOT EXISTS conversation_app_from_user_idx
    ON conversations (app_id, from_source, from_end_user_id);
CREATE INDEX IF NOT EXISTS conversation_app_updated_at_idx
    ON conversations (app_id, updated_at DESC) WHERE is_deleted IS FALSE;

CREATE TABLE IF NOT EXISTS messages (
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    app_id uuid NOT NULL,
    model_provider varchar(255),
    model_id varchar(255),
    override_model_configs text,
    conversation_id uuid NOT NULL,
    inputs json NOT NULL,
    query text NOT NULL,
    message json NOT NULL,
    message_tokens integer NOT NULL DEFAULT 0,
    message_unit_price numeric(10, 4) NOT NULL,
    message_price_unit numeric(10, 7) NOT NULL DEFAULT 0.001,
    answer text NOT NULL,
    answer_tokens integer NOT NULL DEFAULT 0,
    answer_unit_price numeric(10, 4) NOT NULL,
    answer_price_unit numeric(10, 7) NOT NULL DEFAULT 0.001,
    parent_message_id uuid,
    provider_response_latency double precision NOT NULL DEFAULT 0,
    total_price numeric(10, 7),
    currency varchar(255) NOT NULL,
    status varchar(255) NOT NULL DEFAULT 'normal',
    error text,
    message_metadata text,
    invoke_from varchar(255),
    from_source varchar(255) NOT NULL,
    from_end_user_id uuid,
    from_account_id uuid,
    created_at timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP,
    updated_at timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP,
    agent_based boolean NOT NULL DEFAULT false,
    workflow_run_id uuid,
    app_mode varchar(255),
    CONSTRAINT message_pkey PRIMARY KEY (id)
);
CREATE INDEX IF NOT EXISTS message_account_idx ON messages (app_id, from_source, from_account_id);
CREATE INDEX IF NOT EXISTS message_app_id_idx ON messages (app_id, created_at);
CREATE INDEX IF NOT EXISTS message_app_mode_idx ON messages (app_mode);
CREATE INDEX IF NOT EXISTS message_conversation_id_idx ON messages (conversation_id);
CREATE INDEX IF NOT EXISTS message_created_at_id_idx ON messages (created_at, id);
CREATE INDEX IF NOT EXISTS message_end_user_idx ON messages (app_id, from_source, from_end_user_id);
CREATE INDEX IF NOT EXISTS message_workflow_run_id_idx ON messages (conversation_id, workflow_run_id);

CREATE TABLE IF NOT EXISTS message_files (
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    message_id uuid NOT NULL,
    type varchar(255) NOT NULL,
    transfer_method varchar(255) NOT NULL,
    created_by_role varchar(255) NOT NULL,
    created_by uuid NOT NULL,
    belongs_to varchar(255),
    url text,
    upload_file_id uuid,
    created_at timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP,
    CONSTRAINT message_file_pkey PRIMARY KEY (id)
);
CREATE INDEX IF NOT EXISTS message_file_created_by_idx ON message_files (created_by);
CREATE INDEX IF NOT EXISTS message_file_message_idx ON message_files (message_id);

CREATE TABLE IF NOT EXISTS end_users (
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    tenant_id uuid NOT NULL,
    app_id uuid,
    type varchar(255) NOT NULL,
    external_user_id varchar(255),
    name varchar(255),
    is_anonymous boolean NOT NULL DEFAULT true,
    session_id varchar(255) NOT NULL,
    created_at timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP,
    updated_at timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP,
    CONSTRAINT end_user_pkey PRIMARY KEY (id)
);
CREATE INDEX IF NOT EXISTS end_user_session_id_idx ON end_users (session_id, type);
CREATE INDEX IF NOT EXISTS end_user_tenant_session_id_idx ON end_users (tenant_id, session_id, type);

CREATE TABLE IF NOT EXISTS human_input_forms (
    tenant_id uuid NOT NULL,
    app_id uuid NOT NULL,
    workflow_run_id uuid,
    form_kind varchar(20) NOT NULL,
    node_id varchar(60) NOT NULL,
    form_definition text NOT NULL,
    rendered_content text NOT NULL,
    status varchar(20) NOT NULL,
    expiration_time timestamp NOT NULL,
    selected_action_id varchar(200),
    submitted_data text,
    submitted_at timestamp,
    submission_user_id uuid,
    submission_end_user_id uuid,
    completed_by_recipient_id uuid,
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    created_at timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP,
    updated_at timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP,
    CONSTRAINT human_input_forms_pkey PRIMARY KEY (id)
);
CREATE INDEX IF NOT EXISTS human_input_forms_status_created_at_idx ON human_input_forms (status, created_at);
CREATE INDEX IF NOT EXISTS human_input_forms_status_expiration_time_idx
    ON human_input_forms (status, expiration_time);
CREATE INDEX IF NOT EXISTS human_input_forms_workflow_run_id_node_id_idx
    ON human_input_forms (workflow_run_id, node_id);

CREATE TABLE IF NOT EXISTS human_input_form_deliveries (
    form_id uuid NOT NULL,
    delivery_method_type varchar(20) NOT NULL,
    delivery_config_id uuid,
    channel_payload text NOT NULL,
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    created_at timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP,
    updated_at timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP,
    CONSTRAINT human_input_form_deliveries_pkey PRIMARY KEY (id)
);
CREATE INDEX IF NOT EXISTS human_input_form_deliveries_form_id_idx ON human_input_form_deliveries (form_id);

CREATE TABLE IF NOT EXISTS human_input_form_recipients (
    form_id uuid NOT NULL,
    delivery_id uuid NOT NULL,
    recipient_type varchar(20) NOT NULL,
    recipient_payload text NOT NULL,
    access_token varchar(32) NOT NULL,
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    created_at timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP,
    updated_at timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP,
    CONSTRAINT human_input_form_recipients_pkey PRIMARY KEY (id),
    CONSTRAINT human_input_form_recipients_access_token_key UNIQUE (access_token)
);
CREATE INDEX IF NOT EXISTS human_input_form_recipients_delivery_id_idx
    ON human_input_form_recipients (delivery_id);
CREATE INDEX IF NOT EXISTS human_input_form_recipients_form_id_idx ON human_input_form_recipients (form_id);

CREATE TABLE IF NOT EXISTS human_input_form_upload_tokens (
    tenant_id uuid NOT NULL,
    app_id uuid NOT NULL,
    form_id uuid NOT NULL,
    recipient_id uuid NOT NULL,
    token varchar(255) NOT NULL,
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    created_at timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP,
    updated_at timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP,
    CONSTRAINT human_input_form_upload_tokens_pkey PRIMARY KEY (id),
    CONSTRAINT human_input_form_upload_tokens_token_key UNIQUE (token)
);
CREATE INDEX IF NOT EXISTS human_input_form_upload_tokens_form_id_idx
    ON human_input_form_upload_tokens (form_id);

CREATE TABLE IF NOT EXISTS human_input_form_upload_files (
    tenant_id uuid NOT NULL,
    app_id uuid NOT NULL,
    form_id uuid NOT NULL,
    upload_file_id uuid NOT NULL,
    upload_token_id uuid NOT NULL,
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    created_at timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP,
    updated_at timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP,
    CONSTRAINT human_input_form_upload_files_pkey PRIMARY KEY (id),
    CONSTRAINT human_input_form_upload_files_upload_file_id_key UNIQUE (upload_file_id)
);
CREATE INDEX IF NOT EXISTS human_input_form_upload_files_form_id_idx
    ON human_input_form_upload_files (form_id);
CREATE INDEX IF NOT EXISTS human_input_form_upload_files_upload_token_id_idx
    ON human_input_form_upload_files (upload_token_id);

CREATE TABLE IF NOT EXISTS execution_extra_contents (
    type varchar(30) NOT NULL,
    workflow_run_id uuid NOT NULL,
    message_id uuid,
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    created_at timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP,
    updated_at timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP,
    form_id uuid,
    CONSTRAINT execution_extra_contents_pkey PRIMARY KEY (id)
);
CREATE INDEX IF NOT EXISTS execution_extra_contents_message_id_idx ON execution_extra_contents (message_id);
CREATE INDEX IF NOT EXISTS execution_extra_contents_workflow_run_id_idx
    ON execution_extra_contents (workflow_run_id);

-- Dify added this after 1.14.2.
ALTER TABLE human_input_forms ADD COLUMN IF NOT EXISTS conversation_id uuid;

-- Who works on a run that has not ended. Each owner counts the epoch up, and every write of a run compares
-- it: what an owner writes that lost its lease changes nothing. Time is the database's.
CREATE TABLE gatewright_run_leases (
    run_id uuid NOT NULL CONSTRAINT gatewright_run_leases_pkey PRIMARY KEY,
    owner uuid,
    epoch bigint NOT NULL DEFAULT 1,
    expires_at timestamptz NOT NULL,
    stop_requested_at timestamptz
);
CREATE INDEX gatewright_run_leases_expiry_idx ON gatewright_run_leases (expires_at);
CREATE INDEX gatewright_run_leases_owner_idx ON gatewright_run_leases (owner);

-- The engine's state after the last step that was written down, in our own encoding.
CREATE TABLE gatewright_run_checkpoints (
    run_id uuid NOT NULL CONSTRAINT gatewright_run_checkpoints_pkey PRIMARY KEY,
    epoch bigint NOT NULL,
    state bytea NOT NULL,
    written_at timestamptz NOT NULL
);
