//! The older part of a long log: in a file without a name, which is gone with the log or its process. Only readers of this process need it; what counts is in
//! PostgreSQL.

use std::{
    collections::BTreeMap,
    fs::File,
    io::{self, Read as _, Seek as _, SeekFrom, Write as _},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use gatewright_run_events::{Position, RunEvent, Spill, SpillError, SpillFuture};
use gatewright_usecase_runs::{RunKey, Spills};

/// Bytes of events that wait to be written; a log that has more keeps them for now.
const MAX_QUEUED_BYTES: usize = 16 << 20;

/// Files for the logs of one process.
#[derive(Debug)]
pub(crate) struct FileSpills;

impl Spills for FileSpills {
    fn of(&self, _: RunKey) -> Arc<dyn Spill> {
        Arc::new(FileSpill(Arc::default()))
    }
}

/// The file of one log.
#[derive(Debug)]
struct FileSpill(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    /// Made when it is first written to; one writer or reader at a time.
    file: Mutex<Option<File>>,
}

#[derive(Debug, Default)]
struct State {
    /// By the position of the first event of each.
    parts: BTreeMap<Position, Part>,
    queued_bytes: usize,
}

#[derive(Clone, Debug)]
enum Part {
    /// Not written yet.
    Queued(Vec<Arc<RunEvent>>),
    /// So many bytes of the file.
    Written { at: u64, length: usize },
}

impl Spill for FileSpill {
    fn store(&self, first: Position, events: &[Arc<RunEvent>]) -> Result<(), SpillError> {
        let bytes: usize = events.iter().map(|event| event.weight()).sum();
        let mut state = self.0.state();
        if state.queued_bytes + bytes > MAX_QUEUED_BYTES {
            return Err(SpillError("the file is written too slowly".to_owned()));
        }
        state.queued_bytes += bytes;
        state.parts.insert(first, Part::Queued(events.to_vec()));
        drop(state);
        let shared = Arc::clone(&self.0);
        tokio::task::spawn_blocking(move || shared.write(first, bytes));
        Ok(())
    }

    fn load(&self, from: Position) -> SpillFuture<'_> {
        Box::pin(async move {
            let part = {
                let state = self.0.state();
                let part = state.parts.range(..=from).next_back();
                part.map(|(first, part)| (*first, part.clone()))
            };
            let Some((first, part)) = part else {
                return Err(SpillError(format!("nothing at {from}")));
            };
            let events = match part {
                Part::Queued(events) => events,
                Part::Written { at, length } => {
                    let shared = Arc::clone(&self.0);
                    let read = tokio::task::spawn_blocking(move || shared.read(at, length));
                    let read = read.await.map_err(|error| SpillError(error.to_string()))?;
                    read.map_err(|error| SpillError(error.to_string()))?
                }
            };
            let known = usize::try_from(from - first).unwrap_or(usize::MAX);
            Ok(events.into_iter().skip(known).collect())
        })
    }
}

impl Shared {
    /// Writes a part. One that cannot be written stays in memory, and in the way of more.
    fn write(&self, first: Position, bytes: usize) {
        let Some(Part::Queued(events)) = self.state().parts.get(&first).cloned() else {
            return;
        };
        match self.append(&events) {
            Ok(written) => {
                let mut state = self.state();
                state.parts.insert(first, written);
                state.queued_bytes -= bytes;
            }
            Err(error) => {
                tracing::warn!(
                    event = "run.log_not_spilled",
                    %error,
                    "the older part of a run's log stays in memory"
                );
            }
        }
    }

    fn append(&self, events: &[Arc<RunEvent>]) -> io::Result<Part> {
        let events: Vec<&RunEvent> = events.iter().map(AsRef::as_ref).collect();
        let bytes = serde_json::to_vec(&events)?;
        let mut file = self.file();
        let file = match &mut *file {
            Some(file) => file,
            none => none.insert(tempfile::tempfile()?),
        };
        let at = file.seek(SeekFrom::End(0))?;
        file.write_all(&bytes)?;
        Ok(Part::Written {
            at,
            length: bytes.len(),
        })
    }

    fn read(&self, at: u64, length: usize) -> io::Result<Vec<Arc<RunEvent>>> {
        let mut bytes = vec![0; length];
        let mut file = self.file();
        let file = file.as_mut().ok_or(io::ErrorKind::NotFound)?;
        file.seek(SeekFrom::Start(at))?;
        file.read_exact(&mut bytes)?;
        let events: Vec<RunEvent> = serde_json::from_slice(&bytes)?;
        Ok(events.into_iter().map(Arc::new).collect())
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn file(&self) -> MutexGuard<'_, Option<File>> {
        self.file.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use gatewright_run_events::{Json, NodeExecution, NodeStarted, RunLog, TextChunk};
    use uuid::Uuid;

    use super::*;

    fn chunk(number: usize) -> RunEvent {
        RunEvent::TextChunk(TextChunk {
            text: format!("{number:0100}"),
            from_variable_selector: None,
        })
    }

    fn node() -> RunEvent {
        RunEvent::NodeStarted(NodeStarted {
            node: NodeExecution {
                id: "e".to_owned(),
                node_id: "n".to_owned(),
                node_type: "code".to_owned(),
                title: "T".to_owned(),
                index: 1,
                iteration_id: None,
                loop_id: None,
            },
            created_at: 1,
            extras: Json::object(),
            agent_strategy: Json::null(),
        })
    }

    #[tokio::test]
    async fn log_that_is_longer_than_its_memory_is_read_whole_from_its_file() {
        let key = RunKey {
            run_id: Uuid::from_u128(1),
            epoch: 1,
        };
        let log = Arc::new(RunLog::with_limit(4_000, Some(FileSpills.of(key))));
        log.append(node()).unwrap();
        let mut expected = vec![node()];
        for number in 0..500 {
            log.append(chunk(number)).unwrap();
            expected.push(chunk(number));
        }
        log.close();
        // Twice: from what waits to be written, and from what was.
        for _ in 0..2 {
            let mut reader = log.reader(0, true).unmerged();
            let mut read = vec![];
            while let Some(batch) = reader.next().await.unwrap() {
                read.extend(batch.events.iter().map(|event| event.as_ref().clone()));
            }
            assert_eq!(read, expected);
        }
    }
}
