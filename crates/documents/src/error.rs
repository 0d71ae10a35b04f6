//! Why a document has no text.

use serde::{Deserialize, Serialize};

/// Why a document has no text. The text is for whoever uploaded it, but for [`Self::NoPdfEngine`], which is for the operator.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
pub enum ExtractError {
    /// Nobody here reads files of this kind.
    #[error("Unsupported Extension Type: {extension}")]
    Unsupported {
        /// With its dot, as `.bin`; or what the file is, where it has none.
        extension: String,
    },
    /// It is not what its name says, or it is damaged.
    #[error("Failed to extract text from {kind}: {problem}")]
    Broken {
        /// What it should have been, as `PDF`.
        kind: String,
        /// What is wrong with it.
        problem: String,
    },
    /// It opens with a password only.
    #[error("Failed to extract text from {kind}: it is protected by a password")]
    Protected {
        /// What it is, as `PDF`.
        kind: String,
    },
    /// It meets a limit.
    #[error("The document is too large: at most {limit} {what} are read.")]
    TooLarge {
        /// What there is too much of.
        what: String,
        /// How much is read.
        limit: u64,
    },
    /// `PDFium`'s library is not there.
    #[error(
        "PDF files cannot be read on this server: {problem}. Set GATEWRIGHT_PDFIUM_LIBRARY to the path of PDFium's library."
    )]
    NoPdfEngine {
        /// What was looked for, and what came of it.
        problem: String,
    },
}

impl ExtractError {
    pub(crate) fn broken(kind: &str, problem: impl ToString) -> Self {
        Self::Broken {
            kind: kind.to_owned(),
            problem: problem.to_string(),
        }
    }

    pub(crate) fn too_large(what: &str, limit: impl TryInto<u64>) -> Self {
        Self::TooLarge {
            what: what.to_owned(),
            limit: limit.try_into().unwrap_or(u64::MAX),
        }
    }
}
