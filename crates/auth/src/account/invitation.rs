//! The token in an invitation's link: the invitation's id and a code over it. The row has no secret,
//! and whoever invites does not learn the link.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use gatewright_crypto::keys::{KeyRing, MasterKeys, Purpose};
use gatewright_domain::{Secret, ids::InvitationId};
use uuid::Uuid;

const ID_BYTES: usize = 16;

/// Makes and checks tokens of invitations.
#[derive(Clone)]
pub struct InvitationKeys(KeyRing);

impl InvitationKeys {
    /// From the installation's keys.
    pub fn new(master: &MasterKeys) -> Self {
        Self(master.ring(Purpose::Invitation))
    }

    /// The token of an invitation.
    pub fn token(&self, id: InvitationId) -> Secret {
        let mut bytes = id.0.as_bytes().to_vec();
        bytes.extend(self.0.active().sign(id.0.as_bytes()));
        Secret::new(URL_SAFE_NO_PAD.encode(bytes))
    }

    /// The invitation that a token is of. Constant time.
    pub fn open(&self, token: &str) -> Option<InvitationId> {
        let bytes = URL_SAFE_NO_PAD.decode(token.trim()).ok()?;
        let (id, code) = bytes.split_at_checked(ID_BYTES)?;
        let keys = self.0.keys();
        let is_ours = keys.iter().any(|key| key.verify(id, code));
        is_ours
            .then(|| Uuid::from_slice(id).ok().map(InvitationId))
            .flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn invitation_token_opens_unchanged_and_is_refused_when_altered() {
        let keys =
            |secret: &str| InvitationKeys::new(&MasterKeys::new(secret.repeat(32).as_bytes(), []));
        let (ours, id) = (keys("a"), InvitationId(Uuid::from_u128(7)));
        let token = ours.token(id);
        assert_eq!(ours.open(token.expose()), Some(id));
        assert_eq!(keys("b").open(token.expose()), None);
        for at in 0..token.expose().len() - 1 {
            let mut changed = token.expose().to_owned().into_bytes();
            changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
            assert_eq!(
                ours.open(&String::from_utf8(changed).unwrap()),
                None,
                "{at}"
            );
        }
        for bad in ["", "x", "ä", &"A".repeat(22)] {
            assert_eq!(ours.open(bad), None);
        }
    }
}
