//! Programs that a test starts: one that hangs is killed, and the test fails.
//!
//! The end of a program is the end of its standard output and standard error, because std cannot
//! wait for a process with a limit. The processes that the program has started are not killed.

use std::io::{ErrorKind, Read};
use std::process::{Child, Command, Output, Stdio};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::time::Duration;

/// A build waits for other builds, and takes minutes on a slow machine.
const BUILD_LIMIT: Duration = Duration::from_secs(3_600);

/// As [`Command::output`], with a limit.
///
/// # Errors
/// If the program cannot be started.
///
/// # Panics
/// If the program hangs.
pub fn output(command: &mut Command) -> std::io::Result<Output> {
    start(command).map(wait_with_output)
}

/// As [`output`], for a command that may build.
///
/// # Errors
/// If the program cannot be started.
///
/// # Panics
/// If the program hangs.
pub fn output_of_build(command: &mut Command) -> std::io::Result<Output> {
    start(command).map(|child| wait_within(child, BUILD_LIMIT))
}

/// Starts a program whose output is collected.
///
/// # Errors
/// If the program cannot be started.
pub fn start(command: &mut Command) -> std::io::Result<Child> {
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()
}

/// As [`Child::wait_with_output`], with a limit. It is twice a watchdog's, because the program may
/// have a watchdog of its own, which knows more.
///
/// # Panics
/// If the program hangs.
pub fn wait_with_output(child: Child) -> Output {
    wait_within(child, 2 * super::limit())
}

/// As [`wait_with_output`], with a limit of your choice.
///
/// # Panics
/// If the program hangs.
pub fn wait_within(mut child: Child, limit: Duration) -> Output {
    let (tell, ended) = mpsc::channel();
    let stdout = child.stdout.take().map(|pipe| collect(pipe, tell.clone()));
    let stderr = child.stderr.take().map(|pipe| collect(pipe, tell));
    let [stdout, stderr] = [stdout, stderr].map(Option::unwrap_or_default);
    // Nothing is ever sent: the channel closes when both pipes have ended.
    let hangs = ended.recv_timeout(limit) == Err(mpsc::RecvTimeoutError::Timeout);
    if hangs {
        let _ = child.kill(); // fails only if it has just ended
    }
    let status = child.wait().expect("it was started here");
    let [stdout, stderr] =
        [stdout, stderr].map(|text| std::mem::take(&mut *text.lock().expect("it only grows")));
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let (out, error) = (text(&stdout), text(&stderr));
    assert!(!hangs, "the program had not ended after {limit:?}\n{out}\n{error}");
    Output { status, stdout, stderr }
}

/// Reads a pipe to its end in another thread, which then drops `tell`.
fn collect(mut pipe: impl Read + Send + 'static, tell: mpsc::Sender<()>) -> Arc<Mutex<Vec<u8>>> {
    let collected = Arc::new(Mutex::new(Vec::new()));
    let to = collected.clone();
    std::thread::spawn(move || {
        let _tell = tell;
        let mut buffer = [0; 4096];
        loop {
            let bytes = match pipe.read(&mut buffer) {
                Ok(length @ 1..) => &buffer[..length],
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                _ => return,
            };
            to.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        }
    });
    collected
}
