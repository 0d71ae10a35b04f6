//! What the server in this process logs.

use std::{
    io::Write,
    sync::{Arc, Mutex, OnceLock},
};

static LOG: OnceLock<Arc<Mutex<Vec<u8>>>> = OnceLock::new();

struct Writer(Arc<Mutex<Vec<u8>>>);

impl Write for Writer {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Keeps the log from here on; the same one for every test of a process.
pub fn keep() {
    LOG.get_or_init(|| {
        let log = Arc::<Mutex<Vec<u8>>>::default();
        let to = Arc::clone(&log);
        tracing_subscriber::fmt()
            .with_ansi(false)
            .with_writer(move || Writer(Arc::clone(&to)))
            .init();
        log
    });
}

/// What was logged since the last time that it was taken.
pub fn take() -> String {
    let log = LOG.get().expect("the log is kept");
    String::from_utf8(std::mem::take(&mut *log.lock().unwrap())).unwrap()
}
