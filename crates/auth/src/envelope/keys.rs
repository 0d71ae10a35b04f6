//! Which keys sign and verify which envelope.

use gatewright_crypto::keys::{KeyRing, MasterKeys, Purpose};

/// The rings of the three envelopes.
#[derive(Debug, Clone)]
pub struct EnvelopeKeys {
    /// Signs and verifies state envelopes, which begin a round trip.
    pub state: KeyRing,
    /// Verifies the assertions about external subjects.
    pub assertion: KeyRing,
    /// Approval grants. Nobody but us reads them, so their key is never shared.
    pub grant: KeyRing,
}

impl EnvelopeKeys {
    /// All three are ours: a key for each purpose.
    pub fn own(master: &MasterKeys) -> Self {
        Self {
            state: master.ring(Purpose::StateEnvelope),
            assertion: master.ring(Purpose::SubjectAssertion),
            grant: master.ring(Purpose::ApprovalGrant),
        }
    }

    /// The enterprise product opens our state envelopes and makes the assertions: both under
    /// `dify-shared-v1`, whose key is `SECRET_KEY` itself (device-flow.md §6.1).
    pub fn shared(master: &MasterKeys) -> Self {
        Self {
            state: master.shared_ring(),
            assertion: master.shared_ring(),
            ..Self::own(master)
        }
    }
}
