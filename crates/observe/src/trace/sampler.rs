//! Which traces are kept: the samplers of the specification.

use super::ids::{SpanContext, TraceId};

/// Decides of a trace by its id, and of what belongs to a caller's trace perhaps by what the caller decided.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sampler {
    /// Traces whose random half is below it are kept.
    below: u128,
    /// Whether a caller's decision counts, if the caller is trusted.
    follows_parent: bool,
}

impl Sampler {
    /// By the names of `OTEL_TRACES_SAMPLER`; `part` is that of its argument, from 0 to 1.
    pub fn named(name: &str, part: f64) -> Option<Self> {
        let (own, follows_parent) = match name.strip_prefix("parentbased_") {
            Some(own) => (own, true),
            None => (name, false),
        };
        let part = match own {
            "always_on" => 1.0,
            "always_off" => 0.0,
            "traceidratio" => part,
            _ => return None,
        };
        Some(Self {
            below: below(part),
            follows_parent,
        })
    }

    /// Of a trace by its id alone.
    pub fn keeps(self, trace: TraceId) -> bool {
        u128::from(trace.low()) < self.below
    }

    /// Of a span that belongs to a caller's trace. Who is not trusted cannot decide how much we record.
    pub fn keeps_of(self, caller: SpanContext, is_trusted: bool) -> bool {
        if self.follows_parent && is_trusted {
            caller.is_sampled
        } else {
            self.keeps(caller.trace)
        }
    }
}

#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "from 0 to 2 to the 64th, by what was asked of the settings"
)]
fn below(part: f64) -> u128 {
    (part * 2_f64.powi(64)) as u128
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn traces() -> impl Iterator<Item = TraceId> {
        let mut state = 7_u128;
        std::iter::repeat_with(move || {
            state = state.wrapping_mul(0x2360_ed05_1fc6_5da4_4385_df64_9fcc_f645) + 1;
            TraceId::of(Uuid::from_u128(state.rotate_left(64)))
        })
    }

    #[test]
    fn ratio_keeps_about_that_part_and_on_and_off_all_and_none() {
        let kept = |name, part| {
            let sampler = Sampler::named(name, part).expect("a name");
            traces()
                .take(10_000)
                .filter(|one| sampler.keeps(*one))
                .count()
        };
        assert_eq!(kept("always_on", 0.0), 10_000);
        assert_eq!(kept("parentbased_always_off", 1.0), 0);
        assert_eq!(kept("traceidratio", 1.0), 10_000);
        let tenth = kept("traceidratio", 0.1);
        assert!((800..1200).contains(&tenth), "{tenth}");
        assert_eq!(Sampler::named("xray", 1.0), None);
    }

    #[test]
    fn decision_of_a_caller_counts_only_if_the_caller_is_trusted_and_the_sampler_says_so() {
        let caller = |is_sampled| SpanContext {
            trace: TraceId::of(Uuid::from_u128(1)),
            span: super::super::SpanId::of(Uuid::from_u128(2)),
            is_sampled,
        };
        for (name, is_sampled, is_trusted, is_kept) in [
            ("parentbased_always_on", false, true, false),
            ("parentbased_always_on", false, false, true),
            ("always_on", false, true, true),
            ("parentbased_always_off", true, true, true),
            ("parentbased_always_off", true, false, false),
        ] {
            let sampler = Sampler::named(name, 1.0).expect("a name");
            assert_eq!(
                sampler.keeps_of(caller(is_sampled), is_trusted),
                is_kept,
                "{name}"
            );
        }
    }
}
