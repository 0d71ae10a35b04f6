//! Address, code from the mail, password: the three forms that a forgotten password, a sign-in without
//! one and a registration have in common.

use actix_web::{HttpResponse, http::StatusCode};
use gatewright_domain::{Classify as _, account::Email};
use gatewright_usecase_identity::{
    account::AccountError,
    credential::{CodeProof, CredentialError, RepeatedPassword},
};

use gatewright_http_identity::input::{EmailAddress, NewPassword};
use gatewright_http_kit::input::text::{SecretText, Text};
use gatewright_pages_kit::{
    form::{PageForm, message, status_of},
    page::{FormPage, Input, Page, PageLanguage, show},
    unavailable::unavailable,
};
use serde::Deserialize;

/// Where a code shall go.
#[derive(Debug, Deserialize)]
struct Address {
    email: EmailAddress,
}

/// The code from the mail.
#[derive(Debug, Deserialize)]
pub(super) struct MailProof {
    email: EmailAddress,
    token: Text,
    code: Text,
}

impl MailProof {
    pub(super) fn email(&self) -> &Email {
        &self.email
    }

    pub(super) fn proof(&self) -> CodeProof<'_> {
        CodeProof {
            token: &self.token,
            code: self.code.trim(),
        }
    }
}

/// The new password, twice.
#[derive(Debug, Deserialize)]
pub(super) struct NewPasswordForm {
    token: Text,
    password: NewPassword,
    repeated: SecretText,
}

impl NewPasswordForm {
    pub(super) fn token(&self) -> &str {
        &self.token
    }

    pub(super) fn passwords(&self) -> RepeatedPassword<'_> {
        RepeatedPassword {
            password: &self.password,
            repeated: &self.repeated,
        }
    }
}

/// What the code is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    Reset,
    SignIn,
    SignUp,
}

/// What a form is shown again with.
#[derive(Clone, Copy, Default)]
pub(super) struct Held<'a> {
    email: &'a str,
    token: &'a str,
    /// Where a sign-in leads, as one word.
    next: &'a str,
}

impl<'a> Held<'a> {
    pub(super) fn going(next: Option<&'a str>) -> Self {
        Self {
            next: next.unwrap_or_default(),
            ..Self::default()
        }
    }

    fn of(sent: &'a PageForm) -> Self {
        Self {
            email: sent.value("email"),
            token: sent.value("token"),
            next: sent.value("next"),
        }
    }
}

/// What is wrong, with the status that says so.
pub(super) type Problem = (StatusCode, String);

pub(super) fn problem(language: PageLanguage, error: &AccountError) -> Problem {
    (
        status_of(error),
        message(language, error.code(), &error.to_string()),
    )
}

pub(super) fn split(error: Option<Problem>) -> (StatusCode, Option<String>) {
    error.map_or((StatusCode::OK, None), |(status, text)| {
        (status, Some(text))
    })
}

