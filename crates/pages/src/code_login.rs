//! `/signin/code`: signing in by a code from a mail, where that is switched on.

use actix_web::{HttpRequest, HttpResponse, web::Data};
use gatewright_auth::console::ConsoleSettings;
use gatewright_usecase_identity::console::{Console, Preferences};

use super::{
    elsewhere::closed,
    mailed_code::{Held, MailProof, Purpose},
};
use gatewright_http_kit::{cookies::CookiePolicy, extract::RequestCtx};
use gatewright_pages_kit::{
    form::PageForm,
    guard::{Destination, FlashQuery, enter},
    page::PageLanguage,
};

const SIGN_IN: Purpose = Purpose::SignIn;

/// Asks for the address.
pub(super) async fn get(
    settings: Data<ConsoleSettings>,
    from: FlashQuery,
    request: HttpRequest,
) -> HttpResponse {
    if !settings.email_code_login {
        return closed(
            &request,
            "Sign-in with a code is off",
            "未启用验证码登录",
            "This installation does not send sign-in codes. Choose another method on the sign-in page.",
            "本站不发送登录验证码，请在登录页面选择其他登录方式。",
        );
    }
    let held = Held::going(from.next.as_deref());
    SIGN_IN.ask_address(PageLanguage::of(&request), None, held)
}

/// Sends the code, and asks for it.
pub(super) async fn send(console: Data<Console>, ctx: RequestCtx, sent: PageForm) -> HttpResponse {
    let language = Some(sent.language.tag());
    let mail = async |email: &_| console.send_login_code(&ctx, email, language).await;
    SIGN_IN.send(&sent, mail).await
}

/// Takes the code, and signs in.
pub(super) async fn check(
    console: Data<Console>,
    policy: Data<CookiePolicy>,
    settings: Data<ConsoleSettings>,
    ctx: RequestCtx,
    sent: PageForm,
) -> HttpResponse {
    let preferences = Preferences {
        language: Some(sent.language.tag().to_owned()),
        timezone: None,
    };
    let check = async |input: &MailProof| {
        let login = console.login_with_code(&ctx, input.email(), input.proof(), &preferences);
        login.await
    };
    match SIGN_IN.check(&sent, check).await {
        Ok(tokens) => {
            let to = Destination::of(sent.value("next"));
            enter(&policy, &settings, &sent.request, tokens, to)
        }
        Err(answer) => answer,
    }
}
