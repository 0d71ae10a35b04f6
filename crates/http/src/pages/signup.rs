//! `/signup`: registering by a code from a mail, where strangers may.

use actix_web::{HttpRequest, HttpResponse, http::StatusCode, web::Data};
use gatewright_app::{
    account::AccountError,
    console::{Console, Preferences},
};
use gatewright_auth::console::ConsoleSettings;

use super::{
    form::PageForm,
    guard::Destination,
    install::unavailable,
    mailed_code::{Address, Held, MailProof, NewPassword, Purpose, problem},
    page::PageLanguage,
    reset::held,
};
use crate::{cookies::CookiePolicy, envelope::redirect, extract::RequestCtx};

const SIGN_UP: Purpose = Purpose::SignUp;

/// Asks for the address.
pub(super) async fn get(settings: Data<ConsoleSettings>, request: HttpRequest) -> HttpResponse {
    if !settings.allow_register {
        return redirect("/signin").finish();
    }
    SIGN_UP.ask_address(PageLanguage::of(&request), None, Held::default())
}

/// Sends the code, and asks for it.
pub(super) async fn send(console: Data<Console>, ctx: RequestCtx, sent: PageForm) -> HttpResponse {
    let (language, mut held) = (sent.language, held(&sent));
    let input: Address = match sent.read() {
        Ok(input) => input,
        Err(text) => {
            return SIGN_UP.ask_address(language, Some((StatusCode::BAD_REQUEST, text)), held);
        }
    };
    let asked = console.send_register_code(&ctx, input.email(), Some(language.tag()));
    match asked.await {
        Ok(token) => {
            held.token = &token;
            SIGN_UP.ask_code(language, None, held)
        }
        Err(AccountError::Unavailable(error)) => unavailable(language, &error),
        Err(error) => SIGN_UP.ask_address(language, Some(problem(language, &error)), held),
    }
}

/// Takes the code, and asks for a password.
pub(super) async fn check(console: Data<Console>, ctx: RequestCtx, sent: PageForm) -> HttpResponse {
    let (language, held) = (sent.language, held(&sent));
    let input: MailProof = match sent.read() {
        Ok(input) => input,
        Err(text) => {
            return SIGN_UP.ask_code(language, Some((StatusCode::BAD_REQUEST, text)), held);
        }
    };
    let checked = console.check_register_code(&ctx, input.email(), input.proof());
    match checked.await {
        Ok(token) => SIGN_UP.ask_password(language, None, &token),
        Err(AccountError::Unavailable(error)) => unavailable(language, &error),
        Err(error @ AccountError::WrongCode) => {
            SIGN_UP.ask_code(language, Some(problem(language, &error)), held)
        }
        Err(error) => SIGN_UP.ask_address(language, Some(problem(language, &error)), held),
    }
}

/// Makes the account, and signs it in.
pub(super) async fn finish(
    console: Data<Console>,
    policy: Data<CookiePolicy>,
    settings: Data<ConsoleSettings>,
    ctx: RequestCtx,
    sent: PageForm,
) -> HttpResponse {
    let (language, token) = (sent.language, sent.value("token"));
    let input: NewPassword = match sent.read() {
        Ok(input) => input,
        Err(text) => {
            return SIGN_UP.ask_password(language, Some((StatusCode::BAD_REQUEST, text)), token);
        }
    };
    let preferences = Preferences {
        language: Some(language.tag().to_owned()),
        timezone: None,
    };
    let made = console.register_with_code(&ctx, input.token(), input.passwords(), &preferences);
    match made.await {
        Ok(tokens) => {
            let mut response = redirect(Destination::Account.path());
            policy.sign_in(&mut response, tokens, &settings);
            response.status(StatusCode::SEE_OTHER).finish()
        }
        Err(AccountError::Unavailable(error)) => unavailable(language, &error),
        Err(error @ AccountError::PasswordMismatch) => {
            SIGN_UP.ask_password(language, Some(problem(language, &error)), token)
        }
        Err(error) => {
            SIGN_UP.ask_address(language, Some(problem(language, &error)), Held::default())
        }
    }
}
