//! Project tasks. `cargo xtask --help` lists them.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "this is a command line"
)]

mod bench;
mod bench_asked;
mod bench_audit;
mod bench_kit;
mod bench_login;
mod bench_pages;
mod bench_process;
mod bench_runs;
mod bench_serve;
mod bench_sso;
mod bench_times;
mod bench_wrk;
mod fuzz;
mod generate;
mod long;
mod pypi;
mod services;
mod slowest;
mod test;

use std::{
    path::PathBuf,
    process::{Command, ExitCode, Stdio},
};

use anyhow::{Context as _, bail};
// See the manifest.
use axum as _;
use clap::{Parser, Subcommand};

/// Project tasks.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask")]
struct Cli {
    #[command(subcommand)]
    task: Task,
}

#[derive(Debug, Subcommand)]
enum Task {
    /// Run tests against PostgreSQL and Redis of their own.
    Test(test::Options),
    /// Run PostgreSQL and Redis for tests in the foreground and print the variables to export.
    Services,
    /// Measure the release binary on this machine.
    Bench(bench::Options),
    /// Fuzz the parsers, guided by coverage.
    Fuzz(fuzz::Options),
    /// Draw every page into docs/screenshots, by the end-to-end tests that pass them.
    Screenshots,
    /// Write what is derived: openapi/, openapi/ts/, docs/settings.md.
    Generate {
        /// Write nothing; fail when something is out of date.
        #[arg(long)]
        check: bool,
    },
}

fn main() -> ExitCode {
    let outcome = match Cli::parse().task {
        Task::Test(options) => test::run(&options),
        Task::Services => services::run_in_foreground(),
        Task::Bench(options) => bench::run(&options),
        Task::Fuzz(options) => fuzz::run(&options),
        Task::Screenshots => test::draw(),
        Task::Generate { check } => generate::run(check),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// The folder of the workspace.
fn root() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
        .canonicalize()
        .unwrap_or_default()
}

/// Where cargo builds.
fn target() -> PathBuf {
    option_env!("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), Into::into)
}

/// Cargo, as if nobody had run us by it: what it tells a program of its package is in the fingerprint of crates that ask for it (ring does), and
/// all that stands on them would be compiled once for a cargo of a task and once for a cargo of a person.
fn cargo() -> Command {
    let mut command = Command::new("cargo");
    let of_package =
        |name: &str| name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_");
    let names = std::env::vars_os().filter_map(|(name, _)| name.into_string().ok());
    for name in names.filter(|name| of_package(name)) {
        command.env_remove(name);
    }
    command
}

/// Runs a command in the workspace, its output going to ours.
fn run(command: &mut Command) -> anyhow::Result<()> {
    let status = command
        .current_dir(root())
        .status()
        .with_context(|| format!("cannot run {}", command.get_program().display()))?;
    if !status.success() {
        bail!("{} failed ({status})", command.get_program().display());
    }
    Ok(())
}

/// Runners come as crates; without one there is a way to get it.
fn require_cargo_tool(subcommand: &str, krate: &str) -> anyhow::Result<()> {
    let found = cargo()
        .args([subcommand, "--version"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success());
    if found {
        return Ok(());
    }
    println!("==> installing {krate} (once)");
    run(cargo().args(["install", "--locked", "--quiet", krate])).with_context(|| {
        format!("{krate} cannot be installed; by hand: cargo install --locked {krate}")
    })
}
