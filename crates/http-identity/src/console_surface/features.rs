//! What the web console may offer (console.md §7.18). Informational: nothing here enforces.

use actix_web::web::{Data, Json};
use gatewright_auth::console::ConsoleSettings;
use gatewright_domain::generation::Generation;
use gatewright_usecase_device::device::DeviceFlow;
use gatewright_usecase_files::Files;
use gatewright_usecase_identity::{account::Accounts, member::Members};
use serde::Serialize;
use utoipa::ToSchema;

use gatewright_http_kit::{
    error::{ConsoleErrorBody, ConsoleFailure},
    extract::{InWorkspace, SignedIn, WorkspaceMember},
};

/// How much of something is used, and how much may be.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Quota {
    size: u32,
    limit: u32,
}

/// A quota that can be off.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct LicenceQuota {
    enabled: bool,
    size: u32,
    limit: u32,
}

/// A metered quota.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Metered {
    usage: u32,
    limit: u32,
    reset_date: i64,
}

const fn quota(limit: u32) -> Quota {
    Quota { size: 0, limit }
}

pub(super) const UNLICENSED: LicenceQuota = LicenceQuota {
    enabled: false,
    size: 0,
    limit: 0,
};

/// The licence of the installation.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct License {
    status: &'static str,
    expired_at: &'static str,
    workspaces: LicenceQuota,
}

/// The logos and the title of the web console.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Branding {
    enabled: bool,
    application_title: &'static str,
    login_page_logo: &'static str,
    workspace_logo: &'static str,
    favicon: &'static str,
}

/// The SSO protocol.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SsoConfig {
    /// `oidc` or `saml`; null when it is off: the newer console offers SSO for every text.
    protocol: Option<&'static str>,
}

/// Sign-in at web applications and at the device page.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct WebAppAuth {
    enabled: bool,
    allow_sso: bool,
    sso_config: SsoConfig,
    allow_email_code_login: bool,
    allow_email_password_login: bool,
    allow_public_access: bool,
}

/// Which plugins may be installed.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PluginInstallationPermission {
    plugin_installation_scope: &'static str,
    restrict_to_marketplace_only: bool,
}

/// Whether something is switched on.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Switch {
    enabled: bool,
}

const OFF: Switch = Switch { enabled: false };

/// What the installation offers to anybody.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SystemFeatures {
    sso_enforced_for_signin: bool,
    /// Null: nobody has to sign in by SSO.
    sso_enforced_for_signin_protocol: Option<&'static str>,
    enable_marketplace: bool,
    max_plugin_package_size: u32,
    enable_email_code_login: bool,
    enable_email_password_login: bool,
    enable_social_oauth_login: bool,
    enable_collaboration_mode: bool,
    is_allow_register: bool,
    is_allow_create_workspace: bool,
    is_email_setup: bool,
    license: License,
    branding: Branding,
    webapp_auth: WebAppAuth,
    plugin_installation_permission: PluginInstallationPermission,
    enable_change_email: bool,
    plugin_manager: Switch,
    enable_creators_platform: bool,
    enable_trial_app: bool,
    enable_explore_banner: bool,
    /// `COMMUNITY`, `ENTERPRISE` or `CLOUD`.
    deployment_edition: &'static str,
    enable_app_deploy: bool,
    enable_learn_app: bool,
    enable_step_by_step_tour: bool,
    /// Off: what one may do follows from the role alone.
    rbac_enabled: bool,
    knowledge_fs_enabled: bool,
    /// The identity providers that people can sign in through; ours, not Dify's.
    identity_providers: Vec<OfferedProvider>,
}

/// An identity provider.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OfferedProvider {
    /// In `/console/api/oauth/login/{provider}` and `sso-initiate?provider=`.
    name: String,
    /// The name that a sign-in page shows.
    label: String,
}

/// What the installation offers to anybody; decides which forms the sign-in page shows.
#[utoipa::path(get, path = "/console/api/system-features", responses((status = 200, body = SystemFeatures)))]
pub(crate) async fn system_features(
    settings: Data<ConsoleSettings>,
    device: Data<DeviceFlow>,
    accounts: Data<Accounts>,
) -> Json<SystemFeatures> {
    Json(offered(&settings, &device, &accounts))
}

