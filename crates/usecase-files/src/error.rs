//! What can go wrong with files, with Dify's codes and texts (recorded).

use gatewright_domain::{
    Class, Classify, ErrorKind,
    error::{RateLimited, Unavailable},
    file::FileNameProblem,
    from_charge,
};
use gatewright_storage_kit::StorageError;

/// Why a file is not taken or not given.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// Its name is none.
    #[error(transparent)]
    Name(#[from] FileNameProblem),
    /// It is larger than its kind may be.
    #[error("File size exceeded.")]
    TooLarge,
    /// It cannot be shown so.
    #[error("File type not allowed.")]
    UnsupportedType,
    /// The operator takes no files with this extension.
    #[error("Files with the extension .{0} are not taken here.")]
    Blocked(String),
    /// There is none, or nothing proves that the caller may fetch it.
    #[error("File not found or signature is invalid")]
    NotFound,
    /// There is no such upload in the workspace.
    #[error("File not found.")]
    NoUpload,
    /// Text cannot be taken out of it. Dify says nothing here.
    #[error("")]
    NoText,
    /// The address of a file that a run made is not signed, or not any more.
    #[error("Invalid request.")]
    NotSigned,
    /// There is no such file of the app.
    #[error("The requested file was not found.")]
    NoSuchFile,
    /// There is no such file of a run.
    #[error("file is not found")]
    NoToolFile,
    /// Nobody answers where it is, or the place may not be asked: why, for people.
    #[error("{0}")]
    Unreachable(String),
    /// It is elsewhere, and cannot be had from there: why, for people.
    #[error("{0}")]
    Remote(String),
    /// The account uploaded enough for now.
    #[error("Too many requests. Please try again later.")]
    RateLimited(#[from] RateLimited),
    /// A store did not answer.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

from_charge!(FileError);

impl From<StorageError> for FileError {
    fn from(error: StorageError) -> Self {
        Self::Unavailable(error.into())
    }
}

impl Classify for FileError {
    fn class(&self) -> Class<'_> {
        match self {
            Self::Name(problem) => problem.class(),
            Self::TooLarge => Class::new(ErrorKind::TooLarge, "file_too_large"),
            Self::UnsupportedType => {
                Class::new(ErrorKind::UnsupportedType, "unsupported_file_type")
            }
            Self::Blocked(_) => Class::invalid("file_extension_blocked"),
            Self::NotFound | Self::NoUpload | Self::NoToolFile => Class::not_found("not_found"),
            Self::NoText | Self::Unreachable(_) => Class::invalid("invalid_param"),
            Self::NotSigned => Class::new(ErrorKind::Forbidden, "forbidden"),
            Self::NoSuchFile => Class::not_found("file_not_found"),
            Self::Remote(_) => Class::invalid("remote_file_upload_error"),
            Self::RateLimited(limited) => limited.class("too_many_requests"),
            Self::Unavailable(error) => error.class(),
        }
    }
}
