//! Every code that a sign-in through an identity provider can end with, as what happened and what to do
//! next. A code out of a link that is not known here is never shown.

use super::page::PageLanguage;

#[allow(clippy::too_many_lines, reason = "a table")]
pub(super) fn said(language: PageLanguage, code: &str) -> String {
    let (english, chinese) = match code {
        "unknown_provider" => (
            "This identity provider is not set up here. Choose another way to sign in.",
            "本站未配置该身份提供方，请选择其他登录方式。",
        ),
        "console_api_url_unset" => (
            "This installation has no public address, which signing in this way needs. Tell its administrator.",
            "本站未配置公开地址，无法以此方式登录，请告知管理员。",
        ),
        "invalid_state" => (
            "This sign-in took too long, was finished before, or began in another browser. Begin it again here.",
            "此次登录已超时、已完成，或在其他浏览器中开始。请在此重新开始。",
        ),
        "access_denied" => (
            "The identity provider did not sign you in, or you cancelled it there. Try again, or use another way.",
            "身份提供方未让您登录，或您已在该处取消。请重试或使用其他方式。",
        ),
        "provider_unavailable" => (
            "The identity provider does not answer. Try again in a few minutes, or use another way.",
            "身份提供方没有响应，请几分钟后重试，或使用其他方式。",
        ),
        "identity_not_proved" => (
            "What the identity provider said could not be verified. Try again; if it stays so, tell your administrator.",
            "无法验证身份提供方的答复。请重试；若仍如此，请告知管理员。",
        ),
        "provider_malformed" => (
            "The identity provider's answer cannot be read. Tell your administrator: the log names what is wrong in it.",
            "无法读取身份提供方的答复，请告知管理员：日志中有具体原因。",
        ),
        "code_too_long" => (
            "The identity provider sent a code that is too long. Tell your administrator.",
            "身份提供方发送的代码过长，请告知管理员。",
        ),
        "email_missing" => (
            "The identity provider tells no e-mail address of yours. Let it, or ask its administrator.",
            "身份提供方未提供您的邮箱。请允许其提供，或联系其管理员。",
        ),
        "email_unusable" => (
            "The e-mail address that the identity provider tells cannot be used: it has blanks or invisible characters. Correct it there.",
            "身份提供方提供的邮箱无法使用：包含空格或不可见字符。请在该处更正。",
        ),
        "email_not_verified" => (
            "The identity provider has not verified your e-mail address. Do that there, or ask its administrator.",
            "身份提供方尚未验证您的邮箱。请在该处完成验证，或联系其管理员。",
        ),
        "not_linked" => (
            "There is an account with this e-mail address. Sign in with its password and connect the provider there.",
            "该邮箱已有账户。请用密码登录后再绑定身份提供方。",
        ),
        "linked_elsewhere" => (
            "This identity is connected to another account, or your account to another identity of this provider.",
            "该身份已绑定其他账户，或您的账户已绑定该提供方的其他身份。",
        ),
        "registration_closed" => (
            "There is no account for you here, and registration is closed. Ask your administrator.",
            "没有您的账户，且未开放注册，请联系管理员。",
        ),
        "no_workspace" => (
            "You have no workspace here. Ask your administrator to invite you.",
            "您没有工作空间，请联系管理员邀请您。",
        ),
        "account_banned" => (
            "This account is locked. Ask your administrator.",
            "该账户已被锁定，请联系管理员。",
        ),
        "account_gone" => (
            "This account is closed. Ask your administrator.",
            "该账户已关闭，请联系管理员。",
        ),
        "rate_limited" => (
            "Too many sign-ins from your address. Wait a few minutes.",
            "来自您地址的登录过于频繁，请稍等几分钟。",
        ),
        "unavailable" => (
            "The service does not answer at the moment. Try again in a minute.",
            "服务暂时没有响应，请稍后再试。",
        ),
        _ => (
            "The sign-in did not work. Try again, or use another way.",
            "登录未成功，请重试或使用其他方式。",
        ),
    };
    language.t(english, chinese).to_owned()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use gatewright_usecase_identity::console::ExternalLoginError;

    use super::{PageLanguage, said};

    #[test]
    fn d4_every_error_of_a_provider_sign_in_has_words_of_its_own() {
        for language in [PageLanguage::English, PageLanguage::Chinese] {
            let codes = ExternalLoginError::CODES
                .iter()
                .copied()
                .chain(["of no meaning"]);
            let words: BTreeSet<String> = codes.map(|code| said(language, code)).collect();
            assert_eq!(words.len(), ExternalLoginError::CODES.len() + 1);
        }
    }
}