/// The same, for pages of apps.
#[utoipa::path(
    get, path = "/api/system-features", operation_id = "web_system_features",
    responses((status = 200, body = SystemFeatures)),
)]
pub(crate) async fn web_system_features(
    settings: Data<ConsoleSettings>,
    device: Data<DeviceFlow>,
    accounts: Data<Accounts>,
) -> Json<SystemFeatures> {
    Json(offered(&settings, &device, &accounts))
}

fn offered(settings: &ConsoleSettings, device: &DeviceFlow, accounts: &Accounts) -> SystemFeatures {
    let protocol = device.sso_protocol();
    SystemFeatures {
        sso_enforced_for_signin: false,
        sso_enforced_for_signin_protocol: None,
        enable_marketplace: settings.marketplace,
        max_plugin_package_size: settings.plugin_max_package_size,
        enable_email_code_login: settings.email_code_login,
        enable_email_password_login: settings.password_login,
        enable_social_oauth_login: settings.social_login,
        enable_collaboration_mode: settings.collaboration_mode,
        is_allow_register: settings.allow_register,
        is_allow_create_workspace: settings.allow_create_workspace,
        is_email_setup: accounts.is_mail_set_up(),
        license: License {
            status: "none",
            expired_at: "",
            workspaces: UNLICENSED,
        },
        branding: Branding {
            enabled: false,
            application_title: "",
            login_page_logo: "",
            workspace_logo: "",
            favicon: "",
        },
        webapp_auth: WebAppAuth {
            enabled: protocol.is_some(),
            allow_sso: protocol.is_some(),
            sso_config: SsoConfig { protocol },
            allow_email_code_login: false,
            allow_email_password_login: false,
            allow_public_access: true,
        },
        plugin_installation_permission: PluginInstallationPermission {
            plugin_installation_scope: "all",
            restrict_to_marketplace_only: false,
        },
        enable_change_email: accounts.may_change_email(),
        plugin_manager: OFF,
        enable_creators_platform: settings.creators_platform,
        enable_trial_app: settings.trial_app,
        enable_explore_banner: settings.explore_banner,
        deployment_edition: settings.edition().name(Generation::V1_16),
        enable_app_deploy: false,
        enable_learn_app: false,
        enable_step_by_step_tour: false,
        rbac_enabled: false,
        knowledge_fs_enabled: false,
        identity_providers: device
            .sso_providers()
            .into_iter()
            .map(|(name, label)| OfferedProvider { name, label })
            .collect(),
    }
}

/// The plan of a workspace, and the interval in which it is paid.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Subscription {
    plan: &'static str,
    interval: &'static str,
}

/// Whether workspaces pay, and for what.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Billing {
    enabled: bool,
    subscription: Subscription,
}

/// Whether the education plan is offered, and taken.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Education {
    enabled: bool,
    activated: bool,
}

/// Whether knowledge pipelines may be published.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct KnowledgePipeline {
    publish_enabled: bool,
}

/// What the current workspace offers.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Features {
    billing: Billing,
    education: Education,
    members: Quota,
    apps: Quota,
    knowledge_rate_limit: u32,
    annotation_quota_limit: Quota,
    documents_upload_quota: Quota,
    docs_processing: &'static str,
    can_replace_logo: bool,
    model_load_balancing_enabled: bool,
    dataset_operator_enabled: bool,
    webapp_copyright_enabled: bool,
    workspace_members: LicenceQuota,
    is_allow_transfer_workspace: bool,
    trigger_event: Metered,
    api_rate_limit: Metered,
    human_input_email_delivery_enabled: bool,
    knowledge_pipeline: KnowledgePipeline,
    next_credit_reset_date: i64,
}

