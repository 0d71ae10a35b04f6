//! Who is signed in, and what they change about themselves (console.md §7.9).

use actix_web::web::{Data, Json};
use gatewright_auth::origin::PublicUrls;
use gatewright_domain::account::Account;
use gatewright_usecase_files::Files;
use gatewright_usecase_identity::{
    account::{Accounts, LinkedProvider, ProfileChange},
    console::ConsoleError,
    credential::RepeatedPassword,
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::session::{ResultBody, SUCCESS};
use crate::input::{AccountName, LanguageTag, Theme, Timezone};
use gatewright_http_kit::input::text::{SecretText, Text};
use gatewright_http_kit::{
    error::{ConsoleErrorBody, ConsoleFailure},
    extract::{AnyAccount, Body, ConsoleFormat, Query, RequestCtx, SignedIn, Then},
};

/// The signed-in account.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Profile {
    avatar: Option<String>,
    id: String,
    name: String,
    email: String,
    is_password_set: bool,
    interface_language: Option<String>,
    interface_theme: Option<String>,
    timezone: Option<String>,
    /// When the account last signed in, in Unix seconds.
    last_login_at: Option<i64>,
    last_login_ip: Option<String>,
    /// When the account was made, in Unix seconds.
    created_at: i64,
    /// The avatar itself when it is a URL; otherwise where the uploaded picture is, for some minutes.
    avatar_url: Option<String>,
}

impl Profile {
    pub(super) fn new(account: Account, files: &Files, ctx: &RequestCtx) -> Self {
        Self {
            avatar_url: files.avatar_address(ctx, account.avatar.as_deref()),
            avatar: account.avatar,
            id: account.id.to_string(),
            name: account.name,
            email: account.email,
            is_password_set: account.is_password_set,
            interface_language: account.interface_language,
            interface_theme: account.interface_theme,
            timezone: account.timezone,
            last_login_at: account.last_login_at.map(|at| at.timestamp()),
            last_login_ip: account.last_login_ip,
            created_at: account.created_at.timestamp(),
        }
    }
}

/// The signed-in account.
#[utoipa::path(
    get, path = "/console/api/account/profile", operation_id = "get_profile",
    security(("session" = [], "csrf" = [])),
    responses((status = 200, body = Profile), (status = 401, body = ConsoleErrorBody)),
)]
pub(crate) async fn profile(
    files: Data<Files>,
    ctx: RequestCtx,
    session: SignedIn,
) -> Json<Profile> {
    Json(Profile::new(session.0.account, &files, &ctx))
}

/// The account's new name.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct NameRequest {
    name: AccountName,
}

/// The picture that becomes the avatar.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct AvatarRequest {
    /// An http or https URL, the id of a picture that the account uploaded, or empty.
    avatar: Text,
}

/// The account's new language.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct LanguageRequest {
    interface_language: LanguageTag,
}

/// The account's new theme.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct ThemeRequest {
    interface_theme: Theme,
}

/// A time zone.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct TimezoneRequest {
    timezone: Timezone,
}

/// A new password.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct PasswordRequest {
    /// The present one, unless there is none.
    password: Option<SecretText>,
    new_password: SecretText,
    repeat_new_password: SecretText,
}

/// What an account that the cloud edition left behind lacks.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct InitialiseRequest {
    interface_language: LanguageTag,
    timezone: Timezone,
}

type ProfileAnswer = Result<Json<Profile>, ConsoleFailure>;

async fn change(
    accounts: &Accounts,
    files: &Files,
    ctx: &RequestCtx,
    session: &SignedIn,
    change: ProfileChange,
) -> ProfileAnswer {
    let account = accounts.update_profile(ctx, session.0.account.id, change);
    Ok(Json(Profile::new(account.await?, files, ctx)))
}

/// Changes the name.
#[utoipa::path(
    post, path = "/console/api/account/name", operation_id = "set_account_name", request_body = NameRequest,
    security(("session" = [], "csrf" = [])),
    responses((status = 200, body = Profile), (status = 400, body = ConsoleErrorBody)),
)]
pub(crate) async fn set_name(
    accounts: Data<Accounts>,
    files: Data<Files>,
    ctx: RequestCtx,
    body: Then<SignedIn, Body<NameRequest, ConsoleFormat>>,
) -> ProfileAnswer {
    let Then(session, body) = body;
    let name = Some(body.into_inner().name.into_inner());
    let wanted = ProfileChange {
        name,
        ..ProfileChange::default()
    };
    change(&accounts, &files, &ctx, &session, wanted).await
}

