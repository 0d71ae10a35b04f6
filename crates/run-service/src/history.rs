//! What was said before in a conversation, as models are told of it.

use gatewright_storage_kit::{Pool, StorageError};
use gatewright_storage_runs::{
    message::{self, Said},
    message_file::{self, MessageFile},
};
use gatewright_usecase_runs::Dialogue;
use uuid::Uuid;

/// Messages of a conversation that are looked at, however long it is.
const MAX_MESSAGES: usize = 501;
/// Messages that are read beside the wanted ones at first: other branches, and questions that have no answer.
const SPARE: usize = 16;

/// A question of the past and its answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PastRound {
    /// Primary key of `messages`.
    pub message_id: Uuid,
    /// What was asked.
    pub question: String,
    /// What was answered.
    pub answer: String,
    /// The files that came with the question.
    pub files: Vec<MessageFile>,
}

/// The thread of a message, most recent rounds.
pub struct Histories {
    pool: Pool,
}

impl Histories {
    /// From this database.
    pub fn new(pool: Pool) -> Self {
        Self { pool }
    }

    /// The last rounds of the thread that a run's message belongs to, at most so many, the oldest first. Questions without an
    /// answer are left out; so is everything said later than the message.
    ///
    /// # Errors
    /// When PostgreSQL does not answer.
    pub async fn rounds(
        &self,
        dialogue: &Dialogue,
        most: usize,
    ) -> Result<Vec<PastRound>, StorageError> {
        let mut limit = most.saturating_add(SPARE).min(MAX_MESSAGES);
        loop {
            let rows = i64::try_from(limit).unwrap_or(i64::MAX);
            let (conversation, message) = (dialogue.conversation_id, dialogue.message_id);
            let mut conn = self.pool.get().await?;
            let said = message::list_back_from(&mut conn, conversation, message, rows).await?;
            let all_read = said.len() < limit || limit == MAX_MESSAGES;
            let mut rounds = thread(said, message, most);
            if all_read || rounds.len() >= most {
                let ids: Vec<Uuid> = rounds.iter().map(|round| round.message_id).collect();
                for file in message_file::list(&mut conn, &ids).await? {
                    let mut owners = rounds.iter_mut();
                    let owner = owners.find(|round| round.message_id == file.message_id);
                    if let Some(round) = owner {
                        round.files.push(file);
                    }
                }
                return Ok(rounds);
            }
            drop(conn);
            limit = MAX_MESSAGES;
        }
    }
}

/// The answered rounds before a message in its thread. `said` is the newest first.
fn thread(said: Vec<Said>, message: Uuid, most: usize) -> Vec<PastRound> {
    let mut rounds = vec![];
    // The nil id: whichever comes next.
    let mut wanted = Some(message);
    for one in said {
        let Some(next) = wanted.filter(|_| rounds.len() < most) else {
            break;
        };
        if next != one.id && !next.is_nil() {
            continue;
        }
        wanted = one.parent_message_id;
        if one.id != message && !one.answer.is_empty() {
            rounds.push(PastRound {
                message_id: one.id,
                question: one.query,
                answer: one.answer,
                files: vec![],
            });
        }
    }
    rounds.reverse();
    rounds
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Numbers of messages and of what they follow, the newest first; 0 is the nil id.
    fn said(messages: &[(u128, Option<u128>)]) -> Vec<Said> {
        let row = |(id, parent): &(u128, Option<u128>)| Said {
            id: Uuid::from_u128(*id),
            parent_message_id: parent.map(Uuid::from_u128),
            query: format!("q{id}"),
            answer: if *id == 3 {
                String::new()
            } else {
                format!("a{id}")
            },
        };
        messages.iter().map(row).collect()
    }

    fn ids(messages: &[(u128, Option<u128>)], most: usize) -> Vec<u128> {
        let rounds = thread(said(messages), Uuid::from_u128(9), most);
        rounds
            .iter()
            .map(|round| round.message_id.as_u128())
            .collect()
    }

    #[test]
    fn history_is_the_thread_of_the_message_without_what_has_no_answer() {
        let nil = Some(0);
        let in_a_row = [(9, nil), (4, nil), (3, nil), (2, nil), (1, nil)];
        assert_eq!(ids(&in_a_row, 10), [1, 2, 4]);
        assert_eq!(ids(&in_a_row, 2), [2, 4]);
        assert_eq!(ids(&in_a_row, 0), [0_u128; 0]);
        // 5 and 4 are other answers to what 2 was followed by.
        let branches = [
            (9, Some(2)),
            (5, Some(2)),
            (4, Some(2)),
            (2, Some(1)),
            (1, None),
        ];
        assert_eq!(ids(&branches, 10), [1, 2]);
        // What came before the first message of a thread is another thread.
        let threads = [(9, Some(4)), (4, None), (2, Some(1)), (1, None)];
        assert_eq!(ids(&threads, 10), [4]);
        assert_eq!(ids(&[(9, None), (4, nil)], 10), [0_u128; 0]);
        // Later messages are none of the past.
        assert_eq!(ids(&[(10, nil), (9, nil), (4, nil)], 10), [4]);
    }
}
