//! `/forgot-password` and `/reset-password`.

use actix_web::{HttpRequest, HttpResponse, http::StatusCode, web::Data};
use gatewright_app::account::{AccountError, Accounts};

use super::{
    form::PageForm,
    install::unavailable,
    mailed_code::{Address, Held, MailProof, NewPassword, Purpose, problem},
    page::PageLanguage,
};
use crate::{envelope::redirect, extract::RequestCtx};

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
    let (language, mut held) = (sent.language, held(&sent));
    let input: Address = match sent.read() {
        Ok(input) => input,
        Err(text) => {
            return RESET.ask_address(language, Some((StatusCode::BAD_REQUEST, text)), held);
        }
    };
    let asked = accounts.forgot_password(&ctx, input.email(), Some(language.tag()));
    match asked.await {
        Ok(token) => {
            held.token = &token;
            RESET.ask_code(language, None, held)
        }
        Err(AccountError::Unavailable(error)) => unavailable(language, &error),
        Err(error) => RESET.ask_address(language, Some(problem(language, &error)), held),
    }
}

/// What a form of these was sent with.
pub(super) fn held(sent: &PageForm) -> Held<'_> {
    Held {
        email: sent.value("email"),
        token: sent.value("token"),
        next: sent.value("next"),
    }
}

/// Takes the code, and asks for the new password.
pub(super) async fn check(
    accounts: Data<Accounts>,
    ctx: RequestCtx,
    sent: PageForm,
) -> HttpResponse {
    let (language, held) = (sent.language, held(&sent));
    let input: MailProof = match sent.read() {
        Ok(input) => input,
        Err(text) => return RESET.ask_code(language, Some((StatusCode::BAD_REQUEST, text)), held),
    };
    let checked = accounts.check_reset_code(&ctx, input.email(), input.proof());
    match checked.await {
        Ok(token) => RESET.ask_password(language, None, &token),
        Err(AccountError::Unavailable(error)) => unavailable(language, &error),
        Err(error @ AccountError::WrongCode) => {
            RESET.ask_code(language, Some(problem(language, &error)), held)
        }
        // The token is dead: only a new code helps.
        Err(error) => RESET.ask_address(language, Some(problem(language, &error)), held),
    }
}

/// Sets the password.
pub(super) async fn finish(
    accounts: Data<Accounts>,
    ctx: RequestCtx,
    sent: PageForm,
) -> HttpResponse {
    let (language, token) = (sent.language, sent.value("token"));
    let input: NewPassword = match sent.read() {
        Ok(input) => input,
        Err(text) => {
            return RESET.ask_password(language, Some((StatusCode::BAD_REQUEST, text)), token);
        }
    };
    let reset = accounts.reset_password(&ctx, input.token(), input.passwords());
    match reset.await {
        Ok(()) => redirect("/signin?done=reset")
            .status(StatusCode::SEE_OTHER)
            .finish(),
        Err(AccountError::Unavailable(error)) => unavailable(language, &error),
        Err(error @ AccountError::PasswordMismatch) => {
            RESET.ask_password(language, Some(problem(language, &error)), token)
        }
        Err(error) => RESET.ask_address(language, Some(problem(language, &error)), Held::default()),
    }
}

/// A link of before the code was asked for leads to the beginning.
pub(super) async fn begin() -> HttpResponse {
    redirect("/forgot-password").finish()
}