impl Purpose {
    fn start_path(self) -> &'static str {
        match self {
            Self::Reset => "/forgot-password",
            Self::SignIn => "/signin/code",
            Self::SignUp => "/signup",
        }
    }

    fn check_path(self) -> &'static str {
        match self {
            Self::Reset => "/forgot-password/code",
            Self::SignIn => "/signin/code/check",
            Self::SignUp => "/signup/code",
        }
    }

    fn finish_path(self) -> &'static str {
        match self {
            Self::SignUp => "/signup/password",
            Self::Reset | Self::SignIn => "/reset-password",
        }
    }

    fn title(self, language: PageLanguage) -> Page {
        let (english, chinese) = match self {
            Self::Reset => ("Forgot your password?", "忘记密码？"),
            Self::SignIn => ("Sign in with a code", "使用验证码登录"),
            Self::SignUp => ("Create account", "注册"),
        };
        Page::new(language, english, chinese)
    }

    /// Takes the address, has a code sent, and asks for it. `mail` gives the token that the code goes
    /// with.
    pub(super) async fn send(
        self,
        sent: &PageForm,
        mail: impl AsyncFnOnce(&Email) -> Result<String, AccountError>,
    ) -> HttpResponse {
        let (language, mut held) = (sent.language, Held::of(sent));
        let input: Address = match sent.read() {
            Ok(input) => input,
            Err(text) => {
                return self.ask_address(language, Some((StatusCode::BAD_REQUEST, text)), held);
            }
        };
        match mail(&input.email).await {
            Ok(token) => {
                held.token = &token;
                self.ask_code(language, None, held)
            }
            Err(AccountError::Unavailable(error)) => unavailable(language, &error),
            Err(error) => self.ask_address(language, Some(problem(language, &error)), held),
        }
    }

    /// Takes the code; what it is good for, or the page that says what is wrong.
    pub(super) async fn check<T>(
        self,
        sent: &PageForm,
        check: impl AsyncFnOnce(&MailProof) -> Result<T, AccountError>,
    ) -> Result<T, HttpResponse> {
        let (language, held) = (sent.language, Held::of(sent));
        let input: MailProof = sent
            .read()
            .map_err(|text| self.ask_code(language, Some((StatusCode::BAD_REQUEST, text)), held))?;
        check(&input).await.map_err(|error| match error {
            AccountError::Unavailable(error) => unavailable(language, &error),
            error @ AccountError::Credential(CredentialError::WrongCode) => {
                self.ask_code(language, Some(problem(language, &error)), held)
            }
            // The token is dead: only a new code helps.
            error => self.ask_address(language, Some(problem(language, &error)), held),
        })
    }

    /// Takes the new password, and does with it what it is for.
    pub(super) async fn finish<T>(
        self,
        sent: &PageForm,
        finish: impl AsyncFnOnce(&NewPasswordForm) -> Result<T, AccountError>,
    ) -> Result<T, HttpResponse> {
        let (language, token) = (sent.language, sent.value("token"));
        let input: NewPasswordForm = sent.read().map_err(|text| {
            self.ask_password(language, Some((StatusCode::BAD_REQUEST, text)), token)
        })?;
        finish(&input).await.map_err(|error| match error {
            AccountError::Unavailable(error) => unavailable(language, &error),
            error @ AccountError::PasswordMismatch => {
                self.ask_password(language, Some(problem(language, &error)), token)
            }
            error => {
                let nothing = Held::default();
                self.ask_address(language, Some(problem(language, &error)), nothing)
            }
        })
    }

    /// Asks for the address.
    pub(super) fn ask_address(
        self,
        language: PageLanguage,
        error: Option<Problem>,
        held: Held,
    ) -> HttpResponse {
        let t = |english, chinese| language.t(english, chinese).to_owned();
        let (status, error) = split(error);
        let address = Input::new("email", "email", "username", &t("Email", "邮箱"));
        show(
            status,
            &FormPage {
                page: self.title(language).with_error(error),
                intro: Some(t(
                    "We will email you a code.",
                    "我们会将验证码发送到您的邮箱。",
                )),
                action: self.start_path(),
                hidden: vec![("next", held.next.to_owned())],
                fields: vec![address.with_value(held.email)],
                submit: t("Send code", "发送验证码"),
                links: vec![(t("Back to sign in", "返回登录"), "/signin".to_owned())],
            },
        )
    }

    /// Asks for the code. The page is the same whether or not there is an account.
    fn ask_code(self, language: PageLanguage, error: Option<Problem>, held: Held) -> HttpResponse {
        let t = |english, chinese| language.t(english, chinese).to_owned();
        let (status, error) = split(error);
        let intro = t(
            "We emailed you a six-digit code. It is valid for a few minutes and five attempts.",
            "我们已向您的邮箱发送六位数字验证码，几分钟内有效，最多可尝试 5 次。",
        );
        show(
            status,
            &FormPage {
                page: Page::new(language, "Enter your code", "输入验证码").with_error(error),
                intro: Some(intro),
                action: self.check_path(),
                hidden: vec![
                    ("email", held.email.to_owned()),
                    ("token", held.token.to_owned()),
                    ("next", held.next.to_owned()),
                ],
                fields: vec![Input::new(
                    "code",
                    "text",
                    "one-time-code",
                    &t("Verification code", "验证码"),
                )],
                submit: t("Continue", "继续"),
                links: vec![(
                    t("Resend code", "重新发送验证码"),
                    self.start_path().to_owned(),
                )],
            },
        )
    }

    /// Asks for the new password.
    pub(super) fn ask_password(
        self,
        language: PageLanguage,
        error: Option<Problem>,
        token: &str,
    ) -> HttpResponse {
        let t = |english, chinese| language.t(english, chinese).to_owned();
        let (status, error) = split(error);
        let (page, intro) = match self {
            Self::SignUp => (self.title(language), None),
            Self::Reset | Self::SignIn => (
                Page::new(language, "Set a new password", "设置新密码"),
                Some(t(
                    "This signs out all browsers and devices and disconnects all identity providers. Connect yours again afterwards.",
                    "所有浏览器和设备都将退出登录，所有身份提供方也将解绑，之后请重新绑定。",
                )),
            ),
        };
        show(
            status,
            &FormPage {
                page: page.with_error(error),
                intro,
                action: self.finish_path(),
                hidden: vec![("token", token.to_owned())],
                fields: new_password_fields(language),
                submit: t("Set password", "设置密码"),
                links: vec![],
            },
        )
    }
}

/// A new password, and once more.
pub(super) fn new_password_fields(language: PageLanguage) -> Vec<Input> {
    let hint = language.t(
        "At least 8 characters, including a letter and a number.",
        "至少 8 个字符，须包含字母和数字。",
    );
    let kind = "password";
    let first = language.t("New password", "新密码");
    let second = language.t("Confirm password", "确认密码");
    vec![
        Input::new("password", kind, "new-password", first).with_hint(hint),
        Input::new("repeated", kind, "new-password", second),
    ]
}
