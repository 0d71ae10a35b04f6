//! The answer that says nothing but yes.

use serde::Serialize;
use utoipa::ToSchema;

/// What was asked for is done, or there was nothing to do.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
pub struct Success {
    /// Always `success`.
    result: &'static str,
}

impl Default for Success {
    fn default() -> Self {
        Self { result: "success" }
    }
}
