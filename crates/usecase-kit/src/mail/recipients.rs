//! What a mailbox gets: a budget per mailbox over all senders and kinds of mails that others can
//! cause. `you+anything@` is the mailbox of `you@`, or a mailbox would have as many budgets as names. Past it each mail makes the next one wait, at most a quarter of an hour. Mails that tell
//! somebody what happened to their own account always leave: whoever floods a mailbox must not be
//! able to silence them.

use chrono::{DateTime, Utc};
use gatewright_domain::{error::ChargeError, throttle::Slope};
use gatewright_kv::Throttles;

/// Counts mails per mailbox. Cheap to clone.
#[derive(Clone)]
pub struct Recipients {
    throttles: Throttles,
    slope: Option<Slope>,
}

impl Recipients {
    /// By this slope; none: nothing is counted.
    pub fn new(throttles: Throttles, slope: Option<Slope>) -> Self {
        Self { throttles, slope }
    }

    /// Pays for a mail to an address (in lower case). `asker` is what the budget is kept for beside
    /// the address: nothing for strangers, who share one.
    pub async fn charge(
        &self,
        email: &str,
        asker: Option<&str>,
        now: DateTime<Utc>,
    ) -> Result<(), ChargeError> {
        let Some(slope) = self.slope else {
            return Ok(());
        };
        let resets = self.throttles.resets(email).await?;
        let asker = asker.unwrap_or("anybody");
        let who = format!("letters/{}/{asker}/{resets}", mailbox(email));
        self.throttles.charge(&who, slope, now).await
    }
}

/// Where mails to an address arrive: without what stands between the first `+` and the `@` (subaddresses,
/// RFC 5233). To be counted by and for nothing else: accounts are told apart by the whole address.
fn mailbox(email: &str) -> String {
    match email.split_once('@') {
        Some((local, host)) => {
            let base = local.split('+').next().filter(|base| !base.is_empty());
            format!("{}@{host}", base.unwrap_or(local))
        }
        None => email.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::mailbox;

    #[test]
    fn b5_mail_subaddresses_share_one_mailbox_budget() {
        for (address, arrives) in [
            ("you@example.com", "you@example.com"),
            ("you+1@example.com", "you@example.com"),
            ("you+a+b@example.com", "you@example.com"),
            ("+@example.com", "+@example.com"),
            ("+1@example.com", "+1@example.com"),
        ] {
            assert_eq!(mailbox(address), arrives);
        }
    }
}
