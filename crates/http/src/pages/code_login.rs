//! `/signin/code`: signing in by a code from a mail, where that is switched on.

use actix_web::{
    HttpRequest, HttpResponse,
    http::StatusCode,
    web::{Data, Query},
};
use gatewright_app::{
    account::AccountError,
    console::{Console, Preferences},
};
use gatewright_auth::console::ConsoleSettings;

use super::{
    form::PageForm,
    guard::{Destination, Words},
    install::unavailable,
    mailed_code::{Address, Held, MailProof, Purpose, problem},
    page::PageLanguage,
    reset::held,
};
use crate::{cookies::CookiePolicy, envelope::redirect, extract::RequestCtx};

const SIGN_IN: Purpose = Purpose::SignIn;

/// Asks for the address.
pub(super) async fn get(
    settings: Data<ConsoleSettings>,
    from: Query<Words>,
    request: HttpRequest,
) -> HttpResponse {
    if !settings.email_code_login {
        return redirect("/signin").finish();
    }
    let held = Held {
        next: from.next.as_deref().unwrap_or_default(),
        ..Held::default()
    };
    SIGN_IN.ask_address(PageLanguage::of(&request), None, held)
}

/// Sends the code, and asks for it.
pub(super) async fn send(console: Data<Console>, ctx: RequestCtx, sent: PageForm) -> HttpResponse {
    let (language, mut held) = (sent.language, held(&sent));
    let input: Address = match sent.read() {
        Ok(input) => input,
        Err(text) => {
            return SIGN_IN.ask_address(language, Some((StatusCode::BAD_REQUEST, text)), held);
        }
    };
    let asked = console.send_login_code(&ctx, input.email(), Some(language.tag()));
    match asked.await {
        Ok(token) => {
            held.token = &token;
            SIGN_IN.ask_code(language, None, held)
        }
        Err(AccountError::Unavailable(error)) => unavailable(language, &error),
        Err(error) => SIGN_IN.ask_address(language, Some(problem(language, &error)), held),
    }
}

/// Takes the code, and signs in.
pub(super) async fn check(
    console: Data<Console>,
    policy: Data<CookiePolicy>,
    settings: Data<ConsoleSettings>,
    ctx: RequestCtx,
    sent: PageForm,
) -> HttpResponse {
    let (language, held) = (sent.language, held(&sent));
    let input: MailProof = match sent.read() {
        Ok(input) => input,
        Err(text) => {
            return SIGN_IN.ask_code(language, Some((StatusCode::BAD_REQUEST, text)), held);
        }
    };
    let preferences = Preferences {
        language: Some(language.tag().to_owned()),
        timezone: None,
    };
    let login = console.login_with_code(&ctx, input.email(), input.proof(), &preferences);
    match login.await {
        Ok(tokens) => {
            let mut response = redirect(Destination::of(held.next).path());
            policy.sign_in(&mut response, tokens, &settings);
            response.status(StatusCode::SEE_OTHER).finish()
        }
        Err(AccountError::Unavailable(error)) => unavailable(language, &error),
        Err(error @ AccountError::WrongCode) => {
            SIGN_IN.ask_code(language, Some(problem(language, &error)), held)
        }
        Err(error) => SIGN_IN.ask_address(language, Some(problem(language, &error)), held),
    }
}
