//! Inviting many people at once: each address has a result of its own, and what is wrong with one keeps none of
//! the others from being invited.

use std::collections::BTreeSet;

use gatewright_domain::{
    account::{Account, Email},
    ids::WorkspaceId,
    workspace::Role,
};
use gatewright_usecase_kit::Ctx;

use super::{error::MemberError, invite::Invitee, manage::Members};

/// Whom, as what, in which language the mails are.
pub struct Guests<'a> {
    /// Addresses as somebody typed them; of those that differ in case alone one counts.
    pub emails: &'a [String],
    /// The role that all of them get; never the owner's.
    pub role: Role,
    /// A language tag.
    pub language: Option<&'a str>,
}

/// What became of one address.
#[derive(Debug, Clone)]
pub struct GuestResult {
    /// In lower case.
    pub email: String,
    /// What became of it.
    pub outcome: GuestOutcome,
}

impl GuestResult {
    fn failed(email: String, reason: String) -> Self {
        Self {
            email,
            outcome: GuestOutcome::Failed(reason),
        }
    }
}

/// What became of one address.
#[derive(Debug, Clone)]
pub enum GuestOutcome {
    /// Invited; with the link, when no mail takes it to them.
    Invited(Option<String>),
    /// A member already: nothing was done.
    Member,
    /// Not invited, and why, for people.
    Failed(String),
}

impl Members {
    /// Invites each address in a transaction of its own, in their alphabetical order.
    ///
    /// # Errors
    /// What is wrong with the request as a whole: the role, a limit, an outage.
    pub async fn invite_all(
        &self,
        ctx: &Ctx,
        workspace: WorkspaceId,
        actor: &Account,
        guests: &Guests<'_>,
    ) -> Result<Vec<GuestResult>, MemberError> {
        let addresses: BTreeSet<String> = guests.emails.iter().map(|e| e.to_lowercase()).collect();
        let mut results = Vec::with_capacity(addresses.len());
        for address in addresses {
            let result = self.invite_guest(ctx, workspace, actor, address, guests);
            results.push(result.await?);
        }
        Ok(results)
    }

    async fn invite_guest(
        &self,
        ctx: &Ctx,
        workspace: WorkspaceId,
        actor: &Account,
        address: String,
        guests: &Guests<'_>,
    ) -> Result<GuestResult, MemberError> {
        let email: Email = match address.parse() {
            Ok(email) => email,
            Err(error) => return Ok(GuestResult::failed(address, format!("The address {error}"))),
        };
        let invitee = Invitee {
            email: &email,
            role: guests.role,
            language: guests.language,
        };
        match self.invite(ctx, workspace, actor, &invitee).await {
            Ok(done) => Ok(GuestResult {
                email: done.email,
                outcome: if done.is_member {
                    GuestOutcome::Member
                } else {
                    GuestOutcome::Invited(done.url)
                },
            }),
            Err(
                error @ (MemberError::Refused(_)
                | MemberError::NotFound
                | MemberError::RecipientRateLimited(_)),
            ) => Ok(GuestResult::failed(address, error.to_string())),
            Err(error) => Err(error),
        }
    }
}
