//! What runs of conversations keep beside their own rows: the conversation, the message, the variables.

use std::borrow::Cow;

use chrono::{DateTime, Utc};
use gatewright_run_events::{Json, MessageEnd, MessageMetadata, RunStatus, StartReason};
use gatewright_storage_kit::{StorageError, Tx};
use gatewright_storage_runs::{
    conversation::{self, NewConversation, Round},
    conversation_variable::{self, VariableRow},
    message::{self, Answer, Cost, NewMessage},
    message_file::{self, NewMessageFile},
};
use gatewright_usecase_runs::{
    Commit, Dialogue, Question, Record, RunPlan, execution_id, storable,
};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::{question::variable_data, rows};

/// Dify's name for apps whose graph answers in conversations.
pub(crate) const MODE: &str = "advanced-chat";
/// Unit prices are stored with four places in front of the point's six.
const MAX_UNIT_PRICE: f64 = 999_999.0;
/// Units and sums are stored with three places in front of the point.
const MAX_PRICE: f64 = 999.0;

/// Begins conversations, or counts their next round, for those of the runs that begin in this batch. Returns the runs whose round it
/// is not: another one came first, or the conversation was deleted.
pub(crate) async fn begin(tx: &mut Tx, batch: &[&Commit]) -> Result<Vec<Uuid>, StorageError> {
    let asked: Vec<Begun<'_>> = batch.iter().filter_map(|commit| begun(commit)).collect();
    let (first, later): (Vec<_>, Vec<_>) = asked
        .iter()
        .partition(|begun| begun.question.dialogue_count == 1);
    if !first.is_empty() {
        let rows: Vec<_> = first.iter().map(|begun| begun.conversation()).collect();
        conversation::insert(tx, &rows).await?;
    }
    if later.is_empty() {
        return Ok(vec![]);
    }
    let rounds: Vec<_> = later.iter().map(|begun| begun.round()).collect();
    let won = conversation::count_up(tx, &rounds).await?;
    let lost = rounds.iter().map(|round| round.run);
    Ok(lost.filter(|run| !won.contains(run)).collect())
}

/// Messages and variables of these commits, whose runs have rows.
pub(crate) async fn write(tx: &mut Tx, own: &[&Commit]) -> Result<(), StorageError> {
    let asked: Vec<Begun<'_>> = own.iter().filter_map(|commit| begun(commit)).collect();
    if !asked.is_empty() {
        let rows: Vec<_> = asked.iter().map(Begun::message).collect();
        message::insert(tx, &rows).await?;
        let rows: Vec<_> = asked.iter().flat_map(Begun::files).collect();
        if !rows.is_empty() {
            message_file::insert(tx, &rows).await?;
        }
        let rows: Vec<_> = asked.iter().flat_map(Begun::variables).collect();
        if !rows.is_empty() {
            conversation_variable::insert(tx, &rows).await?;
        }
    }
    let reopened: Vec<Uuid> = own.iter().filter_map(|commit| reopened(commit)).collect();
    if !reopened.is_empty() {
        message::reopen(tx, &reopened).await?;
    }
    let rows: Vec<_> = own.iter().flat_map(|commit| written(commit)).collect();
    if !rows.is_empty() {
        conversation_variable::update(tx, &rows).await?;
    }
    Ok(())
}

/// Answers, by how their runs ended or wait.
pub(crate) async fn write_answers(tx: &mut Tx, rows: &[Answer<'_>]) -> Result<(), StorageError> {
    if rows.is_empty() {
        return Ok(());
    }
    message::update_answers(tx, rows).await
}

/// A run of a conversation that begins.
struct Begun<'a> {
    plan: &'a RunPlan,
    dialogue: &'a Dialogue,
    question: &'a Question,
}

fn begun(commit: &Commit) -> Option<Begun<'_>> {
    let is_first = |record: &Record| matches!(record, Record::Started(start) if start.reason == StartReason::Initial);
    let dialogue = commit.plan.dialogue.as_deref()?;
    let question = dialogue.question.as_ref()?;
    commit.records.iter().any(is_first).then_some(Begun {
        plan: &commit.plan,
        dialogue,
        question,
    })
}

impl Begun<'_> {
    fn at(&self) -> DateTime<Utc> {
        at(self.dialogue)
    }

    fn conversation(&self) -> NewConversation<'_> {
        let creator = rows::creator(self.plan);
        NewConversation {
            id: self.dialogue.conversation_id,
            app_id: self.plan.app_id,
            mode: MODE,
            name: &self.question.name,
            inputs: self.question.inputs.as_str(),
            introduction: &self.question.introduction,
            invoke_from: rows::invoked_from(self.plan.surface),
            creator,
            created_at: self.at(),
        }
    }

    fn round(&self) -> Round {
        Round {
            conversation: self.dialogue.conversation_id,
            run: self.plan.key.run_id,
            dialogue_count: self.question.dialogue_count,
            at: self.at(),
        }
    }

    fn message(&self) -> NewMessage<'_> {
        let creator = rows::creator(self.plan);
        NewMessage {
            id: self.dialogue.message_id,
            app_id: self.plan.app_id,
            app_mode: MODE,
            conversation_id: self.dialogue.conversation_id,
            run_id: (self.plan.key.epoch > 0).then_some(self.plan.key.run_id),
            inputs: self.question.inputs.as_str(),
            query: &self.question.query,
            parent_message_id: self.question.parent_message_id,
            invoke_from: rows::invoked_from(self.plan.surface),
            creator,
            created_at: self.at(),
        }
    }

    fn files(&self) -> impl Iterator<Item = NewMessageFile<'_>> {
        let creator = rows::creator(self.plan);
        let numbered = self.question.files.iter().zip(0_u64..);
        numbered.map(move |(file, at)| NewMessageFile {
            // Of the message and the place, so that what is written twice is there once.
            id: execution_id(self.dialogue.message_id, at),
            message_id: self.dialogue.message_id,
            kind: &file.kind,
            transfer_method: &file.transfer_method,
            url: file.url.as_deref(),
            upload_file_id: file.upload_file_id,
            creator,
            created_at: self.at(),
        })
    }

    fn variables(&self) -> impl Iterator<Item = VariableRow> {
        let new = self.dialogue.variables.iter().filter(|one| one.is_new);
        new.map(|one| {
            let value = one.value.to_value().unwrap_or_default();
            VariableRow {
                id: one.id,
                conversation_id: self.dialogue.conversation_id,
                app_id: self.plan.app_id,
                data: variable_data(one, &one.value_type, &value),
                at: self.at(),
            }
        })
    }
}

