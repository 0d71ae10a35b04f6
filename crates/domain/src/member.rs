//! Members of a workspace: who may do what (console.md §7.14), and who may do what to whom.

use chrono::{DateTime, Utc};

use crate::{account::AccountStatus, ids::AccountId, workspace::Role};

/// Something a role lets its holder do in a workspace.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Capability {
    /// Invite, remove, change roles.
    ManageMembers,
    /// Give the workspace away.
    TransferOwnership,
    /// Rename the workspace.
    ChangeWorkspace,
    /// Make API keys.
    CreateApiKeys,
    /// Delete API keys.
    DeleteApiKeys,
    /// Make, rename and bind tags.
    EditTags,
    /// Delete tags and what they are bound to.
    DeleteTags,
    /// Upload for knowledge, make and change it.
    EditKnowledge,
    /// Make, import, export, change, publish and delete apps.
    EditApps,
    /// Open apps to programs, and give their sites new addresses.
    AdministerApps,
    /// Read the audit trail.
    ReadAudit,
    /// What every member may.
    BeMember,
}

impl Capability {
    /// All of them.
    pub const ALL: [Self; 12] = [
        Self::ManageMembers,
        Self::TransferOwnership,
        Self::ChangeWorkspace,
        Self::CreateApiKeys,
        Self::DeleteApiKeys,
        Self::EditTags,
        Self::DeleteTags,
        Self::EditKnowledge,
        Self::EditApps,
        Self::AdministerApps,
        Self::ReadAudit,
        Self::BeMember,
    ];
}

impl Role {
    /// Whether the role lets its holder do something.
    pub fn may(self, what: Capability) -> bool {
        let (owner, admin) = (
            self == Self::Owner,
            matches!(self, Self::Owner | Self::Admin),
        );
        match what {
            Capability::BeMember => true,
            Capability::TransferOwnership => owner,
            Capability::ManageMembers
            | Capability::ChangeWorkspace
            | Capability::DeleteApiKeys
            | Capability::AdministerApps
            | Capability::ReadAudit => admin,
            Capability::CreateApiKeys | Capability::DeleteTags | Capability::EditApps => {
                admin || self == Self::Editor
            }
            Capability::EditTags | Capability::EditKnowledge => self != Self::Normal,
        }
    }
}

/// A member, as the others see them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// The account's primary key.
    pub id: AccountId,
    /// The account's name, as it is shown.
    pub name: String,
    /// The account's mail address.
    pub email: String,
    /// A URL, or the id of an uploaded file; none where there is no avatar.
    pub avatar: Option<String>,
    /// In this workspace.
    pub role: Role,
    /// Of the account.
    pub status: AccountStatus,
    /// When the account last signed in, in UTC; none before the first time.
    pub last_login_at: Option<DateTime<Utc>>,
    /// When the account was last active, in UTC.
    pub last_active_at: DateTime<Utc>,
    /// When the account was made. UTC.
    pub created_at: DateTime<Utc>,
}

/// Why a member must not do that to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MemberRefusal {
    /// Members do not do this to themselves.
    #[error("Cannot operate self.")]
    Oneself,
    /// The role does not suffice, or the other is the owner.
    #[error("No permission.")]
    NotPermitted,
    /// Nobody becomes or stops being the owner this way.
    #[error("Transfer the ownership to change the owner.")]
    OwnerOnlyByTransfer,
    /// They have that role.
    #[error("The provided role is already assigned to the member.")]
    SameRole,
}

/// An account with its role in the workspace that it is about.
#[derive(Debug, Clone, Copy)]
pub struct MemberRole {
    /// The account whose role is meant.
    pub account: AccountId,
    /// The role that it has, or gets.
    pub role: Role,
}

/// Whether `actor` may remove `target`.
///
/// # Errors
/// Why not.
pub fn may_remove(actor: MemberRole, target: MemberRole) -> Result<(), MemberRefusal> {
    if actor.account == target.account {
        return Err(MemberRefusal::Oneself);
    }
    // Nobody removes the owner: so there always is one.
    if !actor.role.may(Capability::ManageMembers) || target.role == Role::Owner {
        return Err(MemberRefusal::NotPermitted);
    }
    Ok(())
}

/// Whether `actor` may give `target` the role `to`.
///
/// # Errors
/// Why not.
pub fn may_change_role(
    actor: MemberRole,
    target: MemberRole,
    to: Role,
) -> Result<(), MemberRefusal> {
    may_remove(actor, target)?;
    if to == Role::Owner {
        return Err(MemberRefusal::OwnerOnlyByTransfer);
    }
    if to == target.role {
        return Err(MemberRefusal::SameRole);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn sec_163_role_matrix_is_that_of_the_contract() {
        // console.md §7.14, columns owner, admin, editor, dataset_operator, normal.
        let table = [
            (Capability::ManageMembers, [true, true, false, false, false]),
            (
                Capability::TransferOwnership,
                [true, false, false, false, false],
            ),
            (
                Capability::ChangeWorkspace,
                [true, true, false, false, false],
            ),
            (Capability::CreateApiKeys, [true, true, true, false, false]),
            (Capability::DeleteApiKeys, [true, true, false, false, false]),
            (Capability::EditTags, [true, true, true, true, false]),
            (Capability::DeleteTags, [true, true, true, false, false]),
            (Capability::EditKnowledge, [true, true, true, true, false]),
            (Capability::EditApps, [true, true, true, false, false]),
            (
                Capability::AdministerApps,
                [true, true, false, false, false],
            ),
            (Capability::ReadAudit, [true, true, false, false, false]),
            (Capability::BeMember, [true; 5]),
        ];
        assert_eq!(table.len(), Capability::ALL.len());
        for (what, expected) in table {
            assert_eq!(Role::ALL.map(|role| role.may(what)), expected, "{what:?}");
        }
    }

    #[test]
    fn sec_164_owner_role_is_neither_changed_nor_given() {
        let (me, other) = (AccountId(Uuid::from_u128(1)), AccountId(Uuid::from_u128(2)));
        let as_role = |account, role| MemberRole { account, role };
        for actor in Role::ALL {
            for target in Role::ALL {
                let removal = may_remove(as_role(me, actor), as_role(other, target));
                let is_fine = matches!(actor, Role::Owner | Role::Admin) && target != Role::Owner;
                assert_eq!(removal.is_ok(), is_fine, "{actor:?} removes {target:?}");
                for to in Role::ALL {
                    let change = may_change_role(as_role(me, actor), as_role(other, target), to);
                    let is_fine = is_fine && to != Role::Owner && to != target;
                    assert_eq!(change.is_ok(), is_fine, "{actor:?} makes {target:?} {to:?}");
                }
            }
            assert_eq!(
                may_remove(as_role(me, actor), as_role(me, actor)),
                Err(MemberRefusal::Oneself)
            );
        }
    }
}
