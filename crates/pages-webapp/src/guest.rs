//! Whoever fills in a page without a script. The passport stands in the form of the page that answers, so that the next one knows them;
//! the first form makes a new visitor.

use std::cell::RefCell;

use actix_web::HttpResponse;
use gatewright_domain::file::FileOwner;
use gatewright_http_files::Uploader;
use gatewright_pages_kit::form::PageForm;
use gatewright_run_form::reading::Sender;
use gatewright_run_service::{Shown, VisitError, Visitor};
use gatewright_usecase_kit::Ctx;

use crate::{
    open::{Open, not_let_in},
    services::Services,
};

/// The name of the field that has the passport.
pub(crate) const PASSPORT: &str = "passport";

/// A visitor with their passport.
#[derive(Clone)]
pub(crate) struct Known {
    pub(crate) visitor: Visitor,
    pub(crate) passport: String,
}

/// Whoever sends a form.
pub(crate) struct Guest<'a> {
    services: &'a Services,
    ctx: &'a Ctx,
    open: &'a Open,
    known: RefCell<Option<Known>>,
}

impl<'a> Guest<'a> {
    /// On an open page.
    pub(crate) fn new(services: &'a Services, ctx: &'a Ctx, open: &'a Open) -> Self {
        Self {
            services,
            ctx,
            open,
            known: RefCell::default(),
        }
    }

    /// Who they are, by what their form says; asked once.
    pub(crate) async fn known(&self, form: &PageForm) -> Result<Known, HttpResponse> {
        if let Some(known) = self.known.borrow().clone() {
            return Ok(known);
        }
        let passport = Some(form.value(PASSPORT)).filter(|text| !text.is_empty());
        let known = self.let_in(passport).await;
        let known = known.map_err(|error| not_let_in(self.open.language, error))?;
        *self.known.borrow_mut() = Some(known.clone());
        Ok(known)
    }

    async fn let_in(&self, passport: Option<&str>) -> Result<Known, VisitError> {
        let visitors = &self.services.visitors;
        let code = self.open.code.as_str();
        let passport = match visitors.admit(self.ctx, shown(code, passport)).await {
            Ok(visitor) => {
                let passport = passport.unwrap_or_default().to_owned();
                return Ok(Known { visitor, passport });
            }
            Err(VisitError::NoPassport | VisitError::BadPassport) => {
                visitors.welcome(self.ctx, shown(code, None), None).await?
            }
            Err(error) => return Err(error),
        };
        let visitor = visitors
            .admit(self.ctx, shown(code, Some(&passport)))
            .await?;
        Ok(Known { visitor, passport })
    }
}

fn shown<'s>(code: &'s str, passport: Option<&'s str>) -> Shown<'s> {
    Shown {
        code: Some(code),
        passport,
    }
}

impl Sender for Guest<'_> {
    async fn uploader(&self, form: &PageForm) -> Result<Uploader, HttpResponse> {
        let known = self.known(form).await?;
        Ok(Uploader {
            owner: FileOwner::EndUser(known.visitor.id),
            workspace: known.visitor.app.workspace,
        })
    }
}
