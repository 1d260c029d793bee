//! Background tasks that end with what they belong to.

use tokio::task::JoinHandle;

/// Tasks that are ended when this is dropped: by the end of the service, or because its start failed half-way.
#[derive(Default)]
pub(crate) struct Tasks(Vec<JoinHandle<()>>);

impl Tasks {
    pub(crate) fn keep(&mut self, task: JoinHandle<()>) {
        self.0.push(task);
    }
}

impl Drop for Tasks {
    fn drop(&mut self) {
        for task in &self.0 {
            task.abort();
        }
    }
}
