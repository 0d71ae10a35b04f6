//! The http-request node: a request out of templates, an answer as outputs.

mod body;

use base64::Engine as _;
use gatewright_variables::{Template, VariableType};
use serde::Deserialize;
use serde_json::{Map, Value as Json};

use self::body::BodyData;
use super::{Context, NodeData, Outcome, Request, budget::Budget, mismatch, read};
use crate::{
    call::{CallResult, HttpCall, HttpMethod, NodeCall},
    failure::Failure,
    fields::Fields,
    graph::OnError,
};

/// The request as templates.
#[derive(Debug)]
pub(crate) struct HttpData {
    method: HttpMethod,
    url: Template,
    params: Vec<(Template, Template)>,
    headers: Vec<(Template, Template)>,
    authorization: Option<Authorization>,
    body: BodyData,
    timeout: [u32; 3],
    ssl_verify: bool,
}

#[derive(Debug)]
struct Authorization {
    kind: AuthorizationKind,
    key: Template,
    header: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum AuthorizationKind {
    Basic,
    Bearer,
    Custom,
}

#[derive(Deserialize)]
struct Raw {
    method: String,
    #[serde(default)]
    url: String,
    #[serde(default)]
    params: Option<String>,
    #[serde(default)]
    headers: Option<String>,
    #[serde(default)]
    authorization: Option<RawAuthorization>,
    #[serde(default)]
    body: Option<body::Raw>,
    #[serde(default)]
    timeout: Option<RawTimeout>,
    #[serde(default)]
    ssl_verify: Option<bool>,
}

#[derive(Deserialize)]
struct RawAuthorization {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    config: Json,
}

#[derive(Deserialize)]
struct RawConfig {
    #[serde(rename = "type")]
    kind: AuthorizationKind,
    #[serde(default)]
    api_key: Option<String>,
    #[serde(default)]
    header: Option<String>,
}

#[derive(Deserialize, Default)]
struct RawTimeout {
    #[serde(default, alias = "max_connect_timeout")]
    connect: Option<u32>,
    #[serde(default, alias = "max_read_timeout")]
    read: Option<u32>,
    #[serde(default, alias = "max_write_timeout")]
    write: Option<u32>,
}

/// Headers or parameters of one request, at most.
const MAX_PAIRS: usize = 1_000;

/// `name:value` on each line; a line without a name is none.
fn pairs(what: &str, text: &str) -> Result<Vec<(Template, Template)>, String> {
    let pair = |line: &str| {
        // A colon inside of a variable's braces does not part name and value; variables have none.
        let (name, value) = line.split_once(':').unwrap_or((line, ""));
        let name = name.trim();
        (!name.is_empty()).then(|| (Template::parse(name), Template::parse(value.trim())))
    };
    let pairs: Vec<_> = text.lines().filter_map(pair).take(MAX_PAIRS + 1).collect();
    if pairs.len() > MAX_PAIRS {
        return Err(format!("{what}: more than {MAX_PAIRS} lines"));
    }
    Ok(pairs)
}

fn method(name: &str) -> Result<HttpMethod, String> {
    Ok(match name.to_ascii_lowercase().as_str() {
        "get" => HttpMethod::Get,
        "post" => HttpMethod::Post,
        "put" => HttpMethod::Put,
        "patch" => HttpMethod::Patch,
        "delete" => HttpMethod::Delete,
        "head" => HttpMethod::Head,
        "options" => HttpMethod::Options,
        other => return Err(format!("method {other:?} is unknown")),
    })
}

pub(crate) fn parse(data: &Map<String, Json>) -> Result<NodeData, String> {
    let raw: Raw = read(data)?;
    let timeout = raw.timeout.unwrap_or_default();
    // What stands there while no key is asked for says nothing.
    let authorization = raw
        .authorization
        .filter(|auth| auth.kind == "api-key" && !auth.config.is_null());
    let authorization = authorization.map(|auth| RawConfig::deserialize(auth.config));
    let authorization = authorization
        .transpose()
        .map_err(|e| format!("authorization: {e}"))?;
    Ok(NodeData::Http(Box::new(HttpData {
        method: method(&raw.method)?,
        url: Template::parse(raw.url.trim()),
        params: pairs("params", &raw.params.unwrap_or_default())?,
        headers: pairs("headers", &raw.headers.unwrap_or_default())?,
        authorization: authorization.map(|config| Authorization {
            kind: config.kind,
            key: Template::parse(&config.api_key.unwrap_or_default()),
            header: config
                .header
                .filter(|header| !header.is_empty())
                .unwrap_or_else(|| "Authorization".to_owned()),
        }),
        body: BodyData::read(raw.body)?,
        timeout: [timeout.connect, timeout.read, timeout.write].map(Option::unwrap_or_default),
        ssl_verify: raw.ssl_verify.unwrap_or(true),
    })))
}

/// Without line breaks: a variable must not add headers.
fn line(budget: &Budget<'_>, template: &Template) -> Result<String, Failure> {
    let text = budget.render(template)?;
    Ok(text.replace(['\r', '\n'], "").trim().to_owned())
}

pub(crate) fn request(context: &Context<'_>) -> Result<Request, Failure> {
    let NodeData::Http(data) = &context.node.data else {
        return Err(mismatch());
    };
    let text = Budget::new(context);
    let url = url(&text.render(&data.url)?)?;
    let mut headers: Vec<(String, String)> = Vec::new();
    for (name, value) in &data.headers {
        set_header(&mut headers, line(&text, name)?, line(&text, value)?);
    }
    let secret = match &data.authorization {
        None => None,
        Some(authorization) => {
            let value = authorization_value(authorization, &text)?;
            set_header(&mut headers, authorization.header.clone(), value);
            Some(authorization.header.clone())
        }
    };
    let (body, content_type) = data.body.render(&text)?;
    if let Some(content_type) = content_type
        && !headers
            .iter()
            .any(|(name, _)| name.eq_ignore_ascii_case("content-type"))
    {
        headers.push(("Content-Type".to_owned(), content_type.to_owned()));
    }
    let params = data
        .params
        .iter()
        .map(|(name, value)| Ok((text.render(name)?, text.render(value)?)));
    let call = HttpCall {
        method: data.method,
        url,
        params: params.collect::<Result<_, Failure>>()?,
        headers,
        secret_header: secret,
        body,
        timeout: data.timeout,
        ssl_verify: data.ssl_verify,
        fail_on_status: fails_on_status(context),
    };
    Ok(Request {
        inputs: Fields::new(),
        call: NodeCall::Http(Box::new(call)),
        think: None,
    })
}

fn url(rendered: &str) -> Result<String, Failure> {
    let url = rendered.trim();
    if url.is_empty() {
        return Err(Failure::new("InvalidURLError", "url is required"));
    }
    let lower = url.get(..8).unwrap_or(url).to_ascii_lowercase();
    if !lower.starts_with("http://") && !lower.starts_with("https://") {
        return Err(Failure::new(
            "InvalidURLError",
            "url should start with http:// or https://",
        ));
    }
    Ok(url.to_owned())
}

/// A name comes once; the last value counts.
fn set_header(headers: &mut Vec<(String, String)>, name: String, value: String) {
    if name.is_empty() {
        return;
    }
    match headers
        .iter_mut()
        .find(|(old, _)| old.eq_ignore_ascii_case(&name))
    {
        Some(slot) => *slot = (name, value),
        None => headers.push((name, value)),
    }
}

fn authorization_value(
    authorization: &Authorization,
    text: &Budget<'_>,
) -> Result<String, Failure> {
    let key = line(text, &authorization.key)?;
    if key.is_empty() {
        let message =
            "API key is required for authorization but was empty. Please provide a valid API key.";
        return Err(Failure::new("AuthorizationConfigError", message));
    }
    Ok(match authorization.kind {
        AuthorizationKind::Bearer => format!("Bearer {key}"),
        AuthorizationKind::Basic if key.contains(':') => {
            format!(
                "Basic {}",
                base64::engine::general_purpose::STANDARD.encode(&key)
            )
        }
        AuthorizationKind::Basic => format!("Basic {key}"),
        AuthorizationKind::Custom => key,
    })
}

/// Whether the node has something to do about failures: only then an answer that is not 2xx is one.
fn fails_on_status(context: &Context<'_>) -> bool {
    context.node.on_error != OnError::Abort || context.node.retry.times > 0
}

pub(crate) fn conclude(
    context: &Context<'_>,
    _: &Fields,
    result: CallResult,
) -> Result<Outcome, Failure> {
    let CallResult::Http(answer) = result else {
        return Err(mismatch());
    };
    let process_data = Fields::new().with("request", answer.request);
    let outputs = Fields::new()
        .with("status_code", i64::from(answer.status))
        .with("body", answer.body)
        .with("headers", Json::Object(answer.headers))
        .with("files", Json::Array(answer.files));
    if fails_on_status(context) && !(200..300).contains(&answer.status) {
        let message = format!("Request failed with status code {}", answer.status);
        return Err(Failure {
            process_data,
            outputs,
            ..Failure::new("HTTPResponseCodeError", message)
        });
    }
    Ok(Outcome {
        process_data,
        outputs,
        types: vec![("files".to_owned(), VariableType::ArrayFile)],
        ..Outcome::default()
    })
}
