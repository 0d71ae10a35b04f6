//! `cargo xtask test`: services, then the runner, then one line with the number and the time.

use std::{
    io::{BufRead, BufReader},
    path::Path,
    process::{Command, Stdio},
    time::Instant,
};

use anyhow::{Context as _, bail};
use clap::{Args, ValueEnum};

use crate::{long, pypi, root, services::Services, slowest, target};

/// Which tests to run.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// One kind only.
    kind: Option<Kind>,
    /// Leave out the end-to-end tests.
    #[arg(long)]
    fast: bool,
    /// Run what is longer or needs foreign programs, and nothing else; says which programs are not given.
    #[arg(long, conflicts_with_all = ["fast", "name", "kind"])]
    long: bool,
    /// Run only tests whose name contains this.
    #[arg(long, value_name = "TEXT")]
    name: Option<String>,
    /// Compile and run only this: a test binary of the whole (`it`, `rules`, `runs`), or a crate by its folder's name.
    #[arg(long, value_name = "BINARY or CRATE", conflicts_with = "long")]
    only: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Kind {
    /// Rules without services: milliseconds.
    Unit,
    /// Real PostgreSQL and Redis, in process.
    Integration,
    /// The real binaries and foreign clients.
    E2e,
}

const E2E: &str = "test(/^e2e::/)";
/// What `--long` alone runs.
const LONG: &str = "test(/^long::/)";
/// Everything that needs no service lives beside the code that it tests.
const UNIT: &str = "kind(lib) | kind(bin)";

impl Options {
    fn filter(&self) -> String {
        let kind = match self.kind {
            Some(Kind::Unit) => UNIT.to_owned(),
            Some(Kind::Integration) => format!("not ({UNIT}) & not {E2E}"),
            Some(Kind::E2e) => E2E.to_owned(),
            None if self.fast => format!("not {E2E}"),
            None => "all()".to_owned(),
        };
        match &self.name {
            Some(name) => format!("({kind}) & test({name}) & not {LONG}"),
            None => format!("({kind}) & not {LONG}"),
        }
    }

    /// What is compiled, as arguments of cargo.
    fn selected(&self) -> Vec<String> {
        let arguments: &[&str] = match self.only.as_deref() {
            None => &["--workspace"],
            // Of the whole workspace, so that third-party crates have the features that they have in every other build.
            Some(binary @ ("it" | "rules" | "runs")) => &["--workspace", "--test", binary],
            Some(name) => &["--package", &format!("gatewright-{name}")],
        };
        arguments
            .iter()
            .map(|&argument| argument.to_owned())
            .collect()
    }

    fn needs_binaries(&self) -> bool {
        !self.fast && !matches!(self.kind, Some(Kind::Unit | Kind::Integration))
    }
}

/// Runs the runner with its output passed on, and picks up its summary.
fn run_tests(
    selected: &[String],
    filter: &str,
    services: Option<&Services>,
    pictures: Option<&Path>,
) -> anyhow::Result<String> {
    let mut command = crate::cargo();
    command
        .args(["nextest", "run", "-E", filter])
        .args(selected)
        .current_dir(root())
        .stderr(Stdio::piped());
    for (name, value) in services.map(Services::test_variables).into_iter().flatten() {
        command.env(name, value);
    }
    if let Some(folder) = pictures {
        command.env("GATEWRIGHT_SCREENSHOTS", folder);
    }
    let mut runner = command.spawn().context("cannot run cargo nextest")?;
    let mut summary = String::new();
    for line in runner
        .stderr
        .take()
        .map(BufReader::new)
        .into_iter()
        .flat_map(BufRead::lines)
    {
        let line = line?;
        // "1 test run:", and "2 tests run:".
        if let Some((_, counts)) = line.split_once(" run: ") {
            counts.clone_into(&mut summary);
        }
        eprintln!("{line}");
    }
    if !runner.wait()?.success() {
        bail!("tests failed: {summary}");
    }
    Ok(summary)
}

pub(crate) fn run(options: &Options) -> anyhow::Result<()> {
    if options.long {
        return run_long();
    }
    run_with(options, None)
}

