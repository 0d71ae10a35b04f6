//! A statement of fixed text, which a connection prepares once. What `diesel::sql_query` makes is parsed and planned anew each time,
//! with a round trip of its own: for what every run does, that costs more than the statement.

use std::marker::PhantomData;

use diesel::{
    QueryResult,
    pg::Pg,
    query_builder::{AstPass, Query, QueryFragment, QueryId},
    serialize::ToSql,
    sql_types::{HasSqlType, Untyped},
};

/// A statement without parameters, or the part of one before its first.
#[derive(Debug, Clone, Copy)]
pub struct Statement {
    text: &'static str,
}

/// A statement with a parameter more than `Before`, and the text behind that.
#[derive(Debug, Clone, Copy)]
pub struct Bound<Before, Value, SqlType> {
    before: Before,
    value: Value,
    text: &'static str,
    /// The parameter's number, from 1.
    number: usize,
    sql_type: PhantomData<SqlType>,
}

/// A statement. Its parameters are `$1`, `$2`, …, each for the first time in this order, and `bind` gives their values in it; the
/// server refuses any other text. Rows are read by the names of their columns.
pub const fn statement(text: &'static str) -> Statement {
    Statement { text }
}

/// The text before a parameter and behind it. Without it everything is before: then there are more values than parameters, and the
/// server says so.
fn split(text: &'static str, number: usize) -> (&'static str, &'static str) {
    let parameter = format!("${number}");
    let is_whole = |at: usize| {
        let behind = text.as_bytes().get(at + parameter.len());
        !behind.is_some_and(u8::is_ascii_digit)
    };
    let mut found = text.match_indices(&parameter).map(|(at, _)| at);
    match found.find(|at| is_whole(*at)) {
        Some(at) => (&text[..at], &text[at + parameter.len()..]),
        None => (text, ""),
    }
}

impl Statement {
    /// The value of the first parameter.
    pub fn bind<SqlType, Value>(self, value: Value) -> Bound<Self, Value, SqlType> {
        let (text, behind) = split(self.text, 1);
        Bound {
            before: Self { text },
            value,
            text: behind,
            number: 1,
            sql_type: PhantomData,
        }
    }
}

impl<Before, Earlier, EarlierType> Bound<Before, Earlier, EarlierType> {
    /// The value of the next parameter.
    pub fn bind<SqlType, Value>(self, value: Value) -> Bound<Self, Value, SqlType> {
        let number = self.number + 1;
        let (text, behind) = split(self.text, number);
        Bound {
            before: Self { text, ..self },
            value,
            text: behind,
            number,
            sql_type: PhantomData,
        }
    }
}

impl QueryFragment<Pg> for Statement {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql(self.text);
        Ok(())
    }
}

impl<Before, Value, SqlType> QueryFragment<Pg> for Bound<Before, Value, SqlType>
where
    Before: QueryFragment<Pg>,
    Value: ToSql<SqlType, Pg>,
    Pg: HasSqlType<SqlType>,
{
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        self.before.walk_ast(out.reborrow())?;
        out.push_bind_param(&self.value)?;
        out.push_sql(self.text);
        Ok(())
    }
}

/// Told apart by their text.
impl QueryId for Statement {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<Before, Value, SqlType> QueryId for Bound<Before, Value, SqlType> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl Query for Statement {
    type SqlType = Untyped;
}

impl<Before, Value, SqlType> Query for Bound<Before, Value, SqlType> {
    type SqlType = Untyped;
}

#[cfg(test)]
mod tests {
    use diesel::{debug_query, sql_types::Integer};

    use super::*;

    /// The text and the values.
    fn shown(query: &impl QueryFragment<Pg>) -> String {
        debug_query::<Pg, _>(query).to_string()
    }

    #[test]
    fn statement_is_sent_as_written_with_its_values_in_order_and_may_be_kept_prepared() {
        let text = "SELECT $1 + $2 + $3 + $4 + $5 + $6 + $7 + $8 + $9 + $10, 'x'";
        let all = statement(text)
            .bind::<Integer, _>(1)
            .bind::<Integer, _>(2)
            .bind::<Integer, _>(3)
            .bind::<Integer, _>(4)
            .bind::<Integer, _>(5)
            .bind::<Integer, _>(6)
            .bind::<Integer, _>(7)
            .bind::<Integer, _>(8)
            .bind::<Integer, _>(9)
            .bind::<Integer, _>(10);
        let expected = format!("{text} -- binds: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]");
        assert_eq!(shown(&all), expected);
        assert!(all.is_safe_to_cache_prepared(&Pg).unwrap());
        assert_eq!(shown(&statement("SELECT 1")), "SELECT 1 -- binds: []");
    }

    #[test]
    fn parameter_out_of_order_makes_a_text_that_no_server_takes() {
        let swapped = statement("SELECT $2, $1").bind::<Integer, _>(1);
        let swapped = swapped.bind::<Integer, _>(2);
        assert_eq!(shown(&swapped), "SELECT $2, $1$2 -- binds: [1, 2]");
    }
}
