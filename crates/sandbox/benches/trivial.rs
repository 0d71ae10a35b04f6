//! What a trivial script takes from end to end while an interpreter waits for it: `cargo bench -p gatewright-sandbox`. At most 30 ms
//! are asked of Python and 5 ms of JavaScript, in the median.
#![allow(
    missing_docs,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "prints figures for people"
)]

use std::{
    path::PathBuf,
    time::{Duration, Instant},
};

use gatewright_sandbox::{Language, Limits, Program, Sandbox, SandboxSettings};

const RUNS: usize = 100;

#[tokio::main]
async fn main() {
    for (language, node, what) in [
        (Language::Python, None, "python3"),
        (Language::JavaScript, None, "nodejs"),
        (Language::JavaScript, Some(PathBuf::from("none")), "QuickJS"),
    ] {
        let settings = SandboxSettings {
            helper: PathBuf::from(env!("CARGO_BIN_EXE_sandbox-child")),
            python: None,
            node,
            proxy: None,
            limits: Limits::default(),
            workers: 4,
            queue: 50,
            ready: 1,
        };
        let sandbox = Sandbox::new(settings).unwrap();
        sandbox.check(language).await.unwrap();
        let code = match language {
            Language::Python => "print(1+1)",
            Language::JavaScript => "console.log(1+1)",
        };
        let mut times = Vec::new();
        for _ in 0..RUNS {
            while sandbox.ready(language) == 0 {
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
            let began = Instant::now();
            let program = Program {
                language,
                code,
                network: false,
            };
            assert_eq!(sandbox.run(program).await.unwrap().stdout, "2\n");
            times.push(began.elapsed());
        }
        times.sort();
        println!(
            "{what}: p50 {:?}, p95 {:?}, of {RUNS} scripts",
            times[RUNS / 2],
            times[RUNS * 95 / 100]
        );
    }
}
