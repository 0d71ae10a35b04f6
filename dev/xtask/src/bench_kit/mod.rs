//! What benchmarks over HTTP have in common: everything that runs, apps, a model, clients, and what all of it costs.

pub(crate) mod arrange;
pub(crate) mod http;
pub(crate) mod load;
pub(crate) mod model;
pub(crate) mod processes;
pub(crate) mod stage;
