//! `GET sso-complete`: back from the identity provider, with an assertion.

use gatewright_auth::envelope::{
    ApprovalGrant, GRANT_LIFETIME, StateEnvelope, SubjectAssertion, Verified, open, sign,
};
use gatewright_kv::Spending;
use gatewright_storage_identity::era;

use super::error::{SsoError, not_made};
use crate::device::flow::DeviceFlow;
use gatewright_usecase_kit::Ctx;

/// States that one browser may hold at a time; more are not looked at.
const MAX_STATES: usize = 16;

/// Somebody comes back.
pub struct CompleteSso {
    /// The assertion as it came; none when the parameter was missing.
    pub assertion: Option<String>,
    /// The states that this browser holds.
    pub states: Vec<String>,
}

/// What the browser gets.
pub struct SsoCompleted {
    /// The approval grant, for its cookie.
    pub grant: String,
    /// The nonce of the state that is spent.
    pub trip: String,
}

impl DeviceFlow {
    /// Turns an assertion into an approval grant. Both nonces are spent last and together, so that
    /// what fails before can be tried again.
    pub async fn complete_sso(
        &self,
        ctx: &Ctx,
        command: CompleteSso,
    ) -> Result<SsoCompleted, SsoError> {
        self.sso_gate().await?;
        let address = ctx.address.limit_key();
        self.charge_sso(&self.limits.sso_complete, &address).await?;
        let text = command.assertion.filter(|text| !text.is_empty());
        let text = text.ok_or(SsoError::AssertionRequired)?;
        let assertion: Verified<SubjectAssertion> = open(&self.sso.keys.assertion, &text, ctx.now)
            .map_err(|_| SsoError::InvalidAssertion)?;
        let is_answered = |state: &StateEnvelope| *state.user_code() == assertion.user_code;
        // One for each round trip of this code that was begun here; all but the one that is answered
        // may be spent.
        let states = self.held_states(ctx, &command.states, is_answered);
        if states.is_empty() {
            self.note_refusal(ctx, &assertion.subject, "other_browser")
                .await?;
            return Err(SsoError::InvalidAssertion);
        }
        // Gone or resolved: the same here, as in Dify.
        let stored = self
            .pending_grant(ctx, &assertion.user_code)
            .await
            .map_err(|error| match error {
                SsoError::UserCodeGone => SsoError::UserCodeNotPending,
                other => other,
            })?;
        self.require_no_account(ctx, &assertion.subject, &stored.grant)
            .await?;
        let era = {
            let mut conn = self.pool.get().await?;
            era::find_external(&mut conn).await?
        };
        let random = self.env.random.as_ref();
        let grant = ApprovalGrant::new(&self.urls, &assertion, era, random).map_err(not_made)?;
        let state = self.spend(ctx, &assertion, &states).await?;
        Ok(SsoCompleted {
            grant: sign(&self.sso.keys.grant, &grant, ctx.now, GRANT_LIFETIME),
            trip: state.nonce().expose().to_owned(),
        })
    }

    /// The state that this browser holds and that is answered: the way back must end where the way out
    /// began (RFC 9700 §4.7).
    pub(super) fn held_state(
        &self,
        ctx: &Ctx,
        held: &[String],
        is_answered: impl Fn(&StateEnvelope) -> bool,
    ) -> Option<Verified<StateEnvelope>> {
        self.held_states(ctx, held, is_answered).into_iter().next()
    }

    fn held_states(
        &self,
        ctx: &Ctx,
        held: &[String],
        is_answered: impl Fn(&StateEnvelope) -> bool,
    ) -> Vec<Verified<StateEnvelope>> {
        held.iter()
            .take(MAX_STATES)
            .filter_map(|text| open(&self.sso.keys.state, text, ctx.now).ok())
            .filter(|state: &Verified<StateEnvelope>| is_answered(state))
            .collect()
    }

    /// Spends the assertion with the first of the states that is not spent.
    async fn spend<'a>(
        &self,
        ctx: &Ctx,
        assertion: &Verified<SubjectAssertion>,
        states: &'a [Verified<StateEnvelope>],
    ) -> Result<&'a Verified<StateEnvelope>, SsoError> {
        for state in states {
            let spendings = [
                Spending {
                    kind: "assertion",
                    nonce: &assertion.nonce,
                    until: assertion.expires_at(),
                },
                Spending {
                    kind: "state",
                    nonce: state.nonce(),
                    until: state.expires_at(),
                },
            ];
            if self.sso.nonces.spend(&spendings, ctx.now).await? {
                return Ok(state);
            }
        }
        self.note_refusal(ctx, &assertion.subject, "replayed")
            .await?;
        Err(SsoError::InvalidAssertion)
    }
}
