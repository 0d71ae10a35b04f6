//! `/forgot-password` and `/reset-password`: address, code, new password; each a plain form.

use actix_web::{HttpRequest, HttpResponse, http::StatusCode, web::Data};
use gatewright_app::account::{AccountError, Accounts};
use gatewright_domain::{Classify as _, Secret, account::Email};

use super::{
    form::{PageForm, status_of, words},
    install::unavailable,
    page::{FormPage, Input, Page, PageLanguage, show},
};
use crate::{
    envelope::redirect,
    extract::{RequestCtx, read::body},
};

body! {
    /// Where a code shall go.
    Address {
        email: Email as String = email,
    }
}

body! {
    /// The code from the mail.
    MailProof {
        email: Email as String = email,
        token: String as String = text,
        code: String as String = text,
    }
}

body! {
    /// The new password, twice.
    NewPassword {
        token: String as String = text,
        password: Secret as String = new_password,
        repeated: Secret as String = secret,
    }
}

/// Asks for the address.
pub(super) async fn get(request: HttpRequest) -> HttpResponse {
    ask_address(PageLanguage::of(&request), None, "")
}

fn ask_address(
    language: PageLanguage,
    error: Option<(StatusCode, String)>,
    email: &str,
) -> HttpResponse {
    let t = |english, chinese| language.t(english, chinese).to_owned();
    let (status, error) = error.map_or((StatusCode::OK, None), |(status, text)| {
        (status, Some(text))
    });
    let page = Page::new(language, "Forgot your password?", "忘记密码？").with_error(error);
    show(
        status,
        &FormPage {
            page,
            intro: Some(t(
                "We send a code to your mailbox.",
                "我们会将验证码发送到您的邮箱。",
            )),
            action: "/forgot-password",
            hidden: vec![],
            fields: vec![
                Input::new(("email", "email", "username"), &t("E-mail", "邮箱")).with_value(email),
            ],
            submit: t("Send the code", "发送验证码"),
            links: vec![(t("Back to sign-in", "返回登录"), "/signin".to_owned())],
        },
    )
}

/// Sends the code, and asks for it. The page is the same whether or not there is an account.
pub(super) async fn send(
    accounts: Data<Accounts>,
    ctx: RequestCtx,
    sent: PageForm,
) -> HttpResponse {
    let (language, email) = (sent.language, sent.value("email"));
    let input: Address = match sent.read() {
        Ok(input) => input,
        Err(problem) => {
            return ask_address(language, Some((StatusCode::BAD_REQUEST, problem)), email);
        }
    };
    match accounts
        .forgot_password(&ctx, &input.email, Some(language.tag()))
        .await
    {
        Ok(token) => ask_code(language, None, (email, &token)),
        Err(AccountError::Unavailable(error)) => unavailable(language, &error),
        Err(error) => ask_address(language, Some(problem(language, &error)), email),
    }
}

fn ask_code(
    language: PageLanguage,
    error: Option<(StatusCode, String)>,
    (email, token): (&str, &str),
) -> HttpResponse {
    let t = |english, chinese| language.t(english, chinese).to_owned();
    let (status, error) = error.map_or((StatusCode::OK, None), |(status, text)| {
        (status, Some(text))
    });
    let page = Page::new(language, "Enter the code", "输入验证码").with_error(error);
    let intro = t(
        "Six digits are on their way to your mailbox. They are good for a few minutes and five tries.",
        "六位数字的验证码已发送到您的邮箱，几分钟内有效，最多可尝试五次。",
    );
    show(
        status,
        &FormPage {
            page,
            intro: Some(intro),
            action: "/forgot-password/code",
            hidden: vec![("email", email.to_owned()), ("token", token.to_owned())],
            fields: vec![Input::new(
                ("code", "text", "one-time-code"),
                &t("Code", "验证码"),
            )],
            submit: t("Continue", "继续"),
            links: vec![(
                t("Send another code", "重新发送"),
                "/forgot-password".to_owned(),
            )],
        },
    )
}

/// Takes the code, and asks for the new password.
pub(super) async fn check(
    accounts: Data<Accounts>,
    ctx: RequestCtx,
    sent: PageForm,
) -> HttpResponse {
    let language = sent.language;
    let held = (sent.value("email"), sent.value("token"));
    let input: MailProof = match sent.read() {
        Ok(input) => input,
        Err(problem) => return ask_code(language, Some((StatusCode::BAD_REQUEST, problem)), held),
    };
    let proof = (input.token.as_str(), input.code.as_str());
    match accounts.check_reset_code(&ctx, &input.email, proof).await {
        Ok(token) => ask_password(language, None, &token),
        Err(AccountError::Unavailable(error)) => unavailable(language, &error),
        Err(error @ AccountError::WrongCode) => {
            ask_code(language, Some(problem(language, &error)), held)
        }
        // The token is dead: only a new code helps.
        Err(error) => ask_address(language, Some(problem(language, &error)), held.0),
    }
}

fn ask_password(
    language: PageLanguage,
    error: Option<(StatusCode, String)>,
    token: &str,
) -> HttpResponse {
    let t = |english, chinese| language.t(english, chinese).to_owned();
    let (status, error) = error.map_or((StatusCode::OK, None), |(status, text)| {
        (status, Some(text))
    });
    let hint = t(
        "At least 8 characters, with a letter and a digit.",
        "至少 8 个字符，须包含字母和数字。",
    );
    let page = Page::new(language, "Set a new password", "设置新密码").with_error(error);
    show(
        status,
        &FormPage {
            page,
            intro: Some(t(
                "Everything that is signed in to your account ends with it.",
                "您账户的所有会话都将随之结束。",
            )),
            action: "/reset-password",
            hidden: vec![("token", token.to_owned())],
            fields: vec![
                Input::new(
                    ("password", "password", "new-password"),
                    &t("New password", "新密码"),
                )
                .with_hint(&hint),
                Input::new(
                    ("repeated", "password", "new-password"),
                    &t("Once more", "再输入一次"),
                ),
            ],
            submit: t("Set the password", "设置密码"),
            links: vec![],
        },
    )
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
        Err(problem) => {
            return ask_password(language, Some((StatusCode::BAD_REQUEST, problem)), token);
        }
    };
    let passwords = (&input.password, &input.repeated);
    match accounts.reset_password(&ctx, &input.token, passwords).await {
        Ok(()) => redirect("/signin?done=reset")
            .status(StatusCode::SEE_OTHER)
            .finish(),
        Err(AccountError::Unavailable(error)) => unavailable(language, &error),
        Err(error @ AccountError::PasswordMismatch) => {
            ask_password(language, Some(problem(language, &error)), token)
        }
        Err(error) => ask_address(language, Some(problem(language, &error)), ""),
    }
}

/// A link of before the code was asked for leads to the beginning.
pub(super) async fn begin() -> HttpResponse {
    redirect("/forgot-password").finish()
}

pub(super) fn problem(language: PageLanguage, error: &AccountError) -> (StatusCode, String) {
    (
        status_of(error),
        words(language, error.code(), &error.to_string()),
    )
}
