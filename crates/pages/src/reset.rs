//! `/forgot-password` and `/reset-password`.

use actix_web::{HttpRequest, HttpResponse, http::StatusCode, web::Data};
use gatewright_usecase_identity::account::Accounts;

use super::mailed_code::{Held, MailProof, NewPasswordForm, Purpose};
use gatewright_http_kit::{error::redirect, extract::RequestCtx};
use gatewright_pages_kit::{form::PageForm, page::PageLanguage};

const RESET: Purpose = Purpose::Reset;

/// Asks for the address.
pub(super) async fn get(request: HttpRequest) -> HttpResponse {
    RESET.ask_address(PageLanguage::of(&request), None, Held::default())
}

/// Sends the code, and asks for it.
pub(super) async fn send(
    accounts: Data<Accounts>,
    ctx: RequestCtx,
    sent: PageForm,
) -> HttpResponse {
    let language = Some(sent.language.tag());
    let mail = async |email: &_| accounts.forgot_password(&ctx, email, language).await;
    RESET.send(&sent, mail).await
}

/// Takes the code, and asks for the new password.
pub(super) async fn check(
    accounts: Data<Accounts>,
    ctx: RequestCtx,
    sent: PageForm,
) -> HttpResponse {
    let check = async |input: &MailProof| {
        let checked = accounts.check_reset_code(&ctx, input.email(), input.proof());
        checked.await
    };
    match RESET.check(&sent, check).await {
        Ok(token) => RESET.ask_password(sent.language, None, &token),
        Err(answer) => answer,
    }
}

/// Sets the password.
pub(super) async fn finish(
    accounts: Data<Accounts>,
    ctx: RequestCtx,
    sent: PageForm,
) -> HttpResponse {
    let finish = async |input: &NewPasswordForm| {
        let reset = accounts.reset_password(&ctx, input.token(), input.passwords());
        reset.await
    };
    match RESET.finish(&sent, finish).await {
        Ok(()) => redirect("/signin?done=reset")
            .status(StatusCode::SEE_OTHER)
            .finish(),
        Err(answer) => answer,
    }
}

/// A link of before the code was asked for leads to the beginning.
pub(super) async fn begin() -> HttpResponse {
    redirect("/forgot-password").finish()
}
