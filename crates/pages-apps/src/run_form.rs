//! `/form/{token}`: a form that a run waits for, for whoever has its link (apps.md §3.13). The text is the author's, as Markdown that
//! can do nothing; its marks are where the fields stand. No session is needed or looked at: the token is the right to answer, once.

use actix_web::{
    HttpRequest, HttpResponse,
    http::StatusCode,
    web::{Data, Path},
};
use askama::Template;
use chrono::DateTime;
use gatewright_domain::Classify as _;
use gatewright_http_kit::extract::RequestCtx;
use gatewright_run_service::{
    FormAnswer, FormError, FormSurface, OpenForm, RunService, field_name,
};
use serde_json::{Map, Value};

use gatewright_pages_kit::{
    form::{PageForm, RunForm, message, status_of},
    page::{MessagePage, Page, PageLanguage, show},
};

const OPEN: &str = "{{#$output.";
const CLOSE: &str = "#}}";
/// Before the names of the form's own fields: an author may call one `action`.
const PREFIX: &str = "field_";

/// What stands on the page, in its order.
enum Part {
    /// HTML that can do nothing.
    Text(String),
    /// A field to fill in.
    Field(Field),
}

struct Field {
    id: String,
    name: String,
    value: String,
    /// What may be chosen, of a field that is a choice.
    options: Option<Vec<String>>,
}

struct Button {
    id: String,
    title: String,
    is_primary: bool,
}

#[derive(Template)]
#[template(path = "run_form.html")]
struct RunFormPage {
    page: Page,
    parts: Vec<Part>,
    buttons: Vec<Button>,
    expires: String,
}

/// Shows the form.
pub(super) async fn get(
    runs: Data<RunService>,
    ctx: RequestCtx,
    token: Path<String>,
    request: HttpRequest,
) -> HttpResponse {
    let language = PageLanguage::of(&request);
    let found = async {
        runs.charge_form(&ctx).await?;
        runs.form(&ctx, FormSurface::Page, &token).await
    };
    match found.await {
        Ok(form) => ask(language, StatusCode::OK, &form, &Map::new(), None),
        Err(error) => refused(language, &error),
    }
}

/// Takes the answer.
pub(super) async fn post(
    runs: Data<RunService>,
    ctx: RequestCtx,
    token: Path<String>,
    RunForm(sent): RunForm,
) -> HttpResponse {
    let language = sent.language;
    let inputs = answers(&sent);
    let answer = FormAnswer {
        action: sent.value("action").to_owned(),
        inputs: inputs.clone(),
        by: None,
    };
    let kept = async {
        runs.charge_form(&ctx).await?;
        runs.submit_form(&ctx, FormSurface::Page, &token, answer)
            .await
    };
    match kept.await {
        Ok(()) => said(
            language,
            StatusCode::OK,
            Words {
                english: "Thank you",
                chinese: "谢谢",
            },
            Words {
                english: "Your answer was sent. You can close this page.",
                chinese: "您的答复已提交，可以关闭此页面。",
            },
        ),
        Err(error @ FormError::Misfit(_)) => {
            let form = match runs.form(&ctx, FormSurface::Page, &token).await {
                Ok(form) => form,
                Err(error) => return refused(language, &error),
            };
            let text = language.t(
                "This answer does not fit the form. Check it and try again.",
                "填写内容与表单不符，请核对后重试。",
            );
            let status = status_of(&error);
            ask(language, status, &form, &inputs, Some(text.to_owned()))
        }
        Err(error) => refused(language, &error),
    }
}

fn answers(sent: &PageForm) -> Map<String, Value> {
    let own = sent.fields.iter().filter_map(|(name, value)| {
        let name = name.strip_prefix(PREFIX)?;
        // Browsers send line breaks in pairs.
        Some((name.to_owned(), Value::String(value.replace("\r\n", "\n"))))
    });
    own.collect()
}

fn ask(
    language: PageLanguage,
    status: StatusCode,
    form: &OpenForm,
    filled: &Map<String, Value>,
    error: Option<String>,
) -> HttpResponse {
    let mut page = Page::new(language, "Your answer is needed", "请填写表单").with_error(error);
    if !form.title.is_empty() {
        page.title.clone_from(&form.title);
    }
    let until = DateTime::from_timestamp(form.expiration_time, 0).unwrap_or_default();
    let until = until.format("%Y-%m-%d %H:%M UTC").to_string();
    let text = RunFormPage {
        page,
        parts: parts(form, filled),
        buttons: form.actions.iter().map(button).collect(),
        expires: format!(
            "{} {until}",
            language.t("This form can be answered until", "此表单可填写至")
        ),
    };
    show(status, &text)
}

