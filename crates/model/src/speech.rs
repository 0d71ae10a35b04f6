//! Speech both ways: what was said as text, and text read out.

use std::sync::Arc;

use bytes::Bytes;
use futures_util::{future::BoxFuture, stream::BoxStream};
use gatewright_domain::ids::WorkspaceId;

use crate::{
    entity::{ModelEntity, ModelType},
    error::InvokeError,
    port::LookupError,
};

/// Something that was said, as a file.
#[derive(Clone, PartialEq, Eq)]
pub struct Recording {
    /// The ending of its name, by which servers know its format: `mp3`.
    pub format: &'static str,
    /// The file as it was sent.
    pub bytes: Bytes,
    /// Who said it, as the vendor may know them.
    pub user: Option<String>,
}

impl std::fmt::Debug for Recording {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Recording({}, {} bytes)", self.format, self.bytes.len())
    }
}

/// A text to be read out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Utterance {
    /// Of any length.
    pub text: String,
    /// By whose voice; none: whichever the model has.
    pub voice: Option<String>,
}

/// The pieces of an MP3. After an error nothing comes any more. Dropping it closes the vendor's connection.
pub type AudioStream = BoxStream<'static, Result<Bytes, InvokeError>>;

/// A model that hears, or one that speaks; each does its own half and refuses the other.
pub trait Speech: Send + Sync {
    /// What was said.
    fn transcribe(&self, recording: Recording) -> BoxFuture<'_, Result<String, InvokeError>>;

    /// Reads a text out. Ready when the vendor has begun to answer.
    fn speak(&self, utterance: Utterance) -> BoxFuture<'_, Result<AudioStream, InvokeError>>;
}

/// A model of speech that apps of a workspace have.
#[derive(Clone)]
pub struct ConfiguredSpeech {
    /// What it is.
    pub entity: Arc<ModelEntity>,
    /// The voices that it has, the one that is used by default first; empty: nobody has said.
    pub voices: Arc<[String]>,
    /// How it is called.
    pub speech: Arc<dyn Speech>,
}

/// Who hears and speaks for the apps of a workspace: apps name no model for it.
pub trait SpeechCatalogue: Send + Sync {
    /// The model of that type, [`ModelType::Speech2text`] or [`ModelType::Tts`].
    fn speech(
        &self,
        workspace: WorkspaceId,
        model_type: ModelType,
    ) -> BoxFuture<'_, Result<ConfiguredSpeech, LookupError>>;
}
