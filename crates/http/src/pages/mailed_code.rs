//! Address, code from the mail, password: the three forms that a forgotten password, a sign-in without
//! one and a registration have in common.

use actix_web::{HttpResponse, http::StatusCode};
use gatewright_app::account::AccountError;
use gatewright_domain::{Classify as _, Secret, account::Email};

use super::{
    form::{status_of, words},
    page::{FormPage, Input, Page, PageLanguage, show},
};
use crate::extract::read::body;

body! {
    /// Where a code shall go.
    Address {
        email: Email as String = email,
    }
}

impl Address {
    pub(super) fn email(&self) -> &Email {
        &self.email
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

impl MailProof {
    pub(super) fn email(&self) -> &Email {
        &self.email
    }

    pub(super) fn proof(&self) -> (&str, &str) {
        (self.token.as_str(), self.code.trim())
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

impl NewPassword {
    pub(super) fn token(&self) -> &str {
        &self.token
    }

    pub(super) fn passwords(&self) -> (&Secret, &Secret) {
        (&self.password, &self.repeated)
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
    pub(super) email: &'a str,
    pub(super) token: &'a str,
    /// Where a sign-in leads, as one word.
    pub(super) next: &'a str,
}

/// What is wrong, with the status that says so.
pub(super) type Problem = (StatusCode, String);

pub(super) fn problem(language: PageLanguage, error: &AccountError) -> Problem {
    (
        status_of(error),
        words(language, error.code(), &error.to_string()),
    )
}

pub(super) fn split(error: Option<Problem>) -> (StatusCode, Option<String>) {
    error.map_or((StatusCode::OK, None), |(status, text)| {
        (status, Some(text))
    })
}

impl Purpose {
    fn start(self) -> &'static str {
        match self {
            Self::Reset => "/forgot-password",
            Self::SignIn => "/signin/code",
            Self::SignUp => "/signup",
        }
    }

    fn check(self) -> &'static str {
        match self {
            Self::Reset => "/forgot-password/code",
            Self::SignIn => "/signin/code/check",
            Self::SignUp => "/signup/code",
        }
    }

    fn finish(self) -> &'static str {
        match self {
            Self::SignUp => "/signup/password",
            Self::Reset | Self::SignIn => "/reset-password",
        }
    }

    fn title(self, language: PageLanguage) -> Page {
        let (english, chinese) = match self {
            Self::Reset => ("Forgot your password?", "忘记密码？"),
            Self::SignIn => ("Sign in by a code", "使用验证码登录"),
            Self::SignUp => ("Register", "注册"),
        };
        Page::new(language, english, chinese)
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
        let address = Input::new(("email", "email", "username"), &t("E-mail", "邮箱"));
        show(
            status,
            &FormPage {
                page: self.title(language).with_error(error),
                intro: Some(t(
                    "We send a code to your mailbox.",
                    "我们会将验证码发送到您的邮箱。",
                )),
                action: self.start(),
                hidden: vec![("next", held.next.to_owned())],
                fields: vec![address.with_value(held.email)],
                submit: t("Send the code", "发送验证码"),
                links: vec![(t("Back to sign-in", "返回登录"), "/signin".to_owned())],
            },
        )
    }

    /// Asks for the code. The page is the same whether or not there is an account.
    pub(super) fn ask_code(
        self,
        language: PageLanguage,
        error: Option<Problem>,
        held: Held,
    ) -> HttpResponse {
        let t = |english, chinese| language.t(english, chinese).to_owned();
        let (status, error) = split(error);
        let intro = t(
            "Six digits are on their way to your mailbox. They are good for a few minutes and five tries.",
            "六位数字的验证码已发送到您的邮箱，几分钟内有效，最多可尝试五次。",
        );
        show(
            status,
            &FormPage {
                page: Page::new(language, "Enter the code", "输入验证码").with_error(error),
                intro: Some(intro),
                action: self.check(),
                hidden: vec![
                    ("email", held.email.to_owned()),
                    ("token", held.token.to_owned()),
                    ("next", held.next.to_owned()),
                ],
                fields: vec![Input::new(
                    ("code", "text", "one-time-code"),
                    &t("Code", "验证码"),
                )],
                submit: t("Continue", "继续"),
                links: vec![(t("Send another code", "重新发送"), self.start().to_owned())],
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
                    "Everything that is signed in to your account ends with it.",
                    "您账户的所有会话都将随之结束。",
                )),
            ),
        };
        show(
            status,
            &FormPage {
                page: page.with_error(error),
                intro,
                action: self.finish(),
                hidden: vec![("token", token.to_owned())],
                fields: new_password_fields(language),
                submit: t("Set the password", "设置密码"),
                links: vec![],
            },
        )
    }
}

/// A new password, and once more.
pub(super) fn new_password_fields(language: PageLanguage) -> Vec<Input> {
    let hint = language.t(
        "At least 8 characters, with a letter and a digit.",
        "至少 8 个字符，须包含字母和数字。",
    );
    let kind = "password";
    let first = language.t("New password", "新密码");
    let second = language.t("Once more", "再输入一次");
    vec![
        Input::new(("password", kind, "new-password"), first).with_hint(hint),
        Input::new(("repeated", kind, "new-password"), second),
    ]
}
