//! Speech of apps: what was said becomes text, answers are read out. Apps say whether they do and by whose voice; which model does it
//! the workspace says.

mod error;
mod hearing;
mod kind;

use gatewright_model::{AudioStream, ConfiguredSpeech, ModelType, Utterance};
use gatewright_storage_runs::{owner_message, run::Creator};
use gatewright_usecase_apps::{App, AppError};
use serde_json::Value;
use uuid::Uuid;

pub(crate) use self::hearing::room;
pub use self::{
    error::SpeechError,
    hearing::{Hearing, MAX_RECORDING_BYTES},
};
use crate::{Conversations, Talker};

/// Which edition of an app is asked what it does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Edition {
    /// What its users have.
    Published,
    /// What its editor shows.
    Draft,
}

/// What is to be read out: a text, else the answer of a message.
#[derive(Debug, Clone, Default)]
pub struct ReadOut {
    /// The text; blank: none.
    pub text: Option<String>,
    /// The message whose answer is read out. It is looked for first.
    pub message: Option<Uuid>,
    /// By whose voice, if the model has it.
    pub voice: Option<String>,
}

impl Conversations {
    /// Gets ready to hear somebody; `media_type` and `extension` are what they say of their file, `user` who they are.
    ///
    /// # Errors
    /// When the app does not listen, nobody does for its workspace, the file is no sound that we know, or PostgreSQL does not answer.
    pub async fn listen(
        &self,
        app: &App,
        edition: Edition,
        media_type: &str,
        extension: &str,
        user: Option<String>,
    ) -> Result<Hearing, SpeechError> {
        let (listens, _) = self.speech_of(app, edition).await?;
        if listens["enabled"] != true {
            return Err(SpeechError::DoesNotListen);
        }
        let format = kind::format(media_type, extension).ok_or(SpeechError::UnsupportedType)?;
        let model = self.speech.speech(app.workspace, ModelType::Speech2text);
        let model = model.await.map_err(SpeechError::NobodyListens)?;
        Ok(Hearing::new(model.speech, format, user, &self.room))
    }

    /// Reads out. `talker`: whose the message is; none: whoever's.
    ///
    /// # Errors
    /// When the app does not speak, nobody does for its workspace, there is no such message or nothing to say, the model does not answer,
    /// or PostgreSQL.
    pub async fn read_out(
        &self,
        app: &App,
        edition: Edition,
        talker: Option<&Talker>,
        wanted: ReadOut,
    ) -> Result<AudioStream, SpeechError> {
        // What is not the caller's is not there, whatever the app does.
        let text = match wanted.message {
            Some(id) => self.answer_of(app, talker, id).await?,
            None => wanted.text.unwrap_or_default(),
        };
        let (_, speaks) = self.speech_of(app, edition).await?;
        if speaks["enabled"] != true {
            return Err(SpeechError::DoesNotSpeak);
        }
        if text.trim().is_empty() {
            return Err(SpeechError::NothingToSay);
        }
        let model = self.speaker(app).await?;
        let said = [wanted.voice.as_deref(), speaks["voice"].as_str()];
        let voice = voice(&said, &model.voices);
        let sound = model.speech.speak(Utterance { text, voice });
        Ok(sound.await?)
    }

    /// The voices of whoever speaks for the apps of a workspace.
    ///
    /// # Errors
    /// When nobody does.
    pub async fn voices(&self, app: &App) -> Result<Vec<String>, SpeechError> {
        Ok(self.speaker(app).await?.voices.to_vec())
    }

    async fn speaker(&self, app: &App) -> Result<ConfiguredSpeech, SpeechError> {
        let model = self.speech.speech(app.workspace, ModelType::Tts);
        model.await.map_err(SpeechError::NobodySpeaks)
    }

    /// Whether the app listens, and whether and how it speaks.
    async fn speech_of(&self, app: &App, edition: Edition) -> Result<(Value, Value), SpeechError> {
        if edition == Edition::Draft && ["workflow", "advanced-chat"].contains(&app.mode.as_str()) {
            let draft = self.apps.draft(app.workspace, app.id).await?;
            let feature = |name: &str| draft.content.features.get(name).cloned();
            let of = |name: &str| feature(name).unwrap_or_default();
            return Ok((of("speech_to_text"), of("text_to_speech")));
        }
        let parameters = self.apps.parameters(app).await?;
        let parameters = parameters.ok_or(AppError::NotPublished)?;
        Ok((parameters.speech_to_text, parameters.text_to_speech))
    }

    /// What was answered in a message.
    async fn answer_of(
        &self,
        app: &App,
        talker: Option<&Talker>,
        id: Uuid,
    ) -> Result<String, SpeechError> {
        let mut conn = self.pool.get().await?;
        let found = owner_message::find(&mut conn, app.id.0, id).await?;
        let is_theirs = |creator: Creator| talker.is_none_or(|talker| talker.creator == creator);
        let found = found.filter(|(_, creator)| is_theirs(*creator));
        let (found, _) = found.ok_or(SpeechError::NoMessage)?;
        Ok(found.answer)
    }
}

/// The first of these voices that the model has, else its own; of a model of which nobody has said what voices it has, the first.
fn voice(said: &[Option<&str>], voices: &[String]) -> Option<String> {
    let mut said = said.iter().flatten().filter(|name| !name.is_empty());
    let has = |name: &str| voices.is_empty() || voices.iter().any(|voice| voice == name);
    let found = said.find(|name| has(name)).map(|name| (*name).to_owned());
    found.or_else(|| voices.first().cloned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn voice_is_one_that_the_model_has() {
        let known = ["low".to_owned(), "high".to_owned()];
        for (said, voices, expected) in [
            ([Some("high"), Some("low")], &known[..], Some("high")),
            ([Some("odd"), Some("high")], &known, Some("high")),
            ([Some(""), Some("odd")], &known, Some("low")),
            ([None, None], &known, Some("low")),
            ([Some("odd"), None], &[], Some("odd")),
            ([None, Some("")], &[], None),
        ] {
            assert_eq!(voice(&said, voices).as_deref(), expected, "{said:?}");
        }
    }
}
