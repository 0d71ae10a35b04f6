//! One operation, as a page.

use askama::Template;
use serde_json::Value;

use super::schema::{Row, Schemas, text};
use gatewright_pages_kit::page::{Page, PageLanguage};

/// An operation, found in its document.
pub(super) struct Documented {
    pub(super) id: String,
    pub(super) method: String,
    pub(super) path: String,
    pub(super) group: String,
    pub(super) summary: String,
    operation: Value,
}

/// All operations of a document, by path.
pub(super) fn list(document: &Value) -> Vec<Documented> {
    let mut all = vec![];
    for (path, item) in document["paths"].as_object().into_iter().flatten() {
        for (method, operation) in item.as_object().into_iter().flatten() {
            let Some(id) = operation["operationId"].as_str() else {
                continue;
            };
            all.push(Documented {
                id: id.to_owned(),
                method: method.to_uppercase(),
                path: path.clone(),
                group: operation["tags"][0].as_str().unwrap_or_default().to_owned(),
                summary: text(operation["summary"].as_str()),
                operation: operation.clone(),
            });
        }
    }
    all
}

pub(super) struct Response {
    status: String,
    text: String,
    rows: Vec<Row>,
}

#[derive(Template)]
#[template(path = "operation.html")]
pub(super) struct OperationPage {
    page: Page,
    method: String,
    path: String,
    text: String,
    /// What a caller needs, one of these.
    needs: Vec<String>,
    parameters: Vec<Row>,
    body: Vec<Row>,
    responses: Vec<Response>,
    /// For a shell.
    example: Option<String>,
}

impl OperationPage {
    pub(super) fn new(language: PageLanguage, known: &Documented, document: &Value) -> Self {
        let (operation, schemas) = (&known.operation, Schemas(document));
        let body = content(&operation["requestBody"]);
        let responses = operation["responses"].as_object().into_iter().flatten();
        let responses = responses.map(|(status, answer)| Response {
            status: match (status.as_str(), language) {
                ("default", PageLanguage::English) => "default".to_owned(),
                ("default", PageLanguage::Chinese) => "其他".to_owned(),
                (status, _) => status.to_owned(),
            },
            text: text(answer["description"].as_str()),
            rows: content(answer).map_or_else(Vec::new, |schema| schemas.rows(schema)),
        });
        Self {
            page: Page {
                title: known.summary.clone(),
                ..Page::new(language, "", "")
            },
            method: known.method.clone(),
            path: known.path.clone(),
            text: text(operation["description"].as_str()),
            needs: needs(language, operation),
            parameters: parameters(operation, schemas),
            body: body.map_or_else(Vec::new, |schema| schemas.rows(schema)),
            responses: responses.collect(),
            example: example(known, body.map(|schema| schemas.example(schema))),
        }
    }
}

/// The schema of the only content of a body.
fn content(body: &Value) -> Option<&Value> {
    let (_, content) = body["content"].as_object()?.iter().next()?;
    content.get("schema")
}

fn parameters(operation: &Value, schemas: Schemas) -> Vec<Row> {
    let all = operation["parameters"].as_array().into_iter().flatten();
    all.map(|one| {
        let place = one["in"].as_str().unwrap_or_default();
        let optional = if one["required"] == true {
            ""
        } else {
            ", optional"
        };
        Row {
            name: one["name"].as_str().unwrap_or_default().to_owned(),
            kind: format!("{}, in the {place}{optional}", schemas.kind(&one["schema"])),
            text: text(one["description"].as_str()),
        }
    })
    .collect()
}

fn needs(language: PageLanguage, operation: &Value) -> Vec<String> {
    let all = operation["security"].as_array().into_iter().flatten();
    let ways = all.map(|way| {
        let names = way.as_object().into_iter().flatten();
        let names = names.map(|(name, _)| match name.as_str() {
            "bearer" => language.t(
                "bearer token in the Authorization header (difyctl login or the device flow)",
                "Authorization 请求头中的 Bearer 令牌（通过 difyctl 登录或设备流程获取）",
            ),
            "session" => language.t("session cookies", "会话 Cookie"),
            "csrf" => language.t(
                "value of the csrf_token cookie in the X-CSRF-Token header",
                "X-CSRF-Token 请求头中的 csrf_token Cookie 值",
            ),
            "refresh" => language.t("refresh cookie", "刷新 Cookie"),
            "grant" => language.t("approval grant cookie", "授权 Cookie"),
            _ => "",
        });
        names.collect::<Vec<_>>().join(", ")
    });
    ways.filter(|way| !way.is_empty()).collect()
}

/// A call by hand; not where cookies of a session are needed.
fn example(known: &Documented, body: Option<Value>) -> Option<String> {
    let security = known.operation["security"].to_string();
    if ["session", "refresh", "grant"]
        .iter()
        .any(|name| security.contains(name))
    {
        return None;
    }
    let mut lines = vec![format!(
        "curl -X {} \"$GATEWRIGHT{}\"",
        known.method, known.path
    )];
    if security.contains("bearer") {
        lines.push("  -H \"Authorization: Bearer $TOKEN\"".to_owned());
    }
    if let Some(body) = body {
        lines.push("  -H 'Content-Type: application/json'".to_owned());
        lines.push(format!("  -d '{body}'"));
    }
    Some(lines.join(" \\\n"))
}