/// Where an avatar is.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AvatarUrl {
    avatar_url: String,
}

/// The avatar whose URL is asked for.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct AvatarQuery {
    /// A URL, or the caller's own avatar.
    #[param(inline)]
    avatar: Text,
}

/// Where an avatar is: a URL is where it says, a picture of one's own has a signed address.
#[utoipa::path(
    get, path = "/console/api/account/avatar", operation_id = "get_avatar", params(AvatarQuery),
    security(("session" = [], "csrf" = [])),
    responses((status = 200, body = AvatarUrl), (status = 404, body = ConsoleErrorBody)),
)]
pub(crate) async fn get_avatar(
    files: Data<Files>,
    ctx: RequestCtx,
    query: Then<SignedIn, Query<AvatarQuery, ConsoleFormat>>,
) -> Result<Json<AvatarUrl>, ConsoleFailure> {
    let Then(session, query) = query;
    let AvatarQuery { avatar } = query.into_inner();
    let account = session.0.account.id;
    let address = files.own_avatar_address(&ctx, account, &avatar).await?;
    let avatar_url = address.ok_or(ConsoleError::NotFound)?;
    Ok(Json(AvatarUrl { avatar_url }))
}

/// Changes the avatar.
#[utoipa::path(
    post, path = "/console/api/account/avatar", operation_id = "set_avatar", request_body = AvatarRequest,
    security(("session" = [], "csrf" = [])),
    responses((status = 200, body = Profile), (status = 400, body = ConsoleErrorBody)),
)]
pub(crate) async fn set_avatar(
    accounts: Data<Accounts>,
    files: Data<Files>,
    ctx: RequestCtx,
    body: Then<SignedIn, Body<AvatarRequest, ConsoleFormat>>,
) -> ProfileAnswer {
    let Then(session, body) = body;
    let avatar = Some(body.into_inner().avatar.into_inner());
    let wanted = ProfileChange {
        avatar,
        ..ProfileChange::default()
    };
    change(&accounts, &files, &ctx, &session, wanted).await
}

/// Changes the language.
#[utoipa::path(
    post, path = "/console/api/account/interface-language", operation_id = "set_language", request_body = LanguageRequest,
    security(("session" = [], "csrf" = [])),
    responses((status = 200, body = Profile), (status = 400, body = ConsoleErrorBody)),
)]
pub(crate) async fn set_language(
    accounts: Data<Accounts>,
    files: Data<Files>,
    ctx: RequestCtx,
    body: Then<SignedIn, Body<LanguageRequest, ConsoleFormat>>,
) -> ProfileAnswer {
    let Then(session, body) = body;
    let interface_language = Some(body.into_inner().interface_language.into_inner());
    let wanted = ProfileChange {
        interface_language,
        ..ProfileChange::default()
    };
    change(&accounts, &files, &ctx, &session, wanted).await
}

/// Changes the theme.
#[utoipa::path(
    post, path = "/console/api/account/interface-theme", operation_id = "set_theme", request_body = ThemeRequest,
    security(("session" = [], "csrf" = [])),
    responses((status = 200, body = Profile), (status = 400, body = ConsoleErrorBody)),
)]
pub(crate) async fn set_theme(
    accounts: Data<Accounts>,
    files: Data<Files>,
    ctx: RequestCtx,
    body: Then<SignedIn, Body<ThemeRequest, ConsoleFormat>>,
) -> ProfileAnswer {
    let Then(session, body) = body;
    let interface_theme = Some(body.into_inner().interface_theme.as_str().to_owned());
    let wanted = ProfileChange {
        interface_theme,
        ..ProfileChange::default()
    };
    change(&accounts, &files, &ctx, &session, wanted).await
}

/// Changes the time zone.
#[utoipa::path(
    post, path = "/console/api/account/timezone", operation_id = "set_timezone", request_body = TimezoneRequest,
    security(("session" = [], "csrf" = [])),
    responses((status = 200, body = Profile), (status = 400, body = ConsoleErrorBody)),
)]
pub(crate) async fn set_timezone(
    accounts: Data<Accounts>,
    files: Data<Files>,
    ctx: RequestCtx,
    body: Then<SignedIn, Body<TimezoneRequest, ConsoleFormat>>,
) -> ProfileAnswer {
    let Then(session, body) = body;
    let timezone = Some(body.into_inner().timezone.into_inner());
    let wanted = ProfileChange {
        timezone,
        ..ProfileChange::default()
    };
    change(&accounts, &files, &ctx, &session, wanted).await
}

