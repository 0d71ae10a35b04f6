//! Files elsewhere, looked at and fetched for whoever may, on every surface alike.

use gatewright_auth::file::FileView;
use gatewright_http_kit::input::text::Text;
use gatewright_usecase_files::{FileError, Files, RemoteInfo};
use gatewright_usecase_kit::Ctx;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::Uploader;

/// A file elsewhere.
#[derive(Debug, Serialize, ToSchema)]
pub struct RemoteFileBody {
    /// Its media type.
    file_type: String,
    /// How many bytes it has; 0 when nobody says.
    file_length: u64,
}

impl From<RemoteInfo> for RemoteFileBody {
    fn from(info: RemoteInfo) -> Self {
        Self {
            file_type: info.media_type,
            file_length: info.bytes.unwrap_or_default(),
        }
    }
}

/// What is to be fetched.
#[derive(Debug, Deserialize, ToSchema)]
pub struct RemoteUpload {
    /// Where it is.
    url: Text,
}

/// A file that was fetched and is now an upload.
#[derive(Debug, Serialize, ToSchema)]
pub struct FetchedFileBody {
    id: String,
    name: String,
    /// How many bytes the file has.
    size: u32,
    /// In lower case, without the dot.
    extension: String,
    /// Where it can be fetched from us, for some minutes.
    url: String,
    mime_type: Option<String>,
    /// The id of the account or end user that had it fetched.
    created_by: String,
    /// When it was fetched, in Unix seconds.
    created_at: i64,
}

/// Fetches a file from elsewhere and keeps it as an upload.
///
/// # Errors
/// When it cannot be had, or is not what may be uploaded.
pub async fn fetched(
    files: &Files,
    ctx: &Ctx,
    uploader: Uploader,
    wanted: &RemoteUpload,
) -> Result<FetchedFileBody, FileError> {
    let Uploader { owner, workspace } = uploader;
    let file = files.fetch(ctx, &wanted.url, workspace, owner).await?;
    Ok(FetchedFileBody {
        url: files.address(ctx, FileView::File, file.id)?,
        id: file.id.to_string(),
        name: file.name,
        size: file.size,
        extension: file.extension,
        mime_type: file.mime_type,
        created_by: file.created_by.id().to_string(),
        created_at: file.created_at.timestamp(),
    })
}
