//! What processes tell each other of runs: words on one channel, which may be lost, and the events of a run that somebody elsewhere reads, in a
//! stream that ends by itself.
//!
//! Both are sealed: a forged word could stop a run, and events carry the tokens of forms.

use std::{sync::LazyLock, time::Duration};

use gatewright_domain::error::Unavailable;
use redis::{Script, Value};
use uuid::Uuid;

use crate::{connection::Kv, seals::Seals};

/// After a connection broke.
const RECONNECT: Duration = Duration::from_millis(500);
/// A word is heard at once or not at all.
const WORD_SECONDS: u32 = 60;
/// After the last part was added.
const STREAM_SECONDS: u32 = 120;
/// Parts of a stream; who has not read the older ones asks for them again.
const MAX_PARTS: usize = 64;
/// Parts that are read at once.
const READ_PARTS: usize = 16;

/// One script: a stream without a TTL would stay for ever when its writer dies behind the first command.
const APPEND: &str = "redis.call('XADD', KEYS[1], 'MAXLEN', ARGV[1], '*', 'p', ARGV[2]) return redis.call('EXPIRE', KEYS[1], ARGV[3])";
static APPEND_SCRIPT: LazyLock<Script> = LazyLock::new(|| Script::new(APPEND));

/// A part of a mirrored run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MirroredPart {
    /// Where the next read goes on.
    pub id: String,
    /// What its writer wrote.
    pub text: String,
}

/// Words between processes, and mirrors of runs.
#[derive(Clone)]
pub struct RunMirrors {
    kv: Kv,
    seals: Seals,
}

impl RunMirrors {
    /// Through `kv`, sealed by `seals`.
    pub fn new(kv: Kv, seals: Seals) -> Self {
        Self { kv, seals }
    }

    /// Tells every process, this one included.
    ///
    /// # Errors
    /// When Redis does not answer; then nobody may have heard it.
    pub async fn publish(&self, word: &str) -> Result<(), Unavailable> {
        let channel = self.channel();
        let sealed = self.seals.seal_for(&channel, word, WORD_SECONDS);
        let mut publish = redis::cmd("PUBLISH");
        publish.arg(&channel).arg(sealed);
        self.kv.run_repeatable::<i64>(&publish).await.map(drop)
    }

    /// Calls `on_word` for each word until the future is dropped; connects again for ever.
    pub async fn listen(&self, on_word: impl Fn(String)) {
        let channel = self.channel();
        let open = |sealed: String| {
            if let Some(word) = self.seals.open(&channel, &sealed) {
                on_word(word);
            }
        };
        for attempt in 0.. {
            if let Err(error) = self.kv.listen(&channel, attempt, &open).await {
                tracing::debug!(
                    event = "redis.run_words_disconnected",
                    %error,
                    "the channel of runs broke; connecting again"
                );
            }
            tokio::time::sleep(RECONNECT).await;
        }
    }

    /// Adds a part to the mirror of a run, which lives on for two minutes. The oldest parts go when there are more than 64.
    ///
    /// # Errors
    /// When Redis does not answer; the part may have been added all the same.
    pub async fn append(&self, run: Uuid, part: &str) -> Result<(), Unavailable> {
        let key = self.key(run);
        let sealed = self.seals.seal_for(&key, part, STREAM_SECONDS);
        let mut call = APPEND_SCRIPT.prepare_invoke();
        call.key(&key);
        call.arg(MAX_PARTS).arg(sealed).arg(STREAM_SECONDS);
        // Twice is once: readers know a part that they have.
        self.kv.invoke_repeatable::<i64>(&call).await.map(drop)
    }

    /// The parts of a mirror behind one that was read; from the oldest on when none was. What is not ours is left out.
    ///
    /// # Errors
    /// When Redis does not answer.
    pub async fn read(
        &self,
        run: Uuid,
        after: Option<&str>,
    ) -> Result<Vec<MirroredPart>, Unavailable> {
        let key = self.key(run);
        let mut range = redis::cmd("XRANGE");
        let from = after.map_or_else(|| "-".to_owned(), |id| format!("({id}"));
        range
            .arg(&key)
            .arg(from)
            .arg("+")
            .arg("COUNT")
            .arg(READ_PARTS);
        let found: Vec<(String, Vec<Value>)> = self.kv.run_repeatable(&range).await?;
        Ok(found
            .into_iter()
            .map(|(id, fields)| {
                let sealed = fields.into_iter().nth(1).and_then(text);
                let text = sealed.and_then(|sealed| self.seals.open(&key, &sealed));
                MirroredPart {
                    id,
                    text: text.unwrap_or_default(),
                }
            })
            .collect())
    }

    /// The last part of a mirror, if there is one: what is read behind it was not there yet.
    ///
    /// # Errors
    /// When Redis does not answer.
    pub async fn last(&self, run: Uuid) -> Result<Option<String>, Unavailable> {
        let mut range = redis::cmd("XREVRANGE");
        range
            .arg(self.key(run))
            .arg("+")
            .arg("-")
            .arg("COUNT")
            .arg(1);
        let found: Vec<(String, Vec<Value>)> = self.kv.run_repeatable(&range).await?;
        Ok(found.into_iter().next().map(|(id, _)| id))
    }

    fn key(&self, run: Uuid) -> String {
        self.kv.key("run-mirror", &run.to_string())
    }

    fn channel(&self) -> String {
        self.kv.channel("runs")
    }
}

fn text(value: Value) -> Option<String> {
    match value {
        Value::BulkString(bytes) => String::from_utf8(bytes).ok(),
        _ => None,
    }
}