/// What the current workspace offers.
#[utoipa::path(
    get, path = "/console/api/features", security(("session" = [], "csrf" = [])),
    responses((status = 200, body = Features), (status = 401, body = ConsoleErrorBody)),
)]
pub(crate) async fn features(
    settings: Data<ConsoleSettings>,
    members: Data<Members>,
    here: InWorkspace<WorkspaceMember>,
) -> Result<Json<Features>, ConsoleFailure> {
    let most = members.most();
    // Counted where there is a limit only, as Dify does.
    let count = match most {
        0 => 0,
        _ => members.list(here.workspace.id).await?.len(),
    };
    Ok(Json(Features {
        billing: Billing {
            enabled: false,
            subscription: Subscription {
                plan: "sandbox",
                interval: "",
            },
        },
        education: Education {
            enabled: false,
            activated: false,
        },
        members: quota(1),
        apps: quota(10),
        knowledge_rate_limit: 10,
        annotation_quota_limit: quota(10),
        documents_upload_quota: quota(50),
        docs_processing: "standard",
        can_replace_logo: settings.can_replace_logo,
        model_load_balancing_enabled: settings.model_load_balancing,
        dataset_operator_enabled: settings.dataset_operator,
        webapp_copyright_enabled: false,
        workspace_members: LicenceQuota {
            enabled: most > 0,
            size: u32::try_from(count).unwrap_or(u32::MAX),
            limit: most,
        },
        is_allow_transfer_workspace: true,
        trigger_event: Metered {
            usage: 0,
            limit: 3000,
            reset_date: 0,
        },
        api_rate_limit: Metered {
            usage: 0,
            limit: 5000,
            reset_date: 0,
        },
        human_input_email_delivery_enabled: true,
        knowledge_pipeline: KnowledgePipeline {
            publish_enabled: false,
        },
        next_credit_reset_date: 0,
    }))
}

/// How much vector storage there is.
#[utoipa::path(
    get, path = "/console/api/features/vector-space", security(("session" = [], "csrf" = [])),
    responses((status = 200, body = Quota), (status = 401, body = ConsoleErrorBody)),
)]
pub(crate) async fn vector_space(_: SignedIn) -> Json<Quota> {
    Json(quota(5))
}

/// How large and how many files may be.
#[derive(Debug, Serialize, ToSchema)]
#[allow(clippy::struct_field_names, reason = "the names on the wire")]
pub(crate) struct UploadLimits {
    file_size_limit: u32,
    batch_count_limit: u32,
    file_upload_limit: u32,
    image_file_size_limit: u32,
    video_file_size_limit: u32,
    audio_file_size_limit: u32,
    workflow_file_upload_limit: u32,
    image_file_batch_limit: u32,
    single_chunk_attachment_limit: u32,
    attachment_image_file_size_limit: u32,
}

/// How large (in megabytes) and how many files may be.
#[utoipa::path(
    get, path = "/console/api/files/upload", operation_id = "upload_limits",
    security(("session" = [], "csrf" = [])),
    responses((status = 200, body = UploadLimits), (status = 401, body = ConsoleErrorBody)),
)]
pub(crate) async fn upload_limits(files: Data<Files>, _: SignedIn) -> Json<UploadLimits> {
    let limits = files.settings();
    Json(UploadLimits {
        file_size_limit: limits.other_mb,
        batch_count_limit: 5,
        file_upload_limit: 20,
        image_file_size_limit: limits.image_mb,
        video_file_size_limit: limits.video_mb,
        audio_file_size_limit: limits.audio_mb,
        workflow_file_upload_limit: limits.files_of_a_run,
        image_file_batch_limit: 10,
        single_chunk_attachment_limit: 10,
        attachment_image_file_size_limit: 2,
    })
}

/// Models that may be tried.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TrialModels {
    trial_models: Vec<String>,
}

/// Models that may be tried: none outside the cloud edition.
#[utoipa::path(
    get, path = "/console/api/trial-models", operation_id = "trial_models",
    security(("session" = [], "csrf" = [])),
    responses((status = 200, body = TrialModels), (status = 401, body = ConsoleErrorBody)),
)]
pub(crate) async fn trial_models(_: SignedIn) -> Json<TrialModels> {
    Json(TrialModels {
        trial_models: vec![],
    })
}
