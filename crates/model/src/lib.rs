//! Language models as this house sees them, whoever makes them: what is sent, what comes back, what it
//! costs, how it fails, and which server answers for the name that an app says. Pure: vendors are crates
//! of their own behind [`ChatModel`].

pub mod call;
pub mod chunk;
pub mod decimal;
pub mod endpoint_file;
pub mod entity;
pub mod error;
pub mod message;
pub mod moderator;
pub mod parameter;
pub mod port;
pub mod price;
pub mod provider_id;
pub mod reasoning;
pub mod speech;
pub mod structured;
pub mod token;
pub mod tool;
pub mod usage;

pub use call::ChatCall;
pub use chunk::{Chunk, Completion, FinishReason};
pub use decimal::Decimal;
pub use endpoint_file::Endpoints;
pub use entity::{Feature, Mode, ModelEntity, ModelType};
pub use error::{InvokeError, InvokeErrorKind};
pub use message::{Media, MediaKind, Message, Part, Role};
pub use moderator::{Moderator, ModeratorCatalogue};
pub use port::{ChatModel, ChunkStream, ConfiguredModel, LookupError, ModelCatalogue};
pub use price::Pricing;
pub use provider_id::ProviderId;
pub use reasoning::{ReasoningFormat, ReasoningSplitter};
pub use speech::{AudioStream, ConfiguredSpeech, Recording, Speech, SpeechCatalogue, Utterance};
pub use token::{TokenCount, TokenCounter};
pub use tool::{Tool, ToolCall, ToolCallDelta};
pub use usage::Usage;
