//! From the command line to a page that is served.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::process::{Command, ExitCode, Stdio};
use std::sync::Arc;

use clap::Parser;
use tokio::net::TcpListener;
use usher::client::target;
use usher::words::{self, Language};
use usher_core::outcome::Exit;
use usher_core::request::Seconds;
use usher_core::servers::ServerName;

use crate::door::Door;
use crate::serve::{self, DashboardState, WayIn};
use crate::terminal;
use crate::wall::Wall;
use crate::words::key;

mod enable;
mod join;
mod service;

/// Serve the sessions as a web page
///
/// `usher dashboard` runs this program. There is no need to run it by hand.
#[derive(Debug, Parser)]
#[command(name = "usher-dashboard", version, max_term_width = 100)]
pub struct DashboardArguments {
    /// The daemon's socket, if it is not the default one
    #[arg(long, value_name = "PATH", conflicts_with = "server")]
    socket: Option<PathBuf>,
    /// Show these hosts, separated by commas: joined hosts, groups, or destinations for ssh
    #[arg(long, value_name = "HOST", value_delimiter = ',')]
    server: Vec<ServerName>,
    /// How long to wait for a host, such as 5s
    #[arg(long, value_name = "DURATION")]
    timeout: Option<Seconds>,
    /// The port to listen on; 0 for one that is free
    #[arg(long, value_name = "PORT", default_value_t = 0)]
    port: u16,
    /// Also open the page in the browser
    #[arg(long)]
    open: bool,
    /// Serve the page by TLS to whoever signs in; for usher-dashboard.service
    #[arg(long, conflicts_with_all = ["server", "open", "enable", "disable"])]
    service: bool,
    /// Have the host serve the page from now on, also after its next start
    #[arg(long, conflicts_with = "disable")]
    enable: bool,
    /// Have it served no more
    #[arg(long)]
    disable: bool,
    /// Join the page that the host serves to another host, with the token in standard input's first line
    #[arg(long, conflicts_with_all = ["enable", "disable"])]
    join: bool,
    /// The name of that host here
    #[arg(long, value_name = "NAME", requires = "join")]
    name: Option<ServerName>,
    /// Forget a host that it was joined to
    #[arg(long, value_name = "NAME", conflicts_with_all = ["enable", "disable", "join"])]
    leave: Option<ServerName>,
    /// The language of messages on the terminal
    #[arg(long, value_name = "LANGUAGE", value_parser = clap::value_parser!(Language))]
    lang: Option<Language>,
}

/// The whole program.
pub fn main() -> ExitCode {
    let arguments = DashboardArguments::parse();
    if let Some(language) = arguments.lang {
        words::speak(language);
    }
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return cannot_serve(&error.to_string()),
    };
    let exit = match arguments {
        DashboardArguments { enable: true, .. } => enable::enable(),
        DashboardArguments { disable: true, .. } => enable::disable(),
        DashboardArguments { join: true, name, .. } => join::join(name),
        DashboardArguments { leave: Some(name), .. } => join::leave(&name),
        DashboardArguments { service: true, socket, .. } => runtime.block_on(service::run(socket)),
        own => runtime.block_on(run(own)),
    };
    // A host that hangs is not waited for.
    runtime.shutdown_background();
    exit
}

async fn run(arguments: DashboardArguments) -> ExitCode {
    let hosts =
        match target::choose(&arguments.server, arguments.socket, arguments.timeout.map(Seconds::as_duration), false) {
            Ok(hosts) => hosts,
            Err(error) => {
                eprintln!("usher dashboard: {error}");
                return Exit::Usage.into();
            }
        };
    let ended = terminal::ended();
    let (listener, address) = match listen(arguments.port).await {
        Ok(bound) => bound,
        Err(error) => return cannot_serve(&error.to_string()),
    };
    let (door, link) = match Door::new(address) {
        Ok(door) => door,
        Err(error) => return cannot_serve(&error.to_string()),
    };
    println!("{}\n{link}", key!("dashboard-link").text(&[]));
    if arguments.open && !opened(&link) {
        eprintln!("usher dashboard: {}", key!("dashboard-no-browser").text(&[]));
    }
    let wall = Wall::of(hosts);
    serve::serve(&Arc::new(DashboardState { entry: WayIn::Own(door, wall) }), listener, ended).await;
    Exit::Success.into()
}

/// Loopback alone: whoever is to see the page from elsewhere brings a tunnel.
async fn listen(port: u16) -> std::io::Result<(TcpListener, SocketAddr)> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
    let address = listener.local_addr()?;
    Ok((listener, address))
}

/// Hands the link to the desktop's browser. Others on this host may see it among the arguments: it is of no use to them,
/// because the door lets in only this user.
fn opened(link: &str) -> bool {
    let mut open = Command::new("xdg-open");
    open.arg(link).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().is_ok()
}

fn cannot_serve(why: &str) -> ExitCode {
    eprintln!("usher dashboard: {}", key!("dashboard-cannot-serve").text(&[("why", why)]));
    Exit::Failed.into()
}
