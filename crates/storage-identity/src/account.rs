//! `accounts`.

use chrono::{DateTime, NaiveDateTime, Utc};
use diesel::{expression::SqlLiteral, prelude::*, sql_types};
use diesel_async::RunQueryDsl;
use gatewright_domain::{
    account::{Account, AccountStatus},
    era::Era,
    ids::AccountId,
};
use uuid::Uuid;

use crate::schema::accounts;
use crate::to_column;
use gatewright_storage_kit::{Conn, StorageError};

#[derive(Queryable, Selectable)]
#[diesel(table_name = accounts)]
pub(super) struct Row {
    id: Uuid,
    name: String,
    email: String,
    password: Option<String>,
    avatar: Option<String>,
    interface_language: Option<String>,
    interface_theme: Option<String>,
    timezone: Option<String>,
    last_login_at: Option<NaiveDateTime>,
    last_login_ip: Option<String>,
    status: String,
    created_at: NaiveDateTime,
    last_active_at: NaiveDateTime,
    #[diesel(select_expression = era_column(), select_expression_type = SqlLiteral<sql_types::Uuid>)]
    gatewright_era: Uuid,
}

/// Of `accounts`, whose other columns are as many as diesel counts without recompiling for more.
fn era_column() -> SqlLiteral<sql_types::Uuid> {
    diesel::dsl::sql("accounts.gatewright_era")
}

impl From<Row> for Account {
    fn from(row: Row) -> Self {
        Self {
            id: AccountId(row.id),
            name: row.name,
            email: row.email,
            avatar: row.avatar,
            is_password_set: row.password.is_some(),
            interface_language: row.interface_language,
            interface_theme: row.interface_theme,
            timezone: row.timezone,
            last_login_at: row.last_login_at.map(|at| at.and_utc()),
            last_login_ip: row.last_login_ip,
            status: AccountStatus::from_db(&row.status),
            created_at: row.created_at.and_utc(),
            last_active_at: row.last_active_at.and_utc(),
            era: Era(row.gatewright_era),
        }
    }
}

/// An account with what its password is compared with.
#[derive(Clone)]
pub struct Credentials {
    /// The account that the credentials belong to.
    pub account: Account,
    /// `accounts.password`: a PHC string, or Dify's format.
    pub password: Option<String>,
    /// `accounts.password_salt`, for Dify's format.
    pub salt: Option<String>,
}

impl From<(Row, Option<String>)> for Credentials {
    fn from(found: (Row, Option<String>)) -> Self {
        let (row, salt) = found;
        Self {
            password: row.password.clone(),
            salt,
            account: row.into(),
        }
    }
}

/// What a new account is made of.
pub struct NewAccount<'a> {
    /// Primary key of the new row.
    pub id: AccountId,
    /// Shown in the console.
    pub name: &'a str,
    /// The address, in lower case.
    pub email: &'a str,
    /// A PHC string; none for somebody who signs in elsewhere.
    pub password: Option<&'a str>,
    /// A language tag.
    pub language: &'a str,
    /// An IANA zone.
    pub timezone: &'a str,
    /// Where it was made from.
    pub ip: &'a str,
    /// `active`, or `pending` for somebody who is invited.
    pub status: AccountStatus,
    /// When it is made, in UTC.
    pub at: DateTime<Utc>,
}

/// The account of an id.
pub async fn find(conn: &mut Conn, id: AccountId) -> Result<Option<Account>, StorageError> {
    let row: Option<Row> = accounts::table
        .find(id.0)
        .select(Row::as_select())
        .first(conn.as_mut())
        .await
        .optional()?;
    Ok(row.map(Account::from))
}

/// An account that was made for an invitation (by an older version, or by the original) and that nobody ever
/// signed in to. It is nobody's, and blocks nobody.
pub(super) const UNUSED: &str = "(accounts.status = 'pending' AND accounts.password IS NULL \
    AND accounts.last_login_at IS NULL AND NOT EXISTS (SELECT 1 FROM tenant_account_joins unused_join \
    WHERE unused_join.account_id = accounts.id AND unused_join.role = 'owner'))";