/// Changes the password. All other sessions and all bearers end. A first password takes a fresh sign-in
/// instead of the old one.
#[utoipa::path(
    post, path = "/console/api/account/password", operation_id = "set_password", request_body = PasswordRequest,
    security(("session" = [], "csrf" = [])),
    responses(
        (status = 200, body = Profile),
        (status = 400, body = ConsoleErrorBody, description = "`repeat_password_not_match`, `current_password_incorrect`, `invalid_param`"),
        (status = 403, body = ConsoleErrorBody, description = "`fresh_sign_in_required`"),
        (status = 429, body = ConsoleErrorBody),
    ),
)]
pub(crate) async fn set_password(
    accounts: Data<Accounts>,
    files: Data<Files>,
    ctx: RequestCtx,
    body: Then<SignedIn, Body<PasswordRequest, ConsoleFormat>>,
) -> ProfileAnswer {
    let Then(session, body) = body;
    let input = body.into_inner();
    let new = RepeatedPassword {
        password: &input.new_password,
        repeated: &input.repeat_new_password,
    };
    let changed = accounts.change_password(&ctx, &session.0, input.password.as_deref(), new);
    changed.await?;
    let mut account = session.0.account;
    account.is_password_set = true;
    Ok(Json(Profile::new(account, &files, &ctx)))
}

/// An identity provider, and whether the account is connected to it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Integrate {
    /// What it is disconnected by.
    id: String,
    /// Its name in the settings; of one that is no longer there, its issuer.
    provider: String,
    /// What people call it.
    label: String,
    /// The address that the provider told when it was connected.
    email: Option<String>,
    /// When the identity was connected, in Unix seconds.
    created_at: Option<i64>,
    is_bound: bool,
    /// Where connecting begins; null when it is connected.
    link: Option<String>,
}

/// The identity providers.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Integrates {
    data: Vec<Integrate>,
}

/// The identity providers of this installation, and which of them the account is connected to; and those
/// that it is connected to although they are no longer there.
#[utoipa::path(
    get, path = "/console/api/account/integrates", operation_id = "list_integrates",
    security(("session" = [], "csrf" = [])),
    responses((status = 200, body = Integrates), (status = 401, body = ConsoleErrorBody)),
)]
pub(crate) async fn integrates(
    accounts: Data<Accounts>,
    urls: Data<PublicUrls>,
    session: SignedIn,
) -> Result<Json<Integrates>, ConsoleFailure> {
    let providers = accounts.list_providers(session.0.account.id).await?;
    let row = |one: LinkedProvider| Integrate {
        created_at: one.connected_at.map(|at| at.timestamp()),
        is_bound: one.connected_at.is_some(),
        link: match (one.connected_at, urls.issuer()) {
            (None, Ok(base)) => Some(format!("{base}/console/api/oauth/login/{}", one.key)),
            _ => None,
        },
        provider: if one.is_configured {
            one.key.clone()
        } else {
            one.issuer
        },
        id: one.key,
        label: one.label,
        email: one.email,
    };
    Ok(Json(Integrates {
        data: providers.into_iter().map(row).collect(),
    }))
}

/// Initialises an account that the cloud edition left behind.
#[utoipa::path(
    post, path = "/console/api/account/init", operation_id = "initialise_account", request_body = InitialiseRequest,
    security(("session" = [], "csrf" = [])),
    responses(
        (status = 200, body = ResultBody),
        (status = 400, body = ConsoleErrorBody, description = "`account_already_inited`"),
    ),
)]
pub(crate) async fn initialise(
    accounts: Data<Accounts>,
    ctx: RequestCtx,
    body: Then<AnyAccount, Body<InitialiseRequest, ConsoleFormat>>,
) -> Result<Json<ResultBody>, ConsoleFailure> {
    let Then(session, body) = body;
    let input = body.into_inner();
    let wanted = ProfileChange {
        interface_language: Some(input.interface_language.into_inner()),
        timezone: Some(input.timezone.into_inner()),
        ..ProfileChange::default()
    };
    accounts
        .initialise(&ctx, &session.0.account, wanted)
        .await?;
    Ok(Json(SUCCESS))
}
