//! `/signup`: registering by a code from a mail, where strangers may.

use actix_web::{HttpRequest, HttpResponse, web::Data};
use gatewright_auth::console::ConsoleSettings;
use gatewright_usecase_identity::console::{Console, Preferences};

use super::{
    elsewhere::closed,
    mailed_code::{Held, MailProof, NewPasswordForm, Purpose},
};
use gatewright_http_kit::{cookies::CookiePolicy, extract::RequestCtx};
use gatewright_pages_kit::{
    form::PageForm,
    guard::{Destination, enter},
    page::PageLanguage,
};

const SIGN_UP: Purpose = Purpose::SignUp;

/// Asks for the address.
pub(super) async fn get(settings: Data<ConsoleSettings>, request: HttpRequest) -> HttpResponse {
    if !settings.allow_register {
        return closed(
            &request,
            "Registration is closed",
            "未开放注册",
            "You need an invitation to register here. Ask a workspace owner or administrator to invite you. The invitation email contains a link to create your account.",
            "本站仅限受邀注册。请联系工作空间的所有者或管理员邀请您，邀请邮件中包含创建账户的链接。",
        );
    }
    SIGN_UP.ask_address(PageLanguage::of(&request), None, Held::default())
}

/// Sends the code, and asks for it.
pub(super) async fn send(console: Data<Console>, ctx: RequestCtx, sent: PageForm) -> HttpResponse {
    let language = Some(sent.language.tag());
    let mail = async |email: &_| console.send_register_code(&ctx, email, language).await;
    SIGN_UP.send(&sent, mail).await
}

/// Takes the code, and asks for a password.
pub(super) async fn check(console: Data<Console>, ctx: RequestCtx, sent: PageForm) -> HttpResponse {
    let check = async |input: &MailProof| {
        let checked = console.check_register_code(&ctx, input.email(), input.proof());
        checked.await
    };
    match SIGN_UP.check(&sent, check).await {
        Ok(token) => SIGN_UP.ask_password(sent.language, None, &token),
        Err(answer) => answer,
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
    let preferences = Preferences {
        language: Some(sent.language.tag().to_owned()),
        timezone: None,
    };
    let finish = async |input: &NewPasswordForm| {
        let (token, passwords) = (input.token(), input.passwords());
        let made = console.register_with_code(&ctx, token, passwords, &preferences);
        made.await
    };
    match SIGN_UP.finish(&sent, finish).await {
        Ok(tokens) => enter(
            &policy,
            &settings,
            &sent.request,
            tokens,
            Destination::Account,
        ),
        Err(answer) => answer,
    }
}