fn at(dialogue: &Dialogue) -> DateTime<Utc> {
    let micros = i64::try_from(dialogue.asked_at).unwrap_or_default();
    DateTime::from_timestamp_micros(micros).unwrap_or_default()
}

/// The message of a run that goes on after a pause.
fn reopened(commit: &Commit) -> Option<Uuid> {
    let goes_on = |record: &Record| matches!(record, Record::Started(start) if start.reason == StartReason::Resumption);
    let dialogue = commit.plan.dialogue.as_deref()?;
    commit
        .records
        .iter()
        .any(goes_on)
        .then_some(dialogue.message_id)
}

/// The variables that a commit writes, each as it was written last: a statement may name each once.
fn written(commit: &Commit) -> Vec<VariableRow> {
    let Some(dialogue) = commit.plan.dialogue.as_deref() else {
        return vec![];
    };
    let mut rows: Vec<VariableRow> = vec![];
    for record in commit.records.iter().rev() {
        let Record::Variable(update) = record else {
            continue;
        };
        let name = update.selector.get(1).map_or("", String::as_str);
        let Some(variable) = dialogue.variable(name) else {
            continue;
        };
        if rows.iter().all(|row| row.id != variable.id) {
            rows.push(VariableRow {
                id: variable.id,
                conversation_id: dialogue.conversation_id,
                app_id: commit.plan.app_id,
                data: variable_data(variable, &update.value_type, update.value.json()),
                at: at(dialogue),
            });
        }
    }
    rows
}

/// The answer that a commit keeps; `stopped` when somebody stopped the run. A run that failed has none, as clients are told.
pub(crate) fn answer(commit: &Commit, stopped: bool) -> Option<Answer<'_>> {
    let dialogue = commit.plan.dialogue.as_deref()?;
    let (said, end) = commit
        .records
        .iter()
        .rev()
        .find_map(|record| match record {
            Record::Message { answer, end } => Some((answer, end)),
            _ => None,
        })?;
    let finished = commit.records.iter().rev().find_map(|record| match record {
        Record::Finished(end) => Some(end),
        _ => None,
    });
    let failed = finished.filter(|end| end.status == RunStatus::Failed && !stopped);
    let usage = end.metadata.usage.to_value().unwrap_or_default();
    let error = failed.map(|end| {
        let reason = end.error.as_deref().unwrap_or_default();
        storable(&format!("Run failed: {reason}")).into_owned()
    });
    Some(Answer {
        id: dialogue.message_id,
        answer: if failed.is_some() {
            Cow::Borrowed("")
        } else {
            storable(said)
        },
        status: match (finished, failed) {
            (None, _) => "paused",
            (_, Some(_)) => "error",
            _ => "normal",
        },
        error,
        metadata: metadata(end),
        message: cost(&usage, "prompt"),
        answered: cost(&usage, "completion"),
        total_price: decimal(&usage["total_price"], MAX_PRICE),
        currency: usage["currency"].as_str().unwrap_or("USD").to_owned(),
        latency: finished.map_or(0.0, |end| end.elapsed_time),
        at: finished.map_or_else(|| at(dialogue), |end| rows::at(end.finished_at)),
    })
}

fn cost(usage: &Value, side: &str) -> Cost {
    let of = |member: &str| &usage[format!("{side}_{member}")];
    Cost {
        tokens: of("tokens")
            .as_i64()
            .and_then(|tokens| i32::try_from(tokens).ok())
            .unwrap_or(0),
        unit_price: decimal(of("unit_price"), MAX_UNIT_PRICE),
        price_unit: decimal(of("price_unit"), MAX_PRICE),
    }
}

/// A decimal that its column holds. What is none is nothing: a price must not keep an answer from being kept.
fn decimal(value: &Value, below: f64) -> String {
    let text = value.as_str().unwrap_or_default();
    match text.parse::<f64>() {
        Ok(number) if number.is_finite() && number.abs() < below => text.to_owned(),
        _ => "0".to_owned(),
    }
}

/// `message_metadata`, as lists show it.
fn metadata(end: &MessageEnd) -> String {
    let MessageMetadata {
        retriever_resources,
        usage,
        reasoning,
        ..
    } = &end.metadata;
    let value = |json: &Json| json.to_value().unwrap_or_default();
    let mut members = Map::new();
    members.insert("annotation_reply".into(), Value::Null);
    members.insert("retriever_resources".into(), value(retriever_resources));
    members.insert("usage".into(), value(usage));
    if !reasoning.is_empty() {
        members.insert("reasoning".into(), json!(reasoning));
    }
    Value::Object(members).to_string()
}
