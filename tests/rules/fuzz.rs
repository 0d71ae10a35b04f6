//! A bounded run of the fuzz targets: the corpus, and mutations of it. The long, coverage-guided one
//! is `cargo xtask fuzz`; what it finds goes into the corpus, and so is tested here for ever.

use std::{fs, path::PathBuf};

use gatewright_fuzz_targets as targets;
use proptest::prelude::*;

fn corpus(target: &str) -> Vec<Vec<u8>> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("../fuzz/corpus")
        .join(target);
    let files = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let all: Vec<Vec<u8>> = files.map(|file| fs::read(file).unwrap()).collect();
    assert!(all.len() >= 5, "{target} has a corpus");
    all
}

/// One change: a byte, a cut, a repetition, or a piece of another seed.
fn mutated(seeds: Vec<Vec<u8>>) -> impl Strategy<Value = Vec<u8>> {
    let one = prop::sample::select(seeds.clone());
    let other = prop::sample::select(seeds);
    (
        one,
        other,
        0u8..4,
        any::<prop::sample::Index>(),
        any::<u8>(),
    )
        .prop_map(|(mut seed, other, how, at, byte)| {
            let at = at.index(seed.len().max(1)).min(seed.len());
            match how {
                0 if at < seed.len() => seed[at] = byte,
                1 => seed.truncate(at),
                2 => seed.extend_from_within(at..),
                _ => drop(seed.splice(at.., other)),
            }
            seed
        })
}

fn run(target: &str, call: fn(&[u8])) {
    let seeds = corpus(target);
    for seed in &seeds {
        call(seed);
    }
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig::with_cases(3000));
    runner
        .run(&mutated(seeds), |data| {
            call(&data);
            Ok(())
        })
        .unwrap();
}

#[test]
fn sec_180_jws_parser_does_not_panic() {
    run("jws", targets::jws);
}

#[test]
fn sec_180_cookie_parser_does_not_panic() {
    run("cookies", targets::cookies);
}

#[test]
fn sec_180_user_code_parser_does_not_panic() {
    run("user_code", targets::user_code);
}

#[test]
fn sec_195_app_file_reader_does_not_panic() {
    run("app_file", targets::app_file);
}
