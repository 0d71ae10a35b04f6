//! Rounds of conversations: each begins when the one before has ended, and counts once.

use std::time::Duration;

use gatewright_engine::Micros;
use gatewright_storage_runs::{conversation, conversation_variable};
use gatewright_usecase_apps::App;
use gatewright_usecase_kit::Ctx;
use gatewright_usecase_runs::{Dialogue, RunHandle};

use crate::{
    NewConversation, RunService, RunServiceError,
    judges::{Case, JudgedBy, Told},
    moderation::{Heard, Moderation},
    question::{Asked, Known, UnknownConversation, dialogue},
    rows,
    service::Ground,
};

/// A caller waits so long at most for the answer before theirs.
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);
/// The first look is taken after this time, the later ones after twice the time before.
const FIRST_PAUSE: Duration = Duration::from_millis(20);
/// No longer than this passes between two looks.
const MAX_PAUSE: Duration = Duration::from_millis(320);

/// What a conversation says of a question.
enum Turn {
    /// It can be answered now.
    Next(Box<Dialogue>),
    /// Another one is being answered.
    Later,
}

/// Whose questions and answers are judged.
pub(crate) fn case_of(app: &App) -> impl Fn(JudgedBy) -> Case + use<> {
    let (workspace, app) = (app.workspace, app.id);
    move |by| Case { workspace, app, by }
}

impl RunService {
    /// Begins the run that answers a question. While another message of the conversation is being answered it waits for its end, so
    /// that a round sees what the round before has said and written.
    pub(crate) async fn answer(
        &self,
        ctx: &Ctx,
        mut ground: Ground,
        mut asked: Asked,
    ) -> Result<RunHandle, RunServiceError> {
        let mut instead = None;
        let mut output_rule = None;
        if let Some(rules) = Moderation::of(&ground.runnable.content.features)? {
            let case = case_of(&ground.runnable.app);
            let told = Told {
                query: asked.query.clone(),
                inputs: ground.inputs.clone(),
            };
            match rules.hear(&*self.judges, &case, &told).await? {
                Heard::Fine => {}
                Heard::Answered(text) => instead = Some(text),
                Heard::Overridden(told) => {
                    asked.query = told.query;
                    ground.inputs = told.inputs;
                }
            }
            output_rule = rules.output_rule(&self.judges, &case);
        }
        let (ground, asked) = (&ground, &asked);
        let (mut waited, mut pause) = (Duration::ZERO, FIRST_PAUSE);
        loop {
            if let Turn::Next(mut dialogue) = self.turn(ctx, ground, asked).await? {
                dialogue.output_rule.clone_from(&output_rule);
                let begun = match &instead {
                    Some(text) => self.say(ctx, ground, dialogue, text).await,
                    None => self.begin(ctx, ground, Some(dialogue)).await,
                };
                match begun {
                    Err(RunServiceError::ConversationBusy) => {}
                    Ok(handle) => {
                        // What no model may answer, no model names.
                        if instead.is_none() {
                            self.have_named(ground, asked, &handle);
                        }
                        return Ok(handle);
                    }
                    other => return other,
                }
            }
            if waited >= BUSY_TIMEOUT {
                return Err(RunServiceError::ConversationBusy);
            }
            tokio::time::sleep(pause).await;
            waited += pause;
            pause = (pause * 2).min(MAX_PAUSE);
        }
    }

    /// Has a conversation named that has just begun.
    fn have_named(&self, ground: &Ground, asked: &Asked, handle: &RunHandle) {
        let (true, Some(namer)) = (asked.named_by_model, &self.namer) else {
            return;
        };
        let dialogue = handle.plan.dialogue.as_deref();
        let Some((dialogue, question)) =
            dialogue.and_then(|dialogue| Some((dialogue, dialogue.question.as_ref()?)))
        else {
            return;
        };
        if question.dialogue_count == 1 {
            namer.name(NewConversation {
                workspace: ground.runnable.app.workspace,
                conversation: dialogue.conversation_id,
                query: question.query.clone(),
                name: question.name.clone(),
            });
        }
    }

    async fn turn(
        &self,
        ctx: &Ctx,
        ground: &Ground,
        asked: &Asked,
    ) -> Result<Turn, RunServiceError> {
        let now = Micros::try_from(ctx.now.timestamp_micros()).unwrap_or_default();
        let next = |known: Option<&Known>| {
            Turn::Next(Box::new(dialogue(
                ground,
                asked,
                known,
                &*self.env.ids,
                now,
            )))
        };
        let Some(id) = asked.conversation else {
            return Ok(next(None));
        };
        let mut conn = self.pool.get().await?;
        let creator = rows::creator_of(&ground.created_by);
        let known = conversation::find(&mut conn, ground.runnable.app.id.0, creator, id).await?;
        let known = match (known, asked.unknown) {
            (Some(known), _) => known,
            (None, UnknownConversation::Begins) => return Ok(next(None)),
            (None, UnknownConversation::Refused) => {
                return Err(RunServiceError::ConversationNotFound);
            }
        };
        if known.status != "normal" {
            return Err(RunServiceError::ConversationCompleted);
        }
        if known.is_answering {
            return Ok(Turn::Later);
        }
        let variables = conversation_variable::list(&mut conn, id).await?;
        Ok(next(Some(&Known {
            conversation: known,
            variables,
        })))
    }
}
