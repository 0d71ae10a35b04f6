//! Files as inputs of runs and in their nodes: whose they are is checked each time, for a value of a run says only
//! which file it means (apps.md §3.10).

use bytes::{Bytes, BytesMut};
use futures_util::StreamExt as _;
use gatewright_domain::{
    error::Unavailable,
    file::{FileKind, FileName, FileOwner, ToolFile, UploadedFile, media_type_of},
    ids::WorkspaceId,
};
use gatewright_storage_identity::{tool_file, upload_file};
use gatewright_storage_kit::StorageError;
use gatewright_usecase_kit::Ctx;
use gatewright_variables::{
    file::{FileValue, TransferMethod},
    inputs::{FileSource, SentFile, SentFileError},
};
use serde_json::Value;

use super::{Files, error::FileError, shown::OPAQUE};
use gatewright_auth::file::FileView;

/// Bytes of a file that a node may have in memory.
const MAX_IN_MEMORY: u32 = 64 << 20;

/// On whose behalf a run sees files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FileAsker {
    /// The workspace of the run.
    pub workspace: WorkspaceId,
    /// Whoever began it.
    pub owner: FileOwner,
}

/// The content of a file, for a node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Content {
    /// Its name, with the extension.
    pub name: String,
    /// Its media type.
    pub mime_type: String,
    /// All of it.
    pub bytes: Bytes,
}