pub(super) fn is_used() -> SqlLiteral<sql_types::Bool> {
    diesel::dsl::sql(&format!("NOT {UNUSED}"))
}

/// The account of an address as it is spelled; if none is spelled so, in any case. Where a database that
/// was taken over has several, everybody comes in by their own spelling, and the oldest by any other.
pub async fn find_credentials(
    conn: &mut Conn,
    spelled: &str,
) -> Result<Option<Credentials>, StorageError> {
    let lower_email = diesel::dsl::sql::<diesel::sql_types::Text>("lower(email)");
    let row: Option<(Row, Option<String>)> = accounts::table
        .filter(lower_email.eq(spelled.to_lowercase()))
        .filter(is_used())
        .order((
            accounts::email.eq(spelled).desc(),
            accounts::created_at.asc(),
            accounts::id.asc(),
        ))
        .select((Row::as_select(), accounts::password_salt))
        .first(conn.as_mut())
        .await
        .optional()?;
    Ok(row.map(Credentials::from))
}

/// The account of an id, with what its password is compared with.
pub async fn find_credentials_by_id(
    conn: &mut Conn,
    id: AccountId,
) -> Result<Option<Credentials>, StorageError> {
    let row: Option<(Row, Option<String>)> = accounts::table
        .find(id.0)
        .select((Row::as_select(), accounts::password_salt))
        .first(conn.as_mut())
        .await
        .optional()?;
    Ok(row.map(Credentials::from))
}

/// The account of an address, found like [`find_credentials`], whether or not it was ever used.
pub async fn find_any(conn: &mut Conn, spelled: &str) -> Result<Option<Account>, StorageError> {
    let lower_email = diesel::dsl::sql::<diesel::sql_types::Text>("lower(email)");
    let row: Option<Row> = accounts::table
        .filter(lower_email.eq(spelled.to_lowercase()))
        .order((
            accounts::email.eq(spelled).desc(),
            is_used().desc(),
            accounts::created_at.asc(),
            accounts::id.asc(),
        ))
        .select(Row::as_select())
        .first(conn.as_mut())
        .await
        .optional()?;
    Ok(row.map(Account::from))
}

/// Addresses that several accounts have, each in a spelling of its own: at most `most` groups.
pub async fn list_doubles(conn: &mut Conn, most: i64) -> Result<Vec<String>, StorageError> {
    #[derive(QueryableByName)]
    struct Group {
        #[diesel(sql_type = diesel::sql_types::Text)]
        spellings: String,
    }
    let groups: Vec<Group> = diesel::sql_query(
        "SELECT string_agg(email, ', ' ORDER BY created_at, id) AS spellings FROM accounts \
         GROUP BY lower(email) HAVING count(*) > 1 ORDER BY lower(email) LIMIT $1",
    )
    .bind::<diesel::sql_types::BigInt, _>(most)
    .load(conn.as_mut())
    .await?;
    Ok(groups.into_iter().map(|group| group.spellings).collect())
}

/// Whether any account that was ever used, of whatever status, has this address, in any case.
pub async fn is_email_taken(conn: &mut Conn, email_lowercase: &str) -> Result<bool, StorageError> {
    let lower_email = diesel::dsl::sql::<diesel::sql_types::Text>("lower(email)");
    let taken = diesel::select(diesel::dsl::exists(
        accounts::table
            .filter(lower_email.eq(email_lowercase))
            .filter(is_used()),
    ));
    Ok(taken.get_result(conn.as_mut()).await?)
}

/// Whoever wants to make an account of this address waits here for the others.
pub async fn lock_email(conn: &mut Conn, email_lowercase: &str) -> Result<(), StorageError> {
    diesel::sql_query("SELECT pg_advisory_xact_lock(hashtextextended('account/' || $1, 0))")
        .bind::<diesel::sql_types::Text, _>(email_lowercase)
        .execute(conn.as_mut())
        .await?;
    Ok(())
}

