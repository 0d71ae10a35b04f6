//! Apps as holders of their keys reach them.

use gatewright_auth::api_key;
use gatewright_domain::{
    Class, Classify, Secret,
    error::{ChargeError, RateLimited, Unavailable},
    from_charge,
};
use gatewright_storage_apps::app::{self, App, KeyedApp};
use gatewright_storage_kit::StorageError;
use gatewright_usecase_kit::Ctx;

use crate::Apps;

/// How the holder of a key may prove who they are (RFC 9110 §11.6.1).
const CHALLENGE: &str = r#"Bearer realm="api""#;

/// Why a key opens nothing.
#[derive(Debug, thiserror::Error)]
pub enum AppKeyError {
    /// The request has no key.
    #[error("Authorization header must be provided and start with 'Bearer'")]
    Missing,
    /// There is no such key of an app.
    #[error("Access token is invalid")]
    Unknown,
    /// The app of the key is gone.
    #[error("The app no longer exists.")]
    AppGone,
    /// The app of the key is not in use.
    #[error("The app's status is abnormal.")]
    AppNotInUse,
    /// Programs may not run the app.
    #[error("The app's API service has been disabled.")]
    ApiDisabled,
    /// The workspace of the app is not in use.
    #[error("The workspace's status is archived.")]
    WorkspaceArchived,
    /// Too many keys from one address that opened nothing.
    #[error("Too many invalid access tokens. Please try again later.")]
    RateLimited(#[from] RateLimited),
    /// The key was used too often.
    #[error("Too many requests with this API key. Please try again later.")]
    KeyRateLimited(RateLimited),
    /// A store did not answer.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

from_charge!(AppKeyError);

impl From<StorageError> for AppKeyError {
    fn from(error: StorageError) -> Self {
        Self::Unavailable(error.into())
    }
}

impl Classify for AppKeyError {
    fn class(&self) -> Class<'_> {
        let unauthorized = Class::unauthenticated("unauthorized").challenge(CHALLENGE);
        match self {
            Self::Missing => unauthorized.because("api_key_missing"),
            Self::Unknown => unauthorized.because("api_key_unknown"),
            Self::AppGone => Class::forbidden("forbidden").because("app_gone"),
            Self::AppNotInUse => Class::forbidden("forbidden").because("app_not_in_use"),
            Self::ApiDisabled => Class::forbidden("forbidden").because("service_api_disabled"),
            Self::WorkspaceArchived => {
                Class::forbidden("forbidden").because("workspace_unavailable")
            }
            Self::RateLimited(limited) | Self::KeyRateLimited(limited) => {
                limited.class("too_many_requests")
            }
            Self::Unavailable(error) => error.class(),
        }
    }
}

/// A key that is used too often is told so, in words of its own.
fn of_key(error: ChargeError) -> AppKeyError {
    match error {
        ChargeError::RateLimited(limited) => AppKeyError::KeyRateLimited(limited),
        other @ ChargeError::Unavailable(_) => other.into(),
    }
}

impl Apps {
    /// The app that a key opens, while it is open to programs. Looked up each time: a key that was deleted opens nothing from then on,
    /// whichever process deleted it. A key that there is none of is charged to the address that presents it.
    ///
    /// # Errors
    /// When the key, its app or its workspace is not what it must be, the address has guessed too often, or a store does not answer.
    pub async fn open_by_key(&self, ctx: &Ctx, key: &Secret) -> Result<App, AppKeyError> {
        let rows = api_key::rows_of(key.expose());
        let stored = rows.first().map_or("", String::as_str);
        self.key_guesses.admit(ctx, stored)?;
        let Some(found) = self.find_key(&rows).await? else {
            self.key_guesses.charge(ctx).await?;
            return Err(AppKeyError::Unknown);
        };
        self.key_guesses.note_opened(stored);
        self.key_rate.charge(found.key).await.map_err(of_key)?;
        if found.is_use_to_note(ctx.now) {
            let mut conn = self.pool.get().await?;
            // Bookkeeping: no request fails for it.
            if let Err(error) = app::update_key_use(&mut conn, found.key, ctx.now).await {
                tracing::warn!(
                    event = "api_key.last_use_lost",
                    %error,
                    "the last use of an API key could not be noted"
                );
            }
        }
        let (app, home) = found.app.ok_or(AppKeyError::AppGone)?;
        if !app.is_normal {
            return Err(AppKeyError::AppNotInUse);
        }
        if !app.has_api {
            return Err(AppKeyError::ApiDisabled);
        }
        if !home.is_normal {
            return Err(AppKeyError::WorkspaceArchived);
        }
        Ok(app)
    }

    async fn find_key(&self, rows: &[String]) -> Result<Option<KeyedApp>, StorageError> {
        if rows.is_empty() {
            return Ok(None);
        }
        let mut conn = self.pool.get().await?;
        app::find_by_key(&mut conn, rows).await
    }
}
