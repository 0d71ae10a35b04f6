//! The tables as diesel knows them; kept by hand beside `migrations/`.

diesel::table! {
    accounts (id) {
        id -> Uuid,
        name -> Text,
        email -> Text,
        password -> Nullable<Text>,
        password_salt -> Nullable<Text>,
        avatar -> Nullable<Text>,
        interface_language -> Nullable<Text>,
        interface_theme -> Nullable<Text>,
        timezone -> Nullable<Text>,
        last_login_at -> Nullable<Timestamp>,
        last_login_ip -> Nullable<Text>,
        status -> Text,
        initialized_at -> Nullable<Timestamp>,
        created_at -> Timestamp,
        updated_at -> Timestamp,
        last_active_at -> Timestamp,
    }
}

diesel::table! {
    gatewright_eras (subject) {
        subject -> Text,
        era -> Uuid,
    }
}

diesel::table! {
    tenants (id) {
        id -> Uuid,
        name -> Text,
        plan -> Text,
        status -> Text,
        created_at -> Timestamp,
        updated_at -> Timestamp,
        custom_config -> Nullable<Text>,
    }
}

diesel::table! {
    tenant_account_joins (id) {
        id -> Uuid,
        tenant_id -> Uuid,
        account_id -> Uuid,
        role -> Text,
        created_at -> Timestamp,
        updated_at -> Timestamp,
        current -> Bool,
    }
}

diesel::table! {
    dify_setups (version) {
        version -> Text,
        setup_at -> Timestamp,
    }
}

diesel::table! {
    oauth_access_tokens (id) {
        id -> Uuid,
        subject_email -> Text,
        subject_issuer -> Nullable<Text>,
        account_id -> Nullable<Uuid>,
        client_id -> Text,
        device_label -> Text,
        prefix -> Text,
        token_hash -> Nullable<Text>,
        created_at -> Timestamptz,
        last_used_at -> Nullable<Timestamptz>,
        expires_at -> Timestamptz,
        revoked_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    gatewright_console_sessions (id) {
        id -> Uuid,
        account_id -> Uuid,
        refresh_salt -> Bytea,
        generation -> Int4,
        created_at -> Timestamptz,
        rotated_at -> Timestamptz,
        rotated_in_db -> Nullable<Timestamptz>,
        idle_expires_at -> Timestamptz,
        absolute_expires_at -> Timestamptz,
        revoked_at -> Nullable<Timestamptz>,
        ip -> Nullable<Text>,
        user_agent -> Nullable<Text>,
    }
}

diesel::table! {
    gatewright_device_redemptions (grant_id) {
        grant_id -> Uuid,
        token_id -> Uuid,
        redeemed_at -> Timestamptz,
        ip -> Nullable<Text>,
    }
}

diesel::table! {
    gatewright_audit_events (id) {
        id -> Uuid,
        occurred_at -> Timestamptz,
        action -> Text,
        actor_account_id -> Nullable<Uuid>,
        tenant_id -> Nullable<Uuid>,
        ip -> Nullable<Text>,
        user_agent -> Nullable<Text>,
        request_id -> Nullable<Text>,
        details -> Jsonb,
        chain -> Nullable<Uuid>,
        seq -> Nullable<Int8>,
        hash -> Nullable<Text>,
    }
}

diesel::table! {
    gatewright_audit_heads (chain) {
        chain -> Uuid,
        seq -> Int8,
        hash -> Text,
        base_seq -> Int8,
        base_hash -> Text,
        base_before -> Nullable<Timestamptz>,
        base_signature -> Nullable<Text>,
    }
}

diesel::table! {
    gatewright_invitations (id) {
        id -> Uuid,
        tenant_id -> Uuid,
        account_id -> Uuid,
        email -> Text,
        invited_by -> Uuid,
        inviter_era -> Nullable<Uuid>,
        role -> Nullable<Text>,
        created_at -> Timestamptz,
        expires_at -> Timestamptz,
    }
}

diesel::table! {
    account_integrates (id) {
        id -> Uuid,
        account_id -> Uuid,
        provider -> Text,
        created_at -> Timestamp,
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
        created_at -> Timestamp,
        tenant_id -> Nullable<Uuid>,
    }
}

diesel::table! {
    tags (id) {
        id -> Uuid,
        tenant_id -> Nullable<Uuid>,
        #[sql_name = "type"]
        kind -> Text,
        name -> Text,
        created_by -> Uuid,
        created_at -> Timestamp,
    }
}

diesel::table! {
    tag_bindings (id) {
        id -> Uuid,
        tenant_id -> Nullable<Uuid>,
        tag_id -> Nullable<Uuid>,
        target_id -> Nullable<Uuid>,
        created_by -> Uuid,
        created_at -> Timestamp,
    }
}

diesel::joinable!(tenant_account_joins -> tenants (tenant_id));
diesel::joinable!(tenant_account_joins -> accounts (account_id));
diesel::allow_tables_to_appear_in_same_query!(
    accounts,
    gatewright_console_sessions,
    tenant_account_joins,
    tenants,
);

diesel::table! {
    gatewright_external_identities (issuer, subject) {
        issuer -> Text,
        subject -> Text,
        account_id -> Uuid,
        created_at -> Timestamptz,
        email -> Nullable<Text>,
    }
}

diesel::table! {
    upload_files (id) {
        id -> Uuid,
        tenant_id -> Uuid,
        storage_type -> Text,
        key -> Text,
        name -> Text,
        size -> Int4,
        extension -> Text,
        mime_type -> Nullable<Text>,
        created_by -> Uuid,
        created_at -> Timestamp,
        used -> Bool,
        created_by_role -> Text,
        hash -> Nullable<Text>,
        source_url -> Text,
    }
}

diesel::table! {
    tool_files (id) {
        id -> Uuid,
        user_id -> Uuid,
        tenant_id -> Uuid,
        file_key -> Text,
        mimetype -> Text,
        name -> Text,
        size -> Int4,
    }
}
