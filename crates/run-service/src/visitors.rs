//! Visitors of pages of apps: let in by a passport, which anybody gets while the page is open (apps.md §1.3).

use std::sync::Arc;

use gatewright_auth::{
    bearer::RateLimiter as _,
    limits::Limit,
    web_passport::{OpenPassport, PassportClaims, PassportKeys},
};
use gatewright_domain::{
    Class, Classify,
    error::{RateLimited, Unavailable},
    ids::EndUserId,
};
use gatewright_kv::RateLimits;
use gatewright_storage_kit::{Pool, StorageError};
use gatewright_storage_runs::end_user::{self, EndUser, MAX_SESSION_CHARS, Session, VISITOR};
use gatewright_usecase_apps::{App, Apps, SiteError};
use gatewright_usecase_kit::{Ctx, Env};

use crate::Caller;

/// Lets visitors in.
pub struct Visitors {
    /// The pool of connections to PostgreSQL.
    pub pool: Pool,
    /// Time and ids.
    pub env: Env,
    /// What is open.
    pub apps: Arc<Apps>,
    /// The keys that sign passports.
    pub keys: PassportKeys,
    /// Counts new visitors.
    pub limiter: RateLimits,
    /// How many there may be, per client address.
    pub limit: Limit,
}

/// What a request shows of its visitor.
#[derive(Debug, Clone, Copy)]
pub struct Shown<'a> {
    /// The code of the page that they are on, from `X-App-Code`.
    pub code: Option<&'a str>,
    /// Their passport, from `X-App-Passport`.
    pub passport: Option<&'a str>,
}

/// A visitor on an open page.
#[derive(Debug, Clone)]
pub struct Visitor {
    /// The app of the page.
    pub app: App,
    /// Who they are: a row of `end_users`.
    pub id: EndUserId,
    /// What they are called in the app.
    pub session: String,
}

impl Visitor {
    /// On whose behalf runs begin and are read.
    pub fn as_caller(&self) -> Caller {
        Caller::Visitor {
            id: self.id.0,
            session: self.session.clone(),
        }
    }
}

/// Why somebody is not let in.
#[derive(Debug, thiserror::Error)]
pub enum VisitError {
    /// The request does not say on which page it is.
    #[error("X-App-Code header is missing.")]
    NoCode,
    /// There is no such page, for whoever wants a passport.
    #[error("The requested URL was not found on the server.")]
    NoPage,
    /// A name of a visitor that none can have.
    #[error("user_id must have at most 255 characters")]
    BadName,
    /// The request has no passport.
    #[error("App token is missing.")]
    NoPassport,
    /// What it shows is none, not one of this page, or over.
    #[error("Invalid token.")]
    BadPassport,
    /// The page is closed.
    #[error(transparent)]
    Site(SiteError),
    /// Too many new visitors from one address.
    #[error(transparent)]
    RateLimited(#[from] RateLimited),
    /// A store did not answer.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

gatewright_domain::from_charge!(VisitError);

impl From<StorageError> for VisitError {
    fn from(error: StorageError) -> Self {
        Self::Unavailable(error.into())
    }
}

impl From<SiteError> for VisitError {
    fn from(error: SiteError) -> Self {
        match error {
            SiteError::Unavailable(outage) => Self::Unavailable(outage),
            other => Self::Site(other),
        }
    }
}

impl Classify for VisitError {
    fn class(&self) -> Class<'_> {
        let unauthorized = Class::unauthenticated("unauthorized");
        match self {
            Self::NoCode => unauthorized.because("app_code_missing"),
            Self::NoPage => Class::not_found("not_found"),
            Self::BadName => Class::invalid("invalid_param"),
            Self::NoPassport => unauthorized.because("passport_missing"),
            Self::BadPassport => unauthorized.because("passport_invalid"),
            Self::Site(error) => error.class(),
            Self::RateLimited(limited) => limited.class("too_many_requests"),
            Self::Unavailable(error) => error.class(),
        }
    }
}

impl Visitors {
    /// A passport for an open page. Whoever is named has the session of that name, and keeps it whenever they are named again; whoever
    /// shows a passport of the page stays who they are; anybody else is a new visitor.
    ///
    /// # Errors
    /// When there is no such page, it is closed, an address has had too many, or a store does not answer.
    pub async fn welcome(
        &self,
        ctx: &Ctx,
        shown: Shown<'_>,
        name: Option<&str>,
    ) -> Result<String, VisitError> {
        let code = shown.code.ok_or(VisitError::NoCode)?;
        let app = match self.apps.open_by_code(code).await {
            Err(SiteError::Gone | SiteError::Closed) => return Err(VisitError::NoPage),
            other => other?,
        };
        let name = name.map(|name| name.replace('\0', ""));
        let name = name.filter(|name| !name.is_empty());
        let is_named = |known: &EndUser| name.as_ref().is_none_or(|name| *name == known.session_id);
        let end_user = match self.known(ctx, &app, shown).await?.filter(is_named) {
            Some(known) => EndUserId(known.id),
            None => self.new_visitor(ctx, &app, name).await?,
        };
        let claims = PassportClaims {
            app: app.id,
            code: code.to_owned(),
            end_user,
        };
        Ok(self.keys.seal(&claims, ctx.now))
    }

