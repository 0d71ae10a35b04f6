//! The slices that are put together, each with its operations. A new slice adds its line.

use gatewright_http_kit::{documentation::Surface, operation::Operations};

/// What a slice brings to a surface.
struct Slice {
    /// Below the surface's path.
    operations: fn(Surface) -> Operations,
    /// Elsewhere, and in the surface's document.
    operations_elsewhere: fn(Surface) -> Operations,
}

const SLICES: [Slice; 6] = [
    Slice {
        operations: gatewright_http_identity::operations,
        operations_elsewhere: gatewright_http_identity::operations_elsewhere,
    },
    Slice {
        operations: gatewright_http_apps::operations,
        operations_elsewhere: gatewright_http_apps::operations_elsewhere,
    },
    Slice {
        operations: gatewright_http_files::operations,
        operations_elsewhere: gatewright_http_files::operations_elsewhere,
    },
    Slice {
        operations: gatewright_http_runs::operations,
        operations_elsewhere: gatewright_http_runs::operations_elsewhere,
    },
    Slice {
        operations: gatewright_http_service::operations,
        operations_elsewhere: gatewright_http_service::operations_elsewhere,
    },
    Slice {
        operations: gatewright_http_webapp::operations,
        operations_elsewhere: gatewright_http_webapp::operations_elsewhere,
    },
];

/// All operations below a surface's path.
pub(crate) fn operations(surface: Surface) -> Operations {
    let each = SLICES.iter().map(|slice| (slice.operations)(surface));
    each.fold(Operations::default(), Operations::and)
}

/// All operations of a surface's document that stand elsewhere.
pub(crate) fn operations_elsewhere(surface: Surface) -> Operations {
    let each = SLICES
        .iter()
        .map(|slice| (slice.operations_elsewhere)(surface));
    each.fold(Operations::default(), Operations::and)
}
