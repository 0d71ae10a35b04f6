//! What the events of the audit trail are called by people.

use gatewright_domain::audit::AuditAction;

use crate::page::PageLanguage;

/// What happened, in a few words.
#[allow(clippy::too_many_lines, reason = "a table")]
pub(super) fn event_words(language: PageLanguage, action: AuditAction) -> &'static str {
    let (english, chinese) = match action {
        AuditAction::DeviceCodeIssued => ("A device asked to be let in", "设备请求接入"),
        AuditAction::DeviceFlowApproved => ("A device was approved", "设备已批准"),
        AuditAction::DeviceFlowDenied => ("A device was denied", "设备已拒绝"),
        AuditAction::DeviceFlowRejected => {
            ("A decision on a device was refused", "对设备的决定被驳回")
        }
        AuditAction::DeviceCodeRedeemed => ("A device was connected", "设备已连接"),
        AuditAction::DeviceCodeReplayed => {
            ("A used device code came back", "已使用的设备代码再次出现")
        }
        AuditAction::DeviceCodeCrossIpPoll => (
            "A device was connected from another address than it asked from",
            "设备从不同的地址完成连接",
        ),
        AuditAction::TokenRevoked => ("A device was disconnected", "设备已断开"),
        AuditAction::TokenExpired => ("A device's access expired", "设备访问已到期"),
        AuditAction::WrongSurfaceDenied => (
            "A device's token was used where it does not belong",
            "令牌用于不适用的接口",
        ),
        AuditAction::AssertionRefused => (
            "An answer of an identity provider was refused",
            "身份提供方的应答被拒绝",
        ),
        AuditAction::ExternalLoginRefused => (
            "A sign-in through an identity provider was refused",
            "通过身份提供方的登录被拒绝",
        ),
        AuditAction::IdentityLinked => ("An identity provider was connected", "已关联身份提供方"),
        AuditAction::IdentityUnlinked => {
            ("An identity provider was disconnected", "已解除身份提供方")
        }
        AuditAction::SetupCompleted => ("The installation was set up", "安装已完成"),
        AuditAction::LoginSucceeded => ("Signed in", "登录成功"),
        AuditAction::LoginFailed => ("A sign-in failed", "登录失败"),
        AuditAction::LoggedOut => ("Signed out", "已退出登录"),
        AuditAction::RefreshReused => (
            "A used session token came back; the session was ended",
            "已使用的会话令牌再次出现，会话已结束",
        ),
        AuditAction::WorkspaceSwitched => ("Switched to another workspace", "切换了工作空间"),
        AuditAction::PasswordReset => ("A password was reset by mail", "通过邮件重置了密码"),
        AuditAction::PasswordChanged => ("A password was changed", "密码已修改"),
        AuditAction::EmailChanged => ("An e-mail address was changed", "邮箱地址已修改"),
        AuditAction::AccountRegistered => ("An account was registered", "账户已注册"),
        AuditAction::AccountActivated => ("An invitation was accepted", "邀请已接受"),
        AuditAction::AccountDeleted => ("An account was deleted", "账户已删除"),
        AuditAction::CodeRefused => ("A code from a mail was wrong", "邮件验证码错误"),
        AuditAction::AccountCreated => ("An administrator created an account", "管理员创建了账户"),
        AuditAction::AccountUnlocked => {
            ("An administrator unlocked an account", "管理员解锁了账户")
        }
        AuditAction::SessionsRevoked => ("An administrator ended sessions", "管理员结束了会话"),
        AuditAction::WorkspaceCreated => ("The workspace was created", "工作空间已创建"),
        AuditAction::WorkspaceRenamed => ("The workspace was renamed", "工作空间已重命名"),
        AuditAction::WorkspaceDeleted => ("The workspace was deleted", "工作空间已删除"),
        AuditAction::MemberInvited => ("Somebody was invited", "已邀请成员"),
        AuditAction::MemberJoined => ("A member joined", "成员已加入"),
        AuditAction::MemberRemoved => ("A member left or was removed", "成员已移除或退出"),
        AuditAction::MemberRoleChanged => ("A member's role was changed", "成员角色已更改"),
        AuditAction::OwnershipTransferred => ("The ownership was transferred", "所有权已转移"),
        AuditAction::ApiKeyCreated => ("An API key was created", "API 密钥已创建"),
        AuditAction::ApiKeyDeleted => ("An API key was deleted", "API 密钥已删除"),
        AuditAction::AuditCut => (
            "Old events were deleted by retention",
            "旧事件已按保留期限删除",
        ),
    };
    language.t(english, chinese)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn g10_every_event_has_words_of_its_own_in_both_languages() {
        for language in [PageLanguage::English, PageLanguage::Chinese] {
            let all = AuditAction::ALL.iter();
            let words: BTreeSet<&str> = all.map(|one| event_words(language, *one)).collect();
            assert_eq!(words.len(), AuditAction::ALL.len());
            assert!(words.iter().all(|words| !words.contains(['.', '_'])));
        }
    }
}
