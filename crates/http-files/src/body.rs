//! How an upload is answered, on every surface alike.

use gatewright_auth::file::FileView;
use gatewright_domain::file::UploadedFile;
use gatewright_usecase_files::{FileError, Files};
use gatewright_usecase_kit::Ctx;
use serde::Serialize;
use utoipa::ToSchema;

/// A file, as uploads answer. What is null is so for every upload.
#[derive(Debug, Serialize, ToSchema)]
pub struct UploadedFileBody {
    id: String,
    reference: Option<String>,
    name: String,
    /// How many bytes the file has.
    size: u32,
    /// In lower case, without the dot.
    extension: String,
    mime_type: Option<String>,
    /// The id of the account or end user that uploaded it.
    created_by: String,
    /// When it was uploaded, in Unix seconds.
    created_at: i64,
    preview_url: Option<String>,
    /// Where it can be fetched, for some minutes.
    source_url: String,
    original_url: Option<String>,
    user_id: Option<String>,
    /// The id of the workspace that it belongs to.
    tenant_id: String,
    conversation_id: Option<String>,
    file_key: Option<String>,
}

impl UploadedFileBody {
    /// Of a file that was just uploaded.
    ///
    /// # Errors
    /// When its address cannot be signed.
    pub fn new(files: &Files, ctx: &Ctx, file: UploadedFile) -> Result<Self, FileError> {
        Ok(Self {
            source_url: files.address(ctx, FileView::File, file.id)?,
            id: file.id.to_string(),
            reference: None,
            name: file.name,
            size: file.size,
            extension: file.extension,
            mime_type: file.mime_type,
            created_by: file.created_by.id().to_string(),
            created_at: file.created_at.timestamp(),
            preview_url: None,
            original_url: None,
            user_id: None,
            tenant_id: file.workspace.to_string(),
            conversation_id: None,
            file_key: None,
        })
    }
}
