//! Ordinary rows that a test starts from, made past the API. Each builder fills in what the test does not care about;
//! a database that is odd on purpose is made by the test that needs it.

use gatewright_auth::digest::sha256_hex;
use gatewright_test_db::TestDb;

/// A text of SQL.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

fn id_of(email: &str) -> String {
    format!("(SELECT id FROM accounts WHERE email = {})", quoted(email))
}

/// The id of the row that was made.
async fn insert(db: &TestDb, sql: &str) -> String {
    db.query(sql).await.remove(0)
}

/// An active account without a password, called by its address.
pub fn account(email: &str) -> AccountRow {
    AccountRow {
        email: email.to_owned(),
        name: email.split('@').next().unwrap_or_default().to_owned(),
        status: "active",
        password: "NULL",
    }
}

pub struct AccountRow {
    email: String,
    name: String,
    status: &'static str,
    password: &'static str,
}

impl AccountRow {
    pub fn named(self, name: &str) -> Self {
        Self {
            name: name.to_owned(),
            ..self
        }
    }

    /// As older versions, and the original, made it for an invitation: nobody ever signed in.
    pub fn pending(self) -> Self {
        Self {
            status: "pending",
            ..self
        }
    }

    /// With the password of the account that set the installation up.
    pub fn with_first_password(self) -> Self {
        Self {
            password: "(SELECT password FROM accounts ORDER BY created_at LIMIT 1)",
            ..self
        }
    }

    pub async fn add(self, db: &TestDb) -> String {
        let sql = format!(
            "INSERT INTO accounts (name, email, status, password) VALUES ({}, {}, '{}', {}) RETURNING id",
            quoted(&self.name),
            quoted(&self.email),
            self.status,
            self.password
        );
        insert(db, &sql).await
    }
}

/// A workspace in use that nobody is in.
pub fn workspace(name: &str) -> WorkspaceRow {
    WorkspaceRow {
        name: name.to_owned(),
        status: "normal",
        made_at: "CURRENT_TIMESTAMP(0)".to_owned(),
        members: vec![],
    }
}

pub struct WorkspaceRow {
    name: String,
    status: &'static str,
    made_at: String,
    members: Vec<MemberRow>,
}

impl WorkspaceRow {
    pub fn archived(self) -> Self {
        Self {
            status: "archive",
            ..self
        }
    }

    pub fn made_at(self, at: &str) -> Self {
        Self {
            made_at: quoted(at),
            ..self
        }
    }

    pub fn with(mut self, member: MemberRow) -> Self {
        self.members.push(member);
        self
    }

    pub async fn add(self, db: &TestDb) -> String {
        let sql = format!(
            "INSERT INTO tenants (name, status, created_at) VALUES ({}, '{}', {}) RETURNING id",
            quoted(&self.name),
            self.status,
            self.made_at
        );
        let id = insert(db, &sql).await;
        for member in self.members {
            member.add(db, &quoted(&id)).await;
        }
        id
    }
}

/// Somebody with a role; the workspace is not the one that they work in.
pub fn member(email: &str, role: &'static str) -> MemberRow {
    MemberRow {
        account: id_of(email),
        role,
        is_current: false,
    }
}

pub struct MemberRow {
    account: String,
    role: &'static str,
    is_current: bool,
}

impl MemberRow {
    /// They work in it.
    pub fn current(self) -> Self {
        Self {
            is_current: true,
            ..self
        }
    }

    /// Joins the workspace that `owner` owns.
    pub async fn join_workspace_of(self, db: &TestDb, owner: &str) {
        let workspace = format!(
            "(SELECT tenant_id FROM tenant_account_joins WHERE role = 'owner' AND account_id = {})",
            id_of(owner)
        );
        self.add(db, &workspace).await;
    }

    async fn add(self, db: &TestDb, workspace: &str) {
        let sql = format!(
            "INSERT INTO tenant_account_joins (tenant_id, account_id, role, current) \
             VALUES ({workspace}, {}, '{}', {})",
            self.account, self.role, self.is_current
        );
        db.execute(&sql).await;
    }
}

