//! Forms of runs: who may answer each, by tokens that nobody guesses.

use gatewright_engine::happening::FormRequired;
use gatewright_run_events::{Form, Json, Recipient, RecipientKind};
use gatewright_usecase_kit::Env;
use gatewright_usecase_runs::{FormIssuer, RunPlan};

/// Characters of a token: letters and digits, 131 random bits.
const TOKEN_CHARS: usize = 22;

/// Makes forms, each recipient with a token of its own.
pub struct FormTokens {
    env: Env,
}

impl FormTokens {
    /// With ids and randomness of these surroundings.
    pub fn new(env: Env) -> Self {
        Self { env }
    }

    /// A recipient with a token; none while there is no randomness to make one of: then nobody may answer as it.
    fn recipient(&self, kind: RecipientKind) -> Option<Recipient> {
        let token = self.env.random.alphanumeric(TOKEN_CHARS).ok()?;
        Some(Recipient { kind, token })
    }
}

impl FormIssuer for FormTokens {
    fn issue(&self, _plan: &RunPlan, required: &FormRequired, now: i64) -> Form {
        let is_shown =
            |method: &serde_json::Value| method["type"] == "webapp" && method["enabled"] != false;
        let display_in_ui = required.delivery_methods.iter().any(is_shown);
        let web_app = display_in_ui.then_some(RecipientKind::StandaloneWebApp);
        let kinds = [RecipientKind::Backstage, RecipientKind::Console];
        let kinds = kinds.into_iter().chain(web_app);
        let recipients = kinds.filter_map(|kind| self.recipient(kind)).collect();
        let json =
            |value: &Vec<serde_json::Value>| Json::of(value).unwrap_or_else(|_| Json::array());
        let seconds = i64::try_from(required.timeout_seconds).unwrap_or(i64::MAX / 2);
        Form {
            form_id: self.env.ids.new_uuid().to_string(),
            node_id: required.node.node_id.clone(),
            node_title: required.node.title.clone(),
            form_content: required.form_content.clone(),
            form_template: required.form_content.clone(),
            inputs: json(&required.inputs),
            actions: json(&required.actions),
            display_in_ui,
            recipients,
            resolved_default_values: Json::of(&required.resolved_default_values)
                .unwrap_or_else(|_| Json::object()),
            expiration_time: now.saturating_add(seconds),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{
        Arc,
        atomic::{AtomicU8, Ordering},
    };

    use gatewright_domain::{RandomIds, SystemClock};
    use gatewright_usecase_kit::{NoRandomness, Random};

    use super::*;

    /// Each byte another one than the byte before.
    #[derive(Default)]
    struct Counting(AtomicU8);

    impl Random for Counting {
        fn fill(&self, buffer: &mut [u8]) -> Result<(), NoRandomness> {
            buffer.fill_with(|| self.0.fetch_add(1, Ordering::Relaxed));
            Ok(())
        }
    }

    /// A system that has no randomness to give.
    struct Dry;

    impl Random for Dry {
        fn fill(&self, _: &mut [u8]) -> Result<(), NoRandomness> {
            Err(NoRandomness)
        }
    }

    fn tokens(random: Arc<dyn Random>) -> FormTokens {
        FormTokens::new(Env {
            clock: Arc::new(SystemClock),
            ids: Arc::new(RandomIds),
            random,
        })
    }

    #[test]
    fn token_of_a_recipient_is_drawn_throughout_and_missing_without_randomness() {
        let source = tokens(Arc::<Counting>::default());
        let [one, other] =
            [(); 2].map(|()| source.recipient(RecipientKind::Console).unwrap().token);
        for token in [&one, &other] {
            assert!(
                token.len() == 22 && token.chars().all(|c| c.is_ascii_alphanumeric()),
                "{token}"
            );
        }
        // An id begins with the time: two of one moment share most of what they begin with.
        let common = one
            .chars()
            .zip(other.chars())
            .take_while(|(a, b)| a == b)
            .count();
        assert!(common < 6, "{one} {other}");
        let dry = tokens(Arc::new(Dry));
        assert_eq!(dry.recipient(RecipientKind::Console), None);
    }
}
