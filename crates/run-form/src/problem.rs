//! What goes wrong with apps and runs, for people.

use actix_web::HttpResponse;
use gatewright_http_files::NotTaken;
use gatewright_http_kit::extract::UploadProblem;
use gatewright_run_service::{InputError, Problem, RunServiceError};
use gatewright_usecase_apps::AppError;
use gatewright_usecase_files::FileError;

use gatewright_pages_kit::{
    form::status_of,
    page::{MessagePage, Page, PageLanguage, show},
    unavailable::unavailable,
};

/// An app or a run that cannot be shown, as a page.
pub fn of_run(language: PageLanguage, error: &RunServiceError) -> HttpResponse {
    match error {
        RunServiceError::Unavailable(error) => unavailable(language, error),
        other => {
            let page = Page::new(language, "App unavailable", "应用不可用");
            let told = MessagePage::saying(page, words_of_run(language, other));
            show(status_of(other), &told)
        }
    }
}

/// Why an app does not run, in words.
fn words_of_app(language: PageLanguage, error: &AppError) -> String {
    let english = error.to_string();
    let text = match error {
        AppError::NotPublished => language.t(
            "Nothing of this app is published yet, so it cannot run. Publish it first.",
            "此应用尚未发布，无法运行。请先发布。",
        ),
        AppError::WrongMode => language.t(
            "Apps of this kind cannot be run from here yet.",
            "暂不支持在此运行这类应用。",
        ),
        _ => language.t(&english, "此应用目前无法运行，请检查其配置。"),
    };
    text.to_owned()
}

/// Why a run did not begin, in words; [`RunServiceError::Input`] is told at its field instead.
pub fn words_of_run(language: PageLanguage, error: &RunServiceError) -> String {
    match error {
        RunServiceError::App(error) => words_of_app(language, error),
        RunServiceError::Graph(reason) => {
            let sentence = language.t(
                "This app cannot run as it is: {reason}",
                "此应用目前无法运行：{reason}",
            );
            sentence.replace("{reason}", reason)
        }
        RunServiceError::File(error) => {
            let english = error.to_string();
            let chinese = "所选文件不符合要求，请重新选择。";
            language.t(&english, chinese).to_owned()
        }
        RunServiceError::TooMany => language
            .t(
                "Too many runs are under way. Try again in a moment.",
                "正在进行的运行过多，请稍后重试。",
            )
            .to_owned(),
        RunServiceError::Input(_) => language
            .t(
                "Check what you filled in. Nothing was run.",
                "请检查填写的内容，尚未运行。",
            )
            .to_owned(),
        RunServiceError::ConversationBusy => language
            .t(
                "Another message of this conversation is still being answered. Try again when it is.",
                "此对话的上一条消息仍在处理中，请稍后重试。",
            )
            .to_owned(),
        RunServiceError::ConversationNotFound => language
            .t(
                "This conversation is not yours, or it is gone. Begin a new one.",
                "此对话不属于您或已不存在，请开始新的对话。",
            )
            .to_owned(),
        other => {
            let english = other.to_string();
            language
                .t(&english, "无法开始运行，请稍后重试。")
                .to_owned()
        }
    }
}

/// Why a file is not taken, beside its field.
pub fn words_of_file(language: PageLanguage, error: &NotTaken) -> String {
    let t = |english: &str, chinese: &str| language.t(english, chinese).to_owned();
    match error {
        NotTaken::File(FileError::TooLarge) => t("This file is too large.", "文件过大。"),
        NotTaken::File(FileError::UnsupportedType | FileError::Blocked(_)) => {
            t("Files of this kind are not taken here.", "不支持此类文件。")
        }
        NotTaken::File(FileError::RateLimited(_)) => t(
            "You have uploaded enough for now. Try again later.",
            "近期上传的文件过多，请稍后重试。",
        ),
        NotTaken::Form(UploadProblem::Name(_)) => t(
            "The name of this file cannot be used. Rename it.",
            "文件名无法使用，请重命名后再试。",
        ),
        _ => t(
            "This file could not be taken. Choose it again.",
            "无法接收此文件，请重新选择。",
        ),
    }
}

/// More files than an input takes, beside its field.
pub fn too_many_files(language: PageLanguage, most: u64) -> String {
    let sentence = language.t("At most {most} files.", "最多 {most} 个文件。");
    sentence.replace("{most}", &most.to_string())
}

/// What is wrong with an input, beside its field.
pub fn words_of_input(language: PageLanguage, error: &InputError) -> String {
    let t = |english: &str, chinese: &str| language.t(english, chinese).to_owned();
    match &error.problem {
        Problem::Required => t("Fill in this field.", "请填写此项。"),
        Problem::NotNumber => t(
            "Enter a number, for example 3 or 2.5.",
            "请输入数字，例如 3 或 2.5。",
        ),
        Problem::NotAnOption(_) => t("Choose one of the options.", "请选择其中一项。"),
        Problem::TooLong(most) => t("At most {most} characters.", "最多 {most} 个字符。")
            .replace("{most}", &most.to_string()),
        Problem::NotObject => t(
            "Enter a JSON object, for example {\"a\": 1}.",
            "请输入 JSON 对象，例如 {\"a\": 1}。",
        ),
        Problem::Schema(reason) => {
            let sentence = t(
                "This does not fit what the app expects: {reason}",
                "内容不符合应用的要求：{reason}",
            );
            sentence.replace("{reason}", reason)
        }
        Problem::TooManyFiles(most) => too_many_files(language, *most),
        Problem::NotText(_) | Problem::NotBoolean | Problem::NotFile | Problem::NotFiles => {
            let english = error.to_string();
            t(&english, "填写内容有误，请检查后重试。")
        }
    }
}
