//! What can go wrong in PostgreSQL, as the use-cases need to know it.

use diesel::result::{DatabaseErrorKind, Error as DieselError};
use gatewright_domain::error::Unavailable;

/// A query did not succeed.
#[derive(Debug, thiserror::Error)]
pub enum StorageError {
    /// A unique constraint refused the row; the name is the constraint's.
    #[error("a row with the same {0} exists")]
    Duplicate(String),
    /// The database cannot be asked, or did not understand us. Answered as 503, logged with its cause.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

impl From<DieselError> for StorageError {
    fn from(error: DieselError) -> Self {
        match error {
            DieselError::DatabaseError(DatabaseErrorKind::UniqueViolation, info) => {
                Self::Duplicate(info.constraint_name().unwrap_or("key").to_owned())
            }
            other => Self::Unavailable(Unavailable::new("postgres", other)),
        }
    }
}

impl StorageError {
    /// Whether PostgreSQL answered, and what it said was no: to a value that no column takes, or because it is full or read-only. Of
    /// several rows that were written together each may be the reason, so they are worth being tried one by one.
    pub fn is_answer(&self) -> bool {
        match self {
            Self::Duplicate(_) => true,
            Self::Unavailable(gone) => gone.source.downcast_ref().is_some_and(is_answer),
        }
    }

    /// Whether PostgreSQL does not know the time zone that it was told.
    pub fn is_unknown_zone(&self) -> bool {
        let Self::Unavailable(gone) = self else {
            return false;
        };
        let Some(DieselError::DatabaseError(_, info)) = gone.source.downcast_ref() else {
            return false;
        };
        let message = info.message();
        message.starts_with("time zone \"") && message.ends_with("\" not recognized")
    }

    /// For callers that expect no unique violation: then one is a fault like any other.
    pub fn into_unavailable(self) -> Unavailable {
        match self {
            Self::Unavailable(unavailable) => unavailable,
            Self::Duplicate(name) => {
                Unavailable::new("postgres", format!("unexpected duplicate: {name}"))
            }
        }
    }
}

impl From<StorageError> for Unavailable {
    fn from(error: StorageError) -> Self {
        error.into_unavailable()
    }
}

fn is_answer(error: &DieselError) -> bool {
    use DatabaseErrorKind::{ClosedConnection, UnableToSendCommand};
    matches!(error, DieselError::DatabaseError(kind, _) if !matches!(kind, ClosedConnection | UnableToSendCommand))
}
