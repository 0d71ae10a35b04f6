//! A run that asks a person: the form, who may answer it, and how it ended.

use serde::{Deserialize, Serialize};

use crate::Json;

/// A form that waits for a person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Form {
    /// The id of the form, by which it is answered.
    pub form_id: String,
    /// The node that asks.
    pub node_id: String,
    /// What the author called it.
    pub node_title: String,
    /// Markdown, its variables filled in; `{{#$output.name#}}` marks the place of a field.
    pub form_content: String,
    /// The same as the author wrote it: a snapshot shows this one.
    pub form_template: String,
    /// Fields, an array of objects.
    pub inputs: Json,
    /// Buttons, an array of `{id, title, button_style}`.
    pub actions: Json,
    /// Whether the web app shows it.
    pub display_in_ui: bool,
    /// Who may answer, each with a token of their own.
    pub recipients: Vec<Recipient>,
    /// Defaults that came from variables, by field.
    pub resolved_default_values: Json,
    /// When the form ends, in Unix seconds.
    pub expiration_time: i64,
}

impl Form {
    pub(super) fn weight(&self) -> usize {
        self.form_content.len()
            + self.form_template.len()
            + self.inputs.as_str().len()
            + self.actions.as_str().len()
            + self.resolved_default_values.as_str().len()
    }
}

/// Somebody who may answer a form.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recipient {
    /// Where they are reached.
    pub kind: RecipientKind,
    /// 22 characters that open this form as this recipient.
    pub token: String,
}

/// Where a recipient is reached. Their order is the order of preference when a caller may act on several.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RecipientKind {
    /// The one that every form has.
    Backstage,
    /// A person who answers in the console.
    Console,
    /// The web app.
    StandaloneWebApp,
    /// A mail to a member of the workspace.
    EmailMember,
    /// A mail to somebody else.
    EmailExternal,
}

/// A person answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HumanInputFormFilled {
    /// The node that asked.
    pub node_id: String,
    /// What the author called it.
    pub node_title: String,
    /// The form with the answers in it.
    pub rendered_content: String,
    /// The id of the button that was pressed.
    pub action_id: String,
    /// What stands on it.
    pub action_text: String,
    /// Answers by field.
    pub submitted_data: Json,
}

/// Nobody answered in time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HumanInputFormTimeout {
    /// The node that asked.
    pub node_id: String,
    /// What the author called it.
    pub node_title: String,
    /// When the form ended, in Unix seconds.
    pub expiration_time: i64,
}

/// Why a run waits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PauseReason {
    /// For a person.
    HumanInputRequired(Box<Form>),
    /// Because it was told to.
    ScheduledPause {
        /// Why the run waits, in words for people.
        message: String,
    },
}
