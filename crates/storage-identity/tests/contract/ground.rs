//! A database of the test's own, and ordinary rows in it.

use chrono::{DateTime, TimeDelta, Utc};
use diesel_async::RunQueryDsl as _;
use gatewright_domain::{
    Clock as _, IdGen as _, RandomIds,
    account::AccountStatus,
    ids::{AccountId, MembershipId, WorkspaceId},
    workspace::Role,
};
use gatewright_storage_identity::{
    account::{self, LockedAccount, NewAccount},
    workspace,
    workspace::NewMember,
};
use gatewright_storage_kit::{Conn, DbSettings, Pool, StorageError, Tx};
use gatewright_test_db::TestDb;
use gatewright_test_support::ManualClock;
use uuid::Uuid;

/// Whoever waits for a lock gives up after so many milliseconds: the database says so, and nobody sleeps.
const LOCK_TIMEOUT: &str = "SET LOCAL lock_timeout = 50";

pub(crate) struct Ground {
    pub(crate) pool: Pool,
    pub(crate) db: TestDb,
    clock: ManualClock,
}

/// An id that nothing has.
pub(crate) fn id() -> Uuid {
    RandomIds.new_uuid()
}

pub(crate) fn email(name: &str) -> String {
    format!("{name}@example.test")
}

impl Ground {
    pub(crate) async fn new() -> Self {
        let db = TestDb::create().await;
        let settings = DbSettings {
            url: Some(db.database_url.clone().into()),
            ..DbSettings::default()
        };
        let pool = Pool::new(&settings).unwrap();
        let clock = ManualClock::new();
        Self { pool, db, clock }
    }

    pub(crate) async fn conn(&self) -> Conn {
        self.pool.get().await.unwrap()
    }

    pub(crate) async fn begin(&self) -> Tx {
        self.pool.begin().await.unwrap()
    }

    pub(crate) fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    /// So many minutes from now; before it when negative.
    pub(crate) fn minutes(&self, minutes: i64) -> DateTime<Utc> {
        self.now() + TimeDelta::minutes(minutes)
    }

    /// An active account `name@example.test` with the password hash `hash of NAME`.
    pub(crate) async fn account(&self, name: &str) -> AccountId {
        let password = format!("hash of {name}");
        self.account_as(&email(name), AccountStatus::Active, Some(&password), 0)
            .await
    }

    /// An account that was made so many minutes from now.
    pub(crate) async fn account_as(
        &self,
        email: &str,
        status: AccountStatus,
        password: Option<&str>,
        made_in: i64,
    ) -> AccountId {
        let id = AccountId(id());
        let new = NewAccount {
            id,
            name: email.split('@').next().unwrap(),
            email,
            password,
            language: "en-US",
            timezone: "UTC",
            ip: "192.0.2.1",
            status,
            at: self.minutes(made_in),
        };
        let mut conn = self.conn().await;
        account::insert(&mut conn, new).await.unwrap();
        id
    }

    /// A workspace that was made so many minutes from now, current for its owner.
    pub(crate) async fn workspace(&self, owner: AccountId, made_in: i64) -> WorkspaceId {
        let workspace = WorkspaceId(id());
        let owner = (MembershipId(id()), owner);
        let mut conn = self.conn().await;
        let at = self.minutes(made_in);
        let name = format!("made in {made_in}");
        workspace::insert_with_owner(&mut conn, workspace, &name, owner.0, owner.1, at)
            .await
            .unwrap();
        workspace
    }

    /// A member that joined so many minutes from now.
    pub(crate) async fn member(
        &self,
        workspace: WorkspaceId,
        account: AccountId,
        role: Role,
        joined_in: i64,
    ) {
        let mut conn = self.conn().await;
        let member = NewMember {
            id: MembershipId(id()),
            account,
            role,
            is_current: false,
        };
        let at = self.minutes(joined_in);
        workspace::insert_member(&mut conn, workspace, member, at)
            .await
            .unwrap();
    }

    /// What a query says as one number.
    pub(crate) async fn count(&self, sql: &str) -> u64 {
        self.db.query(sql).await[0].parse().unwrap()
    }

    /// Whether a call has to wait for what other transactions hold. What it did is undone.
    pub(crate) async fn is_blocked<T>(
        &self,
        call: impl AsyncFnOnce(&mut Tx) -> Result<T, StorageError>,
    ) -> bool {
        let mut tx = self.begin().await;
        diesel::sql_query(LOCK_TIMEOUT)
            .execute(tx.as_mut())
            .await
            .unwrap();
        let outcome = call(&mut tx).await;
        tx.rollback().await.unwrap();
        match outcome {
            Ok(_) => false,
            Err(StorageError::Unavailable(error)) => {
                let cause = error.source.to_string();
                assert!(cause.contains("lock timeout"), "{cause}");
                true
            }
            Err(other) => panic!("{other}"),
        }
    }
}

/// The account, locked by this transaction.
pub(crate) async fn locked(tx: &mut Tx, id: AccountId) -> LockedAccount {
    account::lock(tx, id).await.unwrap().expect("it exists")
}
