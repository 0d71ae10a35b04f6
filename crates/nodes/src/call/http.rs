//! An HTTP request of a workflow.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// The method of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum HttpMethod {
    /// The method `GET`.
    Get,
    /// The method `POST`.
    Post,
    /// The method `PUT`.
    Put,
    /// The method `PATCH`.
    Patch,
    /// The method `DELETE`.
    Delete,
    /// The method `HEAD`.
    Head,
    /// The method `OPTIONS`.
    Options,
}

/// A request with every template rendered. The performer adds `Host` and `Content-Length`, follows its own rules about where it may connect
/// to, and masks the authorisation in what it records.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct HttpCall {
    /// The method of the request.
    pub method: HttpMethod,
    /// Begins with `http://` or `https://`.
    pub url: String,
    /// Query parameters to append, in order, duplicates kept.
    pub params: Vec<(String, String)>,
    /// Headers in order, names as written; a name comes once. Values have no line breaks.
    pub headers: Vec<(String, String)>,
    /// Name of the header in `headers` whose value must not be recorded.
    pub secret_header: Option<String>,
    /// The body of the request.
    pub body: HttpBody,
    /// Seconds to connect, to read, to write; 0 = the performer's default, which also caps them.
    pub timeout: [u32; 3],
    /// Whether certificates are checked.
    pub ssl_verify: bool,
    /// Whether the node handles failures: then an answer that is not 2xx is a failure `HTTPResponseCodeError`.
    /// The engine decides that; the performer only answers.
    pub fail_on_status: bool,
}

/// A request's body.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", content = "data", rename_all = "kebab-case")]
pub enum HttpBody {
    /// The request has no body.
    None,
    /// Text with the content type that the headers say.
    Text(String),
    /// A JSON value: `application/json`.
    Json(Value),
    /// `multipart/form-data`; without a single file it is multipart all the same.
    FormData(Vec<HttpField>),
    /// `application/x-www-form-urlencoded`.
    XWwwFormUrlencoded(Vec<(String, String)>),
    /// The content of one file, a file object.
    Binary(Value),
}

/// One part of a multipart body.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct HttpField {
    /// The name of the field.
    pub name: String,
    /// Its text, when it is no file.
    pub text: String,
    /// File objects; empty for a text.
    pub files: Vec<Value>,
}

/// An answer of any status. A connection that failed, or an answer too large, is a [`crate::Failure`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct HttpAnswer {
    /// The status code.
    pub status: u16,
    /// The body as text; "" when it became a file.
    pub body: String,
    /// Headers by lower-case name.
    pub headers: Map<String, Value>,
    /// File objects made of the body.
    pub files: Vec<Value>,
    /// The request as it went out, the authorisation masked: `process_data.request`.
    pub request: String,
}
