//! The lookup receipt: the proof that a code was looked up in this browser, which a link in a
//! phishing mail does not bring along (DECISIONS §2 "Link phishing", §4 "Lookup receipt").

use chrono::{DateTime, TimeDelta, Utc};
use gatewright_crypto::{
    digest::sha256_hex,
    keys::{KeyRing, MasterKeys, Purpose},
};
use gatewright_domain::{
    device_grant::{GRANT_LIFETIME, UserCode},
    ids::AccountId,
};

use crate::claims::{Unverified, seal};

/// Longest life of a receipt: that of a code.
pub const RECEIPT_LIFETIME: TimeDelta = GRANT_LIFETIME;
const NOBODY: &str = "nobody";

/// What stands for a user code in cookies of the browser that knows it anyway. Unlike the digests in
/// stores it does not change when keys rotate.
pub fn code_fingerprint(code: &UserCode) -> String {
    sha256_hex(format!("gatewright/user-code/{}", code.expose()))
}

/// What a receipt says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// [`code_fingerprint`] of the code that was looked up.
    pub code_digest: String,
    /// Who was signed in then. A receipt of nobody is good for whoever signs in next.
    pub account_id: Option<AccountId>,
}

/// Why a receipt does not do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReceiptProblem {
    /// None, or not for this code, or not ours, or too old.
    Missing,
    /// Somebody else was signed in when the code was looked up.
    OtherAccount,
}

/// The keys of receipts.
#[derive(Debug, Clone)]
pub struct ReceiptKeys(KeyRing);

impl ReceiptKeys {
    /// Derives the keys of look-up receipts from the installation's keys.
    pub fn new(master: &MasterKeys) -> Self {
        Self(master.ring(Purpose::LookupReceipt))
    }

    /// Signs a receipt that lives as long as its code, at most [`RECEIPT_LIFETIME`].
    pub fn seal(&self, receipt: &Receipt, now: DateTime<Utc>, lifetime: TimeDelta) -> String {
        let account = receipt
            .account_id
            .map_or_else(|| NOBODY.to_owned(), |id| id.to_string());
        let claims = [
            ("code", receipt.code_digest.as_str()),
            ("sub", account.as_str()),
        ];
        seal(&self.0, &claims, now, lifetime.min(RECEIPT_LIFETIME))
    }

    /// Whether `token` lets `account_id` decide on the code.
    pub fn check(
        &self,
        token: Option<&str>,
        code_digest: &str,
        account_id: AccountId,
        now: DateTime<Utc>,
    ) -> Result<(), ReceiptProblem> {
        let receipt = token
            .and_then(|token| self.open(token, now))
            .ok_or(ReceiptProblem::Missing)?;
        if receipt.code_digest != code_digest {
            return Err(ReceiptProblem::Missing);
        }
        match receipt.account_id {
            Some(other) if other != account_id => Err(ReceiptProblem::OtherAccount),
            _ => Ok(()),
        }
    }

    /// Whether the code was looked up in this browser, whoever was signed in then: for the branch in
    /// which nobody needs to be.
    pub fn is_for(&self, token: Option<&str>, code_digest: &str, now: DateTime<Utc>) -> bool {
        token
            .and_then(|token| self.open(token, now))
            .is_some_and(|receipt| receipt.code_digest == code_digest)
    }

    fn open(&self, token: &str, now: DateTime<Utc>) -> Option<Receipt> {
        let claims = Unverified::open(&self.0, token).ok()?;
        claims.require_live(now, RECEIPT_LIFETIME).ok()?;
        let account_id = match claims.text("sub").ok()? {
            NOBODY => None,
            _ => Some(claims.parse("sub").ok()?),
        };
        Some(Receipt {
            code_digest: claims.text("code").ok()?.to_owned(),
            account_id,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    #[test]
    fn sec_065_receipt_of_one_account_is_refused_for_another_and_anonymous_one_is_taken() {
        let keys = ReceiptKeys::new(&MasterKeys::new(&[1; 32], []));
        let now = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
        let [a, b] = [1, 2].map(|n| AccountId(Uuid::from_u128(n)));
        let seal = |account_id| {
            keys.seal(
                &Receipt {
                    code_digest: "d".into(),
                    account_id,
                },
                now,
                RECEIPT_LIFETIME,
            )
        };
        let (of_a, of_nobody) = (seal(Some(a)), seal(None));
        assert_eq!(keys.check(Some(&of_a), "d", a, now), Ok(()));
        assert_eq!(
            keys.check(Some(&of_a), "d", b, now),
            Err(ReceiptProblem::OtherAccount)
        );
        assert_eq!(keys.check(Some(&of_nobody), "d", b, now), Ok(()));
        assert_eq!(
            keys.check(Some(&of_a), "other", a, now),
            Err(ReceiptProblem::Missing)
        );
        assert_eq!(keys.check(None, "d", a, now), Err(ReceiptProblem::Missing));
        let late = now + RECEIPT_LIFETIME + crate::claims::LEEWAY;
        assert_eq!(
            keys.check(Some(&of_a), "d", a, late),
            Err(ReceiptProblem::Missing)
        );
    }
}
