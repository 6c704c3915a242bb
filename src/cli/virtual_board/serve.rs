//! Virtual boards for other programs: as USB devices over USB/IP, their UARTs on pseudo-terminals.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

use rtboot::finding::Finding;
use rtboot::finding::catalogue::run;
use rtboot::outcome::{Outcome, Served, ServedBoard, Serving};
use rtboot::port::virtual_board::{Notice, UsbIp, VirtualBoard};
use rtboot::{Error, Result};

use crate::cli::{Context, report};

/// How often Ctrl-C is looked for.
const LOOK: Duration = Duration::from_millis(100);

/// Reachable from this machine only.
const LOOPBACK: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

/// Offer virtual boards to other programs until Ctrl-C
///
/// With --usbip they are USB devices of a USB/IP server, which any Linux takes as its own: modprobe vhci-hcd, then
/// usbip attach -r 127.0.0.1 -b 1-1 (the first board; the second is 1-2). A board that jumps or resets leaves the bus; the next
/// attach gets what it has become. Time passes as on a real board. Boards are saved each time they leave the bus, and at the end.
#[derive(Debug, clap::Args)]
#[command(group(clap::ArgGroup::new("plug").required(true).multiple(true)))]
pub struct Args {
    /// Their folders; without one the board that --board names, else rtboot's own
    folders: Vec<PathBuf>,
    /// As USB devices, to this machine alone; another port or loopback address after the =
    #[arg(long, group = "plug", value_name = "ADDRESS", num_args = 0..=1, require_equals = true,
        default_missing_value = "127.0.0.1:3240", value_parser = parse_address)]
    usbip: Option<SocketAddr>,
    /// Serve as USB devices to anybody who can reach this address, without authentication
    #[arg(long, group = "plug", value_name = "ADDRESS", conflicts_with = "usbip", value_parser = parse_address)]
    listen: Option<SocketAddr>,
    /// The boards have their own power supply: a host that detaches does not switch them off
    #[arg(long)]
    own_power: bool,
    /// Serve UARTs on pseudo-terminals and print their paths
    #[arg(long, group = "plug")]
    pty: bool,
}

/// `ADDRESS:PORT`, `ADDRESS` or `PORT`.
fn parse_address(text: &str) -> std::result::Result<SocketAddr, String> {
    let bare = text.trim_matches(['[', ']']);
    text.parse()
        .or_else(|_| bare.parse().map(|ip: IpAddr| (ip, UsbIp::PORT).into()))
        .or_else(|_| text.parse().map(|port: u16| (LOOPBACK, port).into()))
        .map_err(|_| {
            format!(
                "\"{text}\" is neither an IP address, nor a port, nor both as in 127.0.0.1:3240"
            )
        })
}

/// Serves until Ctrl-C, then saves the boards.
pub fn run(args: Args, context: &mut Context) -> Result<()> {
    let listen = address(&args, context)?;
    // before any board is made or loaded
    if args.folders.len() > UsbIp::MAX_BOARDS {
        return Err(Error::Usage(format!(
            "{} boards are more than the {} that are served at a time",
            args.folders.len(),
            UsbIp::MAX_BOARDS
        )));
    }
    let folders: Vec<Option<PathBuf>> = match args.folders.is_empty() {
        true => vec![None],
        false => args.folders.iter().cloned().map(Some).collect(),
    };
    let opened = folders
        .into_iter()
        .map(|folder| super::open(context, folder));
    let boards: Vec<(PathBuf, VirtualBoard)> = opened.collect::<Result<_>>()?;
    let names = boards
        .iter()
        .map(|(folder, _)| folder.display().to_string());
    let names = names.collect();
    context
        .report
        .found(Outcome::VirtualServe(Served { boards: names }));
    let served = serve(&args, listen, context, &boards);
    let saved = boards.iter().map(|(_, board)| super::save(board));
    // all of them, even when one fails
    saved
        .collect::<Vec<_>>()
        .into_iter()
        .fold(served, Result::and)
}

/// Where the USB/IP server is to listen, if there is to be one.
fn address(args: &Args, context: &mut Context) -> Result<Option<SocketAddr>> {
    if let Some(address) = args.usbip
        && !address.ip().is_loopback()
    {
        return Err(Error::Usage(format!(
            "--usbip serves this machine alone; to serve others: --listen {address}"
        )));
    }
    if let Some(address) = args.listen
        && !address.ip().is_loopback()
    {
        let found = Finding::new(&run::SERVING_OTHERS).text("address", address);
        context.report.tell(found);
    }
    Ok(args.usbip.or(args.listen))
}

