//! Apps as visitors of their pages reach them.

use gatewright_domain::{Class, Classify, error::Unavailable, ids::AppId};
use gatewright_storage_apps::{
    app::{self, App},
    site::{self, Site},
};
use gatewright_storage_kit::StorageError;

use crate::Apps;

/// Longest code of a public address, in bytes: what its column holds.
const MAX_CODE: usize = 255;

/// Why a page of an app is not open.
#[derive(Debug, thiserror::Error)]
pub enum SiteError {
    /// No app has this address, or its app is not in use.
    #[error("Site URL is no longer valid.")]
    Gone,
    /// The app's page is closed.
    #[error("Site is disabled.")]
    Closed,
    /// A store did not answer.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

impl From<StorageError> for SiteError {
    fn from(error: StorageError) -> Self {
        Self::Unavailable(error.into())
    }
}

impl Classify for SiteError {
    fn class(&self) -> Class<'_> {
        match self {
            Self::Gone => Class::invalid("bad_request").because("site_gone"),
            Self::Closed => Class::invalid("bad_request").because("site_closed"),
            Self::Unavailable(error) => error.class(),
        }
    }
}

impl Apps {
    /// The app that has this code in its public address, while its page is open. Looked up each time: a page that was closed is closed
    /// from then on, whoever was in.
    ///
    /// # Errors
    /// When there is none, its page is closed, or PostgreSQL does not answer.
    pub async fn open_by_code(&self, code: &str) -> Result<App, SiteError> {
        if code.is_empty() || code.len() > MAX_CODE || code.contains('\0') {
            return Err(SiteError::Gone);
        }
        let mut conn = self.pool.get().await?;
        let found = app::find_by_code(&mut conn, code).await?;
        let (app, home) = found.ok_or(SiteError::Gone)?;
        if !app.is_normal || !home.is_normal {
            return Err(SiteError::Gone);
        }
        if !app.has_site {
            return Err(SiteError::Closed);
        }
        Ok(app)
    }

    /// How an app presents itself.
    ///
    /// # Errors
    /// When it has no site, or PostgreSQL does not answer.
    pub async fn site_of(&self, app: AppId) -> Result<Site, SiteError> {
        let mut conn = self.pool.get().await?;
        site::find(&mut conn, app).await?.ok_or(SiteError::Gone)
    }
}
