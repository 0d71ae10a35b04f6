//! Questions that may follow an answer, found by a model.

use gatewright_model::{ConfiguredModel, Message, TokenCounter as _, token::RoughCounter};
use gatewright_storage_runs::{
    message::{self, Said},
    message_list,
};
use gatewright_usecase_apps::{App, AppError};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::{ConversationError, Conversations, Talker, model};

/// Rounds that the model is told of.
const MAX_ROUNDS: usize = 3;
/// Messages that are looked at for them: other branches are left out.
const LOOKED_AT: i64 = 32;
/// Tokens of the rounds together, roughly.
const MAX_TOKENS: u64 = 3_000;
/// Questions that are told at most.
const MAX_QUESTIONS: usize = 10;

const INSTRUCTIONS: &str = "Above is the end of a conversation. Say which three short questions its human would most likely ask next, in the \
   language of the conversation. Answer with a JSON array of three strings and nothing else.";

impl Conversations {
    /// Questions that may follow a message of the talker's. A model that does not answer, or not by questions, has none.
    ///
    /// # Errors
    /// When they have no such message, the app suggests none, or PostgreSQL does not answer.
    pub async fn suggested(
        &self,
        app: &App,
        talker: &Talker,
        message: Uuid,
    ) -> Result<Vec<String>, ConversationError> {
        let said = {
            let mut conn = self.pool.get().await?;
            let found = message_list::find(&mut conn, talker.app.0, talker.creator, message);
            let found = found.await?.ok_or(ConversationError::MessageNotFound)?;
            let conversation = found.conversation_id;
            message::list_back_from(&mut conn, conversation, message, LOOKED_AT).await?
        };
        let parameters = self.apps.parameters(app).await?;
        let parameters = parameters.ok_or(AppError::NotPublished)?;
        let feature = parameters.suggested_questions_after_answer;
        if feature["enabled"] != true {
            return Err(ConversationError::SuggestionsOff);
        }
        let Some((found, parameters)) = self.model_of(talker, &feature).await else {
            return Ok(vec![]);
        };
        let prompt = prompt(&said, message, &feature);
        let user = Some(talker.creator.id().to_string());
        let answer = model::ask(&found, vec![Message::user(prompt)], parameters, user).await;
        Ok(answer.as_deref().map(questions).unwrap_or_default())
    }

    /// The model that the app names for it, with its parameters; else the one that is called where an app names none.
    async fn model_of(
        &self,
        talker: &Talker,
        feature: &Value,
    ) -> Option<(ConfiguredModel, Map<String, Value>)> {
        let named = &feature["model"];
        let text = |member: &str| named[member].as_str().filter(|text| !text.is_empty());
        if let (Some(provider), Some(name)) = (text("provider"), text("name")) {
            let found = self.models.chat_model(talker.workspace, provider, name);
            let parameters = named["completion_params"].as_object();
            return Some((found.await.ok()?, parameters.cloned().unwrap_or_default()));
        }
        let found = self
            .models
            .default_chat_model(talker.workspace)
            .await
            .ok()?;
        let parameters = json!({"max_tokens": 2_560, "temperature": 0.0});
        Some((found, parameters.as_object().cloned().unwrap_or_default()))
    }
}

/// The last rounds and what is wanted. The question of the message itself is there, whether it was answered or not.
fn prompt(said: &[Said], message: Uuid, feature: &Value) -> String {
    let mut rounds: Vec<String> = vec![];
    let (mut wanted, mut tokens) = (Some(message), 0);
    for one in said {
        let Some(next) = wanted.filter(|_| rounds.len() < MAX_ROUNDS) else {
            break;
        };
        if next != one.id && !next.is_nil() {
            continue;
        }
        wanted = one.parent_message_id;
        let round = format!("Human: {}\nAssistant: {}\n", one.query, one.answer);
        tokens += RoughCounter.count(&round);
        if tokens > MAX_TOKENS && !rounds.is_empty() {
            break;
        }
        rounds.push(round);
    }
    rounds.reverse();
    let own = feature["prompt"]
        .as_str()
        .filter(|own| !own.trim().is_empty());
    rounds.concat() + own.unwrap_or(INSTRUCTIONS)
}

/// The texts of the first list in an answer.
fn questions(answer: &str) -> Vec<String> {
    let Some(Value::Array(items)) = model::json_in(answer, '[') else {
        return vec![];
    };
    let texts = items.iter().map(Value::as_str).collect::<Option<Vec<_>>>();
    let texts = texts.unwrap_or_default().into_iter();
    texts.take(MAX_QUESTIONS).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(id: u128, parent: Option<u128>, query: &str, answer: &str) -> Said {
        Said {
            id: Uuid::from_u128(id),
            parent_message_id: parent.map(Uuid::from_u128),
            query: query.to_owned(),
            answer: answer.to_owned(),
        }
    }

    #[test]
    fn prompt_has_the_last_rounds_of_the_thread_with_a_question_that_was_not_answered() {
        let all = [
            said(9, Some(4), "last", ""),
            said(5, Some(3), "elsewhere", "x"),
            said(4, Some(0), "two", "b"),
            said(3, Some(0), "one", "a"),
            said(1, None, "zero", "z"),
        ];
        let text = prompt(&all, Uuid::from_u128(9), &Value::Null);
        assert!(text.contains("Human: last\nAssistant: \n"), "{text}");
        assert!(
            text.contains("Human: two") && !text.contains("zero"),
            "{text}"
        );
        let own = prompt(&all, Uuid::from_u128(9), &json!({"prompt": "Own words."}));
        assert!(own.ends_with("Own words."), "{own}");
    }

    #[test]
    fn round_that_is_too_long_is_left_out_but_the_last_one() {
        let long = "word ".repeat(4_000);
        let all = [said(9, Some(0), &long, ""), said(4, Some(0), "two", "b")];
        let text = prompt(&all, Uuid::from_u128(9), &Value::Null);
        assert!(
            text.contains("Human: word") && !text.contains("two"),
            "{text}"
        );
    }

    #[test]
    fn questions_are_a_flat_list_of_texts_or_none() {
        assert_eq!(questions("```json\n[\"A?\", \"B?\"]\n```"), ["A?", "B?"]);
        for none in ["no list", "[1, 2]", "[[\"A?\"]]", "[{\"q\": \"A?\"}]"] {
            assert_eq!(questions(none), [""; 0], "{none}");
        }
    }
}
