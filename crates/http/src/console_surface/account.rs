//! Who is signed in (console.md §7.9, read side).

use actix_web::web::Json;
use gatewright_domain::account::Account;
use serde::Serialize;
use utoipa::ToSchema;

use crate::{envelope::ConsoleErrorBody, extract::SignedIn};

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
    /// Unix seconds.
    last_login_at: Option<i64>,
    last_login_ip: Option<String>,
    /// Unix seconds.
    created_at: i64,
    /// The avatar itself when it is a URL.
    avatar_url: Option<String>,
}

impl From<Account> for Profile {
    fn from(account: Account) -> Self {
        let is_url = |text: &String| text.starts_with("http://") || text.starts_with("https://");
        Self {
            avatar_url: account.avatar.clone().filter(is_url),
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
pub(crate) async fn profile(session: SignedIn) -> Json<Profile> {
    Json(session.0.account.into())
}
