//! A page as it is shown: empty, or with what came of its form.

use actix_web::{HttpRequest, HttpResponse, http::StatusCode, web::Path};
use askama::Template;
use gatewright_markdown::answer_to_html;
use gatewright_pages_kit::{form::PageForm, page::PageLanguage};
use gatewright_run_form::{
    fields::{self, Field, InputProblem, MESSAGE, fields},
    icon::emoji,
};
use gatewright_run_service::{InputField, InputKind};
use serde_json::Value;
use uuid::Uuid;

use crate::{
    assets::{FOLDER, modules},
    config::{config, opening},
    guest::PASSPORT,
    open::{BESIDE, Kind, Open},
    rounds::{Outcome, Round, pictures},
    send::{CONVERSATION, SUGGESTION},
    services::Services,
    theme,
};

/// Questions to begin with that a page shows.
const MAX_SUGGESTIONS: usize = 10;

/// What a page shows beside its form.
#[derive(Default)]
pub(crate) struct Shown {
    pub(crate) status: StatusCode,
    pub(crate) error: Option<String>,
    pub(crate) problem: Option<InputProblem>,
    pub(crate) rounds: Vec<Round>,
    pub(crate) outcome: Option<Outcome>,
    pub(crate) conversation: Option<Uuid>,
    pub(crate) passport: Option<String>,
}

/// A page of an app.
#[derive(Template)]
#[template(path = "page.html")]
pub(crate) struct Page<'a> {
    open: &'a Open,
    language: PageLanguage,
    folder: &'static str,
    modules: &'static [&'static str],
    config: String,
    title: &'a str,
    description: &'a str,
    icon: Option<String>,
    icon_colour: Option<String>,
    theme: Option<String>,
    copyright: &'a str,
    privacy: Option<&'a str>,
    disclaimer: &'a str,
    /// The opening statement as HTML of the closed list.
    opening: String,
    suggestions: Vec<&'a str>,
    suggestion_name: &'static str,
    fields: Vec<Field>,
    /// The field for files beside a message.
    beside: Option<Field>,
    takes_files: bool,
    message: String,
    message_problem: Option<String>,
    hidden: Vec<(&'static str, String)>,
    shown: Shown,
}

/// Shows an empty page.
pub(crate) async fn get<K: Kind>(
    services: Services,
    code: Path<String>,
    request: HttpRequest,
) -> HttpResponse {
    match Open::find::<K>(&services, &code, &request).await {
        Ok(open) => Page::new(&open, Shown::default(), None).show(),
        Err(answer) => answer,
    }
}

impl<'a> Page<'a> {
    /// With what came of its form; what was filled in stays, but for a message that was answered.
    pub(crate) fn new(open: &'a Open, shown: Shown, sent: Option<&PageForm>) -> Self {
        let look = &open.site.look;
        let text = |member: &'a Option<String>| member.as_deref().unwrap_or_default().trim();
        let suggestions = open.parameters.suggested_questions.as_array();
        let suggestions = suggestions.into_iter().flatten().filter_map(Value::as_str);
        let is_begun = !shown.rounds.is_empty();
        let is_refused = shown.error.is_some();
        let message = sent.map(|sent| sent.value(MESSAGE)).unwrap_or_default();
        let (fields, beside) = form(open, &shown, sent);
        let conversation = shown.conversation.map(|id| (CONVERSATION, id.to_string()));
        let passport = shown.passport.clone().map(|text| (PASSPORT, text));
        Self {
            language: open.language,
            folder: FOLDER,
            modules: modules(open.is_chat()),
            config: config(open, shown.conversation),
            title: &look.title,
            description: text(&look.description),
            icon: emoji(look.icon_type.as_deref(), look.icon.as_deref()),
            icon_colour: look.icon_background.as_deref().and_then(theme::colour),
            theme: look.chat_color_theme.as_deref().and_then(theme::colour),
            copyright: text(&look.copyright),
            privacy: Some(text(&look.privacy_policy)).filter(|url| is_web(url)),
            disclaimer: text(&look.custom_disclaimer),
            opening: answer_to_html(opening(&open.parameters.opening_statement), &pictures(open)),
            suggestions: suggestions
                .filter(|one| !one.trim().is_empty() && !is_begun)
                .take(MAX_SUGGESTIONS)
                .collect(),
            suggestion_name: SUGGESTION,
            takes_files: open.declared.iter().any(takes_files),
            fields,
            beside,
            message: if is_refused {
                message.to_owned()
            } else {
                String::new()
            },
            message_problem: shown
                .problem
                .as_ref()
                .filter(|problem| problem.name == MESSAGE)
                .map(|problem| problem.words.clone()),
            hidden: passport.into_iter().chain(conversation).collect(),
            open,
            shown,
        }
    }

    /// As an answer.
    pub(crate) fn show(&self) -> HttpResponse {
        self.open.rules.show(self.shown.status, self)
    }

    /// Whether the form's inputs are shown at once: nothing was answered yet, or one of them does not fit.
    fn is_form_open(&self) -> bool {
        self.shown.rounds.is_empty() || self.fields.iter().any(|field| field.problem.is_some())
    }
}

fn takes_files(field: &InputField) -> bool {
    matches!(field.kind, InputKind::File | InputKind::FileList)
        && field.files.allows_method("local_file")
}

/// The fields of the form, those for files beside a message by themselves.
fn form(open: &Open, shown: &Shown, sent: Option<&PageForm>) -> (Vec<Field>, Option<Field>) {
    let mut all = fields(&open.declared, |declared| {
        // Files that went with a message are not sent with the next one.
        let is_spent = declared.variable == BESIDE && shown.error.is_none();
        let sent = sent.filter(|_| !is_spent)?;
        Some(sent.value(&fields::name(&declared.variable)).to_owned())
    });
    if let Some(problem) = &shown.problem {
        problem.show(&mut all);
    }
    let name = fields::name(BESIDE);
    let beside = all.iter().position(|field| field.name == name);
    let beside = beside.map(|at| all.remove(at));
    (all, beside)
}

/// Whether an address is one of the web.
fn is_web(url: &str) -> bool {
    let lower = url.to_ascii_lowercase();
    lower.starts_with("https://") || lower.starts_with("http://")
}
