//! A virtual board's UART for other programs.

use rtboot::port::virtual_board::VirtualBoard;
use rtboot::{Error, Result};

use crate::cli::Context;

/// Serves the board on a pseudo-terminal until Ctrl-C.
///
/// # Errors
/// [`Error::Port`] when the system gives no terminal, or takes it away.
#[cfg(unix)]
pub fn serve(context: &mut Context, board: &VirtualBoard) -> Result<()> {
    use std::io::Write;

    use rtboot::port::virtual_board::Pty;
    use serde_json::json;

    use crate::cli::report;

    let mut pty = Pty::new().map_err(Error::Port)?;
    let path = pty.path().to_owned();
    if context.report.is_json() {
        // programs want to know now, not when all is over
        let mut out = std::io::stdout().lock();
        let _ = writeln!(out, "{}", json!({"event": "serving", "path": path}));
        let _ = out.flush();
    }
    context.report.line(&path);
    let text =
        format!("the board's UART is on {path}: rtboot --board uart:{path} ... (Ctrl-C ends)");
    context.report.say("serving", text);
    pty.pump(board, &mut || !report::interrupted())
        .map_err(Error::Port)
}

/// Pseudo-terminals exist on Unix only.
///
/// # Errors
/// Always [`Error::Usage`].
#[cfg(not(unix))]
pub fn serve(_context: &mut Context, _board: &VirtualBoard) -> Result<()> {
    Err(Error::Usage(
        "this system has no pseudo-terminals; use --board virtual:DIR".into(),
    ))
}