    /// The visitor that a request shows, while the page is open.
    ///
    /// # Errors
    /// When the passport is none of this page, the page is closed, or a store does not answer.
    pub async fn admit(&self, ctx: &Ctx, shown: Shown<'_>) -> Result<Visitor, VisitError> {
        let passport = self.open(ctx, shown)?.claims;
        self.let_in(&passport).await
    }

    /// Whether a visitor, of this name if one is given, is in with a passport that does not want another in its place.
    ///
    /// # Errors
    /// When a store does not answer.
    pub async fn is_in(
        &self,
        ctx: &Ctx,
        shown: Shown<'_>,
        name: Option<&str>,
    ) -> Result<bool, VisitError> {
        let is_fresh = |open: &OpenPassport| !open.is_to_renew(ctx.now);
        let Some(open) = self.open(ctx, shown).ok().filter(is_fresh) else {
            return Ok(false);
        };
        match self.let_in(&open.claims).await {
            Ok(visitor) => Ok(name.is_none_or(|name| name == visitor.session)),
            Err(VisitError::Unavailable(outage)) => Err(outage.into()),
            Err(_) => Ok(false),
        }
    }

    /// What the passport of a request says; one of another page than the request names is none.
    fn open(&self, ctx: &Ctx, shown: Shown<'_>) -> Result<OpenPassport, VisitError> {
        let passport = shown.passport.ok_or(VisitError::NoPassport)?;
        let open = self.keys.open(passport, ctx.now);
        let open = open.map_err(|_| VisitError::BadPassport)?;
        let is_of_page = shown.code.is_none_or(|code| code == open.claims.code);
        is_of_page.then_some(open).ok_or(VisitError::BadPassport)
    }

    async fn let_in(&self, passport: &PassportClaims) -> Result<Visitor, VisitError> {
        let app = self.apps.open_by_code(&passport.code).await?;
        let known = self.find(&app, passport).await?;
        let known = known.ok_or(VisitError::BadPassport)?;
        Ok(Visitor {
            app,
            id: EndUserId(known.id),
            session: known.session_id,
        })
    }

    async fn find(
        &self,
        app: &App,
        passport: &PassportClaims,
    ) -> Result<Option<EndUser>, VisitError> {
        if passport.app != app.id {
            return Ok(None);
        }
        let mut conn = self.pool.get().await?;
        let id = passport.end_user.0;
        Ok(end_user::find_by_id(&mut conn, app.workspace.0, app.id.0, id).await?)
    }

    /// Whoever shows a passport of the page that they name.
    async fn known(
        &self,
        ctx: &Ctx,
        app: &App,
        shown: Shown<'_>,
    ) -> Result<Option<EndUser>, VisitError> {
        match self.open(ctx, shown) {
            Ok(open) => self.find(app, &open.claims).await,
            Err(_) => Ok(None),
        }
    }

    /// A row for whoever has none yet.
    async fn new_visitor(
        &self,
        ctx: &Ctx,
        app: &App,
        name: Option<String>,
    ) -> Result<EndUserId, VisitError> {
        let name = name.unwrap_or_else(|| self.env.ids.new_uuid().to_string());
        if name.chars().count() > MAX_SESSION_CHARS {
            return Err(VisitError::BadName);
        }
        let session = Session {
            tenant_id: app.workspace.0,
            app_id: app.id.0,
            kind: VISITOR,
            session_id: &name,
        };
        let mut conn = self.pool.get().await?;
        let known = end_user::find(&mut conn, session).await?;
        drop(conn);
        if let Some(id) = known {
            return Ok(EndUserId(id));
        }
        let address = ctx.address.limit_key();
        self.limiter.charge(&self.limit, &address).await?;
        let mut tx = self.pool.begin().await?;
        let id = self.env.ids.new_uuid();
        let id = end_user::find_or_insert(&mut tx, session, id, ctx.now).await?;
        tx.commit().await?;
        Ok(EndUserId(id))
    }
}
