//! What is said to a model: messages with texts, pictures and other media.

use crate::{entity::Feature, tool::ToolCall};

/// Whose message it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// The instructions that stand before a conversation.
    System,
    /// The person, or the application for one.
    User,
    /// What the model said.
    Assistant,
    /// What a tool gave.
    Tool,
}

impl Role {
    /// As protocols and records name it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::User => "user",
            Self::Assistant => "assistant",
            Self::Tool => "tool",
        }
    }

    /// Of the name in an app file.
    pub fn of_name(name: &str) -> Option<Self> {
        [Self::System, Self::User, Self::Assistant, Self::Tool]
            .into_iter()
            .find(|role| role.as_str() == name)
    }
}

/// What kind of media a part is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MediaKind {
    /// A picture, which the model looks at.
    Image,
    /// Sound, which the model listens to.
    Audio,
    /// Moving pictures, which the model watches.
    Video,
    /// A file of text and layout, such as PDF.
    Document,
}

impl MediaKind {
    /// As records name it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Image => "image",
            Self::Audio => "audio",
            Self::Video => "video",
            Self::Document => "document",
        }
    }

    /// What a model must be able to do to be sent one.
    pub fn feature(self) -> Feature {
        match self {
            Self::Image => Feature::Vision,
            Self::Audio => Feature::Audio,
            Self::Video => Feature::Video,
            Self::Document => Feature::Document,
        }
    }
}

/// How closely a model is to look at a picture.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Detail {
    /// Coarsely, for few tokens.
    Low,
    /// Closely, for many tokens.
    #[default]
    High,
}

impl Detail {
    /// As protocols name it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::High => "high",
        }
    }
}

/// Where the bytes are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MediaSource {
    /// The vendor is to fetch them there.
    Url(String),
    /// Here, in base64 (RFC 4648 §4).
    Base64(String),
}

/// A picture or another file in a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Media {
    /// What it is.
    pub kind: MediaKind,
    /// Its media type, `image/png`.
    pub mime_type: String,
    /// Its extension without the dot, `png`.
    pub format: String,
    /// Its name; may be empty.
    pub filename: String,
    /// The bytes or where they are.
    pub source: MediaSource,
    /// How closely pictures are looked at.
    pub detail: Detail,
}

impl Media {
    /// Its bytes as a `data:` URL (RFC 2397), or the URL it was given by.
    pub fn url(&self) -> String {
        match &self.source {
            MediaSource::Url(url) => url.clone(),
            MediaSource::Base64(data) => format!("data:{};base64,{data}", self.mime_type),
        }
    }
}

/// A part of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// A piece of text.
    Text(String),
    /// A file of any kind.
    Media(Media),
}

/// One message of a conversation with a model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Who says it.
    pub role: Role,
    /// What it says, in order.
    pub parts: Vec<Part>,
    /// What the assistant wanted to be called.
    pub tool_calls: Vec<ToolCall>,
    /// Which call a tool's message answers.
    pub tool_call_id: Option<String>,
    /// Who speaks, for tools: the tool's name.
    pub name: Option<String>,
}

impl Message {
    /// A message of one text.
    pub fn text_of(role: Role, text: impl Into<String>) -> Self {
        Self {
            role,
            parts: vec![Part::Text(text.into())],
            tool_calls: vec![],
            tool_call_id: None,
            name: None,
        }
    }

    /// A message with the instructions for the model.
    pub fn system(text: impl Into<String>) -> Self {
        Self::text_of(Role::System, text)
    }

    /// Of the person.
    pub fn user(text: impl Into<String>) -> Self {
        Self::text_of(Role::User, text)
    }

    /// Of the model.
    pub fn assistant(text: impl Into<String>) -> Self {
        Self::text_of(Role::Assistant, text)
    }

    /// What a tool gave for a call.
    pub fn tool(
        call_id: impl Into<String>,
        name: impl Into<String>,
        text: impl Into<String>,
    ) -> Self {
        Self {
            tool_call_id: Some(call_id.into()),
            name: Some(name.into()),
            ..Self::text_of(Role::Tool, text)
        }
    }

    /// Its texts, one behind the other.
    pub fn text(&self) -> String {
        let texts = self.parts.iter().filter_map(|part| match part {
            Part::Text(text) => Some(text.as_str()),
            Part::Media(_) => None,
        });
        texts.collect()
    }

    /// Its media, in order.
    pub fn media(&self) -> impl Iterator<Item = &Media> {
        self.parts.iter().filter_map(|part| match part {
            Part::Media(media) => Some(media),
            Part::Text(_) => None,
        })
    }

    fn says_nothing(&self) -> bool {
        let is_empty = |part: &Part| matches!(part, Part::Text(text) if text.is_empty());
        self.tool_calls.is_empty() && self.role != Role::Tool && self.parts.iter().all(is_empty)
    }
}

/// What a model with these features can be sent: media that it does not take are left out, and so are
/// messages that say nothing then.
pub fn for_features(messages: Vec<Message>, features: &[Feature]) -> Vec<Message> {
    let takes = |part: &Part| match part {
        Part::Text(_) => true,
        Part::Media(media) => features.contains(&media.kind.feature()),
    };
    let fitting = messages.into_iter().map(|mut message| {
        message.parts.retain(takes);
        message
    });
    fitting.filter(|message| !message.says_nothing()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn media(kind: MediaKind) -> Part {
        Part::Media(Media {
            kind,
            mime_type: "image/png".to_owned(),
            format: "png".to_owned(),
            filename: "a.png".to_owned(),
            source: MediaSource::Base64("AAAA".to_owned()),
            detail: Detail::High,
        })
    }

    #[test]
    fn media_go_to_models_that_take_them_only() {
        let all = [
            MediaKind::Image,
            MediaKind::Audio,
            MediaKind::Video,
            MediaKind::Document,
        ];
        for kind in all {
            let mut with_text = Message::user("see");
            with_text.parts.insert(0, media(kind));
            let mut alone = with_text.clone();
            alone.parts.truncate(1);
            let sent = |features: &[Feature]| {
                let messages = vec![with_text.clone(), alone.clone(), Message::user("")];
                let counts = for_features(messages, features);
                counts.iter().map(|m| m.parts.len()).collect::<Vec<_>>()
            };
            assert_eq!(sent(&[kind.feature()]), [2, 1], "{}", kind.as_str());
            assert_eq!(sent(&[Feature::ToolCall]), [1], "{}", kind.as_str());
        }
    }

    #[test]
    fn the_empty_answer_of_a_tool_is_an_answer() {
        let messages = vec![Message::tool("1", "t", "")];
        assert_eq!(for_features(messages, &[]).len(), 1);
    }

    #[test]
    fn bytes_become_a_data_url() {
        let message = Message {
            parts: vec![media(MediaKind::Image)],
            ..Message::user("")
        };
        let urls: Vec<_> = message.media().map(Media::url).collect();
        assert_eq!(urls, ["data:image/png;base64,AAAA"]);
    }
}
