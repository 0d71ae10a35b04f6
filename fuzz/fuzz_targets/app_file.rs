//! See `gatewright_fuzz_targets::app_file`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| gatewright_fuzz_targets::app_file(data));
