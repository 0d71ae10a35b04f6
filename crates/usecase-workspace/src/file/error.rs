//! What can go wrong with files, with the reference's codes and texts (recorded).

use gatewright_domain::{Classify, ErrorKind, error::Unavailable, file::FileNameProblem};
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
    /// There is none, or nothing proves that the caller may fetch it.
    #[error("File not found or signature is invalid")]
    NotFound,
    /// The account uploaded enough for now.
    #[error("Too many requests. Please try again later.")]
    RateLimited {
        /// Seconds to wait.
        retry_after: u64,
    },
    /// A store did not answer.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

impl From<StorageError> for FileError {
    fn from(error: StorageError) -> Self {
        Self::Unavailable(error.into())
    }
}

impl Classify for FileError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::Name(_) | Self::TooLarge | Self::UnsupportedType => ErrorKind::Invalid,
            Self::NotFound => ErrorKind::NotFound,
            Self::RateLimited { .. } => ErrorKind::RateLimited,
            Self::Unavailable(_) => ErrorKind::Unavailable,
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::Name(FileNameProblem::Missing) => "filename_not_exists_error",
            Self::Name(FileNameProblem::InvalidCharacters) => "invalid_param",
            Self::TooLarge => "file_too_large",
            Self::UnsupportedType => "unsupported_file_type",
            Self::NotFound => "not_found",
            Self::RateLimited { .. } => "too_many_requests",
            Self::Unavailable(_) => "service_unavailable",
        }
    }
}
