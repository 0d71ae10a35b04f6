//! Every code that the device flow can end with, as what happened and what to do next. A code out of a
//! link that is not known here is never shown.

use gatewright_pages_kit::page::PageLanguage;

#[allow(clippy::too_many_lines, reason = "a table")]
pub(super) fn flash(language: PageLanguage, code: &str) -> String {
    // Two of them are words with a space; in a link that is an underscore.
    let (english, chinese) = match code.replace(' ', "_").as_str() {
        "expired_or_unknown" => (
            "This code is invalid or has expired. Check it against your device, or start again there.",
            "代码无效或已过期。请与设备上显示的代码核对，或在设备上重新开始。",
        ),
        "invalid_user_code" | "user_code_required" | "lookup_required" => (
            "This code is invalid or has expired, or you followed a link. Enter the code shown on your device.",
            "代码无效或已过期，或者您是通过链接进入的。请输入设备上显示的代码。",
        ),
        "user_code_not_pending" | "already_resolved" | "user_code_mismatch" => (
            "This code has expired or was already used. Start again on your device.",
            "代码已过期或已被使用，请在设备上重新开始。",
        ),
        "not_compared" => (
            "Nothing was approved. Select the checkbox only if your own device shows this exact code. Otherwise, deny the request.",
            "尚未批准。仅当您自己的设备显示的正是此代码时，才勾选复选框；否则请拒绝。",
        ),
        "rate_limited" => (
            "Too many attempts. Try again in a few minutes.",
            "尝试次数过多，请几分钟后重试。",
        ),
        "email_belongs_to_dify_account" => (
            "This email address belongs to an account here. Sign in with that account instead.",
            "该邮箱属于本站账户，请改用该账户登录。",
        ),
        "email_not_verified" => (
            "Your identity provider has not verified your email address. Contact its administrator.",
            "身份提供方尚未验证您的邮箱，请联系其管理员。",
        ),
        "email_missing" => (
            "Your identity provider does not share your email address. Ask its administrator to allow the \"email\" scope.",
            "身份提供方未提供您的邮箱，请联系其管理员开放 email 权限范围。",
        ),
        "email_unusable" => (
            "The email address that your identity provider has for you cannot be used. It may contain a space. Ask its administrator to correct it.",
            "身份提供方登记的邮箱无法使用，可能含有空格。请联系其管理员更正。",
        ),
        "provider_malformed" | "sso_provider_malformed" => (
            "The identity provider sent an invalid response. Contact your administrator: the log has the details.",
            "身份提供方返回的响应无效，请联系管理员，日志中有详细原因。",
        ),
        "identity_not_proved" => (
            "The identity provider's response could not be verified. Sign in again. If the problem persists, contact your administrator.",
            "无法验证身份提供方的响应，请重新登录。如果问题仍然存在，请联系管理员。",
        ),
        "code_too_long" => (
            "The identity provider sent a code that is too long. Contact your administrator.",
            "身份提供方返回的授权码过长，请联系管理员。",
        ),
        "access_denied" => (
            "Your identity provider did not sign you in.",
            "身份提供方未允许您登录。",
        ),
        "invalid_sso_assertion" | "sso_assertion_required" => (
            "This sign-in has expired or was started in another browser. Enter the code again.",
            "此次登录已过期，或是在其他浏览器中发起的。请重新输入代码。",
        ),
        "sso_initiate_failed"
        | "sso_initiate_missing_url"
        | "sso_provider_unavailable"
        | "provider_unavailable" => (
            "The identity provider is not responding. Try again in a few minutes.",
            "身份提供方没有响应，请几分钟后重试。",
        ),
        "not_linked" => (
            "An account with this email address already exists. Sign in with its password, then connect the provider on your account page.",
            "该邮箱已有账户。请使用密码登录，然后在账户页面绑定身份提供方。",
        ),
        "registration_closed" => (
            "You do not have an account here, and registration is closed. Contact your administrator.",
            "您还没有本站账户，且本站未开放注册。请联系管理员。",
        ),
        "no_workspace" => (
            "You do not belong to a workspace here. Ask your administrator to invite you.",
            "您尚未加入任何工作空间，请联系管理员邀请您。",
        ),
        "account_banned" | "account_inactive" => (
            "This account is locked. Contact your administrator.",
            "该账户已被锁定，请联系管理员。",
        ),
        "no_session" | "invalid_session" | "session_already_consumed" | "csrf_mismatch" => (
            "Your session has ended or changed. Enter the code again.",
            "您的会话已结束或已变更，请重新输入代码。",
        ),
        "bearer_disabled" | "not_found" | "unknown_provider" | "console_api_url_unset" => (
            "This installation does not support connecting devices this way. Contact its administrator.",
            "本站不支持以此方式连接设备，请联系管理员。",
        ),
        _ => (
            "Something went wrong. Enter the code again.",
            "出错了，请重新输入代码。",
        ),
    };
    language.t(english, chinese).to_owned()
}

#[cfg(test)]
mod tests {
    use gatewright_http_identity::openapi_surface;

    use super::{PageLanguage, flash};

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
    fn every_documented_device_error_has_its_own_page_message() {
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
            let documented = serde_json::to_value((operation.documented)()).unwrap();
            let answers = documented["responses"].as_object().unwrap().values();
            for code in
                answers.flat_map(|one| codes(one["description"].as_str().unwrap_or_default()))
            {
                for language in [PageLanguage::English, PageLanguage::Chinese] {
                    let nothing = flash(language, "of no meaning");
                    assert_ne!(flash(language, &code), nothing, "{code}");
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
