//! Lists that are longer than a page may be.

use crate::page::PageLanguage;

/// Rows on a page: with a form in each, of two lists, they stay under 50 KB.
pub const ROWS: u16 = 20;

/// Where somebody is in a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pager {
    /// The page's number, from 1.
    page: usize,
    pages: usize,
}

impl Pager {
    /// The page that was asked for, or the nearest one, of the longest of some lists.
    pub fn new(wanted: Option<usize>, longest: usize) -> Self {
        let pages = longest.div_ceil(usize::from(ROWS)).max(1);
        Self {
            page: wanted.unwrap_or(1).clamp(1, pages),
            pages,
        }
    }

    /// The page's number, from 1.
    pub fn number(self) -> usize {
        self.page
    }

    /// What of a list stands on this page.
    pub fn cut<T>(self, all: Vec<T>) -> Vec<T> {
        let rows = usize::from(ROWS);
        all.into_iter()
            .skip((self.page - 1) * rows)
            .take(rows)
            .collect()
    }

    /// Labels of the links to the pages beside this one, with what follows the question mark.
    pub fn links(self, language: PageLanguage) -> Vec<(String, String)> {
        let (page, pages) = (self.page, self.pages);
        let mut links = vec![];
        if page > 1 {
            let label = language.t("Previous", "上一页").to_owned();
            links.push((label, format!("page={}", page - 1)));
        }
        if page < pages {
            let label = language.t("Next", "下一页");
            links.push((
                format!("{label} ({page}/{pages})"),
                format!("page={}", page + 1),
            ));
        }
        links
    }
}

#[cfg(test)]
mod tests {
    use super::{PageLanguage, Pager, ROWS};

    #[test]
    fn pager_shows_every_row_once_and_clamps_the_page_number() {
        let rows = usize::from(ROWS);
        let all: Vec<usize> = (0..=rows * 2).collect();
        let pages = [1, 2, 3].map(|page| Pager::new(Some(page), all.len()).cut(all.clone()));
        assert_eq!(pages.concat(), all);
        assert_eq!(Pager::new(Some(0), 5), Pager::new(None, 5));
        assert_eq!(Pager::new(Some(99), all.len()).cut(all.clone()), [rows * 2]);
        assert!(
            Pager::new(None, rows)
                .links(PageLanguage::English)
                .is_empty()
        );
        assert!(Pager::new(None, 0).cut(Vec::<u8>::new()).is_empty());
        let links = Pager::new(Some(2), all.len()).links(PageLanguage::English);
        assert_eq!(links[0], ("Previous".into(), "page=1".into()));
        assert_eq!(links[1], ("Next (2/3)".into(), "page=3".into()));
    }
}
