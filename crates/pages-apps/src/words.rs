//! What kinds of apps, states and durations are called by people.

use gatewright_pages_kit::page::PageLanguage;

/// What a kind of app is called.
pub(super) fn mode(language: PageLanguage, mode: &str) -> &'static str {
    match mode {
        "workflow" => language.t("Workflow", "工作流"),
        "advanced-chat" => language.t("Chatflow", "对话流"),
        "chat" => language.t("Chatbot", "聊天助手"),
        "agent-chat" => language.t("Agent", "智能体"),
        "completion" => language.t("Text generator", "文本生成"),
        _ => language.t("App", "应用"),
    }
}

/// What a state of a run or of a node is called.
pub(super) fn status(language: PageLanguage, status: &str) -> &'static str {
    match status {
        "scheduled" => language.t("Scheduled", "等待开始"),
        "running" => language.t("Running", "运行中"),
        "succeeded" => language.t("Succeeded", "成功"),
        "failed" => language.t("Failed", "失败"),
        "stopped" => language.t("Stopped", "已停止"),
        "partial-succeeded" => language.t("Succeeded in part", "部分成功"),
        "paused" => language.t("Waiting for a person", "等待人工处理"),
        "exception" => language.t("Failed, gone around", "失败，已按预设处理"),
        "retry" => language.t("Failed, tried again", "失败，已重试"),
        _ => language.t("Unknown", "未知"),
    }
}

/// How a state looks: the class of its badge.
pub(super) fn tone(status: &str) -> &'static str {
    match status {
        "succeeded" => "good",
        "failed" => "bad",
        "running" | "scheduled" => "busy",
        "paused" | "partial-succeeded" | "exception" => "warn",
        _ => "calm",
    }
}

/// A duration of so many seconds, with the two digits that matter.
pub(super) fn duration(language: PageLanguage, seconds: f64) -> String {
    let seconds = seconds.max(0.0);
    if seconds < 0.9995 {
        let millis = seconds * 1000.0;
        return if millis < 1.0 {
            language.t("< 1 ms", "< 1 毫秒").to_owned()
        } else {
            format!("{millis:.0} {}", language.t("ms", "毫秒"))
        };
    }
    if seconds < 60.0 {
        return format!("{seconds:.1} {}", language.t("s", "秒"));
    }
    let (minutes, rest) = ((seconds / 60.0).floor(), (seconds % 60.0).floor());
    format!(
        "{minutes:.0} {} {rest:.0} {}",
        language.t("min", "分"),
        language.t("s", "秒")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn duration_is_told_in_the_unit_that_fits() {
        for (seconds, told) in [
            (0.0, "< 1 ms"),
            (0.0004, "< 1 ms"),
            (0.012, "12 ms"),
            (0.999, "999 ms"),
            (0.9999, "1.0 s"),
            (12.34, "12.3 s"),
            (61.0, "1 min 1 s"),
            (-1.0, "< 1 ms"),
        ] {
            assert_eq!(duration(PageLanguage::English, seconds), told, "{seconds}");
        }
        assert_eq!(duration(PageLanguage::Chinese, 2.0), "2.0 秒");
    }
}
