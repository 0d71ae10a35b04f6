//! `/install`: the first account.

use actix_web::{HttpRequest, HttpResponse, http::StatusCode, web::Data};
use gatewright_usecase_identity::console::{Setup, SetupCommand, SetupError, SetupStatus};

use gatewright_http_identity::input::{EmailAddress, GuestName, NewPassword};
use gatewright_http_kit::input::text::SecretText;
use gatewright_http_kit::{error::redirect, extract::RequestCtx};
use gatewright_pages_kit::{
    form::PageForm,
    page::{FormPage, Input, Page, PageLanguage, show},
    unavailable::unavailable,
};
use serde::Deserialize;

/// The first account.
#[derive(Debug, Deserialize)]
struct Installation {
    email: EmailAddress,
    name: GuestName,
    password: NewPassword,
    init_password: Option<SecretText>,
}

/// Shows the form, until somebody was here.
pub(super) async fn get(setup: Data<Setup>, ctx: RequestCtx, request: HttpRequest) -> HttpResponse {
    let language = PageLanguage::of(&request);
    match setup.status().await {
        Ok(SetupStatus::NotStarted) => form(language, &setup, &ctx, None, "", "").await,
        Ok(SetupStatus::Finished(_)) => redirect("/signin").finish(),
        Err(error) => unavailable(language, &error),
    }
}

/// Makes the account.
pub(super) async fn post(setup: Data<Setup>, ctx: RequestCtx, sent: PageForm) -> HttpResponse {
    let (language, email, name) = (sent.language, sent.value("email"), sent.value("name"));
    let input: Installation = match sent.read() {
        Ok(input) => input,
        Err(problem) => return form(language, &setup, &ctx, Some(problem), email, name).await,
    };
    let command = SetupCommand {
        email: input.email.into_inner(),
        name: input.name.into_inner(),
        password: input.password.into_inner(),
        language: Some(language.tag().to_owned()),
    };
    let outcome = async {
        let proof = match &input.init_password {
            Some(password) => Some(setup.validate_init(&ctx, password).await?),
            None => None,
        };
        setup.run(&ctx, proof.as_deref(), command).await
    };
    match outcome.await {
        Ok(()) => redirect("/signin?done=installed").finish(),
        Err(SetupError::AlreadySetup | SetupError::WrongEdition) => redirect("/signin").finish(),
        Err(SetupError::Unavailable(error)) => unavailable(language, &error),
        Err(error) => {
            let problem = language
                .t(&error.to_string(), "初始化密码错误，或尝试次数过多。")
                .to_owned();
            form(language, &setup, &ctx, Some(problem), email, name).await
        }
    }
}

async fn form(
    language: PageLanguage,
    setup: &Setup,
    ctx: &RequestCtx,
    error: Option<String>,
    email: &str,
    name: &str,
) -> HttpResponse {
    let t = |english, chinese| language.t(english, chinese);
    let status = if error.is_some() {
        StatusCode::BAD_REQUEST
    } else {
        StatusCode::OK
    };
    let mut fields = vec![
        Input::new("email", "email", "username", t("Email", "邮箱")).with_value(email),
        Input::new("name", "text", "name", t("Your name", "姓名")).with_value(name),
        Input::new(
            "password",
            "password",
            "new-password",
            t("Password", "密码"),
        )
        .with_hint(t(
            "At least 8 characters, including a letter and a number.",
            "至少 8 个字符，须包含字母和数字。",
        )),
    ];
    if !matches!(setup.is_init_finished(None, ctx.now).await, Ok(true)) {
        let label = t(
            "Setup password (INIT_PASSWORD)",
            "初始化密码（INIT_PASSWORD）",
        );
        fields.push(Input::new("init_password", "password", "off", label));
    }
    let page = Page::new(language, "Set up this installation", "初始化系统").with_error(error);
    let intro = t(
        "You will become the owner of this installation and its first workspace.",
        "您将成为本系统及其首个工作空间的所有者。",
    );
    show(
        status,
        &FormPage {
            page,
            intro: Some(intro.to_owned()),
            action: "/install",
            hidden: vec![],
            fields,
            submit: t("Set up", "完成设置").to_owned(),
            links: vec![],
        },
    )
}
