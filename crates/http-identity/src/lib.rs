//! The routes of identity: `/console/api`, `/openapi/v1`, and what stands outside of them. A handler
//! extracts, calls one use-case, and maps.

pub mod console_surface;
pub mod input;
pub mod openapi_surface;
mod slice;
pub mod system_surface;

pub use slice::{IdentityServices, operations, operations_elsewhere};