#[allow(
    clippy::disallowed_methods,
    reason = "a task of developers, not a server"
)]
/// What can be run of [`long::CHECKS`]; what cannot is said before and after, so that nobody overlooks it.
fn run_long() -> anyhow::Result<()> {
    let (filter, missing) = long::plan(|variable| std::env::var_os(variable).is_some());
    let say = || missing.iter().for_each(|line| println!("==> {line}"));
    say();
    for package in long::OPTIMISED {
        let mut test = crate::cargo();
        test.args([
            "test",
            "--release",
            "--package",
            package,
            "--tests",
            "--",
            "--ignored",
        ]);
        crate::run(&mut test)?;
    }
    let Some(filter) = filter else {
        bail!(
            "none of the {} longer checks that need a program was run",
            long::CHECKS.len()
        );
    };
    crate::require_cargo_tool("nextest", "cargo-nextest")?;
    crate::run(crate::cargo().args(["build", "--quiet", "--workspace", "--bins"]))?;
    if filter.contains("stock_console") {
        require_browser()?;
        install_clients()?;
    }
    let services = Services::start()?;
    let summary = run_tests(&["--workspace".to_owned()], &filter, Some(&services), None)?;
    say();
    println!("==> longer checks: {summary}; {} not run", missing.len());
    Ok(())
}

/// Runs the tests that pass the pages, and has them draw what they see.
pub(crate) fn draw() -> anyhow::Result<()> {
    let folder = root().join("docs/screenshots");
    std::fs::create_dir_all(&folder)?;
    let options = Options {
        kind: Some(Kind::E2e),
        fast: false,
        long: false,
        only: Some("it".into()),
        name: Some("/^e2e::(pages|app_pages|sso|web_pages)::/".into()),
    };
    run_with(&options, Some(&folder))?;
    println!("==> drawn into {}", folder.display());
    Ok(())
}

fn run_with(options: &Options, pictures: Option<&Path>) -> anyhow::Result<()> {
    let started = Instant::now();
    crate::require_cargo_tool("nextest", "cargo-nextest")?;
    if options.needs_binaries() {
        require_browser()?;
        println!("==> building the binaries that the end-to-end tests run");
        crate::run(crate::cargo().args([
            "build",
            "--quiet",
            // With the features that the tests are built with: nothing is compiled twice.
            "--workspace",
            "--bins",
        ]))?;
        pypi::install()?;
        install_clients()?;
    }
    if options.name.is_none() && matches!(options.kind, None | Some(Kind::Unit)) {
        println!("==> running the examples of the documentation");
        let doc = ["test", "--doc", "--quiet"];
        // The package of the tests has no examples; it brings the features that everything is built with.
        let embedded = ["gatewright-crypto", "gatewright-auth", "gatewright-tests"];
        let embedded = embedded.iter().flat_map(|package| ["-p", package]);
        crate::run(crate::cargo().args(doc).args(embedded))?;
    }
    let services = match options.kind {
        Some(Kind::Unit) => None,
        _ => {
            println!("==> starting PostgreSQL and Redis for the tests");
            Some(Services::start()?)
        }
    };
    let summary = run_tests(
        &options.selected(),
        &options.filter(),
        services.as_ref(),
        pictures,
    )?;
    print_slowest();
    let seconds = started.elapsed().as_secs();
    let (minutes, seconds) = (seconds / 60, seconds % 60);
    println!("==> tests: {summary}; {minutes} min {seconds} s, services and building included");
    println!(
        "{}, 0 failed",
        summary.split(',').next().unwrap_or_default()
    );
    Ok(())
}

/// What to look at first when the tests get slow.
fn print_slowest() {
    let report = target().join("nextest/default/junit.xml");
    let report = std::fs::read_to_string(report).unwrap_or_default();
    println!("==> the slowest tests, in seconds");
    for (seconds, name) in slowest::list(&report) {
        println!("{seconds:>8.1}  {name}");
    }
}

/// The foreign clients, and what drives the browser.
fn install_clients() -> anyhow::Result<()> {
    crate::run(Command::new("npm").args(["ci", "--silent", "--no-audit", "--no-fund", "--prefix", "tests/clients"]))
        .context("the foreign clients of the end-to-end tests cannot be installed; Node.js 20 or newer and npm are needed (or leave them out: ./dev/test --fast)")
}

/// The end-to-end tests drive a browser.
#[allow(
    clippy::disallowed_methods,
    reason = "a task of developers, not a server"
)]
fn require_browser() -> anyhow::Result<()> {
    let path = std::env::var("CHROMIUM").unwrap_or_else(|_| "/usr/bin/chromium".into());
    if std::path::Path::new(&path).exists() {
        return Ok(());
    }
    bail!(
        "{path} is missing: the end-to-end tests need Chromium (apt-get install --no-install-recommends chromium, or CHROMIUM=<path>; leave them out: ./dev/test --fast)"
    )
}
