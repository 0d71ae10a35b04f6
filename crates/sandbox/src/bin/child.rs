//! The child alone, for tests: servers carry it in their own binaries.

fn main() {
    gatewright_sandbox::child::take_over_if_asked();
}
