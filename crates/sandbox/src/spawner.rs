//! Starts children from one thread that lives as long as the sandbox: the kernel ends a child when the *thread* that started it
//! ends, and threads of a pool come and go.

use std::{io, sync::mpsc, thread};

use tokio::{
    process::{Child, Command},
    runtime::Handle,
    sync::oneshot,
};

struct Order {
    command: Command,
    answer: oneshot::Sender<io::Result<Child>>,
}

/// Starts children. When it is dropped, they end.
#[derive(Debug)]
pub(crate) struct Spawner {
    orders: mpsc::Sender<Order>,
}

impl Spawner {
    /// Must be called on a runtime; children belong to it.
    ///
    /// # Errors
    /// When there can be no thread.
    pub(crate) fn new() -> io::Result<Self> {
        let runtime = Handle::current();
        let (orders, received) = mpsc::channel::<Order>();
        thread::Builder::new()
            .name("sandbox".to_owned())
            .spawn(move || {
                let _runtime = runtime.enter();
                for mut order in received {
                    // Whoever asked may have gone: the child is dropped then, and ends.
                    drop(order.answer.send(order.command.spawn()));
                }
            })?;
        Ok(Self { orders })
    }

    /// Starts one.
    ///
    /// # Errors
    /// What the system says.
    pub(crate) async fn start(&self, command: Command) -> io::Result<Child> {
        let gone = || io::Error::other("the thread that starts children has gone");
        let (answer, child) = oneshot::channel();
        let order = Order { command, answer };
        self.orders.send(order).map_err(|_| gone())?;
        child.await.map_err(|_| gone())?
    }
}
