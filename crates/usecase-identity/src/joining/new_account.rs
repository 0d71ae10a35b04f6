//! Making accounts with a workspace of their own: at registration, however that came about.

use chrono::TimeDelta;
use gatewright_auth::console::ConsoleSettings;
use gatewright_domain::{
    account::AccountStatus,
    audit::{AuditAction, AuditEvent},
    ids::{AccountId, MembershipId, WorkspaceId},
    language::Language,
    text::visible_name,
};
use gatewright_storage_identity::{account, invitation, workspace};
use gatewright_storage_kit::{StorageError, Tx};

use gatewright_usecase_kit::{Ctx, Env, record};

/// How long an invitation of before is left open for whoever turns out to have an account.
const LEFT_OPEN: TimeDelta = TimeDelta::hours(72);

/// What a new account consists of.
pub(crate) struct NewAccount<'a> {
    pub(crate) name: &'a str,
    /// In lower case; the caller holds its lock and knows that it is free.
    pub(crate) email: &'a str,
    /// A PHC string.
    pub(crate) password: Option<&'a str>,
    pub(crate) language: Option<&'a str>,
    pub(crate) timezone: Option<&'a str>,
}

/// Whether strangers may come and have a workspace.
pub(crate) fn may_come(settings: &ConsoleSettings) -> bool {
    settings.allow_register && settings.allow_create_workspace
}

/// Makes the account. One that was made for an invitation and never used makes way.
pub(crate) async fn create(
    tx: &mut Tx,
    env: &Env,
    ctx: &Ctx,
    new_account: &NewAccount<'_>,
) -> Result<AccountId, StorageError> {
    let until = ctx.now + LEFT_OPEN;
    invitation::dissolve_unused(tx, new_account.email, ctx.now, until).await?;
    let id = AccountId::generate(env.ids.as_ref());
    let language = Language::or_default(new_account.language);
    let name = seen_name(new_account);
    let new = account::NewAccount {
        id,
        name: &name,
        email: new_account.email,
        password: new_account.password,
        language: language.tag,
        timezone: new_account.timezone.unwrap_or(language.timezone),
        ip: &ctx.address.to_string(),
        status: AccountStatus::Active,
        at: ctx.now,
    };
    account::insert(tx, new).await?;
    Ok(id)
}

/// The name as it is seen; when nothing of it is, what stands before the `@`.
fn seen_name(new_account: &NewAccount<'_>) -> String {
    let name = visible_name(new_account.name);
    let local = new_account.email.split('@').next().unwrap_or_default();
    if name.is_empty() {
        local.to_owned()
    } else {
        name
    }
}

/// Makes the account and its workspace, both or neither.
pub(crate) async fn settle(
    tx: &mut Tx,
    env: &Env,
    ctx: &Ctx,
    new_account: &NewAccount<'_>,
) -> Result<AccountId, StorageError> {
    let id = create(tx, env, ctx, new_account).await?;
    found_workspace(tx, env, ctx, id, &seen_name(new_account)).await?;
    Ok(id)
}

/// Makes a workspace that belongs to an account.
pub(crate) async fn found_workspace(
    tx: &mut Tx,
    env: &Env,
    ctx: &Ctx,
    owner: AccountId,
    owner_name: &str,
) -> Result<WorkspaceId, StorageError> {
    let ids = env.ids.as_ref();
    let (id, membership) = (WorkspaceId::generate(ids), MembershipId::generate(ids));
    let name = format!("{owner_name}'s Workspace");
    workspace::insert_with_owner(tx, id, &name, membership, owner, ctx.now).await?;
    let event = AuditEvent::new(AuditAction::WorkspaceCreated)
        .by(owner)
        .within(Some(id));
    record(tx, env, ctx, event).await?;
    Ok(id)
}

/// What stands before the `@`, at most 30 characters.
pub(crate) fn local_part(email: &str) -> &str {
    let local = email.split('@').next().unwrap_or_default();
    let end = local
        .char_indices()
        .nth(30)
        .map_or(local.len(), |(at, _)| at);
    &local[..end]
}
