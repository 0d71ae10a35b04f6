//! What the events of the audit trail are called by people.

use gatewright_domain::audit::AuditAction;

use gatewright_pages_kit::page::PageLanguage;

/// What happened, in a few words.
#[allow(clippy::too_many_lines, reason = "a table")]
pub(super) fn event_messages(language: PageLanguage, action: AuditAction) -> &'static str {
    let (english, chinese) = match action {
        AuditAction::DeviceCodeIssued => ("Device access requested", "设备请求访问"),
        AuditAction::DeviceFlowApproved => ("Device approved", "设备已批准"),
        AuditAction::DeviceFlowDenied => ("Device denied", "设备已拒绝"),
        AuditAction::DeviceFlowRejected => ("Device decision rejected", "设备审批操作被拒绝"),
        AuditAction::DeviceCodeRedeemed => ("Device connected", "设备已连接"),
        AuditAction::DeviceCodeReplayed => {
            ("Used device code replayed", "已使用的设备代码被再次提交")
        }
        AuditAction::DeviceCodeCrossIpPoll => (
            "Device connected from a different address than it requested access from",
            "设备完成连接的地址与请求地址不同",
        ),
        AuditAction::TokenRevoked => ("Device disconnected", "设备已断开"),
        AuditAction::TokenExpired => ("Device access expired", "设备访问权限已到期"),
        AuditAction::WrongSurfaceDenied => (
            "Device token used on the wrong API",
            "设备令牌用于不适用的 API",
        ),
        AuditAction::AssertionRefused => (
            "Identity provider response rejected",
            "身份提供方的响应被拒绝",
        ),
        AuditAction::ExternalLoginRefused => (
            "Identity provider sign-in rejected",
            "通过身份提供方的登录被拒绝",
        ),
        AuditAction::IdentityLinked => ("Identity provider connected", "身份提供方已绑定"),
        AuditAction::IdentityUnlinked => ("Identity provider disconnected", "身份提供方已解绑"),
        AuditAction::SetupCompleted => ("Installation set up", "系统初始化已完成"),
        AuditAction::LoginSucceeded => ("Signed in", "登录成功"),
        AuditAction::LoginFailed => ("Sign-in failed", "登录失败"),
        AuditAction::LoggedOut => ("Signed out", "已退出登录"),
        AuditAction::RefreshReused => (
            "Used session token replayed, session ended",
            "已使用的会话令牌被再次提交，会话已结束",
        ),
        AuditAction::WorkspaceSwitched => ("Workspace switched", "工作空间已切换"),
        AuditAction::PasswordReset => ("Password reset by email", "密码已通过邮件重置"),
        AuditAction::PasswordChanged => ("Password changed", "密码已修改"),
        AuditAction::EmailChanged => ("Email address changed", "邮箱已修改"),
        AuditAction::AccountRegistered => ("Account registered", "账户已注册"),
        AuditAction::AccountActivated => ("Invitation accepted", "邀请已接受"),
        AuditAction::AccountDeleted => ("Account deleted", "账户已删除"),
        AuditAction::CodeRefused => ("Wrong email code entered", "邮件验证码错误"),
        AuditAction::AccountCreated => ("Account created by an administrator", "管理员创建了账户"),
        AuditAction::AccountUnlocked => {
            ("Account unlocked by an administrator", "管理员解锁了账户")
        }
        AuditAction::SessionsRevoked => ("Sessions ended by an administrator", "管理员结束了会话"),
        AuditAction::WorkspaceCreated => ("Workspace created", "工作空间已创建"),
        AuditAction::WorkspaceRenamed => ("Workspace renamed", "工作空间已重命名"),
        AuditAction::WorkspaceDeleted => ("Workspace deleted", "工作空间已删除"),
        AuditAction::MemberInvited => ("Member invited", "成员已邀请"),
        AuditAction::MemberJoined => ("Member joined", "成员已加入"),
        AuditAction::MemberRemoved => ("Member left or removed", "成员已退出或被移除"),
        AuditAction::MemberRoleChanged => ("Member role changed", "成员角色已更改"),
        AuditAction::OwnershipTransferred => ("Ownership transferred", "所有权已转让"),
        AuditAction::AppCreated => ("App created", "应用已创建"),
        AuditAction::AppOverwritten => ("App overwritten from a file", "应用已由文件覆盖"),
        AuditAction::AppSecretsExported => ("App exported with secrets", "应用已连同密钥导出"),
        AuditAction::AppPublished => ("App published", "应用已发布"),
        AuditAction::AppAccessChanged => ("App access changed", "应用访问方式已更改"),
        AuditAction::AppDeleted => ("App deleted", "应用已删除"),
        AuditAction::EndUserExported => ("End user's data exported", "终端用户数据已导出"),
        AuditAction::EndUserErased => ("End user's data erased", "终端用户数据已清除"),
        AuditAction::ApiKeyCreated => ("API key created", "API 密钥已创建"),
        AuditAction::ApiKeyDeleted => ("API key deleted", "API 密钥已删除"),
        AuditAction::AuditCut => ("Old events deleted by retention", "旧事件已按保留期限删除"),
    };
    language.t(english, chinese)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn g10_every_audit_event_has_its_own_text_in_both_languages() {
        for language in [PageLanguage::English, PageLanguage::Chinese] {
            let all = AuditAction::ALL.iter();
            let message: BTreeSet<&str> = all.map(|one| event_messages(language, *one)).collect();
            assert_eq!(message.len(), AuditAction::ALL.len());
            assert!(message.iter().all(|message| !message.contains(['.', '_'])));
        }
    }
}
