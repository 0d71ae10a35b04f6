//! placeholder
use clap::Args;
/// How to measure.
#[derive(Debug, Args)]
pub(crate) struct Options {}
pub(crate) fn run(_: &Options) -> anyhow::Result<()> { Ok(()) }
