//! Members that are one of a few words.

use gatewright_usecase_apps::{AppMode, Order};
use serde::Deserialize;
use utoipa::ToSchema;

macro_rules! words {
    ($($(#[$doc:meta])* $name:ident { $($(#[$of:meta])* $variant:ident = $word:literal,)+ })+) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
        pub enum $name {
            $($(#[$of])* #[serde(rename = $word)] $variant,)+
        }

        impl $name {
            /// The word as clients send it.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)+
                }
            }
        }
    )+};
}

words! {
    /// Which kinds of apps a list is of.
    ListMode {
        /// Apps of all kinds.
        All = "all",
        /// Graphs with inputs and outputs.
        Workflow = "workflow",
        /// Graphs that answer in conversations.
        AdvancedChat = "advanced-chat",
        /// Prompts in conversations.
        Chat = "chat",
        /// Models with tools.
        AgentChat = "agent-chat",
        /// Prompts with one answer.
        Completion = "completion",
        /// Agents of the second generation; there are none.
        Agent = "agent",
        /// A kind of old; there are none.
        Channel = "channel",
    }

    /// The kind of a new app.
    NewMode {
        /// A graph with inputs and outputs.
        Workflow = "workflow",
        /// A graph that answers in conversations.
        AdvancedChat = "advanced-chat",
        /// A prompt in conversations.
        Chat = "chat",
        /// A model with tools.
        AgentChat = "agent-chat",
        /// A prompt with one answer.
        Completion = "completion",
    }

    /// Which kinds of apps a program lists.
    ProgramMode {
        /// Prompts with one answer.
        Completion = "completion",
        /// Prompts in conversations.
        Chat = "chat",
        /// Graphs that answer in conversations.
        AdvancedChat = "advanced-chat",
        /// Graphs with inputs and outputs.
        Workflow = "workflow",
        /// Models with tools.
        AgentChat = "agent-chat",
    }

    /// What an icon is.
    IconKind {
        /// An uploaded picture.
        Image = "image",
        /// One character, an emoji.
        Emoji = "emoji",
        /// A picture at an address.
        Link = "link",
    }

    /// Which apps come first.
    SortBy {
        /// Those that were changed last.
        LastModified = "last_modified",
        /// Those that were made last.
        RecentlyCreated = "recently_created",
        /// Those that were made first.
        EarliestCreated = "earliest_created",
    }

    /// Where the file of an import is.
    SourceMode {
        /// The member `yaml_content` has its text.
        Content = "yaml-content",
        /// The member `yaml_url` has its address.
        Url = "yaml-url",
    }

    /// Whether users bring a token of their own.
    TokenStrategy {
        /// Users must bring one.
        Must = "must",
        /// Users may bring one.
        Allow = "allow",
        /// They may not.
        NotAllow = "not_allow",
    }
}

impl ListMode {
    /// The modes; empty: all.
    pub fn modes(self) -> Vec<&'static str> {
        match self {
            Self::All => vec![],
            mode => vec![mode.as_str()],
        }
    }
}

impl From<NewMode> for AppMode {
    fn from(mode: NewMode) -> Self {
        match mode {
            NewMode::Workflow => Self::Workflow,
            NewMode::AdvancedChat => Self::AdvancedChat,
            NewMode::Chat => Self::Chat,
            NewMode::AgentChat => Self::AgentChat,
            NewMode::Completion => Self::Completion,
        }
    }
}

impl From<SortBy> for Order {
    fn from(sort: SortBy) -> Self {
        match sort {
            SortBy::LastModified => Self::LastChangedFirst,
            SortBy::RecentlyCreated => Self::NewestFirst,
            SortBy::EarliestCreated => Self::OldestFirst,
        }
    }
}
