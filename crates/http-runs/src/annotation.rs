//! Annotations as every surface for owners of apps answers them.

use gatewright_conversation_service::Annotation;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::unix::unix;

/// An answer that is given in the app's place.
#[derive(Debug, Serialize, ToSchema)]
pub struct AnnotationBody {
    id: Uuid,
    question: String,
    answer: String,
    /// How often it was answered so.
    hit_count: i32,
    /// In Unix seconds.
    created_at: i64,
}

impl From<Annotation> for AnnotationBody {
    fn from(row: Annotation) -> Self {
        Self {
            id: row.id,
            question: row.question,
            answer: row.answer,
            hit_count: row.hit_count,
            created_at: unix(row.created_at),
        }
    }
}
