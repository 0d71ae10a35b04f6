//! What can go wrong with speech, by the names that clients know.

use gatewright_domain::{Class, Classify, ErrorKind, error::Unavailable};
use gatewright_model::{InvokeError, LookupError};
use gatewright_storage_kit::StorageError;
use gatewright_usecase_apps::AppError;

use crate::ConversationError;

/// Why nothing is heard, or said.
#[derive(Debug, thiserror::Error)]
pub enum SpeechError {
    /// There is no file, or nothing in it.
    #[error("Please upload your audio.")]
    NoAudio,
    /// The file is larger than [`super::MAX_RECORDING_BYTES`].
    #[error("Audio size larger than 30 MB.")]
    TooLarge,
    /// The file is no sound that we know.
    #[error("Audio type not allowed.")]
    UnsupportedType,
    /// The app takes no speech.
    #[error("Speech to text is not enabled.")]
    DoesNotListen,
    /// The app reads nothing out.
    #[error("Text to speech is not enabled.")]
    DoesNotSpeak,
    /// Neither a text nor an answer.
    #[error("There is nothing to read out: text or message_id must be given.")]
    NothingToSay,
    /// The caller has no such message.
    #[error("Message Not Exists.")]
    NoMessage,
    /// No model listens for the workspace.
    #[error("{0}")]
    NobodyListens(LookupError),
    /// No model speaks for the workspace.
    #[error("{0}")]
    NobodySpeaks(LookupError),
    /// The model did not do it.
    #[error(transparent)]
    Failed(#[from] InvokeError),
    /// The app cannot be looked at, or a store did not answer.
    #[error(transparent)]
    Conversation(#[from] ConversationError),
}

impl From<AppError> for SpeechError {
    fn from(error: AppError) -> Self {
        Self::Conversation(error.into())
    }
}

impl From<StorageError> for SpeechError {
    fn from(error: StorageError) -> Self {
        Self::Conversation(error.into())
    }
}

impl From<Unavailable> for SpeechError {
    fn from(error: Unavailable) -> Self {
        Self::Conversation(error.into())
    }
}

impl Classify for SpeechError {
    fn class(&self) -> Class<'_> {
        match self {
            Self::NoAudio => Class::invalid("no_audio_uploaded"),
            Self::TooLarge => Class::new(ErrorKind::TooLarge, "audio_too_large"),
            Self::UnsupportedType => {
                Class::new(ErrorKind::UnsupportedType, "unsupported_audio_type")
            }
            Self::DoesNotListen | Self::DoesNotSpeak => Class::invalid("app_unavailable"),
            Self::NothingToSay => Class::invalid("invalid_param"),
            Self::NoMessage => Class::not_found("not_found"),
            Self::NobodyListens(_) | Self::NobodySpeaks(_) => {
                Class::invalid("provider_not_initialize")
            }
            Self::Failed(error) => Class::invalid(error.kind.code()),
            Self::Conversation(error) => error.class(),
        }
    }
}