/// So many people in the workspace that `owner` owns, called `Person 100` and so on.
pub async fn crowd(db: &TestDb, owner: &str, people: usize) {
    let sql = format!(
        "WITH a AS (INSERT INTO accounts (name, email) \
         SELECT 'Person ' || n, 'p' || n || '@example.com' FROM generate_series(100, 99 + {people}) n \
         RETURNING id) INSERT INTO tenant_account_joins (tenant_id, account_id, role) \
         SELECT j.tenant_id, a.id, 'normal' FROM a, tenant_account_joins j \
         WHERE j.role = 'owner' AND j.account_id = {}",
        id_of(owner)
    );
    db.execute(&sql).await;
}

/// A live bearer of an account on the device `device 1`.
pub fn bearer(email: &str) -> BearerRow {
    BearerRow {
        email: email.to_owned(),
        external: None,
        hash: "md5(random()::text)".to_owned(),
        made_at: "CURRENT_TIMESTAMP".to_owned(),
        expires_at: quoted("2099-01-01Z"),
        times: 1,
    }
}

pub struct BearerRow {
    email: String,
    external: Option<String>,
    hash: String,
    made_at: String,
    expires_at: String,
    times: usize,
}

impl BearerRow {
    /// Of somebody without an account, whom an issuer knows.
    pub fn external(self, issuer: &str) -> Self {
        Self {
            external: Some(issuer.to_owned()),
            ..self
        }
    }

    /// Which text it is.
    pub fn text(self, token: &str) -> Self {
        Self {
            hash: quoted(&sha256_hex(token)),
            ..self
        }
    }

    pub fn made_at(self, at: &str) -> Self {
        Self {
            made_at: quoted(at),
            ..self
        }
    }

    pub fn expires_at(self, at: &str) -> Self {
        Self {
            expires_at: quoted(at),
            ..self
        }
    }

    /// On so many devices.
    pub fn times(self, times: usize) -> Self {
        Self { times, ..self }
    }

    pub async fn add(self, db: &TestDb) {
        let (issuer, account, prefix) = match &self.external {
            Some(issuer) => (quoted(issuer), "NULL::uuid".to_owned(), "dfoe_"),
            None => (quoted("dify:account"), id_of(&self.email), "dfoa_"),
        };
        let sql = format!(
            "INSERT INTO oauth_access_tokens (subject_email, subject_issuer, account_id, client_id, \
             device_label, prefix, token_hash, created_at, expires_at) \
             SELECT {}, {issuer}, {account}, 'difyctl', 'device ' || n, '{prefix}', {}, \
             {}::timestamptz, {}::timestamptz FROM generate_series(1, {}) n",
            quoted(&self.email),
            self.hash,
            self.made_at,
            self.expires_at,
            self.times
        );
        db.execute(&sql).await;
    }
}

/// A console session that was left alone and is over since `at`.
pub async fn session_over_since(db: &TestDb, email: &str, at: &str) {
    let sql = format!(
        "INSERT INTO gatewright_console_sessions \
         (id, account_id, refresh_salt, created_at, rotated_at, idle_expires_at, absolute_expires_at) \
         SELECT gen_random_uuid(), {}, '\\x00', at, at, at, at FROM (SELECT {}::timestamptz AS at) t",
        id_of(email),
        quoted(at)
    );
    db.execute(&sql).await;
}

/// An identity at an issuer, tied to an account since the beginning of 2026.
pub async fn identity(db: &TestDb, email: &str, issuer: &str) {
    let sql = format!(
        "INSERT INTO gatewright_external_identities (issuer, subject, account_id, created_at) \
         VALUES ({}, 's', {}, '2026-01-01Z')",
        quoted(issuer),
        id_of(email)
    );
    db.execute(&sql).await;
}

/// What becomes of an account without anybody asking us: `banned`, `closed`, `uninitialized`, …
pub async fn set_status(db: &TestDb, email: &str, status: &str) {
    let sql = format!(
        "UPDATE accounts SET status = {} WHERE email = {}",
        quoted(status),
        quoted(email)
    );
    db.execute(&sql).await;
}

/// Another role, wherever the account is a member.
pub async fn set_role(db: &TestDb, email: &str, role: &str) {
    let sql = format!(
        "UPDATE tenant_account_joins SET role = {} WHERE account_id = {}",
        quoted(role),
        id_of(email)
    );
    db.execute(&sql).await;
}
