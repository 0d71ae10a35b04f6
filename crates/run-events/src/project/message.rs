//! Lines of the answer: flat in a chatflow, in `data` in a workflow.

use serde_json::{Map, Value};

use super::{member, open};
use crate::{
    Json, MessageEnd, MessageMetadata, Projection, ReasoningChunk, TextChunk, TextReplace, View,
    object::Object,
};

/// What readers without insight see of a citation, in this order.
const CITATION: [&str; 17] = [
    "dataset_id",
    "dataset_name",
    "document_id",
    "segment_id",
    "position",
    "data_source_type",
    "document_name",
    "score",
    "hit_count",
    "word_count",
    "segment_position",
    "index_node_hash",
    "content",
    "page",
    "title",
    "files",
    "summary",
];

impl Projection {
    pub(super) fn text_chunk(&self, event: &TextChunk, out: &mut Vec<u8>) {
        let selector = &event.from_variable_selector;
        if let Some(message) = &self.run.message {
            let members = [
                member("id", &message.message_id),
                member("answer", &event.text),
                member("from_variable_selector", selector),
            ];
            return self.flat("message", out, &members);
        }
        self.of_task("text_chunk", out, |data| {
            data.field("text", &event.text)
                .field("from_variable_selector", selector);
        });
    }

    pub(super) fn text_replace(&self, event: &TextReplace, out: &mut Vec<u8>) {
        if self.run.message.is_some() {
            let members = [
                member("answer", &event.text),
                member("reason", &event.reason),
            ];
            return self.flat("message_replace", out, &members);
        }
        self.of_task("text_replace", out, |data| {
            data.field("text", &event.text);
        });
    }

    pub(super) fn reasoning_chunk(&self, event: &ReasoningChunk, out: &mut Vec<u8>) {
        if !self.view.is_newer() {
            return;
        }
        let message = self.run.message.as_ref().map(|message| &message.message_id);
        self.of_task("reasoning_chunk", out, |data| {
            data.field("message_id", &message)
                .field("reasoning", &event.reasoning)
                .field("node_id", &event.node_id)
                .field("is_final", &event.is_final);
        });
    }

    pub(super) fn message_end(&self, event: &MessageEnd, out: &mut Vec<u8>) {
        let Some(message) = &self.run.message else {
            return;
        };
        let mut shown = Vec::with_capacity(512);
        metadata(&event.metadata, self.view, &mut shown);
        let members = [
            member("id", &message.message_id),
            [b",\"metadata\":".as_slice(), &shown].concat(),
            member("files", &event.files),
        ];
        self.flat("message_end", out, &members);
    }

    /// A line whose members stand beside the envelope.
    fn flat(&self, name: &str, out: &mut Vec<u8>, members: &[Vec<u8>]) {
        open(out, name);
        out.extend_from_slice(&self.task_head);
        for member in members {
            out.extend_from_slice(member);
        }
        out.extend_from_slice(b"}\n\n");
    }
}

/// What comes with a message, as this reader sees it: an object.
pub(crate) fn metadata(metadata: &MessageMetadata, view: View, out: &mut Vec<u8>) {
    let simple = view.audience.is_simple();
    let mut object = Object::open(out);
    if !simple && !metadata.annotated {
        object.field("annotation_reply", &());
    }
    if simple {
        object.field(
            "retriever_resources",
            &reduced(&metadata.retriever_resources),
        );
    } else {
        object.field("retriever_resources", &metadata.retriever_resources);
        object.field("usage", &metadata.usage);
    }
    if view.is_newer() {
        object.field("reasoning", &metadata.reasoning);
    }
    object.close();
}

/// Citations without what only the author of the app may know.
fn reduced(resources: &Json) -> Json {
    if resources.as_str() == "[]" {
        return Json::array();
    }
    let Ok(Value::Array(items)) = resources.to_value() else {
        return Json::array();
    };
    let reduce = |item: Value| {
        let Value::Object(mut item) = item else {
            return Value::Null;
        };
        let kept = CITATION
            .iter()
            .filter_map(|key| item.remove(*key).map(|value| ((*key).to_owned(), value)));
        Value::Object(kept.collect::<Map<_, _>>())
    };
    Json::from(Value::Array(items.into_iter().map(reduce).collect()))
}