/// Why a run does not get a file.
#[derive(Debug, thiserror::Error)]
pub enum RunFileError {
    /// It is not what its caller says, or they do not say which.
    #[error(transparent)]
    Sent(#[from] SentFileError),
    /// There is none, or it is somebody else's.
    #[error("Invalid upload file")]
    Unknown,
    /// It is elsewhere, and cannot be had from there: why, for people.
    #[error("Invalid file url: {0}")]
    Elsewhere(String),
    /// It has more bytes than a node may have in memory.
    #[error("The file is too large to be read by a node.")]
    TooLarge,
    /// A store did not answer.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

impl From<StorageError> for RunFileError {
    fn from(error: StorageError) -> Self {
        Self::Unavailable(error.into())
    }
}

impl From<FileError> for RunFileError {
    fn from(error: FileError) -> Self {
        match error {
            FileError::Unavailable(error) => Self::Unavailable(error),
            FileError::TooLarge => Self::TooLarge,
            FileError::Unreachable(problem) | FileError::Remote(problem) => {
                Self::Elsewhere(problem)
            }
            _ => Self::Unknown,
        }
    }
}

impl Files {
    /// Makes a value of a file that a caller names. Of uploads and files of runs, only their own count.
    ///
    /// # Errors
    /// [`RunFileError`].
    pub async fn resolve(
        &self,
        ctx: &Ctx,
        asker: FileAsker,
        sent: &SentFile,
    ) -> Result<FileValue, RunFileError> {
        let mut value = match &sent.source {
            FileSource::Upload(id) => {
                let file = self.own_upload(asker, id).await?;
                self.value_of_upload(ctx, &file)?
            }
            FileSource::Tool(id) => {
                let file = self.own_tool_file(asker, id).await?;
                self.value_of_tool_file(ctx, &file)?
            }
            FileSource::Remote(url) => self.value_of_remote(url).await?,
        };
        let found = FileKind::of(value.extension.trim_start_matches('.'), &value.mime_type);
        sent.kind(found.as_str(), &value.extension, &value.mime_type)?
            .clone_into(&mut value.kind);
        value.id.clone_from(&sent.id);
        Ok(value)
    }

    /// A file that came with an earlier question, as a value. None when it is not there any more, or not the asker's: what
    /// was said before must not end a conversation.
    ///
    /// # Errors
    /// When a store does not answer.
    pub async fn recall(
        &self,
        ctx: &Ctx,
        asker: FileAsker,
        source: &FileSource,
    ) -> Result<Option<FileValue>, RunFileError> {
        let sent = SentFile {
            declared: None,
            source: source.clone(),
            id: None,
        };
        let found = match source {
            FileSource::Remote(url) => Ok(value_of_unseen(url)),
            FileSource::Upload(_) | FileSource::Tool(_) => self.resolve(ctx, asker, &sent).await,
        };
        match found {
            Ok(value) => Ok(Some(value)),
            Err(error @ RunFileError::Unavailable(_)) => Err(error),
            Err(_) => Ok(None),
        }
    }

    /// The content of the file that a value of a run means.
    ///
    /// # Errors
    /// [`RunFileError`]: also when the value means a file that the run's owner may not see.
    pub async fn content(&self, asker: FileAsker, file: &Value) -> Result<Content, RunFileError> {
        let text = |name: &str| file[name].as_str().unwrap_or_default();
        match text("transfer_method") {
            "local_file" => {
                let file = self.own_upload(asker, text("related_id")).await?;
                Ok(Content {
                    bytes: self.bytes(&file.key, file.size).await?,
                    mime_type: file.mime_type.unwrap_or_else(|| OPAQUE.to_owned()),
                    name: file.name,
                })
            }
            "tool_file" => {
                let file = self.own_tool_file(asker, text("related_id")).await?;
                Ok(Content {
                    bytes: self.bytes(&file.key, file.size).await?,
                    mime_type: file.mime_type,
                    name: file.name,
                })
            }
            "remote_url" => {
                let kind = FileKind::parse(text("type")).unwrap_or(FileKind::Custom);
                let most = self.settings.max_bytes(kind).min(MAX_IN_MEMORY);
                let url = Some(text("remote_url")).filter(|url| !url.is_empty());
                let url = url.unwrap_or_else(|| text("url"));
                let most = usize::try_from(most).unwrap_or(usize::MAX);
                Ok(Content {
                    bytes: self.read_elsewhere(url, most).await?,
                    mime_type: text("mime_type").to_owned(),
                    name: text("filename").to_owned(),
                })
            }
            _ => Err(RunFileError::Unknown),
        }
    }

    /// The value of a file that a run keeps.
    ///
    /// # Errors
    /// When there is no randomness.
    pub fn value_of_tool_file(&self, ctx: &Ctx, file: &ToolFile) -> Result<FileValue, FileError> {
        Ok(FileValue {
            id: None,
            kind: FileKind::of(file.extension(), &file.mime_type)
                .as_str()
                .to_owned(),
            method: TransferMethod::ToolFile,
            remote_url: None,
            related_id: Some(file.id.to_string()),
            filename: file.name.clone(),
            extension: dotted(file.extension()),
            mime_type: file.mime_type.clone(),
            size: file.size.into(),
            url: self.tool_address(ctx, file)?,
        })
    }

    fn value_of_upload(&self, ctx: &Ctx, file: &UploadedFile) -> Result<FileValue, FileError> {
        Ok(FileValue {
            id: None,
            kind: String::new(),
            method: TransferMethod::LocalFile,
            remote_url: Some(file.source_url.clone()),
            related_id: Some(file.id.to_string()),
            filename: file.name.clone(),
            extension: dotted(&file.extension),
            mime_type: file.mime_type.clone().unwrap_or_else(|| OPAQUE.to_owned()),
            size: file.size.into(),
            url: self.address(ctx, FileView::File, file.id)?,
        })
    }

    async fn value_of_remote(&self, url: &str) -> Result<FileValue, FileError> {
        let info = self.look(url).await?;
        let extension = info.name.extension();
        let mime_type = match media_type_of(extension) {
            Some(known) if info.media_type == OPAQUE => known.to_owned(),
            _ => info.media_type.clone(),
        };
        Ok(FileValue {
            id: None,
            kind: String::new(),
            method: TransferMethod::RemoteUrl,
            remote_url: Some(url.to_owned()),
            related_id: None,
            filename: info.name.as_str().to_owned(),
            extension: dotted(extension),
            mime_type,
            size: info
                .bytes
                .and_then(|bytes| i64::try_from(bytes).ok())
                .unwrap_or(-1),
            url: url.to_owned(),
        })
    }

    pub(super) async fn own_upload(
        &self,
        asker: FileAsker,
        id: &str,
    ) -> Result<UploadedFile, RunFileError> {
        let id = id.parse().map_err(|_| RunFileError::Unknown)?;
        let mut conn = self.pool.get().await?;
        let file = upload_file::find_own(&mut conn, id, asker.owner).await?;
        file.filter(|file| file.workspace == asker.workspace)
            .ok_or(RunFileError::Unknown)
    }

    pub(super) async fn own_tool_file(
        &self,
        asker: FileAsker,
        id: &str,
    ) -> Result<ToolFile, RunFileError> {
        let id = id.parse().map_err(|_| RunFileError::Unknown)?;
        let mut conn = self.pool.get().await?;
        let FileAsker { workspace, owner } = asker;
        let file = tool_file::find_own(&mut conn, id, workspace, owner.id()).await?;
        file.ok_or(RunFileError::Unknown)
    }

    async fn bytes(&self, key: &str, size: u32) -> Result<Bytes, RunFileError> {
        if size > MAX_IN_MEMORY {
            return Err(RunFileError::TooLarge);
        }
        let reading = self.objects.open(key).await?;
        let mut reading = reading.ok_or(RunFileError::Unknown)?;
        if reading.size > u64::from(MAX_IN_MEMORY) {
            return Err(RunFileError::TooLarge);
        }
        let mut all = BytesMut::new();
        while let Some(piece) = reading.content.next().await {
            all.extend_from_slice(&piece?);
        }
        Ok(all.freeze())
    }
}

/// A file elsewhere by its address alone.
fn value_of_unseen(url: &str) -> FileValue {
    let path = url.split(['?', '#']).next().unwrap_or_default();
    let name = path.rsplit('/').next().unwrap_or_default();
    let name = FileName::parse(name).unwrap_or_default();
    let mime_type = media_type_of(name.extension()).unwrap_or(OPAQUE);
    FileValue {
        id: None,
        kind: FileKind::of(name.extension(), mime_type)
            .as_str()
            .to_owned(),
        method: TransferMethod::RemoteUrl,
        remote_url: Some(url.to_owned()),
        related_id: None,
        filename: name.as_str().to_owned(),
        extension: dotted(name.extension()),
        mime_type: mime_type.to_owned(),
        size: -1,
        url: url.to_owned(),
    }
}

fn dotted(extension: &str) -> String {
    if extension.is_empty() {
        String::new()
    } else {
        format!(".{extension}")
    }
}
