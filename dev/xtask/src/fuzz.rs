//! `cargo xtask fuzz`: coverage-guided fuzzing on the stable toolchain, bounded. The tests run the same
//! targets over the corpus; what is found here belongs there.

use anyhow::Context as _;
use clap::{Args, ValueEnum};

use crate::root;

/// What to fuzz.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// One target only.
    target: Option<Target>,
    /// Seconds for each target.
    #[arg(long, default_value_t = 60)]
    seconds: u32,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
#[value(rename_all = "snake_case")]
enum Target {
    /// Compact JWS and the three envelopes.
    Jws,
    /// The `Cookie` header.
    Cookies,
    /// User codes and device codes.
    UserCode,
    /// App files, and YAML as such.
    AppFile,
}

pub(crate) fn run(options: &Options) -> anyhow::Result<()> {
    crate::require_cargo_tool("fuzz", "cargo-fuzz")?;
    let targets = match options.target {
        Some(one) => vec![one],
        None => Target::value_variants().to_vec(),
    };
    for target in targets {
        let value = target.to_possible_value().context("a hidden target")?;
        let name = value.get_name();
        println!("==> fuzzing {name} for {} s", options.seconds);
        // New finds go to a folder of their own; the seeds stay as they are.
        let finds = root().join("fuzz/artifacts/finds").join(name);
        std::fs::create_dir_all(&finds)?;
        crate::run(
            crate::cargo()
                .args(["fuzz", "run", "--sanitizer", "none", name])
                .args([finds.as_path(), &root().join("fuzz/corpus").join(name)])
                .args(["--", &format!("-max_total_time={}", options.seconds), "-print_final_stats=1", "-print_funcs=0", "-verbosity=0"])
                .current_dir(root()),
        )
        .with_context(|| format!("{name} failed; the input is in fuzz/artifacts/{name}: mend the code and add it to fuzz/corpus/{name}"))?;
    }
    Ok(())
}
