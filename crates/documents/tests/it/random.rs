//! Whatever bytes come, reading ends without a panic: with a text within its limits, or a reason.

use gatewright_documents::Limits;
use proptest::prelude::*;

use super::{SAMPLES, read, sample};

/// Small, so that what would take long is refused soon.
fn limits() -> Limits {
    Limits {
        unpacked_bytes: 4 << 20,
        text_bytes: 1 << 20,
        cells: 200_000,
        ..Limits::default()
    }
}

fn is_bounded(name: &str, bytes: &[u8]) {
    if let Ok(document) = read(name, bytes, &limits()) {
        assert!(document.to_markdown().len() < 4 << 20);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn random_bytes_under_any_name_are_read_or_refused(
        name in prop::sample::select(SAMPLES),
        bytes in prop::collection::vec(any::<u8>(), 0..2_000),
    ) {
        is_bounded(name, &bytes);
    }

    #[test]
    fn real_document_that_is_cut_off_and_altered_is_read_or_refused(
        name in prop::sample::select(SAMPLES),
        cut in 0.0..1.0_f64,
        changes in prop::collection::vec((0.0..1.0_f64, any::<u8>()), 0..20),
    ) {
        let mut bytes = sample(name);
        let at = |share: f64, len: usize| {
            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss)]
            let place = (share * len as f64) as usize;
            place.min(len.saturating_sub(1))
        };
        if cut < 0.5 {
            bytes.truncate(at(cut * 2.0, bytes.len()) + 1);
        }
        for (share, byte) in changes {
            let place = at(share, bytes.len());
            bytes[place] = byte;
        }
        is_bounded(name, &bytes);
    }
}
