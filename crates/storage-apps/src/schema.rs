//! The tables as diesel knows them; kept by hand beside `migrations/`. Columns that Dify no longer uses are left out:
//! they have defaults, or may be null.

diesel::table! {
    apps (id) {
        id -> Uuid,
        tenant_id -> Uuid,
        name -> Text,
        description -> Text,
        mode -> Text,
        icon_type -> Nullable<Text>,
        icon -> Nullable<Text>,
        icon_background -> Nullable<Text>,
        app_model_config_id -> Nullable<Uuid>,
        workflow_id -> Nullable<Uuid>,
        status -> Text,
        enable_site -> Bool,
        enable_api -> Bool,
        is_universal -> Bool,
        max_active_requests -> Nullable<Int4>,
        tracing -> Nullable<Text>,
        created_by -> Nullable<Uuid>,
        created_at -> Timestamp,
        updated_by -> Nullable<Uuid>,
        updated_at -> Timestamp,
        use_icon_as_answer_icon -> Bool,
    }
}

diesel::table! {
    app_model_configs (id) {
        id -> Uuid,
        app_id -> Uuid,
        created_by -> Nullable<Uuid>,
        created_at -> Timestamp,
        updated_by -> Nullable<Uuid>,
        updated_at -> Timestamp,
        opening_statement -> Nullable<Text>,
        suggested_questions -> Nullable<Text>,
        suggested_questions_after_answer -> Nullable<Text>,
        speech_to_text -> Nullable<Text>,
        text_to_speech -> Nullable<Text>,
        more_like_this -> Nullable<Text>,
        model -> Nullable<Text>,
        user_input_form -> Nullable<Text>,
        dataset_query_variable -> Nullable<Text>,
        pre_prompt -> Nullable<Text>,
        agent_mode -> Nullable<Text>,
        sensitive_word_avoidance -> Nullable<Text>,
        retriever_resource -> Nullable<Text>,
        prompt_type -> Text,
        chat_prompt_config -> Nullable<Text>,
        completion_prompt_config -> Nullable<Text>,
        dataset_configs -> Nullable<Text>,
        external_data_tools -> Nullable<Text>,
        file_upload -> Nullable<Text>,
    }
}

diesel::table! {
    sites (id) {
        id -> Uuid,
        app_id -> Uuid,
        title -> Text,
        icon_type -> Nullable<Text>,
        icon -> Nullable<Text>,
        icon_background -> Nullable<Text>,
        description -> Nullable<Text>,
        default_language -> Text,
        chat_color_theme -> Nullable<Text>,
        chat_color_theme_inverted -> Bool,
        copyright -> Nullable<Text>,
        privacy_policy -> Nullable<Text>,
        show_workflow_steps -> Bool,
        use_icon_as_answer_icon -> Bool,
        custom_disclaimer -> Nullable<Text>,
        customize_domain -> Nullable<Text>,
        customize_token_strategy -> Text,
        prompt_public -> Bool,
        gatewright_embed_origins -> Nullable<Text>,
        gatewright_remote_pictures -> Nullable<Bool>,
        status -> Text,
        created_by -> Nullable<Uuid>,
        created_at -> Timestamp,
        updated_by -> Nullable<Uuid>,
        updated_at -> Timestamp,
        code -> Nullable<Text>,
    }
}

diesel::table! {
    workflows (id) {
        id -> Uuid,
        tenant_id -> Uuid,
        app_id -> Uuid,
        #[sql_name = "type"]
        kind -> Text,
        version -> Text,
        marked_name -> Text,
        marked_comment -> Text,
        graph -> Text,
        features -> Text,
        created_by -> Uuid,
        created_at -> Timestamp,
        updated_by -> Nullable<Uuid>,
        updated_at -> Timestamp,
        environment_variables -> Text,
        conversation_variables -> Text,
        rag_pipeline_variables -> Text,
    }
}

diesel::table! {
    installed_apps (id) {
        id -> Uuid,
        tenant_id -> Uuid,
        app_id -> Uuid,
        app_owner_tenant_id -> Uuid,
        position -> Int4,
        created_at -> Timestamp,
    }
}

diesel::table! {
    gatewright_app_imports (id) {
        id -> Uuid,
        tenant_id -> Uuid,
        account_id -> Uuid,
        payload -> Text,
        expires_at -> Timestamptz,
    }
}

diesel::table! {
    gatewright_app_dependencies (app_id) {
        app_id -> Uuid,
        tenant_id -> Uuid,
        dependencies -> Text,
        expires_at -> Timestamptz,
    }
}

diesel::table! {
    tenants (id) {
        id -> Uuid,
        name -> Text,
        status -> Text,
    }
}

diesel::table! {
    accounts (id) {
        id -> Uuid,
        name -> Text,
        email -> Text,
    }
}

diesel::table! {
    tags (id) {
        id -> Uuid,
        tenant_id -> Nullable<Uuid>,
        #[sql_name = "type"]
        kind -> Text,
        name -> Text,
    }
}

diesel::table! {
    tag_bindings (id) {
        id -> Uuid,
        tenant_id -> Nullable<Uuid>,
        tag_id -> Nullable<Uuid>,
        target_id -> Nullable<Uuid>,
    }
}

diesel::table! {
    api_tokens (id) {
        id -> Uuid,
        app_id -> Nullable<Uuid>,
        #[sql_name = "type"]
        kind -> Text,
        token -> Text,
        last_used_at -> Nullable<Timestamp>,
    }
}

diesel::allow_tables_to_appear_in_same_query!(apps, tags, tag_bindings, tenants, api_tokens, sites);
