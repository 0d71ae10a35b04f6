//! Why some types of nodes cannot be run; the builder reads it.

pub(crate) const KNOWLEDGE: &str = "knowledge bases are not served yet";
pub(crate) const TOOLS: &str = "tools are not served yet";
pub(crate) const AGENTS: &str = "agent strategies are not served yet";
pub(crate) const TRIGGERS: &str = "triggers do not start runs yet";
pub(crate) const PIPELINES: &str = "it belongs to a knowledge pipeline, which is no workflow";
