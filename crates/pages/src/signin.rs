//! `/signin` and `/signout`.

use actix_web::{HttpRequest, HttpResponse, http::StatusCode, web::Data};
use gatewright_auth::console::ConsoleSettings;
use gatewright_domain::Classify as _;
use gatewright_usecase_device::device::DeviceFlow;
use gatewright_usecase_identity::console::{Console, ConsoleError, Login, LoginOutcome, Setup};

use super::provider_messages::flash;
use gatewright_http_identity::input::EmailAddress;
use gatewright_http_kit::input::text::{SecretText, Text};
use gatewright_http_kit::{
    cookies::{CookiePolicy, put},
    error::redirect,
    extract::{RequestCtx, every_session},
};
use gatewright_pages_kit::{
    form::{PageForm, is_installed, message, status_of},
    guard::Destination,
    link::Link,
    page::{FormPage, Input, Page, PageLanguage, show},
    unavailable::unavailable,
};
use serde::Deserialize;

/// The form of a sign-in.
#[derive(Debug, Deserialize)]
struct SignIn {
    email: EmailAddress,
    password: SecretText,
    invite_token: Option<Text>,
}

/// Shows the form; before anybody has set the installation up, that page.
pub(super) async fn get(
    setup: Data<Setup>,
    device: Data<DeviceFlow>,
    settings: Data<ConsoleSettings>,
    from: Link,
    request: HttpRequest,
) -> HttpResponse {
    let language = PageLanguage::of(&request);
    if !is_installed(&setup).await {
        return redirect("/install").finish();
    }
    let mut page = Page::new(language, "Sign in", "登录");
    // Each as one word: text of a link is never shown.
    page.notice = from.get("done").and_then(|done| notice(language, done));
    page.error = from.get("error").map(|code| flash(language, code));
    form(
        page,
        &device,
        &settings,
        "",
        from.get("next").unwrap_or_default(),
        from.get("invite").unwrap_or_default(),
    )
}

fn notice(language: PageLanguage, done: &str) -> Option<String> {
    let text = match done {
        "installed" => language.t(
            "Setup complete. Sign in with the account you just created.",
            "设置完成，请使用刚创建的账户登录。",
        ),
        "reset" => language.t(
            "Password set. All browsers and devices were signed out.",
            "密码已设置，所有浏览器和设备均已退出登录。",
        ),
        "activated" => language.t(
            "Welcome. Your account is ready.",
            "欢迎使用，您的账户已就绪。",
        ),
        "left" => language.t(
            "You left your last workspace. To join another one, you need an invitation.",
            "您已退出最后一个工作空间。加入其他工作空间需要邀请。",
        ),
        "signedout" => language.t("You are signed out.", "您已退出登录。"),
        _ => return None,
    };
    Some(text.to_owned())
}

fn form(
    page: Page,
    device: &DeviceFlow,
    settings: &ConsoleSettings,
    email: &str,
    next: &str,
    invite: &str,
) -> HttpResponse {
    let language = page.language;
    let t = |english, chinese| language.t(english, chinese).to_owned();
    let status = if page.error.is_some() {
        StatusCode::BAD_REQUEST
    } else {
        StatusCode::OK
    };
    let with = t("Sign in with ", "登录方式：");
    let mut links: Vec<(String, String)> = device
        .sso_providers()
        .into_iter()
        .map(|(name, label)| {
            (
                format!("{with}{label}"),
                format!("/console/api/oauth/login/{name}"),
            )
        })
        .collect();
    if settings.email_code_login {
        let path = match Destination::of(next) {
            Destination::Account => "/signin/code".to_owned(),
            to => format!("/signin/code?next={}", to.name()),
        };
        links.push((t("Sign in with an email code", "使用邮件验证码登录"), path));
    }
    if settings.password_login {
        links.push((
            t("Forgot your password?", "忘记密码？"),
            "/forgot-password".to_owned(),
        ));
    }
    if settings.allow_register {
        links.push((t("Create account", "注册"), "/signup".to_owned()));
    }
    let mut fields = vec![];
    if settings.password_login {
        fields
            .push(Input::new("email", "email", "username", &t("Email", "邮箱")).with_value(email));
        fields.push(Input::new(
            "password",
            "password",
            "current-password",
            &t("Password", "密码"),
        ));
    }
    show(
        status,
        &FormPage {
            page,
            intro: None,
            action: "/signin",
            hidden: vec![
                ("next", next.to_owned()),
                ("invite_token", invite.to_owned()),
            ],
            fields,
            submit: t("Sign in", "登录"),
            links,
        },
    )
}

/// Takes the form, and signs in.
pub(super) async fn post(
    console: Data<Console>,
    device: Data<DeviceFlow>,
    policy: Data<CookiePolicy>,
    settings: Data<ConsoleSettings>,
    ctx: RequestCtx,
    sent: PageForm,
) -> HttpResponse {
    let language = sent.language;
    let again = |status: StatusCode, error: String| {
        let page = Page::new(language, "Sign in", "登录").with_error(Some(error));
        let mut answer = form(
            page,
            &device,
            &settings,
            sent.value("email"),
            sent.value("next"),
            sent.value("invite_token"),
        );
        *answer.status_mut() = status;
        answer
    };
    let input: SignIn = match sent.read() {
        Ok(input) => input,
        Err(problem) => return again(StatusCode::BAD_REQUEST, problem),
    };
    let command = Login {
        email: input.email.into_inner(),
        password: input.password.into_inner(),
        invite_token: input.invite_token.map(Text::into_inner),
    };
    match console.login(&ctx, command).await {
        Ok(LoginOutcome::SignedIn { tokens }) => {
            let mut response = redirect(Destination::of(sent.value("next")).path());
            policy.sign_in(&mut response, &sent.request, tokens, &settings);
            response.status(StatusCode::SEE_OTHER).finish()
        }
        Ok(LoginOutcome::NoWorkspace) => {
            let text = language.t(
                "You do not belong to a workspace. Ask your administrator to invite you.",
                "您尚未加入任何工作空间，请联系管理员邀请您。",
            );
            again(StatusCode::FORBIDDEN, text.to_owned())
        }
        Err(ConsoleError::Unavailable(error)) => unavailable(language, &error),
        Err(error) => again(
            status_of(&error),
            message(language, error.code(), &error.to_string()),
        ),
    }
}

/// Ends this session and no other; when this browser holds several, each of them. Whoever has none is
/// signed out already, and is rid of the cookies all the same.
pub(super) async fn sign_out(
    console: Data<Console>,
    policy: Data<CookiePolicy>,
    ctx: RequestCtx,
    sent: PageForm,
) -> HttpResponse {
    let ended = async {
        for session in every_session(&sent.request).await? {
            console.logout(&ctx, &session).await?;
        }
        Ok(())
    };
    if let Err(ConsoleError::Unavailable(error)) = ended.await {
        return unavailable(sent.language, &error);
    }
    let mut answer = redirect("/signin?done=signedout")
        .status(StatusCode::SEE_OTHER)
        .finish();
    put(&mut answer, policy.signed_out(&sent.request));
    answer
}
