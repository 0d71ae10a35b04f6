//! `/files`: content for whoever has a signed address (apps.md §3.12). Nothing here is shown with
//! rights of ours: every answer is sandboxed, and what is no picture is only to be saved.

use actix_web::{
    HttpRequest, HttpResponse,
    http::header::{
        self, Charset, ContentDisposition, DispositionParam, DispositionType, ExtendedValue,
    },
    web::{Data, Path},
};
use gatewright_auth::file::{FileSignature, FileView};
use gatewright_domain::ids::{FileId, ToolFileId};
use gatewright_usecase_files::{FileError, Files, OpenFile};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use gatewright_http_kit::{
    error::{ConsoleErrorBody, ConsoleFailure},
    extract::{PathId, RequestCtx, read_query},
    input::text::{Limited, Text},
};

/// Nothing that is uploaded runs or loads anything, even when it is opened by itself.
const SANDBOX: &str = "default-src 'none'; sandbox; frame-ancestors 'none'";

/// The proof that a file may be fetched.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct FileQuery {
    /// Unix seconds of when the address was signed.
    #[param(inline)]
    timestamp: UnixSeconds,
    /// Random text that the signature covers.
    #[param(inline)]
    nonce: Text,
    /// The signature, base64url without padding.
    #[param(inline)]
    sign: Text,
    /// `true`: to be saved under its name.
    #[param(value_type = Option<bool>)]
    as_attachment: Option<Text>,
}

impl FileQuery {
    /// Only these two are a yes; anything else is none.
    fn is_attachment(&self) -> bool {
        matches!(self.as_attachment.as_deref(), Some("true" | "1"))
    }
}

impl From<FileQuery> for FileSignature {
    fn from(query: FileQuery) -> Self {
        Self {
            timestamp: query.timestamp.0,
            nonce: query.nonce.into_inner(),
            sign: query.sign.into_inner(),
        }
    }
}

/// An instant in Unix seconds.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(try_from = "Limited")]
#[schema(value_type = i64)]
struct UnixSeconds(i64);

impl TryFrom<Limited> for UnixSeconds {
    type Error = String;

    fn try_from(text: Limited) -> Result<Self, String> {
        text.parsed().map(Self)
    }
}

/// A file, to be saved. Whatever it is, its media type is `application/octet-stream`.
#[utoipa::path(
    get, path = "/files/{file_id}/file-preview", operation_id = "file_preview",
    params(("file_id" = String, Path, description = "The file"), FileQuery),
    responses((status = 200, body = Vec<u8>, content_type = "application/octet-stream"),
        (status = 400, body = ConsoleErrorBody), (status = 404, body = ConsoleErrorBody)),
)]
pub(crate) async fn file_preview(
    files: Data<Files>,
    ctx: RequestCtx,
    request: HttpRequest,
    id: Path<PathId<FileId>>,
) -> Result<HttpResponse, ConsoleFailure> {
    give(&files, &ctx, &request, FileView::File, *id).await
}

/// A picture, to be shown.
#[utoipa::path(
    get, path = "/files/{file_id}/image-preview", operation_id = "image_preview",
    params(("file_id" = String, Path, description = "The file"), FileQuery),
    responses((status = 200, body = Vec<u8>, content_type = "image/*"),
        (status = 400, body = ConsoleErrorBody), (status = 404, body = ConsoleErrorBody),
        (status = 415, body = ConsoleErrorBody)),
)]
pub(crate) async fn image_preview(
    files: Data<Files>,
    ctx: RequestCtx,
    request: HttpRequest,
    id: Path<PathId<FileId>>,
) -> Result<HttpResponse, ConsoleFailure> {
    give(&files, &ctx, &request, FileView::Image, *id).await
}

/// A file that a run made or got: shown where that is safe, otherwise to be saved.
#[utoipa::path(
    get, path = "/files/tools/{file_id}.{extension}", operation_id = "tool_file",
    params(("file_id" = String, Path, description = "The file"),
        ("extension" = String, Path, description = "Its extension"), FileQuery),
    responses((status = 200, body = Vec<u8>, content_type = "*/*"),
        (status = 400, body = ConsoleErrorBody), (status = 403, body = ConsoleErrorBody),
        (status = 404, body = ConsoleErrorBody)),
)]
pub(crate) async fn tool_file(
    files: Data<Files>,
    ctx: RequestCtx,
    request: HttpRequest,
    path: Path<(PathId<ToolFileId>, String)>,
) -> Result<HttpResponse, ConsoleFailure> {
    let (id, _) = path.into_inner();
    let id = id.or(FileError::NoToolFile)?;
    let query: FileQuery = read_query(&request).map_err(ConsoleFailure::Fields)?;
    let as_attachment = query.is_attachment();
    let open = files.open_tool_file(&ctx, id, &query.into()).await?;
    Ok(answer(open, as_attachment))
}

async fn give(
    files: &Files,
    ctx: &RequestCtx,
    request: &HttpRequest,
    view: FileView,
    id: PathId<FileId>,
) -> Result<HttpResponse, ConsoleFailure> {
    let id = id.or(FileError::NotFound)?;
    let query: FileQuery = read_query(request).map_err(ConsoleFailure::Fields)?;
    let as_attachment = query.is_attachment();
    let open = files.open(ctx, view, id, &query.into()).await?;
    Ok(answer(open, as_attachment))
}

/// A file with the headers that keep it from doing anything.
pub fn answer(open: OpenFile, as_attachment: bool) -> HttpResponse {
    let mut response = HttpResponse::Ok();
    response
        .content_type(open.media_type)
        .insert_header((header::CONTENT_SECURITY_POLICY, SANDBOX))
        .insert_header(("Cross-Origin-Resource-Policy", "cross-origin"))
        .no_chunking(open.reading.size);
    if as_attachment || open.to_be_saved {
        response.insert_header(attachment(open.name));
    }
    response.streaming(open.reading.content)
}

fn attachment(name: String) -> ContentDisposition {
    ContentDisposition {
        disposition: DispositionType::Attachment,
        parameters: vec![DispositionParam::FilenameExt(ExtendedValue {
            charset: Charset::Ext("UTF-8".to_owned()),
            language_tag: None,
            value: name.into_bytes(),
        })],
    }
}
