//! Bodies of HTTP requests.

use gatewright_variables::{Selector, Template, file};
use serde::Deserialize;
use serde_json::Value as Json;

use super::super::budget::Budget;
use crate::{
    call::{HttpBody, HttpField},
    failure::Failure,
    lenient,
};

/// A body as templates.
#[derive(Debug)]
pub(super) enum BodyData {
    None,
    FormData(Vec<Item>),
    UrlEncoded(Vec<Item>),
    RawText(Item),
    Json(Item),
    Binary(Item),
}

/// One item of a body.
#[derive(Debug)]
pub(super) struct Item {
    key: Template,
    value: Template,
    is_file: bool,
    /// The variable with the file; `None` when it was never connected.
    file: Option<Selector>,
}

#[derive(Deserialize)]
pub(super) struct Raw {
    #[serde(rename = "type", default)]
    kind: String,
    #[serde(default)]
    data: Json,
}

#[derive(Deserialize)]
struct RawItem {
    #[serde(default)]
    key: Option<String>,
    #[serde(default, rename = "type")]
    kind: Option<String>,
    #[serde(default)]
    value: Option<String>,
    #[serde(default)]
    file: Json,
}

impl From<RawItem> for Item {
    fn from(raw: RawItem) -> Self {
        Self {
            key: Template::parse(&raw.key.unwrap_or_default()),
            value: Template::parse(&raw.value.unwrap_or_default()),
            is_file: raw.kind.as_deref() == Some("file"),
            file: Selector::from_json(&raw.file).ok(),
        }
    }
}

impl BodyData {
    pub(super) fn read(raw: Option<Raw>) -> Result<Self, String> {
        let Some(raw) = raw else {
            return Ok(Self::None);
        };
        let items = items(&raw)?;
        let one = |name: &str, items: Vec<Item>| {
            let [item] = <[Item; 1]>::try_from(items)
                .map_err(|_| format!("{name} body type should have exactly one item"))?;
            Ok::<Item, String>(item)
        };
        Ok(match raw.kind.as_str() {
            "" | "none" => Self::None,
            "form-data" => Self::FormData(items),
            "x-www-form-urlencoded" => Self::UrlEncoded(items),
            "raw-text" => Self::RawText(one("raw-text", items)?),
            "json" => Self::Json(one("json", items)?),
            "binary" => Self::Binary(one("binary", items)?),
            other => return Err(format!("body type {other:?} is unknown")),
        })
    }

    /// The body, and the content type when the node's headers say none.
    pub(super) fn render(
        &self,
        text: &Budget<'_>,
    ) -> Result<(HttpBody, Option<&'static str>), Failure> {
        Ok(match self {
            Self::None => (HttpBody::None, None),
            Self::FormData(items) => {
                let fields = items.iter().map(|item| item.field(text));
                (HttpBody::FormData(fields.collect::<Result<_, _>>()?), None)
            }
            Self::UrlEncoded(items) => {
                let pairs = items
                    .iter()
                    .map(|item| Ok((text.render(&item.key)?, text.render(&item.value)?)));
                let pairs: Vec<_> = pairs.collect::<Result<_, Failure>>()?;
                (
                    HttpBody::XWwwFormUrlencoded(pairs),
                    Some("application/x-www-form-urlencoded"),
                )
            }
            Self::RawText(item) => (
                HttpBody::Text(text.render(&item.value)?),
                Some("text/plain"),
            ),
            Self::Json(item) => (
                HttpBody::Json(json(&text.render(&item.value)?)?),
                Some("application/json"),
            ),
            Self::Binary(item) => {
                let file = item.files(text)?.into_iter().next();
                let file = file.ok_or_else(|| {
                    Failure::new("FileFetchError", "The file of the body was not found")
                })?;
                (HttpBody::Binary(file), Some("application/octet-stream"))
            }
        })
    }
}

/// Old files have a body as lines of text.
fn items(raw: &Raw) -> Result<Vec<Item>, String> {
    match &raw.data {
        Json::Null => Ok(Vec::new()),
        Json::String(text) if raw.kind.starts_with("form") || raw.kind.starts_with("x-www") => {
            Ok(text
                .lines()
                .filter_map(|line| line.split_once(':'))
                .map(|(key, value)| Item {
                    key: Template::parse(key.trim()),
                    value: Template::parse(value.trim()),
                    is_file: false,
                    file: None,
                })
                .collect())
        }
        Json::String(text) => Ok(vec![Item {
            key: Template::default(),
            value: Template::parse(text),
            is_file: false,
            file: None,
        }]),
        list => {
            let items: Vec<RawItem> = Vec::deserialize(list).map_err(|e| format!("body: {e}"))?;
            Ok(items.into_iter().map(Item::from).collect())
        }
    }
}

impl Item {
    fn field(&self, text: &Budget<'_>) -> Result<HttpField, Failure> {
        Ok(HttpField {
            name: text.render(&self.key)?,
            text: if self.is_file {
                String::new()
            } else {
                text.render(&self.value)?
            },
            files: if self.is_file {
                self.files(text)?
            } else {
                Vec::new()
            },
        })
    }

    /// The files that the item names: one, or a list.
    fn files(&self, text: &Budget<'_>) -> Result<Vec<Json>, Failure> {
        let selector = self.file.as_ref();
        let Some(found) = selector.and_then(|selector| text.pool().get(selector)) else {
            return Ok(Vec::new());
        };
        match found.json() {
            Json::Null => Ok(Vec::new()),
            one if file::is_file(one) => {
                text.take(found.bytes())?;
                Ok(vec![one.clone()])
            }
            Json::Array(many) if many.iter().all(file::is_file) => {
                text.take(found.bytes())?;
                Ok(many.clone())
            }
            _ => Err(Failure::new(
                "FileFetchError",
                "A file of the body is no file",
            )),
        }
    }
}

/// JSON as templates make it is mended where it is broken.
fn json(text: &str) -> Result<Json, Failure> {
    if text.trim().is_empty() {
        return Ok(Json::Object(serde_json::Map::new()));
    }
    lenient::parse(text).ok_or_else(|| {
        let shown: String = text.chars().take(200).collect();
        Failure::new("RequestBodyError", format!("Failed to parse JSON: {shown}"))
    })
}