/// Adds an account.
pub async fn insert(conn: &mut Conn, new: NewAccount<'_>) -> Result<(), StorageError> {
    let at = to_column(new.at);
    diesel::insert_into(accounts::table)
        .values((
            accounts::id.eq(new.id.0),
            accounts::name.eq(new.name),
            accounts::email.eq(new.email),
            accounts::password.eq(new.password),
            accounts::interface_language.eq(new.language),
            accounts::interface_theme.eq("light"),
            accounts::timezone.eq(new.timezone),
            accounts::last_login_ip.eq(new.ip),
            accounts::status.eq(new.status.as_str()),
            accounts::initialized_at.eq(at),
            accounts::created_at.eq(at),
            accounts::updated_at.eq(at),
            accounts::last_active_at.eq(at),
        ))
        .execute(conn.as_mut())
        .await?;
    Ok(())
}

/// Notes a sign-in; an invited account becomes active by it.
pub async fn update_login(
    conn: &mut Conn,
    account: &Account,
    ip: &str,
    at: DateTime<Utc>,
) -> Result<(), StorageError> {
    let at = to_column(at);
    diesel::update(accounts::table.find(account.id.0))
        .set((
            accounts::last_login_at.eq(at),
            accounts::last_login_ip.eq(ip),
            accounts::updated_at.eq(at),
        ))
        .execute(conn.as_mut())
        .await?;
    if account.status == AccountStatus::Pending {
        diesel::update(accounts::table.find(account.id.0))
            .filter(accounts::status.eq(AccountStatus::Pending.as_str()))
            .set((
                accounts::status.eq(AccountStatus::Active.as_str()),
                accounts::initialized_at.eq(at),
            ))
            .execute(conn.as_mut())
            .await?;
    }
    Ok(())
}

/// Replaces a password hash, unless somebody else changed it meanwhile.
pub async fn update_password_hash(
    conn: &mut Conn,
    id: AccountId,
    old: &str,
    new: &str,
) -> Result<bool, StorageError> {
    let changed = diesel::update(accounts::table.find(id.0))
        .filter(accounts::password.eq(old))
        .set((
            accounts::password.eq(new),
            accounts::password_salt.eq(None::<String>),
        ))
        .execute(conn.as_mut())
        .await?;
    Ok(changed == 1)
}

/// Notes when the account was last active; of other accounts nothing changes.
pub async fn update_last_active(
    conn: &mut Conn,
    id: AccountId,
    at: DateTime<Utc>,
) -> Result<(), StorageError> {
    diesel::update(accounts::table.find(id.0))
        .set(accounts::last_active_at.eq(to_column(at)))
        .execute(conn.as_mut())
        .await?;
    Ok(())
}

/// An account whose row is locked until the transaction ends, as it is now. Whatever turns something that
/// was checked before into a session, a bearer or a change looks at this one, and not at what it read then.
pub struct LockedAccount(Credentials);

impl LockedAccount {
    /// The account whose row is locked.
    pub fn id(&self) -> AccountId {
        self.0.account.id
    }

    /// As it is.
    pub fn account(&self) -> &Account {
        &self.0.account
    }

    /// With what its password is compared with, as it is.
    pub fn credentials(&self) -> &Credentials {
        &self.0
    }

    /// Whether nothing has ended since `before` was read.
    pub fn is_still(&self, before: &Account) -> bool {
        self.id() == before.id && self.account().era == before.era
    }

    /// The same, and the password is the one that was looked at.
    pub fn has_still(&self, before: &Credentials) -> bool {
        self.is_still(&before.account)
            && self.0.password == before.password
            && self.0.salt == before.salt
    }
}

/// Locks the row of an account against every ending and every sign-in, and reads it. The order of locks is:
/// workspaces, addresses, accounts, and then what hangs on them.
pub async fn lock(conn: &mut Conn, id: AccountId) -> Result<Option<LockedAccount>, StorageError> {
    let row: Option<(Row, Option<String>)> = accounts::table
        .find(id.0)
        .select((Row::as_select(), accounts::password_salt))
        .for_no_key_update()
        .first(conn.as_mut())
        .await
        .optional()?;
    Ok(row.map(|row| LockedAccount(row.into())))
}