fn serve(
    args: &Args,
    listen: Option<SocketAddr>,
    context: &mut Context,
    boards: &[(PathBuf, VirtualBoard)],
) -> Result<()> {
    let (sender, notices) = channel::<Notice>();
    let handles: Vec<VirtualBoard> = boards.iter().map(|(_, board)| board.clone()).collect();
    let mut server = None;
    if let Some(listen) = listen {
        let sender = sender.clone();
        let notice = move |notice| drop(sender.send(notice));
        let usb = UsbIp::serve(listen, &handles, args.own_power, notice)?;
        announce_usb(context, &usb, boards);
        server = Some(usb);
    }
    let mut wait = |context: &mut Context, ended: &dyn Fn() -> bool| {
        while !report::interrupted() && !ended() {
            match notices.recv_timeout(LOOK) {
                Ok(notice) => {
                    if let Some(found) = found(notice) {
                        context.report.tell(found);
                    }
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => std::thread::sleep(LOOK),
            }
        }
    };
    let served = match args.pty {
        true => terminals(context, &handles, &mut wait),
        false => {
            wait(context, &|| false);
            Ok(())
        }
    };
    if let Some(server) = &mut server {
        server.stop();
    }
    served
}

fn announce_usb(context: &mut Context, usb: &UsbIp, boards: &[(PathBuf, VirtualBoard)]) {
    let (ids, address) = (usb.bus_ids(), usb.address());
    let on_bus = ids.iter().zip(boards);
    let listed = on_bus.clone().map(|(id, (folder, _))| ServedBoard {
        bus_id: id.to_string(),
        folder: folder.display().to_string(),
    });
    context.report.serving(Serving {
        usbip: Some(address.to_string()),
        boards: listed.collect(),
        path: None,
    });
    for (id, (folder, _)) in on_bus {
        context.report.line(format!("{id} {}", folder.display()));
    }
    let port = match address.port() {
        UsbIp::PORT => String::new(),
        other => format!(" --tcp-port {other}"),
    };
    let ip = match address.ip() {
        ip if ip.is_unspecified() => LOOPBACK,
        ip => ip,
    };
    let text = format!(
        "USB/IP at {address}: sudo modprobe vhci-hcd; sudo usbip{port} attach -r {ip} -b 1-1 (Ctrl-C ends)"
    );
    context
        .report
        .tell(Finding::new(&run::SERVING).text("text", text));
}

/// Waits until its condition holds or Ctrl-C is pressed; reports notices meanwhile.
type Wait<'a> = dyn FnMut(&mut Context, &dyn Fn() -> bool) + 'a;

/// A terminal for each board.
#[cfg(all(unix, feature = "serial"))]
fn terminals(context: &mut Context, boards: &[VirtualBoard], wait: &mut Wait<'_>) -> Result<()> {
    use std::sync::atomic::{AtomicBool, Ordering};

    use rtboot::port::virtual_board::Pty;

    let ended = AtomicBool::new(false);
    let go_on = || !report::interrupted() && !ended.load(Ordering::SeqCst);
    std::thread::scope(|scope| {
        let mut pumps = Vec::new();
        for board in boards {
            let mut pty = match Pty::new() {
                Ok(pty) => pty,
                Err(error) => {
                    ended.store(true, Ordering::SeqCst);
                    return Err(Error::Port(error));
                }
            };
            announce_pty(context, pty.path());
            let ended = &ended;
            let mut go_on = go_on;
            pumps.push(scope.spawn(move || {
                let pumped = pty.pump(board, &mut go_on);
                ended.store(true, Ordering::SeqCst);
                pumped
            }));
        }
        wait(context, &|| ended.load(Ordering::SeqCst));
        let pumped = pumps.into_iter().map(|pump| match pump.join() {
            Ok(pumped) => pumped.map_err(Error::Port),
            Err(panic) => std::panic::resume_unwind(panic),
        });
        pumped
            .collect::<Vec<_>>()
            .into_iter()
            .fold(Ok(()), Result::and)
    })
}

#[cfg(all(unix, feature = "serial"))]
fn announce_pty(context: &mut Context, path: &str) {
    context.report.serving(Serving {
        path: Some(path.to_owned()),
        ..Serving::default()
    });
    context.report.line(path);
    let text =
        format!("the board's UART is on {path}: rtboot --board uart:{path} ... (Ctrl-C ends)");
    context
        .report
        .tell(Finding::new(&run::SERVING).text("text", text));
}

/// Pseudo-terminals exist on Unix only, and come with serialport.
#[cfg(not(all(unix, feature = "serial")))]
fn terminals(_: &mut Context, _: &[VirtualBoard], _: &mut Wait<'_>) -> Result<()> {
    Err(Error::Usage(
        "this build has no pseudo-terminals; use --board virtual:DIR".into(),
    ))
}

/// An event at the USB/IP server; `None` for one that this program does not know.
fn found(notice: Notice) -> Option<Finding> {
    Some(match notice {
        Notice::Imported {
            bus_id,
            device,
            host,
        } => Finding::new(&run::USB_IMPORTED)
            .text("board", bus_id)
            .text(
                "id",
                format!("{:04x}:{:04x}", device.vendor_id, device.product_id),
            )
            .text("host", host),
        Notice::Left { bus_id } => Finding::new(&run::USB_LEFT).text("board", bus_id),
        Notice::Released { bus_id } => Finding::new(&run::USB_RELEASED).text("board", bus_id),
        Notice::Refused { host, reason } => Finding::new(&run::USB_REFUSED)
            .text("host", host)
            .text("reason", reason),
        Notice::NotSaved { bus_id, reason } => Finding::new(&run::BOARD_NOT_SAVED)
            .text("board", bus_id)
            .text("reason", reason),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_may_leave_out_either_half() {
        for (text, wanted) in [
            ("127.0.0.1:3241", "127.0.0.1:3241"),
            ("10.0.2.2", "10.0.2.2:3240"),
            ("3241", "127.0.0.1:3241"),
            ("::1", "[::1]:3240"),
            ("[::1]:1", "[::1]:1"),
        ] {
            assert_eq!(
                parse_address(text).map(|a| a.to_string()),
                Ok(wanted.into())
            );
        }
        assert!(parse_address("localhost").is_err());
    }
}
