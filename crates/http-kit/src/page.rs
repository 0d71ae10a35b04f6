//! One page of a list, as both surfaces answer it.

use serde::Serialize;
use utoipa::ToSchema;

/// One page of a list.
#[derive(Debug, Serialize, ToSchema)]
#[allow(
    clippy::struct_field_names,
    reason = "`page` is what Dify calls the number"
)]
pub struct Page<T> {
    /// Which page this is; the first is 1.
    page: u32,
    /// Rows that a page has at most.
    limit: u32,
    /// Rows of all pages together.
    total: u64,
    /// Whether there is a page after this one.
    has_more: bool,
    /// The rows of this page.
    data: Vec<T>,
}

impl<T> Page<T> {
    /// The page `page` (from 1) of a list of `total` rows, `limit` to a page.
    pub fn new(page: u32, limit: u32, total: u64, data: Vec<T>) -> Self {
        Self {
            page,
            limit,
            total,
            has_more: u64::from(page) * u64::from(limit) < total,
            data,
        }
    }

    /// The page `page` (from 1) out of the whole list.
    pub fn of<R>(all: &[R], page: u32, limit: u32) -> Self
    where
        T: for<'a> From<&'a R>,
    {
        let (size, before) = (limit as usize, (page as usize).saturating_sub(1));
        let rows = all.iter().skip(before.saturating_mul(size)).take(size);
        let total = u64::try_from(all.len()).unwrap_or(u64::MAX);
        Self::new(page, limit, total, rows.map(T::from).collect())
    }
}

/// A part of a list that goes on behind its last row, or before its first one.
#[derive(Debug, Serialize, ToSchema)]
pub struct Scroll<T> {
    /// Rows that a part has at most.
    limit: u32,
    /// Whether there are more rows.
    has_more: bool,
    /// The rows of this part.
    data: Vec<T>,
}

impl<T> Scroll<T> {
    /// Of rows that were found.
    pub fn new(limit: u32, has_more: bool, data: Vec<T>) -> Self {
        Self {
            limit,
            has_more,
            data,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Row(u32);

    impl From<&u32> for Row {
        fn from(number: &u32) -> Self {
            Self(*number)
        }
    }

    #[test]
    fn page_has_its_rows_and_says_whether_there_is_another() {
        let all: Vec<u32> = (1..=5).collect();
        for (page, limit, rows, has_more) in [
            (1, 2, vec![1, 2], true),
            (2, 2, vec![3, 4], true),
            (3, 2, vec![5], false),
            (4, 2, vec![], false),
            (1, 5, vec![1, 2, 3, 4, 5], false),
            (99_999, 100, vec![], false),
        ] {
            let found = Page::<Row>::of(&all, page, limit);
            let numbers: Vec<u32> = found.data.iter().map(|row| row.0).collect();
            assert_eq!((numbers, found.has_more), (rows, has_more), "{page}");
            assert_eq!((found.total, found.page, found.limit), (5, page, limit));
        }
        let counted = Page::<Row>::new(2, 10, 21, vec![]);
        assert!(counted.has_more);
        assert!(!Page::<Row>::new(2, 10, 20, vec![]).has_more);
    }
}
