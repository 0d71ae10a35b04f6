//! What a run of a conversation has beside the run: the question, and the variables that outlive it.

use gatewright_engine::Micros;
use gatewright_run_events::Json;
use uuid::Uuid;

use crate::OutputRule;

/// What a run of a conversation has beside the run. Its ids are those of [`crate::RunPlan::message`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dialogue {
    /// The conversation that the run is part of.
    pub conversation_id: Uuid,
    /// The message that the run answers.
    pub message_id: Uuid,
    /// When the question was asked, in microseconds since 1970.
    pub asked_at: Micros,
    /// The variables that outlive the run; those that a run writes and that are not among these live as long as the run.
    pub variables: Vec<ConversationVariable>,
    /// What is stored when the run begins; none when it goes on elsewhere.
    pub question: Option<Question>,
    /// What the answer must not contain.
    pub output_rule: Option<OutputRule>,
}

/// A variable of a conversation, as it was when the run began.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConversationVariable {
    /// The variable as the app declares it.
    pub id: Uuid,
    /// The second part of its selector.
    pub name: String,
    /// Its type, such as `array[string]`.
    pub value_type: String,
    /// What people read of it.
    pub description: String,
    /// The value that it began with.
    pub value: Json,
    /// Whether the conversation has none of it yet.
    pub is_new: bool,
}

/// A file that came with a question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QuestionFile {
    /// `image`, `document`, `audio`, `video` or `custom`.
    pub kind: String,
    /// `local_file`, `remote_url` or `tool_file`.
    pub transfer_method: String,
    /// Where it is elsewhere; of a file of ours nothing.
    pub url: Option<String>,
    /// The upload or the file of a run that it is.
    pub upload_file_id: Option<Uuid>,
}

/// What was asked, as it is stored before anything is answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// What was asked.
    pub query: String,
    /// The caller's inputs: an object.
    pub inputs: Json,
    /// The files that came with it.
    pub files: Vec<QuestionFile>,
    /// The message that it follows; the nil id: whichever came before; none: it begins a thread.
    pub parent_message_id: Option<Uuid>,
    /// Which round of the conversation this is, from 1: the first one makes the conversation.
    pub dialogue_count: i32,
    /// What lists call the conversation that begins with it.
    pub name: String,
    /// What the app says before anybody asks.
    pub introduction: String,
}

impl Dialogue {
    /// The variable of a name.
    #[must_use]
    pub fn variable(&self, name: &str) -> Option<&ConversationVariable> {
        self.variables.iter().find(|variable| variable.name == name)
    }
}
