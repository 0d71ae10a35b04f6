//! What the pages load: one style sheet, and the modules of the script as they were written. Their addresses carry the version of the
//! program, so that a page never has modules of two.

use gatewright_pages_kit::routes::PageFile;

const SCRIPT: &str = "text/javascript; charset=utf-8";

/// Where the files of this version are.
pub(crate) const FOLDER: &str = concat!("/webapp/", env!("CARGO_PKG_VERSION"));

/// The modules that a page of this kind needs beside the first one: browsers fetch them at once.
pub(crate) fn modules(is_chat: bool) -> &'static [&'static str] {
    const CHAT: [&str; 9] = [
        "api.js",
        "words.js",
        "markdown.js",
        "inline.js",
        "files.js",
        "forms.js",
        "round.js",
        "history.js",
        "chat.js",
    ];
    const WORKFLOW: [&str; 8] = [
        "api.js",
        "words.js",
        "markdown.js",
        "inline.js",
        "files.js",
        "forms.js",
        "round.js",
        "workflow.js",
    ];
    if is_chat { &CHAT } else { &WORKFLOW }
}

macro_rules! script {
    ($name:literal) => {
        PageFile {
            path: concat!("/webapp/{version}/", $name),
            media_type: SCRIPT,
            text: include_str!(concat!("script/", $name)),
        }
    };
}

/// Everything that pages and embedding sites load.
pub(crate) const ALL: [PageFile; 14] = [
    script!("app.js"),
    script!("api.js"),
    script!("chat.js"),
    script!("files.js"),
    script!("forms.js"),
    script!("history.js"),
    script!("inline.js"),
    script!("markdown.js"),
    script!("math.js"),
    script!("round.js"),
    script!("words.js"),
    script!("workflow.js"),
    PageFile {
        path: "/webapp/{version}/webapp.css",
        media_type: "text/css; charset=utf-8",
        text: include_str!("webapp.css"),
    },
    // Its name is that of the script which published pages load.
    PageFile {
        path: "/embed.min.js",
        media_type: SCRIPT,
        text: include_str!("embed.js"),
    },
];
