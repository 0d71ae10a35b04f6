//! How the database's schema stands to this binary.

use std::collections::{BTreeMap, BTreeSet};

use diesel::{QueryableByName, sql_types::Text};
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use super::{
    has_table,
    kinds::{self, KINDS, Kind},
};
use crate::{error::StorageError, pool::Conn};

/// How the database's schema stands to this binary's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SchemaState {
    /// Schema and binary know the same migrations.
    Current,
    /// The database lacks these.
    Behind(Vec<String>),
    /// The database has these, which this binary does not know; they only add, so it works on: what a
    /// roll-out looks like from a node whose turn has not come.
    Newer(Vec<String>),
    /// The database has these, which this binary does not know and must not work beside.
    Ahead(Vec<String>),
}

/// Compares the database with this binary.
pub async fn schema_state(conn: &mut Conn) -> Result<SchemaState, StorageError> {
    let conn: &mut AsyncPgConnection = conn.as_mut();
    let applied = applied(conn).await?;
    let known = kinds::find(conn).await?;
    Ok(compare(&applied, &known))
}

/// The versions that the database has.
pub(super) async fn applied(conn: &mut AsyncPgConnection) -> diesel::QueryResult<BTreeSet<String>> {
    #[derive(QueryableByName)]
    struct Version {
        #[diesel(sql_type = Text)]
        version: String,
    }
    if !has_table(conn, "__diesel_schema_migrations").await? {
        return Ok(BTreeSet::new());
    }
    let rows: Vec<Version> = diesel::sql_query("SELECT version FROM __diesel_schema_migrations")
        .load(conn)
        .await?;
    Ok(rows.into_iter().map(|row| row.version).collect())
}

fn compare(applied: &BTreeSet<String>, kinds: &BTreeMap<String, Kind>) -> SchemaState {
    let known: BTreeSet<String> = KINDS.iter().map(|(version, _)| (*version).into()).collect();
    let missing: Vec<String> = known.difference(applied).cloned().collect();
    let unknown: Vec<String> = applied.difference(&known).cloned().collect();
    if !missing.is_empty() {
        return SchemaState::Behind(missing);
    }
    let (expanding, others): (Vec<String>, Vec<String>) = unknown
        .into_iter()
        .partition(|version| kinds.get(version) == Some(&Kind::Expand));
    match (expanding.is_empty(), others.is_empty()) {
        (_, false) => SchemaState::Ahead(others),
        (false, true) => SchemaState::Newer(expanding),
        (true, true) => SchemaState::Current,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LATER: &str = "29990101000000";

    fn state(more: &[&str], kinds: &[(&str, Kind)], less: usize) -> SchemaState {
        let known = KINDS.iter().map(|(version, _)| *version).skip(less);
        let applied = known.chain(more.iter().copied()).map(str::to_owned);
        let kinds = kinds
            .iter()
            .map(|(version, kind)| ((*version).to_owned(), *kind));
        compare(&applied.collect(), &kinds.collect())
    }

    #[test]
    fn g1_schema_with_unknown_migrations_is_usable_only_if_they_expand() {
        let (expand, contract) = ((LATER, Kind::Expand), ("3000", Kind::Contract));
        let later = vec![LATER.to_owned()];
        assert_eq!(state(&[], &[], 0), SchemaState::Current);
        assert_eq!(
            state(&[LATER], &[expand], 0),
            SchemaState::Newer(later.clone())
        );
        assert_eq!(state(&[LATER], &[], 0), SchemaState::Ahead(later));
        assert_eq!(
            state(&[LATER, "3000"], &[expand, contract], 0),
            SchemaState::Ahead(vec!["3000".into()])
        );
        assert_eq!(
            state(&[LATER], &[expand], 1),
            SchemaState::Behind(vec![KINDS[0].0.into()])
        );
    }
}
