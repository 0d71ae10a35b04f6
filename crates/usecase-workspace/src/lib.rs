//! The use-cases of what belongs to a workspace: the workspace itself, tags, API keys, the audit trail.

pub mod audit_log;
pub mod workspace;
