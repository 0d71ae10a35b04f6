//! Everything about an end user, in parts that fit into memory: rows as lines of JSON, then the contents of files.

use gatewright_domain::{audit::AuditAction, error::Unavailable};
use gatewright_objects::Reading;
use gatewright_storage_kit::StorageError;
use gatewright_storage_runs::erasure::{
    files::{self, KeptFile},
    record::{self, ROOTS, Record},
};
use gatewright_usecase_kit::Ctx;
use uuid::Uuid;

use super::{EndUsers, KnownUser};

/// Rows that are read at a time.
const ROWS: i64 = 50;

/// Where an export of one end user stands.
pub struct Export<'a> {
    users: &'a EndUsers,
    user: &'a KnownUser,
    /// The table that is told, and its last row.
    root: usize,
    after: Uuid,
    /// Whether there may be more rows of it.
    is_over: bool,
    /// Rows whose children are told now, which table of them, and its last row.
    parents: Vec<Uuid>,
    child: usize,
    after_child: Uuid,
    /// The last file whose content was given.
    after_file: Uuid,
}

/// The content of a file.
pub struct Content {
    /// Primary key of `upload_files` or `tool_files`.
    pub id: Uuid,
    /// The name that it came with.
    pub name: String,
    /// Its bytes; none when the storage has none of that key.
    pub reading: Option<Reading>,
}

impl EndUsers {
    /// Begins to tell what is kept of an end user. That it is told stands in the audit trail.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn export<'a>(
        &'a self,
        ctx: &Ctx,
        user: &'a KnownUser,
    ) -> Result<Export<'a>, Unavailable> {
        self.note(ctx, AuditAction::EndUserExported, user).await?;
        Ok(Export {
            users: self,
            user,
            root: 0,
            after: Uuid::nil(),
            is_over: false,
            parents: vec![],
            child: 0,
            after_child: Uuid::nil(),
            after_file: Uuid::nil(),
        })
    }
}

impl Export<'_> {
    /// The next rows, each a line of JSON with its table; none when all were told.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn next_lines(&mut self) -> Result<Option<Vec<String>>, Unavailable> {
        while let Some(root) = ROOTS.get(self.root) {
            let child = root.children.get(self.child);
            let (table, rows) = match child.filter(|_| !self.parents.is_empty()) {
                Some(child) => (child.table, self.children(child).await?),
                None if self.is_over => {
                    self.root += 1;
                    (self.after, self.is_over) = (Uuid::nil(), false);
                    (self.parents, self.child) = (vec![], 0);
                    continue;
                }
                None => (root.table, self.rows(root).await?),
            };
            if !rows.is_empty() {
                return Ok(Some(rows.iter().map(|row| line(table, row)).collect()));
            }
        }
        Ok(None)
    }

    async fn rows(&mut self, root: &record::Root) -> Result<Vec<Record>, StorageError> {
        let mut conn = self.users.pool.get().await?;
        let rows = record::list(&mut conn, root, self.user.whom(), self.after, ROWS).await?;
        self.is_over = is_last(&rows);
        self.after = rows.last().map_or(self.after, |row| row.id);
        self.parents = rows.iter().map(|row| row.id).collect();
        (self.child, self.after_child) = (0, Uuid::nil());
        Ok(rows)
    }

    async fn children(&mut self, child: &record::Child) -> Result<Vec<Record>, StorageError> {
        let mut conn = self.users.pool.get().await?;
        let (parents, after) = (&self.parents, self.after_child);
        let rows = record::list_children(&mut conn, child, parents, after, ROWS).await?;
        self.after_child = rows.last().map_or(after, |row| row.id);
        if is_last(&rows) {
            self.child += 1;
            self.after_child = Uuid::nil();
        }
        Ok(rows)
    }

    /// The next file with its content; none when all were given.
    ///
    /// # Errors
    /// When a store does not answer.
    pub async fn next_content(&mut self) -> Result<Option<Content>, Unavailable> {
        let mut conn = self.users.pool.get().await?;
        let found = files::find_of_user(&mut conn, self.user.id, self.after_file).await?;
        drop(conn);
        let Some(KeptFile { id, key, name }) = found else {
            return Ok(None);
        };
        self.after_file = id;
        let reading = self.users.objects.open(&key).await?;
        Ok(Some(Content { id, name, reading }))
    }
}

fn is_last(rows: &[Record]) -> bool {
    rows.len() < usize::try_from(ROWS).unwrap_or_default()
}

fn line(table: &str, record: &Record) -> String {
    // The row is JSON already, and the name of a table needs no quoting.
    format!("{{\"table\":\"{table}\",\"row\":{}}}", record.row)
}
