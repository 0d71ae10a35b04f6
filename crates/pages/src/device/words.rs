//! Every code that the device flow can end with, as what happened and what to do next. A code out of a
//! link that is not known here is never shown.

use crate::page::PageLanguage;

#[allow(clippy::too_many_lines, reason = "a table")]
pub(super) fn said(language: PageLanguage, code: &str) -> String {
    // Two of them are words with a space; in a link that is an underscore.
    let (english, chinese) = match code.replace(' ', "_").as_str() {
        "expired_or_unknown" => (
            "This code is unknown or has expired. Compare it with your device, or start again there.",
            "代码不存在或已过期。请与设备核对，或在设备上重新开始。",
        ),
        "invalid_user_code" | "user_code_required" | "lookup_required" => (
            "This code is unknown or has expired, or you came by a link: type the code here.",
            "代码不存在或已过期；如果您是通过链接进入，请在此输入代码。",
        ),
        "user_code_not_pending" | "already_resolved" | "user_code_mismatch" => (
            "This code has expired or was used. Start again on your device.",
            "代码已过期或已使用，请在设备上重新开始。",
        ),
        "not_compared" => (
            "Nothing was approved. Tick the box when your own device shows this very code; otherwise deny.",
            "尚未批准。确认您自己的设备显示此代码后请勾选；否则请拒绝。",
        ),
        "rate_limited" => (
            "Too many attempts. Wait a few minutes.",
            "尝试次数过多，请稍等几分钟。",
        ),
        "email_belongs_to_dify_account" => (
            "This e-mail address belongs to an account here: sign in with that account instead.",
            "该邮箱属于本站账户，请改用账户登录。",
        ),
        "email_not_verified" => (
            "Your identity provider has not verified your e-mail address. Ask its administrator.",
            "身份提供方尚未验证您的邮箱，请联系其管理员。",
        ),
        "email_missing" => (
            "Your identity provider does not tell us your e-mail address. Ask its administrator to allow the scope \"email\".",
            "身份提供方未提供您的邮箱，请联系其管理员开放 email 范围。",
        ),
        "email_unusable" => (
            "The e-mail address that your identity provider has for you cannot be used: it may hold a blank. Ask its administrator to correct it.",
            "身份提供方登记的邮箱无法使用（可能含有空格），请联系其管理员更正。",
        ),
        "provider_malformed" | "sso_provider_malformed" => (
            "The identity provider answered, but not in the right form. Ask your administrator: the log says what is wrong.",
            "身份提供方的应答格式有误，请联系管理员查看日志中的原因。",
        ),
        "identity_not_proved" => (
            "The identity provider's answer could not be verified. Sign in again; if that does not help, ask your administrator.",
            "无法验证身份提供方的应答，请重新登录；如仍失败，请联系管理员。",
        ),
        "code_too_long" => (
            "The identity provider's code is longer than any that we take. Ask your administrator.",
            "身份提供方返回的授权码过长，请联系管理员。",
        ),
        "access_denied" => (
            "Your identity provider did not sign you in.",
            "身份提供方未让您登录。",
        ),
        "invalid_sso_assertion" | "sso_assertion_required" => (
            "This sign-in has expired or began in another browser. Type the code again.",
            "登录已过期或在其他浏览器中开始，请重新输入代码。",
        ),
        "sso_initiate_failed"
        | "sso_initiate_missing_url"
        | "sso_provider_unavailable"
        | "provider_unavailable" => (
            "The identity provider does not answer. Try again in a few minutes.",
            "身份提供方没有响应，请稍后再试。",
        ),
        "not_linked" => (
            "There is an account with this e-mail address. Sign in with its password and connect the provider there.",
            "该邮箱已有账户，请用密码登录后再绑定身份提供方。",
        ),
        "registration_closed" => (
            "There is no account for you here, and registration is closed. Ask your administrator.",
            "没有您的账户，且未开放注册，请联系管理员。",
        ),
        "no_workspace" => (
            "You have no workspace here. Ask your administrator to invite you.",
            "您没有工作空间，请联系管理员邀请您。",
        ),
        "account_banned" | "account_inactive" => (
            "This account is locked. Ask your administrator.",
            "该账户已被锁定，请联系管理员。",
        ),
        "no_session" | "invalid_session" | "session_already_consumed" | "csrf_mismatch" => (
            "Your sign-in has ended or changed. Type the code again.",
            "登录已结束或已变更，请重新输入代码。",
        ),
        "bearer_disabled" | "not_found" | "unknown_provider" | "console_api_url_unset" => (
            "This installation does not let devices in that way. Ask its administrator.",
            "本站不支持以此方式接入设备，请联系管理员。",
        ),
        _ => (
            "Something went wrong. Type the code again.",
            "出错了，请重新输入代码。",
        ),
    };
    language.t(english, chinese).to_owned()
}

#[cfg(test)]
mod tests {
    use gatewright_http_identity::openapi_surface;

    use super::{PageLanguage, said};

    /// The codes stand in backticks in the descriptions of the answers.
    fn codes(description: &str) -> Vec<String> {
        let quoted = description.split('`').skip(1).step_by(2);
        let is_code = |text: &&str| {
            let mut bytes = text.bytes();
            bytes.all(|b| b.is_ascii_lowercase() || b == b'_' || b == b' ')
        };
        quoted.filter(is_code).map(str::to_owned).collect()
    }

    #[test]
    fn every_error_that_the_api_documents_has_words_of_its_own() {
        let mut seen = 0;
        for operation in openapi_surface::operations().list {
            let path = &operation.path;
            // Those two are asked by devices, not by people.
            if !path.contains("/oauth/device/")
                || path.ends_with("/token")
                || path.ends_with("/code")
            {
                continue;
            }
            let documented = serde_json::to_value(&operation.documented).unwrap();
            let answers = documented["responses"].as_object().unwrap().values();
            for code in
                answers.flat_map(|one| codes(one["description"].as_str().unwrap_or_default()))
            {
                for language in [PageLanguage::English, PageLanguage::Chinese] {
                    let nothing = said(language, "of no meaning");
                    assert_ne!(said(language, &code), nothing, "{code}");
                }
                seen += 1;
            }
        }
        assert!(seen >= 17, "{seen}");
        assert_eq!(
            codes("`a_b`, or `user_code required`"),
            ["a_b", "user_code required"]
        );
    }
}
