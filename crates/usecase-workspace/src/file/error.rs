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
    /// There is none, or nothing proves that the caller may fetch it.
    #[error("File not found or signature is invalid")]
    NotFound,
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
            Self::NotFound => Class::not_found("not_found"),
            Self::RateLimited(limited) => limited.class("too_many_requests"),
            Self::Unavailable(error) => error.class(),
        }
    }
}