/// The text, each field where its mark is, and those without a mark behind it.
fn parts(form: &OpenForm, filled: &Map<String, Value>) -> Vec<Part> {
    let mut open: Vec<&Value> = form.inputs.iter().collect();
    let mut parts = vec![];
    let mut text = String::new();
    let mut rest = form.content.as_str();
    while let Some((before, behind)) = rest.split_once(OPEN) {
        text.push_str(before);
        let mark = behind.split_once(CLOSE);
        let at = mark.and_then(|(name, _)| open.iter().position(|input| field_name(input) == name));
        let (Some((_, behind)), Some(at)) = (mark, at) else {
            text.push_str(OPEN);
            rest = behind;
            continue;
        };
        parts.push(Part::Text(gatewright_markdown::to_html(&text)));
        text.clear();
        parts.push(Part::Field(field(open.remove(at), form, filled)));
        rest = behind;
    }
    text.push_str(rest);
    parts.push(Part::Text(gatewright_markdown::to_html(&text)));
    parts.extend(
        open.into_iter()
            .map(|input| Part::Field(field(input, form, filled))),
    );
    parts
}

fn field(input: &Value, form: &OpenForm, filled: &Map<String, Value>) -> Field {
    let name = field_name(input);
    let constant = Some(&input["default"]).filter(|default| default["type"] == "constant");
    let value = filled
        .get(name)
        .or_else(|| form.defaults.get(name))
        .or_else(|| constant.map(|default| &default["value"]));
    let options = (input["type"] == "select").then(|| {
        let options = input["option_source"]["value"].as_array();
        let texts = options.into_iter().flatten().filter_map(Value::as_str);
        texts.map(str::to_owned).collect()
    });
    Field {
        id: format!("{PREFIX}{name}"),
        name: name.to_owned(),
        value: value.and_then(Value::as_str).unwrap_or_default().to_owned(),
        options,
    }
}

fn button(action: &Value) -> Button {
    let text = |name: &str| action[name].as_str().unwrap_or_default().to_owned();
    Button {
        id: text("id"),
        title: text("title"),
        is_primary: action["button_style"] == "primary",
    }
}

/// A page that says why there is no form.
fn refused(language: PageLanguage, error: &FormError) -> HttpResponse {
    let status = status_of(error);
    match error {
        FormError::Submitted(_) => said(
            language,
            status,
            Words {
                english: "Already answered",
                chinese: "已有人填写",
            },
            Words {
                english: "This form has been answered. Nothing was changed.",
                chinese: "此表单已有人填写，未作任何更改。",
            },
        ),
        FormError::Expired(_) => said(
            language,
            status,
            Words {
                english: "Too late",
                chinese: "表单已过期",
            },
            Words {
                english: "This form can no longer be answered: its time is over, or what asked for it has ended.",
                chinese: "此表单已无法填写：已超过期限，或发起它的流程已结束。",
            },
        ),
        FormError::NotFound | FormError::OtherSurface | FormError::Misfit(_) => said(
            language,
            StatusCode::NOT_FOUND,
            Words {
                english: "Form not found",
                chinese: "表单不存在",
            },
            Words {
                english: "There is no form at this address. Check that the link is complete.",
                chinese: "此地址没有表单，请检查链接是否完整。",
            },
        ),
        FormError::RateLimited(_) | FormError::Unavailable(_) => {
            let page = Page::new(language, "Try again later", "请稍后重试");
            let text = message(
                language,
                error.code(),
                "Too many requests. Try again later.",
            );
            show(status, &MessagePage::saying(page, text))
        }
    }
}

/// A text in both languages.
struct Words {
    english: &'static str,
    chinese: &'static str,
}

/// A page of one sentence.
fn said(language: PageLanguage, status: StatusCode, title: Words, line: Words) -> HttpResponse {
    let page = Page::new(language, title.english, title.chinese);
    let line = language.t(line.english, line.chinese).to_owned();
    show(status, &MessagePage::saying(page, line))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn shown(parts: &[Part]) -> String {
        let texts = parts.iter().map(|part| match part {
            Part::Text(html) => html.trim().to_owned(),
            Part::Field(field) => format!("[{}={}]", field.id, field.value),
        });
        texts.collect::<Vec<_>>().join("|")
    }

    #[test]
    fn fields_stand_at_their_marks_and_those_without_one_behind_the_text() {
        let input = |name: &str| json!({"output_variable_name": name, "type": "paragraph", "default": {"type": "constant", "value": "d"}});
        let form = OpenForm {
            app: gatewright_domain::ids::AppId(uuid::Uuid::nil()),
            title: String::new(),
            content: "Hi <b>{{#$output.a#}}</b> {{#$output.stray#}} *x* {{#$output.".into(),
            inputs: vec![input("a"), input("b")],
            defaults: Map::from_iter([("b".to_owned(), json!("from the run"))]),
            actions: vec![],
            expiration_time: 0,
        };
        let filled = Map::from_iter([("a".to_owned(), json!("typed"))]);
        assert_eq!(
            shown(&parts(&form, &filled)),
            "<p>Hi </p>|[field_a=typed]|<p> {{#$output.stray#}} <em>x</em> {{#$output.</p>|[field_b=from the run]"
        );
    }
}
