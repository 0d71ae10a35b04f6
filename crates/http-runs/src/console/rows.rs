//! A file that is written while its rows are read: however many there are, a part of them is in memory.

use std::error::Error;

use bytes::Bytes;
use futures_util::{Stream, stream};
use gatewright_conversation_service::ConversationError;
use serde::Serialize;

/// Why a file breaks off.
pub(super) type Broken = Box<dyn Error>;

/// The rows of a file, and how they are written.
pub(super) trait Rows {
    /// One of them.
    type Row;

    /// A part of what is behind this row. Nothing: that was all.
    async fn behind(&mut self, last: &Self::Row) -> Result<Vec<Self::Row>, ConversationError>;

    /// Rows as a piece of the file.
    fn piece(&self, rows: Vec<Self::Row>, at: PieceOf) -> Result<Vec<u8>, Broken>;
}

/// Where in its file a piece is.
#[derive(Debug, Clone, Copy)]
pub(super) struct PieceOf {
    /// Nothing is before it.
    pub(super) is_first: bool,
    /// Nothing is behind it.
    pub(super) is_last: bool,
}

/// A piece of an object whose `data` is the rows.
pub(super) fn json<R: Serialize>(
    rows: impl Iterator<Item = R>,
    at: PieceOf,
) -> Result<Vec<u8>, Broken> {
    let members = rows.map(|row| serde_json::to_string(&row));
    let members = members.collect::<Result<Vec<_>, _>>()?.join(",");
    let begin = if at.is_first { "{\"data\":[" } else { "," };
    let end = if at.is_last { "]}" } else { "" };
    Ok([begin, &members, end].concat().into_bytes())
}

struct Writing<R: Rows> {
    rows: R,
    /// Rows that are to be written next; none: the file is at its end.
    part: Option<Vec<R::Row>>,
    is_first: bool,
}

/// The pieces of a file, of which the first rows are known.
pub(super) fn pieces<R: Rows>(
    rows: R,
    first: Vec<R::Row>,
) -> impl Stream<Item = Result<Bytes, Broken>> {
    let begin = Writing {
        rows,
        part: Some(first),
        is_first: true,
    };
    stream::try_unfold(begin, Writing::next)
}

impl<R: Rows> Writing<R> {
    /// The next piece of the file; none behind its end.
    async fn next(mut self) -> Result<Option<(Bytes, Self)>, Broken> {
        let Some(part) = self.part.take() else {
            return Ok(None);
        };
        if let Some(last) = part.last() {
            let more = self.rows.behind(last).await?;
            self.part = Some(more).filter(|more| !more.is_empty());
        }
        let at = PieceOf {
            is_first: self.is_first,
            is_last: self.part.is_none(),
        };
        let piece = self.rows.piece(part, at)?;
        self.is_first = false;
        Ok(Some((piece.into(), self)))
    }
}

#[cfg(test)]
mod tests {
    use futures_util::TryStreamExt as _;

    use super::*;

    struct Upto(u32);

    impl Rows for Upto {
        type Row = u32;

        async fn behind(&mut self, last: &u32) -> Result<Vec<u32>, ConversationError> {
            Ok((last + 1..=self.0).take(2).collect())
        }

        fn piece(&self, rows: Vec<u32>, at: PieceOf) -> Result<Vec<u8>, Broken> {
            json(rows.into_iter(), at)
        }
    }

    #[actix_web::test]
    async fn pieces_together_are_one_object_of_all_rows() {
        for (first, last, expected) in [
            (vec![], 0, "{\"data\":[]}"),
            (vec![1], 1, "{\"data\":[1]}"),
            (vec![1, 2], 5, "{\"data\":[1,2,3,4,5]}"),
        ] {
            let written: Vec<Bytes> = pieces(Upto(last), first).try_collect().await.unwrap();
            assert_eq!(written.concat(), expected.as_bytes());
        }
    }
}
