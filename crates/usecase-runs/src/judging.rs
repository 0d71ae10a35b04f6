//! Answers that somebody else judges while they are said: a model, or a server of the workspace's. Readers are told the text at once; what is
//! flagged is replaced as soon as the judgement is there, and the whole is judged before it is complete.

use std::{fmt, future::Future, pin::Pin, sync::Arc};

use crate::WordRule;

/// So many more bytes are said before a text is judged again, or a quarter of it.
const STEP_BYTES: usize = 300;

/// A verdict that is on its way.
pub type Judgement = Pin<Box<dyn Future<Output = Verdict> + Send>>;

/// Judges a text.
pub trait JudgeText: Send + Sync {
    /// What becomes of it. Whoever cannot judge says so by a verdict, too: nobody waits for another one.
    fn judge(&self, text: String) -> Judgement;
}

/// What becomes of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It may be said.
    Fine,
    /// This is said instead, and nothing else.
    Instead(String),
    /// It is said so; what follows it is judged by itself.
    Rewritten(String),
}

/// Who judges an answer.
#[derive(Clone)]
pub struct Judge(pub Arc<dyn JudgeText>);

impl fmt::Debug for Judge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Judge")
    }
}

/// The same one.
impl PartialEq for Judge {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for Judge {}

/// How an answer is watched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OutputRule {
    /// It must not contain words.
    Words(WordRule),
    /// It is judged.
    Judged(Judge),
}

/// A text that is being judged.
pub(crate) struct Judging {
    judge: Judge,
    /// Bytes of the text that was judged last.
    judged: usize,
    under_way: Option<(String, Judgement)>,
}

impl Judging {
    pub(crate) fn new(judge: Judge) -> Self {
        Self {
            judge,
            judged: 0,
            under_way: None,
        }
    }

    /// Has a text judged that has grown enough, unless one is being judged.
    pub(crate) fn look(&mut self, length: usize, text: impl FnOnce() -> String) {
        let step = STEP_BYTES.max(self.judged / 4);
        if self.under_way.is_some() || length < self.judged.saturating_add(step) {
            return;
        }
        let text = text();
        self.judged = length;
        self.under_way = Some((text.clone(), self.judge.0.judge(text)));
    }

    /// The next verdict, and of which text; none comes while nothing is being judged. Dropping the future loses nothing.
    pub(crate) async fn next(&mut self) -> (String, Verdict) {
        let Some((_, judging)) = &mut self.under_way else {
            return std::future::pending().await;
        };
        let verdict = judging.await;
        let text = self.under_way.take().map(|(text, _)| text);
        (text.unwrap_or_default(), verdict)
    }

    /// The same, where somebody judges.
    pub(crate) async fn next_of(judging: Option<&mut Self>) -> (String, Verdict) {
        match judging {
            Some(judging) => judging.next().await,
            None => std::future::pending().await,
        }
    }

    /// The verdict of the whole, which nothing follows.
    pub(crate) async fn whole(&mut self, text: String) -> Verdict {
        self.under_way = None;
        if text.is_empty() {
            return Verdict::Fine;
        }
        self.judge.0.judge(text).await
    }

    /// Begins anew: the text is another one.
    pub(crate) fn again(&mut self, length: usize) {
        self.under_way = None;
        self.judged = length;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Echo;

    impl JudgeText for Echo {
        fn judge(&self, text: String) -> Judgement {
            Box::pin(async move { Verdict::Instead(text) })
        }
    }

    #[tokio::test]
    async fn text_is_judged_when_it_has_grown_and_one_at_a_time() {
        let mut judging = Judging::new(Judge(Arc::new(Echo)));
        judging.look(299, || unreachable!("it is short"));
        judging.look(300, || "first".to_owned());
        judging.look(2_000, || unreachable!("one is being judged"));
        let (text, verdict) = judging.next().await;
        assert_eq!(
            (text.as_str(), verdict),
            ("first", Verdict::Instead("first".into()))
        );
        judging.look(599, || unreachable!("it has not grown enough"));
        judging.look(4_000, || "second".to_owned());
        judging.next().await;
        judging.look(4_999, || unreachable!("a quarter more is enough"));
        assert_eq!(judging.whole(String::new()).await, Verdict::Fine);
    }
}
