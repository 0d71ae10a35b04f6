//! Speech on the wire: a recording in a form, and sound that is passed on while it is made.

use actix_multipart::Multipart;
use actix_web::{HttpResponse, http::header};
use futures_util::{StreamExt as _, TryStreamExt as _};
use gatewright_conversation_service::{Conversations, Edition, ReadOut, SpeechError, Talker};
use gatewright_domain::{Class, Classify};
use gatewright_http_kit::{
    extract::{UploadForm, UploadProblem},
    input::text::Limited,
};
use gatewright_usecase_apps::App;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{MaybeId, Words};

/// The longest name of a voice, in characters.
const MAX_VOICE_CHARS: usize = 255;

/// What was said.
#[derive(Debug, Serialize, ToSchema)]
pub struct Transcript {
    text: String,
}

/// A recording in a form.
#[derive(ToSchema)]
#[allow(dead_code, reason = "read part by part")]
pub struct RecordingForm {
    /// MP3, M4A, WAV, AMR, `WebM`, OGG or FLAC, at most 30 MB.
    #[schema(value_type = String, format = Binary)]
    file: Vec<u8>,
    /// On whose behalf; of a key of an app.
    #[schema(nullable = false)]
    user: Option<String>,
}

/// Why a recording is not taken.
#[derive(Debug, thiserror::Error)]
pub enum NotHeard {
    /// The form is none, or has not one file.
    #[error(transparent)]
    Form(UploadProblem),
    /// The recording is not heard.
    #[error(transparent)]
    Speech(#[from] SpeechError),
}

impl From<UploadProblem> for NotHeard {
    fn from(problem: UploadProblem) -> Self {
        match problem {
            UploadProblem::NoFile => Self::Speech(SpeechError::NoAudio),
            other => Self::Form(other),
        }
    }
}

impl Classify for NotHeard {
    fn class(&self) -> Class<'_> {
        match self {
            Self::Form(problem) => problem.class(),
            Self::Speech(error) => error.class(),
        }
    }
}

/// Hears what is in a form. The app and the type of the file are looked at before its content is read.
///
/// # Errors
/// [`NotHeard`].
pub async fn hear(
    conversations: &Conversations,
    app: &App,
    edition: Edition,
    body: Multipart,
    user: Option<String>,
) -> Result<Transcript, NotHeard> {
    let mut form = UploadForm::read(body).await?;
    let file = &mut form.file;
    let (media_type, extension) = (&file.media_type, file.name.extension());
    let user = user.or_else(|| form.user.clone());
    let hearing = conversations.listen(app, edition, media_type, extension, user);
    let mut hearing = hearing.await?;
    while let Some(piece) = file.content.next().await {
        let piece = piece.map_err(|_| UploadProblem::Malformed)?;
        hearing.take(&piece)?;
    }
    form.end().await?;
    let text = hearing.text().await?;
    Ok(Transcript { text })
}

/// The name of a voice.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(try_from = "Limited")]
#[schema(value_type = String, max_length = 255)]
pub struct Voice(String);

impl TryFrom<Limited> for Voice {
    type Error = String;

    fn try_from(text: Limited) -> Result<Self, String> {
        let name = text.plain()?;
        if name.chars().count() > MAX_VOICE_CHARS {
            return Err(format!("must have at most {MAX_VOICE_CHARS} characters"));
        }
        Ok(Self(name))
    }
}

/// What is to be read out.
#[derive(Debug, Deserialize, ToSchema)]
pub struct SpeechRequest {
    /// A text, where no message is named.
    #[schema(inline)]
    text: Option<Words>,
    /// The message whose answer is read out.
    #[schema(inline)]
    message_id: Option<MaybeId>,
    /// One that the model has; else the app's, else the model's first.
    #[schema(inline)]
    voice: Option<Voice>,
    /// Passed over: sound always comes while it is made.
    #[allow(dead_code, reason = "clients send it")]
    streaming: Option<bool>,
}

impl SpeechRequest {
    /// Of its members.
    pub fn new(text: Option<Words>, message_id: Option<MaybeId>, voice: Option<Voice>) -> Self {
        Self {
            text,
            message_id,
            voice,
            streaming: None,
        }
    }
}

impl From<SpeechRequest> for ReadOut {
    fn from(request: SpeechRequest) -> Self {
        Self {
            text: request.text.map(Words::into_inner),
            message: request.message_id.and_then(MaybeId::get),
            voice: request.voice.map(|voice| voice.0),
        }
    }
}

/// Reads out: an MP3 that is passed on while it is made. It breaks off where the model does.
///
/// # Errors
/// As [`Conversations::read_out`].
pub async fn read_out(
    conversations: &Conversations,
    app: &App,
    edition: Edition,
    talker: Option<&Talker>,
    wanted: SpeechRequest,
) -> Result<HttpResponse, SpeechError> {
    let sound = conversations.read_out(app, edition, talker, wanted.into());
    let sound = sound.await?.map_err(|error| {
        tracing::warn!(event = "speech.broke_off", %error, "a model stopped in the middle of a speech");
        Box::new(error) as Box<dyn std::error::Error>
    });
    Ok(HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, "audio/mpeg"))
        .streaming(sound))
}
