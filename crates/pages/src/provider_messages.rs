//! Every code that a sign-in through an identity provider can end with, as what happened and what to do
//! next. A code out of a link that is not known here is never shown.

use gatewright_pages_kit::page::PageLanguage;

#[allow(clippy::too_many_lines, reason = "a table")]
pub(super) fn flash(language: PageLanguage, code: &str) -> String {
    let (english, chinese) = match code {
        "unknown_provider" => (
            "This identity provider is not available here. Choose another way to sign in.",
            "本站未配置该身份提供方，请选择其他登录方式。",
        ),
        "console_api_url_unset" => (
            "This sign-in method needs a public address, and this installation has none. Contact its administrator.",
            "此登录方式需要公开地址，但本站尚未配置。请联系管理员。",
        ),
        "invalid_state" => (
            "This sign-in took too long, was already completed, or was started in another browser. Start again here.",
            "此次登录已超时、已完成，或是在其他浏览器中发起的。请在此重新开始。",
        ),
        "access_denied" => (
            "The identity provider did not sign you in, or you canceled the sign-in there. Try again, or sign in another way.",
            "身份提供方未允许您登录，或您已取消登录。请重试，或使用其他登录方式。",
        ),
        "provider_unavailable" => (
            "The identity provider is not responding. Try again in a few minutes, or sign in another way.",
            "身份提供方没有响应。请几分钟后重试，或使用其他登录方式。",
        ),
        "identity_not_proved" => (
            "The identity provider's response could not be verified. Try again. If the problem persists, contact your administrator.",
            "无法验证身份提供方的响应，请重试。如果问题仍然存在，请联系管理员。",
        ),
        "provider_malformed" => (
            "The identity provider sent an invalid response. Contact your administrator: the log has the details.",
            "身份提供方返回的响应无效，请联系管理员，日志中有详细原因。",
        ),
        "code_too_long" => (
            "The identity provider sent a code that is too long. Contact your administrator.",
            "身份提供方返回的授权码过长，请联系管理员。",
        ),
        "email_missing" => (
            "The identity provider did not share your email address. Allow it to, or contact its administrator.",
            "身份提供方未提供您的邮箱。请授权其提供，或联系其管理员。",
        ),
        "email_unusable" => (
            "The email address from the identity provider cannot be used because it contains spaces or invisible characters. Correct it there.",
            "身份提供方提供的邮箱包含空格或不可见字符，无法使用。请在身份提供方处更正。",
        ),
        "email_not_verified" => (
            "The identity provider has not verified your email address. Verify it there, or contact its administrator.",
            "身份提供方尚未验证您的邮箱。请在身份提供方处完成验证，或联系其管理员。",
        ),
        "not_linked" => (
            "An account with this email address already exists. Sign in with its password, then connect the provider on your account page.",
            "该邮箱已有账户。请使用密码登录，然后在账户页面绑定身份提供方。",
        ),
        "linked_elsewhere" => (
            "This identity is connected to another account, or your account is connected to another identity from this provider.",
            "该身份已绑定其他账户，或您的账户已绑定该提供方的其他身份。",
        ),
        "registration_closed" => (
            "You do not have an account here, and registration is closed. Contact your administrator.",
            "您还没有本站账户，且本站未开放注册。请联系管理员。",
        ),
        "no_workspace" => (
            "You do not belong to a workspace here. Ask your administrator to invite you.",
            "您尚未加入任何工作空间，请联系管理员邀请您。",
        ),
        "account_banned" => (
            "This account is locked. Contact your administrator.",
            "该账户已被锁定，请联系管理员。",
        ),
        "account_gone" => (
            "This account is closed. Contact your administrator.",
            "该账户已关闭，请联系管理员。",
        ),
        "rate_limited" => (
            "Too many sign-ins from your address. Try again in a few minutes.",
            "您所在的网络地址登录过于频繁，请几分钟后重试。",
        ),
        "unavailable" => (
            "The service is not responding. Try again in a minute.",
            "服务暂时没有响应，请稍后重试。",
        ),
        _ => (
            "Sign-in failed. Try again, or sign in another way.",
            "登录失败。请重试，或使用其他登录方式。",
        ),
    };
    language.t(english, chinese).to_owned()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use gatewright_usecase_identity::console::ExternalLoginError;

    use super::{PageLanguage, flash};

    #[test]
    fn d4_every_provider_sign_in_error_has_its_own_message() {
        for language in [PageLanguage::English, PageLanguage::Chinese] {
            let codes = ExternalLoginError::CODES
                .iter()
                .copied()
                .chain(["of no meaning"]);
            let message: BTreeSet<String> = codes.map(|code| flash(language, code)).collect();
            assert_eq!(message.len(), ExternalLoginError::CODES.len() + 1);
        }
    }
}
