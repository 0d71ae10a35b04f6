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
use gatewright_domain::file::UploadedFile;
use gatewright_usecase_workspace::file::{FileError, Files, OpenFile};
use utoipa::IntoParams;

use gatewright_http_kit::{
    error::{ConsoleErrorBody, ConsoleFailure},
    extract::{Fields, FromFields, RequestCtx, query_pairs},
    operation::Operations,
    operations,
};

/// Nothing that is uploaded runs or loads anything, even when it is opened by itself.
const SANDBOX: &str = "default-src 'none'; sandbox; frame-ancestors 'none'";

/// All of `/files`.
pub fn operations() -> Operations {
    use crate::file_surface as files;
    operations!["files": files::file_preview, files::image_preview]
}

/// The proof that a file may be fetched.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code, reason = "the schema; what is read is `FileQuery`")]
pub(crate) struct FileParams {
    /// Unix seconds of when the address was signed.
    timestamp: i64,
    /// As signed.
    nonce: String,
    /// base64url.
    sign: String,
    /// `true`: to be saved under its name.
    as_attachment: Option<bool>,
}

struct FileQuery {
    signature: FileSignature,
    as_attachment: bool,
}

impl FromFields for FileQuery {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        let timestamp = fields.parsed("timestamp");
        let nonce = fields.text("nonce");
        let sign = fields.text("sign");
        let as_attachment = fields.optional_text("as_attachment");
        Some(Self {
            signature: FileSignature {
                timestamp: timestamp?,
                nonce: nonce?,
                sign: sign?,
            },
            as_attachment: as_attachment.is_some_and(|text| matches!(text.as_str(), "true" | "1")),
        })
    }
}

/// A file, to be saved. Whatever it is, its media type is `application/octet-stream`.
#[utoipa::path(
    get, path = "/files/{file_id}/file-preview", operation_id = "file_preview",
    params(("file_id" = String, Path, description = "The file"), FileParams),
    responses((status = 200, body = Vec<u8>, content_type = "application/octet-stream"),
        (status = 400, body = ConsoleErrorBody), (status = 404, body = ConsoleErrorBody)),
)]
pub(crate) async fn file_preview(
    files: Data<Files>,
    ctx: RequestCtx,
    request: HttpRequest,
    id: Path<String>,
) -> Result<HttpResponse, ConsoleFailure> {
    give(&files, &ctx, &request, (FileView::File, &id)).await
}

/// A picture, to be shown.
#[utoipa::path(
    get, path = "/files/{file_id}/image-preview", operation_id = "image_preview",
    params(("file_id" = String, Path, description = "The file"), FileParams),
    responses((status = 200, body = Vec<u8>, content_type = "image/*"),
        (status = 400, body = ConsoleErrorBody), (status = 404, body = ConsoleErrorBody),
        (status = 415, body = ConsoleErrorBody)),
)]
pub(crate) async fn image_preview(
    files: Data<Files>,
    ctx: RequestCtx,
    request: HttpRequest,
    id: Path<String>,
) -> Result<HttpResponse, ConsoleFailure> {
    give(&files, &ctx, &request, (FileView::Image, &id)).await
}

async fn give(
    files: &Files,
    ctx: &RequestCtx,
    request: &HttpRequest,
    (view, id): (FileView, &str),
) -> Result<HttpResponse, ConsoleFailure> {
    let id = id.parse().map_err(|_| FileError::NotFound)?;
    let fields = Fields::from_pairs(query_pairs(request.query_string()));
    let query: FileQuery = fields.read().map_err(ConsoleFailure::Fields)?;
    let open = files.open(ctx, (view, id), &query.signature).await?;
    Ok(answer(open, query.as_attachment))
}

fn answer(open: OpenFile, as_attachment: bool) -> HttpResponse {
    let mut response = HttpResponse::Ok();
    response
        .content_type(open.media_type)
        .insert_header((header::CONTENT_SECURITY_POLICY, SANDBOX))
        .insert_header(("Cross-Origin-Resource-Policy", "cross-origin"))
        .no_chunking(open.reading.size);
    if as_attachment {
        response.insert_header(attachment(&open.file));
    }
    response.streaming(open.reading.content)
}

fn attachment(file: &UploadedFile) -> ContentDisposition {
    ContentDisposition {
        disposition: DispositionType::Attachment,
        parameters: vec![DispositionParam::FilenameExt(ExtendedValue {
            charset: Charset::Ext("UTF-8".to_owned()),
            language_tag: None,
            value: file.name.clone().into_bytes(),
        })],
    }
}
